use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::USABLE;
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::action::Action;
use crate::dialect::alibaba::kms::reference::KeyRef;
use crate::dialect::alibaba::kms::target::Sealing;
use crate::dialect::alibaba::kms::types::{CiphertextBlob, EncryptionContext};
use crate::keyring::{Admitted, Ciphertext, Key, KeyId, Read, Ring, States, VersionId};

/// Decrypt under one key and encrypt under another, without showing the plaintext.
///
/// The reply names the key and version that the blob was under before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReEncrypt {
    /// What a symmetric key encrypted.
    ciphertext_blob: CiphertextBlob,
    #[serde(default)]
    source_encryption_context: EncryptionContext,
    /// Key ID, alias, or the ARN of either.
    destination_key_id: KeyRef,
    #[serde(default)]
    destination_encryption_context: EncryptionContext,
    /// The algorithm of a blob that a public key encrypted.
    source_encryption_algorithm: Option<String>,
    /// Needed only for blobs that a public key encrypted; a symmetric one names its key itself.
    #[serde(rename = "SourceKeyId")]
    _source_key_id: Option<String>,
    #[serde(rename = "SourceKeyVersionId")]
    _source_key_version_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReEncrypted {
    ciphertext_blob: String,
    key_id: KeyId,
    key_version_id: VersionId,
}

impl Action for ReEncrypt {
    const NAME: &'static str = "ReEncrypt";
    const PERMISSIONS: &'static [&'static str] = &["ReEncryptFrom", "ReEncryptTo"];
    const STATES: States = USABLE;
    const DRY_RUN: bool = true;
    const IS_LIMITED: bool = true;
    type Mode = Read;
    type Target = (Sealing, Arc<Key>);
    type Reply = ReEncrypted;

    fn target(&self) -> (&Ciphertext, &KeyRef) {
        (&self.ciphertext_blob.0, &self.destination_key_id)
    }

    fn run(self, (source, destination): (Admitted, Admitted), ring: &mut Ring<'_, Read>) -> Result<ReEncrypted, Fault> {
        if self.source_encryption_algorithm.is_some() {
            return Err(Fault::from(&fault::UNSUPPORTED_OPERATION).because("asymmetric keys are not built"));
        }
        let plaintext = source.open(&self.ciphertext_blob.0, &self.source_encryption_context.0)?;
        let sealed = destination.seal(plaintext, &self.destination_encryption_context.0, &mut ring.draw)?;
        Ok(ReEncrypted {
            ciphertext_blob: CiphertextBlob::encode(&sealed),
            key_id: source.id.clone(),
            key_version_id: self.ciphertext_blob.0.version(),
        })
    }
}
