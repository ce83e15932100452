use super::{Described, Metadata};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::VersionRef;

/// Tell since when a version of a key is there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeKeyVersion {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    key_version_id: VersionRef,
}

impl Deed for DescribeKeyVersion {
    const NAME: &'static str = "DescribeKeyVersion";
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Described;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Described, Fault> {
        let version = key.version(self.key_version_id.get()?).ok_or(&fault::KEY_VERSION_NOT_FOUND)?;
        Ok(Described { key_version: Metadata::of(&key.id, version) })
    }
}
