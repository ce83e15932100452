use secrecy::ExposeSecret;
use uuid::Uuid;

use super::*;
use crate::keyring::test_keys::{Bench, START, alias, day, key, place};
use crate::keyring::{KeyMaterial, KeyVersion, Material};

#[test]
fn a_write_erases_what_is_overdue_of_its_own_account_and_not_without_end() {
    let mut bench = Bench::new();
    for account in ["1", "2"] {
        bench.write(&place(account, "a"), START, |ring| {
            for number in 0..1500_u16 {
                let mut made = key(ring.place(), &format!("{number:04}"), 0, Some(7), &[]);
                let mut id = [0; 16];
                id[..2].copy_from_slice(&number.to_be_bytes());
                let material = KeyMaterial::from_bytes(KeySpec::Sm4, vec![1; 16].into()).unwrap();
                made.versions = vec![Arc::new(KeyVersion::new(VersionId::new(Uuid::from_bytes(id)), START, material))];
                ring.adopt(made);
            }
        });
    }
    let kept = |bench: &Bench, account| bench.ring(&place(account, "a"), START).all().count();
    bench.erase_overdue(&place("2", "b"), day(400));
    assert_eq!((kept(&bench, "1"), kept(&bench, "2")), (1500, 1500 - 1024), "of all its regions");
    bench.erase_overdue(&place("2", "a"), day(400));
    assert_eq!((kept(&bench, "1"), kept(&bench, "2")), (1500, 0));
}

#[test]
fn who_takes_a_name_of_a_key_that_is_gone_erases_that_key() {
    let (mut bench, here, names) = (Bench::new(), place("1", "a"), &["app"][..]);
    bench.write(&here, START, |ring| {
        ring.adopt(key(&here, "by alias", 1, Some(7), names));
        ring.adopt(key(&here, "by version", 2, Some(7), &["two"]));
        ring.adopt(key(&here, "bystander", 3, Some(7), &["three"]));
    });
    bench.write(&here, day(7), |ring| {
        let version = VersionId::new(Uuid::from_bytes([2; 16]));
        assert!(ring.ring().find_alias(&alias("app")).is_err() && !ring.ring().has_version(version));
        ring.adopt(key(&here, "new", 2, None, names));
    });
    let early = bench.ring(&here, START);
    let exists = |id: &str| early.find(id).is_ok();
    assert!(!exists("by alias") && !exists("by version"));
    assert!(exists("bystander") && exists("new"));
    assert_eq!(early.find_alias(&alias("app")).unwrap().id, KeyId::new("new"));
}

#[test]
fn a_prepared_key_pair_is_for_one_version_of_its_spec_in_each_run() {
    let mut draw = crate::world::Chance::seeded(7).draw("1");
    assert!(Prepared::make(KeySpec::Sm4, &mut draw).is_none(), "it is made in no time");
    let mut prepared = Prepared::make(KeySpec::Rsa2048, &mut draw).unwrap();
    assert!(prepared.take_for(KeySpec::Rsa3072).is_none());
    let der = |pair: Option<KeyPair>| pair.unwrap().public_key_der();
    let first = der(prepared.take_for(KeySpec::Rsa2048));
    assert!(prepared.take_for(KeySpec::Rsa2048).is_none(), "two versions never share material");
    assert_eq!(der(prepared.again().take_for(KeySpec::Rsa2048)), first, "run again, it is the same");
}

#[test]
fn a_new_version_has_the_pair_that_was_prepared() {
    let mut bench = Bench::new();
    bench.write(&place("1", "a"), START, |ring| {
        let prepared = Prepared::make(KeySpec::Rsa2048, ring.tools.draw).unwrap();
        let der = |version: KeyVersion| match version.material() {
            Material::Present(private_key) => private_key.expose_secret().to_vec(),
            other @ Material::Deleted(_) => panic!("{other:?}"),
        };
        let pair = prepared.again().take_for(KeySpec::Rsa2048).unwrap().private_key_der().to_vec();
        *ring.tools.prepared = Some(prepared);
        assert_eq!(der(ring.new_version(KeySpec::Rsa2048, START)), pair);
        assert_ne!(der(ring.new_version(KeySpec::Rsa2048, START)), pair, "the next has its own");
    });
}
