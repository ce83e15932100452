use std::sync::Arc;

use serde::Deserialize;

use super::{Described, Metadata};
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::action::Action;
use crate::dialect::alibaba::kms::reference::KeyRef;
use crate::keyring::{Admitted, Key, Read, Ring, VersionId};

/// Tell since when a version of a key is there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeKeyVersion {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// A text that no version's id can be is one that the key does not have.
    key_version_id: String,
}

impl Action for DescribeKeyVersion {
    const NAME: &'static str = "DescribeKeyVersion";
    type Mode = Read;
    type Target = Arc<Key>;
    type Reply = Described;

    fn target(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(self, key: Admitted, _ring: &mut Ring<'_, Read>) -> Result<Described, Fault> {
        let version = VersionId::parse(self.key_version_id.as_bytes()).and_then(|id| key.version(id));
        let version = version.ok_or(&fault::KEY_VERSION_NOT_FOUND)?;
        Ok(Described { key_version: Metadata::of(&key, version) })
    }
}
