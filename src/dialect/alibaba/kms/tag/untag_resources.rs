use super::TAGGABLE;
use super::parameters::{MOST_TAGS_LISTED, ResourceIds, ResourceType, TagKey};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Checked, Resources, TaggedKeys};
use crate::dialect::alibaba::kms::types::{Several, Text};

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

impl Deed for UntagResources {
    const NAME: &'static str = "UntagResources";
    const STATES: States = TAGGABLE;
    type Mode = Write;
    type Subject = Checked<TaggedKeys>;
    type Reply = Empty;

    fn subject(&self) -> Result<Resources<'_>, Fault> {
        self.resource_type.named(&self.resource_id)
    }

    fn run(&self, keys: Vec<Admitted>, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        let names: Option<Vec<_>> = self.tag_key.as_ref().map(|keys| keys.0.iter().map(|key| key.0.clone()).collect());
        for key in keys {
            match &names {
                Some(names) => view.keys_mut().untag(key, names),
                None if self.all == Some(true) => view.keys_mut().untag_all(key),
                None => {}
            }
        }
        Ok(Empty {})
    }
}
