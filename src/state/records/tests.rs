//! Records are read as they were written, and not otherwise.

use secrecy::ExposeSecret;

use super::*;
use crate::keyring::Key;
use crate::keyring::test_keys::{key, place};
use crate::secrets::{DataKey, DataKeyVersion};
use crate::world::Source;

fn vault() -> Vault {
    let root_key = RootKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    Vault::new(&root_key, Arc::new(Chance::seeded(7)))
}

fn written(change: &Change) -> (Vec<u8>, Vec<u8>) {
    let (id, content) = vault().write(change).unwrap();
    (id, content.unwrap())
}

fn put(key: Key) -> Change {
    Change::Key(keyring::Change::Put(Arc::new(key)))
}

fn read_key(id: &[u8], content: &[u8]) -> Arc<Key> {
    match vault().read(id, content) {
        Ok(Change::Key(keyring::Change::Put(key))) => key,
        other => panic!("{other:?}"),
    }
}

/// A record without the member is one of a time when it was not kept.
#[test]
fn where_a_key_is_from_stands_in_its_record_if_it_is_the_file() {
    for source in [Source::File, Source::Call] {
        let (id, content) = written(&put(Key { source, ..key(&place("1", "r"), "k", 1, None, &[]) }));
        let text = String::from_utf8_lossy(&content);
        assert_eq!(text.contains(r#""source":"File""#), source == Source::File);
        assert!(!text.contains("Call"));
        assert_eq!(read_key(&id, &content).source, source);
    }
}

/// Nothing is moved while it is encrypted: the material of all versions and the tag have room.
#[test]
fn material_of_many_versions_comes_back() {
    let mut many = key(&place("1", "r"), "k", 1, None, &[]);
    many.versions = (1..=50).map(|last| Arc::clone(&key(&many.place, "k", last, None, &[]).versions[0])).collect();
    let (id, content) = written(&put(many.clone()));
    let read = read_key(&id, &content);
    assert_eq!(read.versions.len(), 50);
    assert!(read.versions.iter().zip(&many.versions).all(|(one, other)| one.is_same(other)));
}

/// Records that come one after the other share a place only where it is one.
#[test]
fn every_record_is_read_into_its_own_place() {
    let reader = vault();
    for (account, region) in [("1", "r"), ("1", "s"), ("2", "s"), ("2", "s"), ("1", "r")] {
        let here = place(account, region);
        let (id, content) = written(&put(key(&here, "k", 1, None, &[])));
        let Ok(Change::Key(keyring::Change::Put(read))) = reader.read(&id, &content) else { panic!("not read") };
        assert_eq!(read.place, here);
    }
}

fn data_key() -> DataKey {
    let version = |id: &str, material: &[u8]| DataKeyVersion { id: id.into(), material: material.to_vec().into() };
    DataKey {
        place: place("1", "r"),
        name: "a/b c".into(),
        key: KeyId::new("k"),
        source: Source::File,
        versions: vec![version("v1", b"one"), version("v2", b"twenty")],
    }
}

#[test]
fn a_data_key_comes_back_and_does_not_show_itself() {
    let (id, content) = written(&Change::Secret(secrets::Change::DataKey(Arc::new(data_key()))));
    assert_eq!(id, b"data-key/1/r/a/b c");
    let text = String::from_utf8_lossy(&content);
    assert!(text.contains(r#""key":"k""#) && !text.contains("twenty"));
    let Ok(Change::Secret(secrets::Change::DataKey(read))) = vault().read(&id, &content) else { panic!("not read") };
    assert_eq!((&*read.name, read.key.as_str(), read.source), ("a/b c", "k", Source::File));
    let versions: Vec<_> = read.versions.iter().map(|one| (&*one.id, one.material.expose_secret())).collect();
    assert_eq!(versions, [("v1", b"one".as_slice()), ("v2", b"twenty")]);
    assert!(read.differences(&data_key()).is_empty());
}

#[test]
fn a_clock_comes_back_and_one_that_is_right_needs_no_record() {
    let clock = |offset| Change::Clock(ClockChange { account: "1".into(), offset: SignedDuration::from_secs(offset) });
    let (id, content) = written(&clock(-90));
    let Ok(Change::Clock(read)) = vault().read(&id, &content) else { panic!("not read") };
    assert_eq!((&*read.account, read.offset.as_secs()), ("1", -90));
    assert_eq!(vault().write(&clock(0)), Some((b"clock/1".to_vec(), None)));
}

#[test]
fn people_are_not_written() {
    let account = crate::access::AccountId::parse("1").unwrap();
    assert_eq!(vault().write(&Change::Person(crate::access::Change::Account(account))), None);
}

/// What is sealed for one kind does not open as another, and a kind that is not known is not read.
#[test]
fn the_kind_of_a_record_is_sealed_with_it() {
    let (id, content) = written(&put(key(&place("1", "r"), "k", 1, None, &[])));
    assert_eq!(id, b"key/1/r/k");
    for other in ["1/r/k", "data-key/1/r/k", "clock/1", "key/1/r/l", "key/1/s/k"] {
        assert_eq!(vault().read(other.as_bytes(), &content).unwrap_err(), "its seal is broken", "{other}");
    }
    // As is all that stands in plain sight.
    for at in 0..content.len() {
        let mut changed = content.clone();
        changed[at] ^= 1;
        assert!(vault().read(&id, &changed).is_err(), "byte {at}");
    }
    let unknown = vault().seal(b"thing/1", b"{}", Zeroizing::default());
    assert_eq!(vault().read(b"thing/1", &unknown).unwrap_err(), "its kind is not known");
}

/// An account is digits; a kind never begins with one.
#[test]
fn records_of_schema_1_are_those_of_any_account() {
    let legacy = vault().legacy().unwrap();
    for id in ["0/r/k", "1/r/k", "6543210987654321/r/k", "9/r/k", "99999999999999999999/r/k"] {
        assert!(legacy.contains(&id.as_bytes().to_vec()), "{id}");
    }
    for kind in [KEY, DATA_KEY, CLOCK] {
        assert!(!legacy.contains(&format!("{kind}9/r/k").into_bytes()), "{kind}");
    }
}

#[test]
fn a_record_of_schema_1_becomes_one_of_today() {
    let vault = vault();
    let (id, content) = written(&put(key(&place("1", "r"), "k", 1, None, &["app"])));
    let (json, secret) = vault.open(&id, &content).unwrap();
    let old = vault.seal(b"1/r/k", json, secret);
    assert!(vault.legacy().unwrap().contains(&b"1/r/k".to_vec()));
    assert!(!vault.legacy().unwrap().contains(&id));
    let (new_id, migrated) = vault.migrate(b"1/r/k", &old).unwrap();
    assert_eq!(new_id, id);
    assert_eq!(read_key(&new_id, &migrated).aliases.len(), 1);
    assert_eq!(vault.migrate(b"1/r/l", &old).unwrap_err(), "its seal is broken");
}
