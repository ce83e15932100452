//! The keys of all places, and which states of a key admit what.

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use imbl::shared_ptr::DefaultSharedPtr;
use imbl::{GenericHashMap, OrdMap, OrdSet};
use jiff::Timestamp;

use super::version::VersionIdHasher;
use super::{Admitted, AliasName, Error, Key, KeyId, Place, VersionId};
use crate::world::{Recorded, Scope};

/// A key's state as it decides what can be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    Unavailable,
}

impl KeyState {
    pub const ALL: [Self; 5] =
        [Self::Enabled, Self::Disabled, Self::PendingDeletion, Self::PendingImport, Self::Unavailable];
}

/// The states of a key that an operation admits, and how it refuses the others.
#[derive(Debug, Clone, Copy)]
pub struct States {
    admitted: u8,
    refusal: fn(KeyState) -> Error,
}

impl States {
    /// Any state.
    pub const ANY: Self = Self::of(&KeyState::ALL);

    /// The one state in which a key works.
    pub const ENABLED: Self = Self::of(&[KeyState::Enabled]);

    /// These states; the others are refused as [`Error::NotUsable`].
    pub const fn of(states: &[KeyState]) -> Self {
        let mut admitted = 0;
        let mut index = 0;
        while index < states.len() {
            admitted |= 1 << states[index] as u8;
            index += 1;
        }
        Self { admitted, refusal: Error::NotUsable }
    }

    /// Refuse the others as [`Error::NotChangeable`].
    #[must_use]
    pub const fn else_not_changeable(self) -> Self {
        Self { refusal: Error::NotChangeable, ..self }
    }

    /// `key`, for use, if its state at `now` is one of these.
    pub fn admit(&self, key: Arc<Key>, now: Timestamp) -> Result<Admitted, Error> {
        let state = key.state(now);
        if self.admitted & (1 << state as u8) == 0 { Err((self.refusal)(state)) } else { Ok(Admitted::new(key)) }
    }
}

/// All keys. Cheap to clone: everything untouched is shared.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    shelves: OrdMap<Place, Shelf>,
    /// Planned deletions, soonest first.
    deletions: OrdSet<Deletion>,
}

/// The keys of one place, found by any of their names.
#[derive(Debug, Clone, Default)]
struct Shelf {
    keys: OrdMap<KeyId, Arc<Key>>,
    aliases: OrdMap<AliasName, Arc<Key>>,
    versions: GenericHashMap<VersionId, Arc<Key>, BuildHasherDefault<VersionIdHasher>, DefaultSharedPtr>,
}

/// A key put in its place (its older self, if any, replaced), or erased.
#[derive(Debug, Clone)]
pub enum Change {
    Put(Arc<Key>),
    Erase(Place, KeyId),
}

impl Change {
    fn key(&self) -> (&Place, &KeyId) {
        match self {
            Self::Put(key) => (&key.place, &key.id),
            Self::Erase(place, id) => (place, id),
        }
    }
}

impl Keys {
    pub(super) fn key(&self, place: &Place, id: &str) -> Option<&Arc<Key>> {
        self.shelves.get(place)?.keys.get(id)
    }

    pub(super) fn alias(&self, place: &Place, name: &AliasName) -> Option<&Arc<Key>> {
        self.shelves.get(place)?.aliases.get(name)
    }

    pub(super) fn version(&self, place: &Place, id: VersionId) -> Option<&Arc<Key>> {
        self.shelves.get(place)?.versions.get(&id)
    }

    /// The keys of `place` in the order of their ids.
    pub(super) fn keys(&self, place: &Place) -> impl Iterator<Item = &Arc<Key>> {
        self.shelves.get(place).into_iter().flat_map(|shelf| shelf.keys.values())
    }

    /// The aliases of `place` in the order of their names.
    pub(super) fn aliases(&self, place: &Place) -> impl Iterator<Item = (&AliasName, &Arc<Key>)> {
        self.shelves.get(place).into_iter().flat_map(|shelf| &shelf.aliases)
    }

    /// Whether the deletion date of any key has passed.
    pub(super) fn has_overdue(&self, now: Timestamp) -> bool {
        self.deletions.get_min().is_some_and(|(delete_at, _, _)| *delete_at <= now)
    }

    /// The keys whose deletion date has passed.
    pub(super) fn overdue(&self, now: Timestamp) -> Vec<(Place, KeyId)> {
        self.deletions
            .iter()
            .take_while(|(delete_at, _, _)| *delete_at <= now)
            .map(|(_, place, id)| (place.clone(), id.clone()))
            .collect()
    }

    fn put(&mut self, key: &Arc<Key>) {
        let siblings = self.shelves.entry(key.place.clone()).or_default();
        if let Some(before) = siblings.keys.insert(key.id.clone(), Arc::clone(key)) {
            siblings.forget_names(&before);
            planned_deletion(&before).and_then(|planned| self.deletions.remove(&planned));
        }
        siblings.learn_names(key);
        planned_deletion(key).and_then(|planned| self.deletions.insert(planned));
    }

    fn erase(&mut self, place: &Place, id: &KeyId) {
        let Some(siblings) = self.shelves.get_mut(place) else { return };
        let Some(key) = siblings.keys.remove(id) else { return };
        siblings.forget_names(&key);
        planned_deletion(&key).and_then(|planned| self.deletions.remove(&planned));
    }
}

type Deletion = (Timestamp, Place, KeyId);

fn planned_deletion(key: &Key) -> Option<Deletion> {
    key.delete_at().map(|delete_at| (delete_at, key.place.clone(), key.id.clone()))
}

impl Shelf {
    fn learn_names(&mut self, key: &Arc<Key>) {
        for alias in &key.aliases {
            self.aliases.insert(alias.clone(), Arc::clone(key));
        }
        for version in &key.versions {
            self.versions.insert(version.id, Arc::clone(key));
        }
    }

    fn forget_names(&mut self, key: &Key) {
        for alias in &key.aliases {
            self.aliases.remove(alias);
        }
        for version in &key.versions {
            self.versions.remove(&version.id);
        }
    }
}

impl Recorded for Keys {
    type Change = Change;
    type Changes = Vec<Change>;

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Put(key) => self.put(key),
            Change::Erase(place, id) => self.erase(place, id),
        }
    }

    fn record_id(change: &Change) -> Vec<u8> {
        let (place, id) = change.key();
        [&place.account, "/", &place.region, "/", id.as_str()].concat().into_bytes()
    }

    fn scopes(&self, change: &Change) -> Vec<Scope> {
        let (place, id) = change.key();
        let before = self.key(place, id.as_str());
        let after = if let Change::Put(key) = change { Some(key) } else { None };
        let names = before.into_iter().chain(after).flat_map(|key| &key.aliases);
        let names = names.map(|name| [&place.account, "/", &place.region, "/", name.as_str()].concat());
        names.map(String::into_bytes).chain([Self::record_id(change)]).map(Scope::new).collect()
    }
}
