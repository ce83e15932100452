use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::recipient::{Recipient, refuse_recipient};
use crate::dialect::alibaba::kms::types::{Base64, Revealed, VersionRef};
use crate::keyring::EncryptionAlgorithm;

/// Decrypt what was encrypted to the public key of a version.
///
/// Errors: as AsymmetricEncrypt; `InvalidParameter` naming `CiphertextBlob` for whatever does not decrypt, all in one
/// way.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsymmetricDecrypt {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    key_version_id: VersionRef,
    /// `RSAES_OAEP_SHA_256` or `RSAES_OAEP_SHA_1`, `SM2PKE`.
    algorithm: Worded<EncryptionAlgorithm>,
    /// Base64; as long as the modulus, or for SM2 up to 6,144 bytes: C1 ‖ C3 ‖ C2, or in DER.
    ciphertext_blob: Base64<6144>,
    /// An enclave to encrypt the answer to.
    recipient: Option<Recipient>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Decrypted {
    key_id: KeyId,
    key_version_id: VersionId,
    /// Base64.
    plaintext: Revealed,
}

impl Deed for AsymmetricDecrypt {
    const NAME: &'static str = "AsymmetricDecrypt";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Asymmetric;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Decrypted;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Decrypted, Fault> {
        refuse_recipient(self.recipient.as_ref())?;
        let version = self.key_version_id.get()?;
        let plaintext = key.decrypt(version, self.algorithm.0, &self.ciphertext_blob.0, &mut view.draw)?;
        Ok(Decrypted { key_id: key.id.clone(), key_version_id: version, plaintext: Revealed::base64(&plaintext) })
    }
}
