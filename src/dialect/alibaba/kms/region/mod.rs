//! Regions.

mod describe_regions;

pub(super) use describe_regions::DescribeRegions;
