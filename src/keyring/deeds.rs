//! What is done to keys. Each deed takes a key whose state admits it, and keeps the rules that hold whoever asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Admitted, AliasName, Error, Key, KeyId, KeyVersion, Lifecycle, Order, Origin, RingMut, Rotation};
use crate::world::Source;

impl RingMut<'_> {
    /// Make the key that is ordered. One whose material the service makes has its first version at once, and is
    /// enabled; any other waits for its material.
    pub fn create(&mut self, order: Order) -> Arc<Key> {
        let (spec, usage, origin) = (order.kind.spec(), order.kind.usage(), order.kind.origin());
        let (lifecycle, versions) = match origin {
            Origin::Service => (Lifecycle::Enabled, vec![Arc::new(self.new_version(spec, self.now()))]),
            Origin::External => (Lifecycle::PendingImport, Vec::new()),
        };
        let key = Key {
            id: self.new_key_id(),
            place: self.place().clone(),
            source: Source::Call,
            spec,
            usage,
            origin,
            protection_level: order.protection_level,
            description: order.description,
            created: self.now(),
            lifecycle,
            rotation: order.rotation,
            deletion_protection: None,
            material_expires_at: None,
            tags: order.tags,
            aliases: [].into(),
            versions,
        };
        self.put(key)
    }

    /// Take in a key that was described elsewhere, as it is.
    pub fn adopt(&mut self, key: Key) {
        self.put(key);
    }

    /// Make the key usable.
    pub fn enable(&mut self, key: Admitted) {
        self.change(key, |key| key.lifecycle = Lifecycle::Enabled);
    }

    /// Make the key unusable until it is enabled.
    pub fn disable(&mut self, key: Admitted) {
        self.change(key, |key| key.lifecycle = Lifecycle::Disabled);
    }

    /// Let the key cease once `wait` is over. Errors: [`Error::ProtectedFromDeletion`].
    pub fn schedule_deletion(&mut self, key: Admitted, wait: SignedDuration) -> Result<(), Error> {
        if key.deletion_protection.is_some() {
            return Err(Error::ProtectedFromDeletion);
        }
        let (delete_at, awaits_import) = (self.now() + wait, key.awaits_import(self.now()));
        self.change(key, |key| key.lifecycle = Lifecycle::PendingDeletion { delete_at, awaits_import });
        Ok(())
    }

    /// Keep a key that was to be deleted: it is enabled again, or waits for its material as before.
    pub fn keep(&mut self, key: Admitted) {
        let lifecycle = if key.awaits_import(self.now()) { Lifecycle::PendingImport } else { Lifecycle::Enabled };
        self.change(key, |key| key.lifecycle = lifecycle);
    }

    /// Let nobody delete the key, for the reason that `why` gives.
    pub fn protect(&mut self, key: Admitted, why: &str) {
        self.change(key, |key| key.deletion_protection = Some(why.into()));
    }

    /// Let the key be deleted by whoever may.
    pub fn unprotect(&mut self, key: Admitted) {
        self.change(key, |key| key.deletion_protection = None);
    }

    /// Say something else of the key than before.
    pub fn describe(&mut self, key: Admitted, description: &str) {
        self.change(key, |key| key.description = description.into());
    }

    /// Have the key rotate by itself, or no longer. Errors: [`Error::NeverRotates`].
    pub fn rotate_every(&mut self, key: Admitted, rotation: Option<Rotation>) -> Result<(), Error> {
        if !key.kind().rotates() {
            return Err(Error::NeverRotates);
        }
        self.change(key, |key| key.rotation = rotation);
        Ok(())
    }

    /// Give `key` a new version if its rotation is due.
    pub fn settle_rotation(&mut self, key: &KeyId) {
        let Ok(key) = self.ring().find(key.as_str()) else { return };
        let Some(due) = key.rotation_due(self.now()) else { return };
        self.push_version(Key::clone(&key), due);
    }

    /// Give the key new material: a further version, which encrypts from now on. Errors as
    /// [`Key::takes_further_version`].
    pub fn add_version(&mut self, key: Admitted) -> Result<Arc<KeyVersion>, Error> {
        key.takes_further_version(self.now())?;
        Ok(self.push_version(key.into_key(), self.now()))
    }

    /// Let `name` stand for the key. Errors: [`Error::AliasTaken`].
    pub fn add_alias(&mut self, key: Admitted, name: AliasName) -> Result<(), Error> {
        if self.ring().find_alias(&name).is_ok() {
            return Err(Error::AliasTaken);
        }
        self.change(key, |key| {
            key.aliases.insert(name);
        });
        Ok(())
    }

    /// Let `name` no longer stand for the key.
    pub fn remove_alias(&mut self, key: Admitted, name: &AliasName) {
        self.change(key, |key| {
            key.aliases.remove(name);
        });
    }

    /// Let the alias `name` of one key stand for another, which may be the same.
    pub fn move_alias(&mut self, name: AliasName, from: Admitted, to: Admitted) {
        if from.id != to.id {
            self.remove_alias(from, &name);
            self.change(to, |key| {
                key.aliases.insert(name);
            });
        }
    }

    /// Put `tags` on the key, in the place of those of the same names.
    pub fn tag(&mut self, key: Admitted, tags: &BTreeMap<String, String>) {
        self.change(key, |key| key.tags.extend(tags.clone()));
    }

    /// Take the tags of these `names` from the key, as far as it has them.
    pub fn untag(&mut self, key: Admitted, names: &[String]) {
        self.change(key, |key| key.tags.retain(|name, _| !names.contains(name)));
    }

    /// Take all its tags from the key.
    pub fn untag_all(&mut self, key: Admitted) {
        self.change(key, |key| key.tags.clear());
    }

    /// Change an admitted key.
    pub(super) fn change(&mut self, key: Admitted, edit: impl FnOnce(&mut Key)) {
        let mut key = key.into_key();
        edit(&mut key);
        self.put(key);
    }

    fn push_version(&mut self, mut key: Key, created: Timestamp) -> Arc<KeyVersion> {
        let version = Arc::new(self.new_version(key.spec, created));
        key.versions.push(Arc::clone(&version));
        self.put(key);
        version
    }
}

#[cfg(test)]
#[path = "deeds_tests.rs"]
mod tests;
