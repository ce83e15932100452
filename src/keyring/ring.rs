//! The keys of one place at one moment, for one call.

use std::sync::Arc;

use arc_swap::Guard;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretBox};

use super::data_key::DataKeys;
use super::shelves::Change;
use super::workshop::Workshop;
use super::{AliasName, DataKey, Error, Key, KeyId, KeyMaterial, KeySpec, KeyVersion, Keys, Place, VersionId};
use crate::cipher::{KeyPair, KeyPairKind};
use crate::world::{Draw, Ledger, Store, StoreError, Transaction};

/// How many overdue keys one call erases at most.
const MOST_ERASED: usize = 1024;

/// Whether a call only reads or may change keys. A call that reads has no way to change anything.
pub trait Mode: Sized + 'static {
    const WRITES: bool;
    type State<'l>;

    /// A call that writes also erases keys of its own account whose deletion date has passed by `now`, so many that it
    /// does not take long.
    fn begin<'l>(ledger: &'l Ledger<Keys>, place: &Place, now: Timestamp) -> Self::State<'l>;
    fn keys<'s>(state: &'s Self::State<'_>) -> &'s Keys;
    fn commit(state: Self::State<'_>) -> Result<(), StoreError>;
}

/// Reads one consistent moment, beside any number of others.
#[derive(Debug)]
pub struct Read;

/// Changes keys, one call at a time.
#[derive(Debug)]
pub struct Write;

impl Mode for Read {
    const WRITES: bool = false;
    type State<'l> = Guard<Arc<Keys>>;

    fn begin<'l>(ledger: &'l Ledger<Keys>, _place: &Place, _now: Timestamp) -> Self::State<'l> {
        ledger.snapshot()
    }

    fn keys<'s>(state: &'s Self::State<'_>) -> &'s Keys {
        state
    }

    fn commit(_state: Self::State<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Mode for Write {
    const WRITES: bool = true;
    type State<'l> = Transaction<'l, Keys>;

    fn begin<'l>(ledger: &'l Ledger<Keys>, place: &Place, now: Timestamp) -> Self::State<'l> {
        let mut transaction = ledger.begin();
        for (place, id) in transaction.overdue(&place.account, now, MOST_ERASED) {
            transaction.record(Change::Erase(place, id));
        }
        transaction
    }

    fn keys<'s>(state: &'s Self::State<'_>) -> &'s Keys {
        state
    }

    fn commit(state: Self::State<'_>) -> Result<(), StoreError> {
        state.commit()
    }
}

/// All keys and data keys, the secret that import tokens are sealed under, and where key pairs are made.
#[derive(Debug)]
pub struct Keyring {
    keys: Ledger<Keys>,
    import_secret: SecretBox<[u8; 32]>,
    data_keys: DataKeys,
    workshop: Workshop,
}

impl Keyring {
    /// The keys that `store` holds.
    ///
    /// `progress` hears now and then how many of how many have been read.
    pub fn open(
        store: Box<dyn Store<Change>>,
        import_secret: &[u8; 32],
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        let keys = Ledger::open(store, progress)?;
        let import_secret = SecretBox::new(Box::new(*import_secret));
        Ok(Self { keys, import_secret, data_keys: DataKeys::default(), workshop: Workshop::new() })
    }

    /// Keep these data keys, and no others.
    #[must_use]
    pub fn with_data_keys(self, data_keys: impl IntoIterator<Item = DataKey>) -> Self {
        Self { data_keys: DataKeys::new(data_keys), ..self }
    }

    /// The keys of `place` at `now`, for a call that may use `draw`.
    pub fn ring<M: Mode>(&self, place: Place, now: Timestamp, draw: Draw) -> Ring<'_, M> {
        Ring { state: M::begin(&self.keys, &place, now), keyring: self, place, now, draw, prepared: None }
    }
}

/// The keys of a place, the moment of the call and what it may draw.
///
/// Dropped without [`Ring::commit`], it leaves no trace: that is how a dry run and a failed call end.
pub struct Ring<'l, M: Mode> {
    state: M::State<'l>,
    keyring: &'l Keyring,
    place: Place,
    now: Timestamp,
    /// The call's randomness.
    pub draw: Draw,
    /// Material made before the ring was opened.
    prepared: Option<(KeySpec, KeyMaterial)>,
}

impl<M: Mode> Ring<'_, M> {
    /// Let go of the keys, make material for a new version of a key of `spec`, and take the keys up again as they are
    /// then: what takes long keeps nobody waiting.
    #[must_use]
    pub fn prepare(self, spec: KeySpec) -> Self {
        let Self { state, keyring, place, now, mut draw, .. } = self;
        drop(state);
        let material = keyring.workshop.material(spec, &mut draw);
        Ring { prepared: Some((spec, material)), ..keyring.ring(place, now, draw) }
    }
}

impl<M: Mode> Ring<'_, M> {
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The moment of the call.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn find(&self, id: &str) -> Result<Arc<Key>, Error> {
        self.existing(M::keys(&self.state).key(&self.place, id)).ok_or(Error::KeyNotFound)
    }

    pub fn find_alias(&self, name: &AliasName) -> Result<Arc<Key>, Error> {
        self.existing(M::keys(&self.state).alias(&self.place, name)).ok_or(Error::AliasNotFound)
    }

    /// The key that seals under the version `id`.
    pub fn find_sealing(&self, id: VersionId) -> Result<Arc<Key>, Error> {
        self.existing(M::keys(&self.state).version(&self.place, id)).ok_or(Error::KeyNotFound)
    }

    pub fn find_data_key(&self, name: &str) -> Result<Arc<DataKey>, Error> {
        self.keyring.data_keys.find(&self.place, name).cloned().ok_or(Error::DataKeyNotFound)
    }

    /// Whether a key here has the version `id`.
    pub fn has_version(&self, id: VersionId) -> bool {
        self.existing(M::keys(&self.state).version(&self.place, id)).is_some()
    }

    /// The keys here, to be read.
    pub fn keys(&self) -> &Self {
        self
    }

    /// The keys here, to be changed.
    pub fn keys_mut(&mut self) -> &mut Self {
        self
    }

    /// The keys here, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Key>> {
        M::keys(&self.state).all(&self.place).filter(self.lives())
    }

    /// How many [`Ring::all`] gives, without going through them.
    pub fn count(&self) -> usize {
        M::keys(&self.state).count(&self.place, self.now)
    }

    /// The aliases here and their keys, in the order of their names.
    pub fn aliases(&self) -> impl Iterator<Item = (&AliasName, &Arc<Key>)> {
        let lives = self.lives();
        M::keys(&self.state).aliases(&self.place).filter(move |(_, key)| lives(key))
    }

    /// How many [`Ring::aliases`] gives, without going through them.
    pub fn count_aliases(&self) -> usize {
        M::keys(&self.state).count_aliases(&self.place, self.now)
    }

    /// Make what the call did durable and visible.
    pub fn commit(self) -> Result<(), Error> {
        M::commit(self.state)?;
        self.draw.settle();
        Ok(())
    }

    /// What import tokens are sealed under.
    pub fn import_secret(&self) -> &[u8; 32] {
        self.keyring.import_secret.expose_secret()
    }

    /// A new key pair that is nobody's key.
    pub(super) fn key_pair(&mut self, kind: KeyPairKind) -> KeyPair {
        self.keyring.workshop.key_pair(kind, &mut self.draw)
    }

    /// Whether a key is still there. Where no deletion date has passed none is looked at: a list may be long.
    fn lives(&self) -> impl Fn(&&Arc<Key>) -> bool + use<M> {
        let (now, all_live) = (self.now, !M::keys(&self.state).has_overdue(&self.place, self.now));
        move |key| all_live || !key.is_gone(now)
    }

    fn existing(&self, key: Option<&Arc<Key>>) -> Option<Arc<Key>> {
        key.filter(|key| !key.is_gone(self.now)).cloned()
    }
}

impl Ring<'_, Write> {
    /// A key id that no key here has: a lower-case UUID.
    pub(super) fn new_key_id(&mut self) -> KeyId {
        loop {
            let id = self.draw.uuid().hyphenated().to_string();
            if self.state.key(&self.place, &id).is_none() {
                return KeyId::new(&id);
            }
        }
    }

    /// A version id that no version here has.
    pub(super) fn new_version_id(&mut self) -> VersionId {
        loop {
            let id = VersionId::new(self.draw.uuid());
            if self.state.version(&self.place, id).is_none() {
                return id;
            }
        }
    }

    /// A version with an id of its own, and with the material that was [prepared](Ring::prepare) or is made here.
    pub fn new_version(&mut self, spec: KeySpec, created: Timestamp) -> KeyVersion {
        let id = self.new_version_id();
        let material = match self.prepared.take() {
            Some((prepared_for, material)) if prepared_for == spec => material,
            _ => self.keyring.workshop.material(spec, &mut self.draw),
        };
        KeyVersion::new(id, created, material)
    }

    /// Put `key` here, in the place of its older self. Keys that are gone and still have one of its names are erased
    /// with it.
    pub(super) fn put(&mut self, key: Key) -> Arc<Key> {
        for gone in self.state.gone_namesakes(&key, self.now) {
            self.state.record(Change::Erase(self.place.clone(), gone));
        }
        let key = Arc::new(key);
        self.state.record(Change::Put(Arc::clone(&key)));
        key
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
