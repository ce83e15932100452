use crate::dialect::alibaba::REGIONS;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Unasked, Whole};

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

impl Deed for DescribeRegions {
    const NAME: &'static str = "DescribeRegions";
    type Mode = Read;
    type Subject = Whole<Unasked>;
    type Reply = Described;

    fn subject(&self) {}

    fn run(&self, (): (), _view: &mut View<'_, Read>) -> Result<Described, Fault> {
        Ok(Described { regions: Regions { region: REGIONS.map(|region_id| Region { region_id }).into() } })
    }
}
