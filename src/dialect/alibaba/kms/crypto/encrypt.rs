use super::blob::CiphertextBlob;
use super::context::EncryptionContext;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::Plaintext;

/// Encrypt up to 6 KB under the primary version of a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encrypt {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// Base64 text, up to 6,144 bytes of data.
    plaintext: Plaintext,
    /// What must be said again to decrypt.
    #[serde(default)]
    encryption_context: EncryptionContext,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encrypted {
    ciphertext_blob: String,
    key_id: KeyId,
    key_version_id: VersionId,
}

impl Deed for Encrypt {
    const NAME: &'static str = "Encrypt";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Encrypted;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn note(&self) -> Option<&'static str> {
        (!self.plaintext.is_base64).then_some("Plaintext is not base64: it is encrypted as the text it is")
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Encrypted, Fault> {
        let associated_data = self.encryption_context.associated_data();
        let sealed = key.seal(self.plaintext.as_bytes(), &associated_data, &mut view.draw)?;
        Ok(Encrypted {
            ciphertext_blob: CiphertextBlob::encode(&sealed),
            key_id: key.id.clone(),
            key_version_id: sealed.version,
        })
    }
}
