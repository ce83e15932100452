use super::context::EncryptionContext;
use super::data_key::{DataKeySpec, NumberOfBytes, generate};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::recipient::{Recipient, refuse_recipient};
use crate::dialect::alibaba::kms::types::Revealed;

/// Make a random data key, plain and sealed under a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GenerateDataKey {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// Default `AES_256`.
    key_spec: Option<DataKeySpec>,
    /// 1 to 1,024; goes before `KeySpec`.
    number_of_bytes: Option<NumberOfBytes>,
    /// What must be said again to decrypt.
    #[serde(default)]
    encryption_context: EncryptionContext,
    /// An enclave to encrypt the answer to.
    recipient: Option<Recipient>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Generated {
    ciphertext_blob: String,
    key_id: KeyId,
    key_version_id: VersionId,
    plaintext: Revealed,
}

impl Deed for GenerateDataKey {
    const NAME: &'static str = "GenerateDataKey";
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
        refuse_recipient(self.recipient.as_ref())?;
        let made = generate(&key, self.key_spec, self.number_of_bytes, &self.encryption_context, view)?;
        Ok(Generated {
            ciphertext_blob: made.ciphertext_blob,
            key_id: made.key_id,
            key_version_id: made.key_version_id,
            plaintext: made.plaintext,
        })
    }
}
