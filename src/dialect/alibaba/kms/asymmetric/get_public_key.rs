use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::VersionRef;
use pkcs8::der::pem::{self, LineEnding};

/// Show the public key of a version.
///
/// Errors: `UnsupportedOperation` for a key that has none, `Forbidden.KeyVersionNotFound` (404).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetPublicKey {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    key_version_id: VersionRef,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Shown {
    key_id: KeyId,
    key_version_id: VersionId,
    /// PEM of a SubjectPublicKeyInfo.
    public_key: String,
}

impl Deed for GetPublicKey {
    const NAME: &'static str = "GetPublicKey";
    const STATES: States = States::ANY;
    const DRY_RUN: bool = true;
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Shown;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Shown, Fault> {
        let version = self.key_version_id.get()?;
        let der = key.public_key(version)?;
        let public_key = pem::encode_string("PUBLIC KEY", LineEnding::LF, &der)
            .map_err(|error| Fault::from(&fault::INTERNAL_FAILURE).because(error.to_string()))?;
        Ok(Shown { key_id: key.id.clone(), key_version_id: version, public_key })
    }
}
