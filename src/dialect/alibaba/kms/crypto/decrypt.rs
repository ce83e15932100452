use super::blob::CiphertextBlob;
use super::context::EncryptionContext;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::recipient::{Recipient, refuse_recipient};
use crate::dialect::alibaba::kms::subject::Sealing;
use crate::dialect::alibaba::kms::types::Revealed;

/// Decrypt what a symmetric key encrypted.
///
/// Errors: `InvalidParameter` naming `CiphertextBlob` for a blob that was changed, or a context that is not the one
/// of encryption; `Forbidden.KeyNotFound` (404) if no key here has the version that the blob names;
/// `Rejected.Disabled`, `.PendingDeletion`, `.PendingImport`, `.Unavailable` (409). Source: Decrypt page, 2025-07-29.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Decrypt {
    /// What Encrypt, GenerateDataKey or their like gave out.
    ciphertext_blob: CiphertextBlob,
    /// The context of encryption.
    #[serde(default)]
    encryption_context: EncryptionContext,
    /// An enclave to encrypt the answer to.
    recipient: Option<Recipient>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Decrypted {
    key_id: KeyId,
    key_version_id: VersionId,
    plaintext: Revealed,
}

impl Deed for Decrypt {
    const NAME: &'static str = "Decrypt";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;
    type Mode = Read;
    type Subject = Sealing;
    type Reply = Decrypted;

    fn subject(&self) -> VersionId {
        self.ciphertext_blob.version()
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Decrypted, Fault> {
        refuse_recipient(self.recipient.as_ref())?;
        let plaintext = self.ciphertext_blob.open(&key, &self.encryption_context)?;
        Ok(Decrypted {
            key_id: key.id.clone(),
            key_version_id: self.ciphertext_blob.version(),
            plaintext: Revealed::text(plaintext)
                .map_err(|_| Fault::about(&fault::INVALID_PARAMETER, "CiphertextBlob").because("it seals no text"))?,
        })
    }
}
