use super::context::EncryptionContext;
use super::data_key::{DataKeySpec, NumberOfBytes, generate};
use crate::dialect::alibaba::kms::prelude::*;

/// Make a random data key, sealed under a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GenerateDataKeyWithoutPlaintext {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// Default `AES_256`.
    key_spec: Option<DataKeySpec>,
    /// 1 to 1,024; goes before `KeySpec`.
    number_of_bytes: Option<NumberOfBytes>,
    /// What must be said again to decrypt.
    #[serde(default)]
    encryption_context: EncryptionContext,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Generated {
    ciphertext_blob: String,
    key_id: KeyId,
    key_version_id: VersionId,
}

impl Deed for GenerateDataKeyWithoutPlaintext {
    const NAME: &'static str = "GenerateDataKeyWithoutPlaintext";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Generated;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Generated, Fault> {
        let made = generate(&key, self.key_spec, self.number_of_bytes, &self.encryption_context, view)?;
        Ok(Generated {
            ciphertext_blob: made.ciphertext_blob,
            key_id: made.key_id,
            key_version_id: made.key_version_id,
        })
    }
}
