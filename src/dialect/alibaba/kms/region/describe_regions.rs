use serde::{Deserialize, Serialize};

use super::REGIONS;
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::Action;
use crate::dialect::alibaba::kms::target::{Nothing, Whole};
use crate::keyring::{Read, Ring};

/// List the regions that have the service. Needs no permission.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeRegions {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    regions: Regions,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Regions {
    region: Vec<Region>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Region {
    region_id: &'static str,
}

impl Action for DescribeRegions {
    const NAME: &'static str = "DescribeRegions";
    type Mode = Read;
    type Target = Whole<Nothing>;
    type Reply = Described;

    fn target(&self) {}

    fn run(self, (): (), _ring: &mut Ring<'_, Read>) -> Result<Described, Fault> {
        Ok(Described { regions: Regions { region: REGIONS.map(|region_id| Region { region_id }).into() } })
    }
}
