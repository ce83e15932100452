use std::collections::BTreeMap;

use super::parameters::{MOST_TAGS_LISTED, ResourceIds, ResourceType, TagList};
use super::{TAGGABLE, put_tags};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Checked, Resources, TaggedKeys, With};
use crate::dialect::alibaba::kms::types::Text;

/// Put tags on several things, on all of them or none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResources {
    /// `key` or `secret`.
    resource_type: ResourceType,
    /// Key IDs or ARNs, up to 50.
    resource_id: ResourceIds,
    /// Up to 20.
    tag: TagList,
    /// Read with the call's region.
    #[serde(rename = "RegionId")]
    _region_id: Option<Text<64>>,
}

impl Deed for TagResources {
    const NAME: &'static str = "TagResources";
    const STATES: States = TAGGABLE;
    type Mode = Write;
    type Subject = Checked<With<TaggedKeys, BTreeMap<String, String>>>;
    type Reply = Empty;

    fn subject(&self) -> Result<(Resources<'_>, BTreeMap<String, String>), Fault> {
        let tags = self.tag.to_put()?;
        Ok((self.resource_type.named(&self.resource_id)?, tags))
    }

    fn run(
        &self,
        (keys, tags): (Vec<Admitted>, BTreeMap<String, String>),
        view: &mut View<'_, Write>,
    ) -> Result<Empty, Fault> {
        keys.into_iter().try_for_each(|key| put_tags(key, &tags, MOST_TAGS_LISTED, view))?;
        Ok(Empty {})
    }
}
