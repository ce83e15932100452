use super::context::EncryptionContext;
use super::data_key::{DataKeySpec, NumberOfBytes, generate};
use super::wrapping::Wrapping;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::Base64;
use crate::dialect::alibaba::kms::words::WrappingKeySpec;
use crate::keyring::EncryptionAlgorithm;

/// Make a random data key, sealed under a key and encrypted to a public key.
///
/// Errors: `InvalidParameter` naming `PublicKeyBlob` for what is no public key of the spec, `WrappingAlgorithm` for one
/// that does not go with it, `NumberOfBytes` for more than it encrypts at once.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GenerateAndExportDataKey {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// Default `AES_256`.
    key_spec: Option<DataKeySpec>,
    /// 1 to 1,024; goes before `KeySpec`.
    number_of_bytes: Option<NumberOfBytes>,
    /// What must be said again to decrypt.
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
pub struct Generated {
    ciphertext_blob: String,
    key_id: KeyId,
    key_version_id: VersionId,
    /// Base64 of the bytes of the data key, encrypted to the public key.
    exported_data_key: String,
}

impl Deed for GenerateAndExportDataKey {
    const NAME: &'static str = "GenerateAndExportDataKey";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Generated;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Generated, Fault> {
        let wrapping = Wrapping::new(self.wrapping_key_spec.0, self.wrapping_algorithm.0, &self.public_key_blob.0)?;
        let made = generate(&key, self.key_spec, self.number_of_bytes, &self.encryption_context, view)?;
        Ok(Generated {
            exported_data_key: wrapping.wrap(made.plaintext.as_bytes(), "NumberOfBytes", &mut view.draw)?,
            ciphertext_blob: made.ciphertext_blob,
            key_id: made.key_id,
            key_version_id: made.key_version_id,
        })
    }
}
