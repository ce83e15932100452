use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::{Base64, Digest, VersionRef};
use crate::keyring::SignatureAlgorithm;

/// Tell whether a signature is one of a digest by the private key of a version.
///
/// Errors: as AsymmetricSign. A signature that is none, whatever its form, is not an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsymmetricVerify {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    key_version_id: VersionRef,
    /// `RSA_PSS_SHA_256` or `RSA_PKCS1_SHA_256`, `ECDSA_SHA_256`, `SM2DSA`.
    algorithm: Worded<SignatureAlgorithm>,
    /// Base64 of the 32 bytes of a SHA-256 digest; for `SM2DSA` of SM3 over Z(A) and the message.
    digest: Digest,
    /// The signature in base64.
    value: Base64<1024>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Verified {
    key_id: KeyId,
    key_version_id: VersionId,
    value: bool,
}

impl Deed for AsymmetricVerify {
    const NAME: &'static str = "AsymmetricVerify";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Asymmetric;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Verified;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Verified, Fault> {
        let version = self.key_version_id.get()?;
        let value = key.verifies(version, self.algorithm.0, &self.digest.0, &self.value.0)?;
        Ok(Verified { key_id: key.id.clone(), key_version_id: version, value })
    }
}
