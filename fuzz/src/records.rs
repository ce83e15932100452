//! A record of a key: id, line break, JSON, line break, material.
//!
//! As the content of a record it does not open, whatever it is: nothing here sealed it. Sealed as the vault does it, it is
//! a key or is refused; a key is written and read again as the same, opens what it encrypts, and no clock upsets it.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use yaoshi::cipher::{Aead, Algorithm, IV_LENGTH};
use yaoshi::keyring::{Change, EncryptionContext, Key, KeyState, Keyring, Read, RootKey, States, Vault, Write};
use yaoshi::world::{Appended, Batch, Bounds, Chance, Followed, Records, Revision, Store, StoreError};

use super::service::NOW;
use super::split;

const ROOT_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static VAULT: LazyLock<Vault> = LazyLock::new(|| Vault::new(&root_key(), Arc::new(Chance::seeded(1))));

fn root_key() -> RootKey {
    RootKey::parse(ROOT_KEY).expect("it is a root key")
}

pub fn run(data: &[u8]) {
    let (id, rest) = split(data, b'\n');
    let (json, material) = split(rest, b'\n');
    assert!(VAULT.read(id, rest).is_err(), "nobody sealed it");
    let mut content = sealed(id, json, material);
    let read = VAULT.read(id, &content);
    for at in [0, content.len() / 2, content.len() - 1] {
        content[at] ^= 1;
        assert!(VAULT.read(id, &content).is_err(), "it was changed at {at}");
        content[at] ^= 1;
    }
    match read {
        Ok(Change::Put(key)) => {
            assert_written_the_same(id, &key);
            assert_usable(&key);
        }
        Ok(Change::Erase(..)) => panic!("a record is a key"),
        Err(refusal) => assert_ne!(refusal, "its seal is broken"),
    }
}

/// The content of a record as a vault writes it.
fn sealed(id: &[u8], json: &[u8], material: &[u8]) -> Vec<u8> {
    static AEAD: LazyLock<Aead> = LazyLock::new(|| Aead::new(Algorithm::Aes256Gcm, &*root_key().derive("records")));
    let length = u32::try_from(json.len()).expect("inputs are short");
    let (iv, mut sealed) = ([7; IV_LENGTH], material.to_vec());
    let plain = [&length.to_be_bytes(), json].concat();
    AEAD.seal(&iv, &[id, &plain].concat(), &mut sealed);
    [&plain, &iv[..], &sealed].concat()
}

fn assert_written_the_same(id: &[u8], key: &Arc<Key>) {
    let (own_id, content) = VAULT.write(&Change::Put(Arc::clone(key)));
    assert_eq!(own_id, id);
    let Ok(Change::Put(again)) = VAULT.read(id, &content.expect("a key has a record")) else {
        panic!("what a vault wrote it does not read: {key:?}")
    };
    // Material does not show itself; the versions are compared below.
    assert_eq!(format!("{key:?}"), format!("{again:?}"));
    assert!(key.versions.iter().zip(&again.versions).all(|(one, other)| one.is_same(other)));
}

/// A store that holds this key.
struct Holding(Arc<Key>);

impl Store<Change> for Holding {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(1)
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        take(vec![Change::Put(Arc::clone(&self.0))]);
        Ok(Revision::default())
    }

    fn append(&self, _batch: &Batch<Change>) -> Appended {
        Appended::Done(Revision::default())
    }

    fn follow(&self, after: Revision) -> Result<Followed<Change>, StoreError> {
        Ok(Followed::Current(after))
    }

    fn current(&self) -> Result<Revision, StoreError> {
        Ok(Revision::default())
    }

    fn bounds(&self) -> Bounds {
        Bounds::NONE
    }
}

/// At any time: the key has a state, rotates if it is due, encrypts and opens what it encrypted, and goes when its time
/// has come.
fn assert_usable(key: &Arc<Key>) {
    let chance = Chance::seeded(1);
    let now: Timestamp = NOW.parse().expect("it is a time");
    for now in [Timestamp::MIN, now, Timestamp::MAX] {
        let keyring = Keyring::open(Box::new(Holding(Arc::clone(key))), &[1; 32], &mut |_, _| {}).expect("it is there");
        let mut writing = keyring.ring::<Write>(key.place.clone(), now, chance.draw(""));
        assert_eq!(writing.find(key.id.as_str()).is_err(), key.is_gone(now));
        writing.settle_rotation(&key.id);
        writing.commit().expect("the store keeps everything");
        let mut reading = keyring.ring::<Read>(key.place.clone(), now, chance.draw(""));
        let Ok(found) = reading.find(key.id.as_str()) else { continue };
        assert!(found.rotation_due(now).is_none(), "a rotation is settled at once: {found:?}");
        let Ok(admitted) = States::of(&[KeyState::Enabled]).admit(found, now) else { continue };
        let context = EncryptionContext::default();
        let Ok(ciphertext) = admitted.seal(b"text", &context, &mut reading.draw) else { continue };
        assert_eq!(admitted.open(&ciphertext, &context).ok().as_deref(), Some(b"text".as_slice()));
    }
}
