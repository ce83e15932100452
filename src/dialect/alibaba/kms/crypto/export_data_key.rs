use super::blob::CiphertextBlob;
use super::context::EncryptionContext;
use super::wrapping::Wrapping;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::Sealing;
use crate::dialect::alibaba::kms::types::Base64;
use crate::dialect::alibaba::kms::words::WrappingKeySpec;
use crate::keyring::EncryptionAlgorithm;

/// Encrypt to a public key the data key that a blob holds.
///
/// Errors: as Decrypt for the blob, as GenerateAndExportDataKey for the public key; `InvalidParameter` naming
/// `CiphertextBlob` for one that holds more than the public key encrypts at once.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExportDataKey {
    /// What GenerateDataKeyWithoutPlaintext or its like gave out.
    ciphertext_blob: CiphertextBlob,
    /// The context of encryption.
    #[serde(default)]
    encryption_context: EncryptionContext,
    /// Base64 of a SubjectPublicKeyInfo in DER.
    public_key_blob: Base64<1024>,
    /// `RSA_2048` or `EC_SM2`.
    wrapping_key_spec: Worded<WrappingKeySpec>,
    /// `RSAES_OAEP_SHA_256` or `RSAES_OAEP_SHA_1`, `SM2PKE`.
    wrapping_algorithm: Worded<EncryptionAlgorithm>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Exported {
    key_id: KeyId,
    key_version_id: VersionId,
    /// Base64 of the bytes of the data key, encrypted to the public key.
    exported_data_key: String,
}

impl Deed for ExportDataKey {
    const NAME: &'static str = "ExportDataKey";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Sealing;
    type Reply = Exported;

    fn subject(&self) -> VersionId {
        self.ciphertext_blob.version()
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Exported, Fault> {
        let wrapping = Wrapping::new(self.wrapping_key_spec.0, self.wrapping_algorithm.0, &self.public_key_blob.0)?;
        let plaintext = self.ciphertext_blob.open(&key, &self.encryption_context)?;
        Ok(Exported {
            key_id: key.id.clone(),
            key_version_id: self.ciphertext_blob.version(),
            exported_data_key: wrapping.wrap(&plaintext, "CiphertextBlob", &mut view.draw)?,
        })
    }
}
