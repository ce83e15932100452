//! A state is made of its parts: what is changed in one of them is kept, told and found there.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::access::{AccessKey, AccountId, Principal, Verifier};
use crate::keyring::test_keys::{key, place};
use crate::keyring::{KeyId, Ring};
use crate::secrets::{DataKey, DataKeyVersion};
use crate::world::Source;

/// A change of each part.
fn changes() -> Changes {
    let here = place("1", "r");
    let version = DataKeyVersion { id: "v".into(), material: b"one".to_vec().into() };
    let data_key = DataKey {
        place: here.clone(),
        name: "d".into(),
        key: KeyId::new("k"),
        source: Source::Call,
        versions: vec![version],
    };
    let root = Arc::new(Principal::root(AccountId::parse("1").unwrap()));
    let access_key = AccessKey::new("a", Verifier::Secret("s".into()), root).unwrap();
    Changes {
        keys: vec![keyring::Change::Put(Arc::new(key(&here, "k", 1, None, &["app"])))],
        secrets: vec![secrets::Change::DataKey(Arc::new(data_key))],
        people: vec![access::Change::AccessKey(Arc::new(access_key))],
        clocks: vec![ClockChange { account: "1".into(), offset: SignedDuration::from_hours(1) }],
    }
}

/// Which parts hold something.
fn parts(state: &State) -> [bool; 4] {
    let (here, wall) = (place("1", "r"), Timestamp::UNIX_EPOCH);
    [
        Ring::new(&state.keys, &here, wall).find("k").is_ok(),
        state.secrets.data_key(&here, "d").is_some(),
        state.people.access_key("a").is_some(),
        state.clocks.now("1", wall) != wall,
    ]
}

#[test]
fn what_a_call_changes_is_kept_part_by_part() {
    let all: Vec<_> = changes().into_iter().collect();
    let ids: Vec<_> = all.iter().map(|change| String::from_utf8(State::record_id(change)).unwrap()).collect();
    assert_eq!(ids, ["key/1/r/k", "data-key/1/r/d", "access-key/a", "clock/1"]);
    for (own, change) in all.iter().enumerate() {
        let mut state = State::default();
        state.apply(change);
        assert_eq!(parts(&state), [0, 1, 2, 3].map(|part| part == own), "{change:?}");
    }
}

/// Two calls that change one record are in each other's way, whatever the record is.
#[test]
fn every_change_has_its_record_among_its_scopes() {
    let state = State::default();
    for change in changes() {
        assert!(state.scopes(&change).contains(&Scope::new(State::record_id(&change))), "{change:?}");
    }
}
