use super::TAGGABLE;
use super::parameters::TagKeys;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Checked, Named, ResourceName, TaggedKey};

/// Take tags from one thing, as far as it has them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResource {
    /// Key ID or ARN. Exactly one of the three names the thing.
    key_id: Option<KeyIdRef>,
    secret_name: Option<ResourceName>,
    certificate_id: Option<ResourceName>,
    /// JSON list of 1 to 20 names.
    tag_keys: TagKeys,
}

impl Deed for UntagResource {
    const NAME: &'static str = "UntagResource";
    const STATES: States = TAGGABLE;
    type Mode = Write;
    type Subject = Checked<TaggedKey>;
    type Reply = Empty;

    fn subject(&self) -> Result<Named<'_>, Fault> {
        let key = self.key_id.as_ref().map(|key| &key.0);
        Named::one(key, self.secret_name.as_ref(), self.certificate_id.as_ref())
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().untag(key, &self.tag_keys.0);
        Ok(Empty {})
    }
}
