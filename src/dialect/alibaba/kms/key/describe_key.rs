use serde_with::skip_serializing_none;

use super::metadata::KeyMetadata;
use crate::dialect::alibaba::kms::prelude::*;

/// Tell what a key is and how it stands.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeKey {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    key_metadata: Protected,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Protected {
    #[serde(flatten)]
    metadata: KeyMetadata,
    /// `Enabled` or `Disabled`.
    deletion_protection: &'static str,
    /// Only of a key that is protected.
    deletion_protection_description: Option<String>,
}

impl Deed for DescribeKey {
    const NAME: &'static str = "DescribeKey";
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Described;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Described, Fault> {
        let metadata = KeyMetadata::of(&key, view.now());
        let deletion_protection_description = key.deletion_protection.as_ref().map(ToString::to_string);
        let deletion_protection = if key.deletion_protection.is_some() { "Enabled" } else { "Disabled" };
        Ok(Described { key_metadata: Protected { metadata, deletion_protection, deletion_protection_description } })
    }
}
