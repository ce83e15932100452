//! Where all keys are: a shelf for each place, on which a key is found by any of its names.

use std::hash::BuildHasherDefault;
use std::sync::Arc;

use imbl::shared_ptr::DefaultSharedPtr;
use imbl::{GenericHashMap, OrdMap, OrdSet};
use jiff::Timestamp;

use super::version::VersionIdHasher;
use super::{AliasName, Key, KeyId, Place, VersionId};
use crate::world::{Recorded, Scope};

/// All keys. Cheap to clone: everything untouched is shared.
///
/// A key whose deletion date has passed is gone for everybody, but stays on its shelf until it is erased: whoever looks
/// it up asks [`Key::is_gone`].
#[derive(Debug, Clone, Default)]
pub struct Keys {
    shelves: OrdMap<Place, Shelf>,
}

/// The keys of one place.
#[derive(Debug, Clone, Default)]
struct Shelf {
    keys: OrdMap<KeyId, Arc<Key>>,
    aliases: OrdMap<AliasName, Arc<Key>>,
    versions: GenericHashMap<VersionId, Arc<Key>, BuildHasherDefault<VersionIdHasher>, DefaultSharedPtr>,
    /// Planned deletions, soonest first.
    deletions: OrdSet<(Timestamp, KeyId)>,
}

/// A key put in its place (its older self, if any, replaced), or erased.
#[derive(Debug, Clone)]
pub enum Change {
    Put(Arc<Key>),
    Erase(Place, KeyId),
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
    pub(super) fn all(&self, place: &Place) -> impl Iterator<Item = &Arc<Key>> {
        self.shelves.get(place).into_iter().flat_map(|shelf| shelf.keys.values())
    }

    /// The aliases of `place` in the order of their names.
    pub(super) fn aliases(&self, place: &Place) -> impl Iterator<Item = (&AliasName, &Arc<Key>)> {
        self.shelves.get(place).into_iter().flat_map(|shelf| &shelf.aliases)
    }

    /// How many keys [`Self::all`] gives that are not gone. Looks at those alone that are.
    pub(super) fn count(&self, place: &Place, now: Timestamp) -> usize {
        self.shelves.get(place).map_or(0, |shelf| shelf.keys.len() - shelf.overdue(now).count())
    }

    /// How many aliases [`Self::aliases`] gives whose keys are not gone. Looks at those alone that are.
    pub(super) fn count_aliases(&self, place: &Place, now: Timestamp) -> usize {
        self.shelves.get(place).map_or(0, |shelf| {
            let gone = shelf.overdue(now).filter_map(|id| shelf.keys.get(id));
            shelf.aliases.len() - gone.map(|key| shelf.own_aliases(key).count()).sum::<usize>()
        })
    }

    /// Whether the deletion date of any key of `place` has passed.
    pub(super) fn has_overdue(&self, place: &Place, now: Timestamp) -> bool {
        self.shelves.get(place).is_some_and(|shelf| shelf.overdue(now).next().is_some())
    }

    /// Up to `most` keys of `account` whose deletion date has passed.
    pub(super) fn overdue(&self, account: &str, now: Timestamp, most: usize) -> Vec<(Place, KeyId)> {
        let first = Place { account: account.into(), region: "".into() };
        let shelves = self.shelves.range(first..).take_while(|(place, _)| *place.account == *account);
        let overdue = shelves.flat_map(|(place, shelf)| shelf.overdue(now).map(|id| (place.clone(), id.clone())));
        overdue.take(most).collect()
    }

    /// The keys that are gone at `now` and still have an alias or a version of `key`.
    pub(super) fn gone_namesakes(&self, key: &Key, now: Timestamp) -> Vec<KeyId> {
        let Some(siblings) = self.shelves.get(&key.place).filter(|_| self.has_overdue(&key.place, now)) else {
            return Vec::new();
        };
        let by_alias = key.aliases.iter().filter_map(|alias| siblings.aliases.get(alias));
        let by_version = key.versions.iter().filter_map(|version| siblings.versions.get(&version.id));
        let others = by_alias.chain(by_version).filter(|other| other.id != key.id && other.is_gone(now));
        others.map(|other| other.id.clone()).collect()
    }

    fn put(&mut self, key: &Arc<Key>) {
        let siblings = self.shelves.entry(key.place.clone()).or_default();
        if let Some(before) = siblings.keys.insert(key.id.clone(), Arc::clone(key)) {
            siblings.forget(&before);
        }
        siblings.learn(key);
    }

    fn erase(&mut self, place: &Place, id: &KeyId) {
        let Some(siblings) = self.shelves.get_mut(place) else { return };
        let Some(key) = siblings.keys.remove(id) else { return };
        siblings.forget(&key);
    }
}

impl Shelf {
    /// The keys whose deletion date has passed.
    fn overdue(&self, now: Timestamp) -> impl Iterator<Item = &KeyId> {
        self.deletions.iter().take_while(move |(delete_at, _)| *delete_at <= now).map(|(_, id)| id)
    }

    /// The aliases of `key` that lead to it.
    fn own_aliases<'k>(&self, key: &'k Key) -> impl Iterator<Item = &'k AliasName> {
        key.aliases.iter().filter(|alias| self.aliases.get(*alias).is_some_and(|holder| holder.id == key.id))
    }

    fn learn(&mut self, key: &Arc<Key>) {
        for alias in &key.aliases {
            self.aliases.insert(alias.clone(), Arc::clone(key));
        }
        for version in &key.versions {
            self.versions.insert(version.id, Arc::clone(key));
        }
        planned_deletion(key).and_then(|planned| self.deletions.insert(planned));
    }

    /// Forget what leads to `key`. A name that leads to another key by now stays that one's.
    fn forget(&mut self, key: &Key) {
        for alias in self.own_aliases(key).collect::<Vec<_>>() {
            self.aliases.remove(alias);
        }
        for version in &key.versions {
            if self.versions.get(&version.id).is_some_and(|holder| holder.id == key.id) {
                self.versions.remove(&version.id);
            }
        }
        planned_deletion(key).and_then(|planned| self.deletions.remove(&planned));
    }
}

fn planned_deletion(key: &Key) -> Option<(Timestamp, KeyId)> {
    key.delete_at().map(|delete_at| (delete_at, key.id.clone()))
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
        let (place, id) = match change {
            Change::Put(key) => (&key.place, &key.id),
            Change::Erase(place, id) => (place, id),
        };
        name("key", place, id.as_str())
    }

    /// The key, and the aliases that it has, gets or loses.
    fn scopes(&self, change: &Change) -> Vec<Scope> {
        let (before, after) = match change {
            Change::Put(key) => (self.key(&key.place, key.id.as_str()), Some(key)),
            Change::Erase(place, id) => (self.key(place, id.as_str()), None),
        };
        let names = |key: &Arc<Key>| {
            let place = key.place.clone();
            key.aliases.iter().map(|alias| Scope::new(name("name", &place, alias.as_str()))).collect::<Vec<_>>()
        };
        let aliases = before.into_iter().chain(after).flat_map(names);
        [Scope::new(Self::record_id(change))].into_iter().chain(aliases).collect()
    }
}

fn name(kind: &str, place: &Place, id: &str) -> Vec<u8> {
    [kind, "/", &place.account, "/", &place.region, "/", id].concat().into_bytes()
}

#[cfg(test)]
#[path = "shelves_tests.rs"]
mod tests;
