use serde::Deserialize;

use super::parameters::{MOST_TAGS_LISTED, ResourceIds, ResourceType, TagKey};
use super::{TAGGABLE, take_tags};
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::target::{Checked, Resources, TaggedKeys};
use crate::dialect::alibaba::kms::types::{Several, Text};
use crate::keyring::{Admitted, Ring, States, Write};

/// Take tags from several things, as far as they have them: those that are named, or all, or else none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResources {
    /// `key` or `secret`.
    resource_type: ResourceType,
    /// Key IDs or ARNs, up to 50.
    resource_id: ResourceIds,
    /// Names of up to 20 tags.
    tag_key: Option<Several<TagKey, MOST_TAGS_LISTED>>,
    /// Whether to take all tags; counts only where none is named. Default false.
    all: Option<bool>,
    /// Read with the call's region.
    #[serde(rename = "RegionId")]
    _region_id: Option<Text<64>>,
}

impl Action for UntagResources {
    const NAME: &'static str = "UntagResources";
    const STATES: States = TAGGABLE;
    type Mode = Write;
    type Target = Checked<TaggedKeys>;
    type Reply = Empty;

    fn target(&self) -> Result<Resources<'_>, Fault> {
        self.resource_type.named(&self.resource_id)
    }

    fn run(self, keys: Vec<Admitted>, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        let names: Option<Vec<_>> = self.tag_key.map(|keys| keys.0.into_iter().map(|key| key.0).collect());
        for key in keys {
            match &names {
                Some(names) => take_tags(key, names, ring),
                None if self.all == Some(true) => ring.change(key, |key| key.tags.clear()),
                None => {}
            }
        }
        Ok(Empty {})
    }
}
