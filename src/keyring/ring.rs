//! The keys of one place at one moment, for one call.

use std::sync::Arc;

use jiff::Timestamp;

use super::import_secret::ImportSecret;
use super::prepared::Prepared;
use super::shelves::Change;
use super::{AliasName, Error, Key, KeyId, KeyMaterial, KeySpec, KeyVersion, Keys, Place, VersionId};
use crate::cipher::KeyPair;
use crate::world::{Draft, Draw};

/// How many overdue keys one call erases at most. Those beyond are gone all the same.
const MOST_ERASED: usize = 1024;

/// The keys of a place at one moment, to be read.
#[derive(Debug, Clone, Copy)]
pub struct Ring<'v> {
    keys: &'v Keys,
    place: &'v Place,
    now: Timestamp,
}

impl<'v> Ring<'v> {
    pub fn new(keys: &'v Keys, place: &'v Place, now: Timestamp) -> Self {
        Self { keys, place, now }
    }

    pub fn find(self, id: &str) -> Result<Arc<Key>, Error> {
        self.existing(self.keys.key(self.place, id)).ok_or(Error::KeyNotFound)
    }

    pub fn find_alias(self, name: &AliasName) -> Result<Arc<Key>, Error> {
        self.existing(self.keys.alias(self.place, name)).ok_or(Error::AliasNotFound)
    }

    /// The key that sealed a ciphertext with its version `id`.
    pub fn find_sealing(self, id: VersionId) -> Result<Arc<Key>, Error> {
        self.existing(self.keys.version(self.place, id)).ok_or(Error::KeyNotFound)
    }

    /// Whether a key here has the version `id`.
    pub fn has_version(self, id: VersionId) -> bool {
        self.existing(self.keys.version(self.place, id)).is_some()
    }

    /// The keys here, in the order of their ids.
    pub fn all(self) -> impl Iterator<Item = &'v Arc<Key>> {
        self.keys.all(self.place).filter(self.lives())
    }

    /// How many [`Ring::all`] gives, without going through them.
    pub fn count(self) -> usize {
        self.keys.count(self.place, self.now)
    }

    /// The aliases here and their keys, in the order of their names.
    pub fn aliases(self) -> impl Iterator<Item = (&'v AliasName, &'v Arc<Key>)> {
        let lives = self.lives();
        self.keys.aliases(self.place).filter(move |(_, key)| lives(key))
    }

    /// How many [`Ring::aliases`] gives, without going through them.
    pub fn count_aliases(self) -> usize {
        self.keys.count_aliases(self.place, self.now)
    }

    /// Whether a key is still there. Where no deletion date has passed none is looked at: a list may be long.
    fn lives(self) -> impl Fn(&&Arc<Key>) -> bool {
        let (now, all_live) = (self.now, !self.keys.has_overdue(self.place, self.now));
        move |key| all_live || !key.is_gone(now)
    }

    fn existing(self, key: Option<&Arc<Key>>) -> Option<Arc<Key>> {
        key.filter(|key| !key.is_gone(self.now)).cloned()
    }
}

/// The keys of a place at one moment, to be changed: see the deeds beside this.
#[derive(Debug)]
pub struct RingMut<'v> {
    keys: Draft<'v, Keys>,
    place: &'v Place,
    now: Timestamp,
    pub(super) tools: Tools<'v>,
}

/// What new material is made with.
#[derive(Debug)]
pub struct Tools<'v> {
    pub import_secret: &'v ImportSecret,
    /// The call's randomness.
    pub draw: &'v mut Draw,
    /// A key pair that was made before the ring was opened.
    pub prepared: &'v mut Option<Prepared>,
}

impl Tools<'_> {
    /// The key pair that was made before, if it is for a key of `spec`.
    pub(super) fn prepared_for(&mut self, spec: KeySpec) -> Option<KeyPair> {
        self.prepared.as_mut().and_then(|prepared| prepared.take_for(spec))
    }
}

impl<'v> RingMut<'v> {
    pub fn new(keys: Draft<'v, Keys>, place: &'v Place, now: Timestamp, tools: Tools<'v>) -> Self {
        Self { keys, place, now, tools }
    }

    /// Erase what is overdue of the account, so much that it does not take long.
    pub fn erase_overdue(&mut self) {
        for (place, id) in self.keys.overdue(&self.place.account, self.now, MOST_ERASED) {
            self.keys.record(Change::Erase(place, id));
        }
    }

    /// The same keys, to be read.
    pub fn ring(&self) -> Ring<'_> {
        Ring::new(&self.keys, self.place, self.now)
    }

    pub fn place(&self) -> &Place {
        self.place
    }

    /// The moment of the call.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A key id that no key here has: a lower-case UUID.
    pub(super) fn new_key_id(&mut self) -> KeyId {
        loop {
            let id = self.tools.draw.uuid().hyphenated().to_string();
            if self.keys.key(self.place, &id).is_none() {
                return KeyId::new(&id);
            }
        }
    }

    /// A version id that no version here has.
    pub(super) fn new_version_id(&mut self) -> VersionId {
        loop {
            let id = VersionId::new(self.tools.draw.uuid());
            if self.keys.version(self.place, id).is_none() {
                return id;
            }
        }
    }

    /// A version with an id of its own, and with the material that was prepared or is made here.
    pub fn new_version(&mut self, spec: KeySpec, created: Timestamp) -> KeyVersion {
        let id = self.new_version_id();
        let prepared = self.tools.prepared_for(spec).map(KeyMaterial::KeyPair);
        KeyVersion::new(id, created, prepared.unwrap_or_else(|| KeyMaterial::generate(spec, self.tools.draw)))
    }

    /// Put `key` here, in the place of its older self. Keys that are gone and still have one of its names are erased
    /// with it.
    pub(super) fn put(&mut self, key: Key) -> Arc<Key> {
        for gone in self.keys.gone_namesakes(&key, self.now) {
            self.keys.record(Change::Erase(self.place.clone(), gone));
        }
        let key = Arc::new(key);
        self.keys.record(Change::Put(Arc::clone(&key)));
        key
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
