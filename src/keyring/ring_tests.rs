use uuid::Uuid;

use super::*;
use crate::keyring::test_keys::{START, alias, day, key, keyring, place};
use crate::world::Chance;

#[test]
fn a_write_erases_what_is_overdue_of_its_own_account_and_not_without_end() {
    let keyring = keyring();
    let chance = Chance::seeded(7);
    let write = |account: &str, now| keyring.ring::<Write>(place(account, "a"), now, chance.draw(account));
    for account in ["1", "2"] {
        let mut ring = write(account, START);
        for number in 0..1500_u16 {
            let mut made = key(ring.place(), &format!("{number:04}"), 0, Some(7), &[]);
            let mut id = [0; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            made.versions = vec![Arc::new(KeyVersion::new(
                VersionId::new(Uuid::from_bytes(id)),
                START,
                KeyMaterial::from_bytes(KeySpec::Sm4, vec![1; 16].into()).unwrap(),
            ))];
            ring.adopt(made);
        }
        ring.commit().unwrap();
    }
    let kept = |account: &str| write(account, START).all().count();
    write("2", day(400)).commit().unwrap();
    assert_eq!((kept("1"), kept("2")), (1500, 1500 - 1024));
    write("2", day(400)).commit().unwrap();
    assert_eq!((kept("1"), kept("2")), (1500, 0));
}

#[test]
fn who_takes_a_name_of_a_key_that_is_gone_erases_that_key() {
    let keyring = keyring();
    let chance = Chance::seeded(7);
    let (here, names) = (place("1", "a"), &["app"][..]);
    let write = |now| keyring.ring::<Write>(here.clone(), now, chance.draw("1"));
    let exists = |id: &str| write(START).find(id).is_ok();
    let mut ring = write(START);
    ring.adopt(key(&here, "by alias", 1, Some(7), names));
    ring.adopt(key(&here, "by version", 2, Some(7), &["two"]));
    ring.adopt(key(&here, "bystander", 3, Some(7), &["three"]));
    ring.commit().unwrap();

    // What is overdue is erased when a write begins; this one began before.
    let mut ring = write(START);
    ring.now = day(7);
    assert!(ring.find_alias(&alias("app")).is_err() && !ring.has_version(VersionId::new(Uuid::from_bytes([2; 16]))));
    ring.adopt(key(&here, "new", 2, None, names));
    ring.commit().unwrap();
    assert!(!exists("by alias") && !exists("by version"));
    assert!(exists("bystander") && exists("new"));
    assert_eq!(write(START).find_alias(&alias("app")).unwrap().id, KeyId::new("new"));
}
