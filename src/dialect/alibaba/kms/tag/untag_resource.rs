use serde::Deserialize;

use super::parameters::TagKeys;
use super::{TAGGABLE, take_tags};
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::KeyIdRef;
use crate::dialect::alibaba::kms::target::{Checked, Named, ResourceName, TaggedKey};
use crate::keyring::{Admitted, Ring, States, Write};

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

impl Action for UntagResource {
    const NAME: &'static str = "UntagResource";
    const STATES: States = TAGGABLE;
    type Mode = Write;
    type Target = Checked<TaggedKey>;
    type Reply = Empty;

    fn target(&self) -> Result<Named<'_>, Fault> {
        let key = self.key_id.as_ref().map(|key| &key.0);
        Named::one(key, self.secret_name.as_ref(), self.certificate_id.as_ref())
    }

    fn run(self, key: Admitted, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        take_tags(key, &self.tag_keys.0, ring);
        Ok(Empty {})
    }
}
