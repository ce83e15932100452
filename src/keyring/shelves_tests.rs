use std::collections::BTreeSet;

use jiff::SignedDuration;
use uuid::Uuid;

use super::*;
use crate::keyring::test_keys::{START, alias, day, key, place};

fn shelved(keys: impl IntoIterator<Item = Key>) -> Keys {
    let mut all = Keys::default();
    keys.into_iter().for_each(|key| all.apply(&Change::Put(Arc::new(key))));
    all
}

fn ids(keys: &Keys, account: &str, now: Timestamp, most: usize) -> Vec<String> {
    let overdue = keys.overdue(account, now, most).into_iter();
    overdue.map(|(place, id)| format!("{}/{id}", place.region)).collect()
}

#[test]
fn overdue_is_what_is_gone_of_one_account() {
    let keys = shelved([
        key(&place("1", "b"), "soon", 1, Some(7), &[]),
        key(&place("1", "a"), "later", 2, Some(8), &[]),
        key(&place("1", "a"), "kept", 3, None, &[]),
        key(&place("10", "a"), "of ten", 4, Some(7), &[]),
        key(&place("0", "z"), "of nought", 5, Some(7), &[]),
    ]);
    for (account, at, most, expected) in [
        ("1", 6, 9, &[][..]),
        ("1", 7, 9, &["b/soon"]),
        ("1", 8, 9, &["a/later", "b/soon"]),
        ("1", 8, 1, &["a/later"]),
        ("10", 8, 9, &["a/of ten"]),
        ("0", 8, 9, &["z/of nought"]),
        ("2", 8, 9, &[]),
    ] {
        assert_eq!(ids(&keys, account, day(at), most), expected, "account {account}, day {at}, {most}");
    }
    assert!(!keys.has_overdue(&place("1", "b"), day(7) - SignedDuration::from_nanos(1)));
    assert!(keys.has_overdue(&place("1", "b"), day(7)));
    assert!(!keys.has_overdue(&place("1", "a"), day(7)), "the other region's");
    assert!(!keys.has_overdue(&place("2", "a"), day(9)), "no such shelf");
}

#[test]
fn a_deletion_is_planned_once_and_forgotten_with_its_plan() {
    let here = place("1", "a");
    let mut keys = shelved([key(&here, "k", 1, Some(7), &[]), key(&here, "k", 1, Some(9), &[])]);
    assert!(!keys.has_overdue(&here, day(8)), "planned anew");
    assert_eq!(keys.count(&here, day(9)), 0);
    keys.apply(&Change::Put(Arc::new(key(&here, "k", 1, None, &[]))));
    assert!(!keys.has_overdue(&here, day(400)), "kept after all");
    assert_eq!(keys.count(&here, day(400)), 1);
    keys.apply(&Change::Put(Arc::new(key(&here, "k", 1, Some(7), &[]))));
    keys.apply(&Change::Erase(here.clone(), KeyId::new("k")));
    assert!(!keys.has_overdue(&here, day(400)), "erased");
    assert_eq!((keys.count(&here, START), keys.all(&here).count()), (0, 0));
}

#[test]
fn counts_leave_out_what_is_gone() {
    let here = place("1", "a");
    let keys = shelved([
        key(&here, "a", 1, Some(7), &["one", "two"]),
        key(&here, "b", 2, Some(8), &["three"]),
        key(&here, "c", 3, None, &["four"]),
        key(&place("1", "b"), "d", 4, Some(1), &["five"]),
    ]);
    for (at, count, aliases) in [(6, 3, 4), (7, 2, 2), (8, 1, 1), (400, 1, 1)] {
        let counted = (keys.count(&here, day(at)), keys.count_aliases(&here, day(at)));
        assert_eq!(counted, (count, aliases), "day {at}");
    }
    assert_eq!(keys.count(&place("2", "a"), START), 0);
    assert_eq!(keys.count_aliases(&place("2", "a"), START), 0);
}

/// Erasing may be put off until another key has taken a name of the one that is gone.
#[test]
fn a_name_that_another_key_took_stays_that_ones() {
    let here = place("1", "a");
    let mut keys = shelved([key(&here, "gone", 1, Some(7), &["app", "own"]), key(&here, "new", 1, None, &["app"])]);
    assert_eq!(keys.count_aliases(&here, day(7)), 1, "of the two aliases one is lost with the key");
    keys.apply(&Change::Erase(here.clone(), KeyId::new("gone")));
    assert_eq!(keys.alias(&here, &alias("app")).unwrap().id, KeyId::new("new"));
    assert_eq!(keys.version(&here, VersionId::new(Uuid::from_bytes([1; 16]))).unwrap().id, KeyId::new("new"));
    assert!(keys.alias(&here, &alias("own")).is_none());
}

/// Two calls that want one name are in each other's way, as are two that change one key.
#[test]
fn a_change_is_about_the_key_and_every_name_that_it_had_or_gets() {
    let here = place("1", "a");
    let keys = shelved([key(&here, "k", 1, None, &["kept", "lost"])]);
    let put = |id: &str, aliases: &[&str]| Change::Put(Arc::new(key(&here, id, 2, None, aliases)));
    for (change, id, aliases) in [
        (put("k", &["kept", "got"]), "k", &["got", "kept", "lost"][..]),
        (put("new", &["got"]), "new", &["got"]),
        (put("new", &[]), "new", &[]),
        (Change::Erase(here.clone(), KeyId::new("k")), "k", &["kept", "lost"]),
        (Change::Erase(here.clone(), KeyId::new("none")), "none", &[]),
    ] {
        let scopes: BTreeSet<_> = keys.scopes(&change).into_iter().collect();
        let aliases = aliases.iter().map(|alias| name("name", &here, alias));
        let expected = aliases.chain([name("key", &here, id)]).map(Scope::new);
        assert_eq!(scopes, expected.collect(), "{change:?}");
    }
}
