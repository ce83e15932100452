use super::{TAGGABLE, put_tags};
use crate::dialect::alibaba::kms::lists::Tags;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Checked, Named, ResourceName, TaggedKey};

/// Put tags on one thing, in the place of those of the same names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResource {
    /// Key ID, alias, or the ARN of either. Exactly one of the three names the thing.
    key_id: Option<KeyRef>,
    secret_name: Option<ResourceName>,
    certificate_id: Option<ResourceName>,
    /// JSON list of 1 to 10 tags.
    tags: Tags<MOST_TAGS>,
}

/// How many tags a key may come to have. Source: TagResource, metadata of June 2024.
const MOST_TAGS: usize = 10;

impl Deed for TagResource {
    const NAME: &'static str = "TagResource";
    const STATES: States = TAGGABLE;
    type Mode = Write;
    type Subject = Checked<TaggedKey>;
    type Reply = Empty;

    fn subject(&self) -> Result<Named<'_>, Fault> {
        if self.tags.0.is_empty() {
            return Err(Fault::about(&fault::INVALID_PARAMETER, "Tags").because("no tag"));
        }
        Named::one(self.key_id.as_ref(), self.secret_name.as_ref(), self.certificate_id.as_ref())
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        put_tags(key, &self.tags.0, MOST_TAGS, view)?;
        Ok(Empty {})
    }
}
