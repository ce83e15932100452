use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::{Digest, VersionRef};
use crate::keyring::SignatureAlgorithm;
use base64::prelude::{BASE64_STANDARD, Engine};

/// Sign a digest with the private key of a version.
///
/// Errors: `UnsupportedOperation` for a key that is not made for signatures, `InvalidParameter` naming `Algorithm` for
/// one that is none of the key's, or `Digest` for one that has not 32 bytes; `Forbidden.KeyVersionNotFound` (404).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AsymmetricSign {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    key_version_id: VersionRef,
    /// `RSA_PSS_SHA_256` or `RSA_PKCS1_SHA_256`, `ECDSA_SHA_256`, `SM2DSA`.
    algorithm: Worded<SignatureAlgorithm>,
    /// Base64 of the 32 bytes of a SHA-256 digest; for `SM2DSA` of SM3 over Z(A) and the message.
    digest: Digest,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Signed {
    key_id: KeyId,
    key_version_id: VersionId,
    /// Base64. Signatures of ECDSA and SM2 are in DER.
    value: String,
}

impl Deed for AsymmetricSign {
    const NAME: &'static str = "AsymmetricSign";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Asymmetric;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Signed;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Signed, Fault> {
        let version = self.key_version_id.get()?;
        let value = key.sign(version, self.algorithm.0, &self.digest.0, &mut view.draw)?;
        Ok(Signed { key_id: key.id.clone(), key_version_id: version, value: BASE64_STANDARD.encode(value) })
    }
}
