use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::{Base64, VersionRef};
use crate::keyring::EncryptionAlgorithm;
use base64::prelude::{BASE64_STANDARD, Engine};

/// Encrypt to the public key of a version.
///
/// Errors: `Rejected.UnsupportedOperation` for a key that is not made for this, `InvalidParameter` naming `Algorithm`
/// for one that is none of the key's, or `Plaintext` for one that is too long for the key and the algorithm;
/// `Forbidden.KeyVersionNotFound` (404).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsymmetricEncrypt {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    key_version_id: VersionRef,
    /// `RSAES_OAEP_SHA_256` or `RSAES_OAEP_SHA_1`, `SM2PKE`.
    algorithm: Worded<EncryptionAlgorithm>,
    /// Base64; up to 190 or 214 bytes of data for RSA_2048 (OAEP with SHA-256 or SHA-1), 318 or 342 for RSA_3072, 6,047
    /// for SM2.
    plaintext: Base64<6047>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encrypted {
    key_id: KeyId,
    key_version_id: VersionId,
    /// Base64: the bare ciphertext; of SM2, C1 ‖ C3 ‖ C2.
    ciphertext_blob: String,
}

impl Deed for AsymmetricEncrypt {
    const NAME: &'static str = "AsymmetricEncrypt";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Asymmetric;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Encrypted;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Encrypted, Fault> {
        let version = self.key_version_id.get()?;
        let ciphertext = key.encrypt(version, self.algorithm.0, &self.plaintext.0, &mut view.draw)?;
        Ok(Encrypted {
            key_id: key.id.clone(),
            key_version_id: version,
            ciphertext_blob: BASE64_STANDARD.encode(ciphertext),
        })
    }
}
