//! Secrets: data that is kept for those who may ask for it. By now these are the service's own, managed data keys.

use std::sync::Arc;

use imbl::OrdMap;
use secrecy::{ExposeSecret, SecretSlice};
use subtle::ConstantTimeEq;

use crate::keyring::{KeyId, Place};
use crate::world::{Recorded, Scope, Source};

/// A managed data key: a secret of the service, found by its name.
#[derive(Debug)]
pub struct DataKey {
    pub place: Place,
    pub name: Box<str>,
    /// The key that it is kept under: what that key's state forbids is forbidden with the data key.
    pub key: KeyId,
    pub source: Source,
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

    /// The names of the members in which `other` differs, as a sandbox file calls them.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let is_same = |(one, other): (&DataKeyVersion, &DataKeyVersion)| {
            one.id == other.id && bool::from(one.material.expose_secret().ct_eq(other.material.expose_secret()))
        };
        let are_same =
            self.versions.len() == other.versions.len() && self.versions.iter().zip(&other.versions).all(is_same);
        [("key", self.key != other.key), ("versions", !are_same)]
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }
}

/// All secrets, by place and name. Cheap to clone: everything untouched is shared.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    data_keys: OrdMap<Place, OrdMap<Box<str>, Arc<DataKey>>>,
}

/// A data key put in its place; an older one of its name is replaced.
#[derive(Debug, Clone)]
pub enum Change {
    DataKey(Arc<DataKey>),
}

impl Secrets {
    pub fn data_key(&self, place: &Place, name: &str) -> Option<&Arc<DataKey>> {
        self.data_keys.get(place)?.get(name)
    }
}

impl Recorded for Secrets {
    type Change = Change;
    type Changes = Vec<Change>;

    fn apply(&mut self, change: &Change) {
        let Change::DataKey(data_key) = change;
        let siblings = self.data_keys.entry(data_key.place.clone()).or_default();
        siblings.insert(data_key.name.clone(), Arc::clone(data_key));
    }

    fn record_id(change: &Change) -> Vec<u8> {
        let Change::DataKey(data_key) = change;
        let Place { account, region } = &data_key.place;
        ["data-key/", account, "/", region, "/", &data_key.name].concat().into_bytes()
    }

    fn scopes(&self, change: &Change) -> Vec<Scope> {
        vec![Scope::new(Self::record_id(change))]
    }
}
