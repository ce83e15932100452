//! A managed data key as a record: all but the material of its versions in plain sight.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::key::is_default;
use crate::keyring::{KeyId, Place};
use crate::secrets::{DataKey, DataKeyVersion};
use crate::world::Source;

#[derive(Serialize, Deserialize)]
pub(super) struct Plain {
    #[serde(default, skip_serializing_if = "is_default")]
    source: Source,
    key: Box<str>,
    versions: Vec<PlainVersion>,
}

#[derive(Serialize, Deserialize)]
struct PlainVersion {
    id: Box<str>,
    /// Of what is sealed, in bytes.
    length: usize,
}

impl Plain {
    pub(super) fn of(data_key: &DataKey) -> Self {
        let versions = data_key
            .versions
            .iter()
            .map(|version| PlainVersion { id: version.id.clone(), length: version.material.expose_secret().len() });
        Self { source: data_key.source, key: data_key.key.as_str().into(), versions: versions.collect() }
    }

    pub(super) fn into_data_key(self, name: &str, place: Place, mut material: &[u8]) -> Result<DataKey, String> {
        let mut versions = Vec::with_capacity(self.versions.len());
        for PlainVersion { id, length } in self.versions {
            let own = material.split_off(..length).ok_or("material is missing")?;
            versions.push(DataKeyVersion { id, material: own.to_vec().into() });
        }
        if versions.is_empty() {
            return Err("it has no version".to_owned());
        }
        Ok(DataKey { place, name: name.into(), key: KeyId::new(&self.key), source: self.source, versions })
    }
}
