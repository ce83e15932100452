//! Data keys that are kept for those who may ask for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretSlice;

use super::{KeyId, Place};

/// A data key by a name. It never changes while the service runs.
#[derive(Debug)]
pub struct DataKey {
    pub place: Place,
    pub name: Box<str>,
    /// The key that it is kept under: what that key's state forbids is forbidden with the data key.
    pub key: KeyId,
    /// From the first to the latest; at least one.
    pub versions: Vec<DataKeyVersion>,
}

#[derive(Debug)]
pub struct DataKeyVersion {
    pub id: Box<str>,
    pub material: SecretSlice<u8>,
}

impl DataKey {
    /// The version called `id`.
    pub fn version(&self, id: &str) -> Option<&DataKeyVersion> {
        self.versions.iter().find(|version| *version.id == *id)
    }
}

/// All data keys, by place and name.
#[derive(Debug, Default)]
pub(super) struct DataKeys(BTreeMap<Place, BTreeMap<Box<str>, Arc<DataKey>>>);

impl DataKeys {
    /// The last one of a name counts.
    pub(super) fn new(data_keys: impl IntoIterator<Item = DataKey>) -> Self {
        let mut all = Self::default();
        for data_key in data_keys {
            all.0.entry(data_key.place.clone()).or_default().insert(data_key.name.clone(), Arc::new(data_key));
        }
        all
    }

    pub(super) fn find(&self, place: &Place, name: &str) -> Option<&Arc<DataKey>> {
        self.0.get(place)?.get(name)
    }
}
