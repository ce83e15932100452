use secrecy::ExposeSecret;

use super::secret_name;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::KeptDataKey;
use crate::dialect::alibaba::kms::types::{Revealed, Text};
use crate::secrets::DataKey;

/// Show a version of a managed data key.
///
/// Errors: `Forbidden.ResourceNotFound` (404) for an unknown name or version; what the state of the key that it is kept
/// under forbids.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetManagedDataKey {
    data_key_name: Text<128>,
    /// Goes before `UseLatest`.
    data_key_version_id: Option<Text<128>>,
    /// The latest version rather than the first; default false.
    #[serde(default)]
    use_latest: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Shown {
    data_key_name: String,
    data_key_version_id: String,
    /// The name of the secret that the service keeps the version in.
    data_key_version_name: String,
    /// Base64.
    plaintext: Revealed,
}

impl Deed for GetManagedDataKey {
    const NAME: &'static str = "GetManagedDataKey";
    const STATES: States = States::ENABLED;
    type Mode = Read;
    type Subject = KeptDataKey;
    type Reply = Shown;

    fn subject(&self) -> &str {
        &self.data_key_name.0
    }

    fn run(&self, (data_key, _key): (Arc<DataKey>, Admitted), _view: &mut View<'_, Read>) -> Result<Shown, Fault> {
        let version = match &self.data_key_version_id {
            Some(id) => data_key.version(&id.0),
            None if self.use_latest => data_key.versions.last(),
            None => data_key.versions.first(),
        };
        let version = version.ok_or(&fault::RESOURCE_NOT_FOUND)?;
        Ok(Shown {
            data_key_name: data_key.name.to_string(),
            data_key_version_id: version.id.to_string(),
            data_key_version_name: secret_name(&data_key, version),
            plaintext: Revealed::base64(version.material.expose_secret()),
        })
    }
}
