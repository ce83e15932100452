use base64::prelude::{BASE64_STANDARD, Engine};
use zeroize::Zeroizing;

use super::blob::{AnyCiphertext, CiphertextBlob};
use super::context::EncryptionContext;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Checked, Opening, OpeningRef, With};
use crate::dialect::alibaba::kms::types::VersionRef;
use crate::keyring::{EncryptionAlgorithm, Error};

/// Decrypt under one key and encrypt under another, without showing the plaintext.
///
/// A blob that was encrypted to a public key names no key: the request does. The reply names the key and version that
/// the blob was under before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReEncrypt {
    ciphertext_blob: AnyCiphertext,
    #[serde(default)]
    source_encryption_context: EncryptionContext,
    /// Key ID, alias, or the ARN of either.
    destination_key_id: KeyRef,
    #[serde(default)]
    destination_encryption_context: EncryptionContext,
    /// The algorithm of a blob that was encrypted to a public key. The next two are needed with it, and ignored without.
    source_encryption_algorithm: Option<Worded<EncryptionAlgorithm>>,
    /// Key ID, alias, or the ARN of either.
    source_key_id: Option<KeyRef>,
    source_key_version_id: Option<VersionRef>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReEncrypted {
    ciphertext_blob: String,
    key_id: KeyId,
    key_version_id: VersionId,
}

/// How the blob came to be.
#[derive(Debug)]
pub enum Source {
    /// By a symmetric key, which it names.
    Sealed(CiphertextBlob),
    /// To the public key of this version.
    Encrypted(VersionRef, EncryptionAlgorithm),
}

impl Deed for ReEncrypt {
    const NAME: &'static str = "ReEncrypt";
    const PERMISSIONS: &'static [&'static str] = &["ReEncryptFrom", "ReEncryptTo"];
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Checked<With<(Opening, Arc<Key>), Source>>;
    type Reply = ReEncrypted;

    fn subject(&self) -> Result<((OpeningRef<'_>, &KeyRef), Source), Fault> {
        let (source, how) = match self.source_encryption_algorithm {
            None => {
                let blob = self.ciphertext_blob.sealed()?;
                (OpeningRef::Sealed(blob.version()), Source::Sealed(blob.clone()))
            }
            Some(algorithm) => {
                let key = given(self.source_key_id.as_ref(), "SourceKeyId")?;
                let version = *given(self.source_key_version_id.as_ref(), "SourceKeyVersionId")?;
                (OpeningRef::Named(key), Source::Encrypted(version, algorithm.0))
            }
        };
        Ok(((source, &self.destination_key_id), how))
    }

    fn run(
        &self,
        ((source, destination), how): ((Admitted, Admitted), Source),
        view: &mut View<'_, Read>,
    ) -> Result<ReEncrypted, Fault> {
        let (version, plaintext) = match how {
            Source::Sealed(blob) => (blob.version(), blob.open(&source, &self.source_encryption_context)?),
            Source::Encrypted(version, algorithm) => {
                let version = version.get()?;
                let decrypted = source.decrypt(version, algorithm, self.ciphertext_blob.bytes(), &mut view.draw);
                let message = decrypted.map_err(|error| match error {
                    Error::UnsuitableAlgorithm(_) => {
                        Fault::about(&fault::INVALID_PARAMETER, "SourceEncryptionAlgorithm").because(error.to_string())
                    }
                    error => error.into(),
                })?;
                // What is sealed is text; for data that is its base64.
                (version, Zeroizing::new(BASE64_STANDARD.encode(message).into_bytes()))
            }
        };
        let associated_data = self.destination_encryption_context.associated_data();
        let sealed = destination.seal(&plaintext, &associated_data, &mut view.draw)?;
        Ok(ReEncrypted {
            ciphertext_blob: CiphertextBlob::encode(&sealed),
            key_id: source.id.clone(),
            key_version_id: version,
        })
    }
}

/// Errors: `MissingParameter`.
fn given<'r, T>(value: Option<&'r T>, parameter: &str) -> Result<&'r T, Fault> {
    value.ok_or_else(|| Fault::about(&fault::MISSING_PARAMETER, parameter))
}
