//! Who is found, and with which policies.

use super::*;
use crate::access::Verifier;

fn account() -> AccountId {
    AccountId::parse("1").unwrap()
}

fn root() -> Arc<Principal> {
    Arc::new(Principal::root(account()))
}

fn alice() -> Arc<Principal> {
    Arc::new(Principal::user(account(), "alice").unwrap())
}

fn access_key(id: &str, holder: &Arc<Principal>) -> AccessKey {
    AccessKey::new(id, Verifier::Secret("s".into()), Arc::clone(holder)).unwrap()
}

fn policy(name: &str, action: &str) -> Change {
    let document =
        format!(r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#);
    Change::Policy(account(), Arc::new(Policy::parse(name, &document).unwrap()))
}

fn described(policies: &[&str]) -> Change {
    let policies = policies.iter().map(|name| (*name).into()).collect();
    Change::User(Arc::new(User { principal: Principal::user(account(), "alice").unwrap(), policies }))
}

fn people(changes: impl IntoIterator<Item = Change>) -> People {
    let mut people = People::default();
    changes.into_iter().for_each(|change| people.apply(&change));
    people
}

fn key(id: &str, holder: &Arc<Principal>) -> Change {
    Change::AccessKey(Arc::new(access_key(id, holder)))
}

fn token(text: &str, holder: &Arc<Principal>) -> Change {
    Change::BearerToken(Arc::new(BearerToken::new(text, Arc::clone(holder)).unwrap()))
}

#[test]
fn access_keys_are_found_by_exact_id() {
    let off = access_key("LTAIoff", &root()).with_active(false);
    let people = people([key("LTAIon", &root()), Change::AccessKey(Arc::new(off))]);
    assert!(people.access_key("LTAIon").unwrap().is_active());
    assert!(!people.access_key("LTAIoff").unwrap().is_active());
    assert!(people.access_key("ltaion").is_none());
    assert!(people.access_key("").is_none());
}

#[test]
fn holders_are_found_by_exact_token() {
    let people = people([token("token-of-somebody", &root())]);
    assert!(people.holder("token-of-somebody").unwrap().is_root());
    for wrong in ["", "token-of-somebodY", "token-of-somebody ", "token-of-somebod"] {
        assert!(people.holder(wrong).is_none(), "{wrong:?}");
    }
}

/// In whatever order records are put, the same is joined.
#[test]
fn a_principal_is_joined_with_its_policies_in_any_order() {
    let alice = alice();
    let changes = [
        Change::Account(account()),
        policy("own", "kms:Encrypt"),
        described(&["own", "AliyunKMSFullAccess", "missing"]),
        key("A", &alice),
        token("token-of-somebody", &alice),
    ];
    for rotation in 0..changes.len() {
        for is_reversed in [false, true] {
            let mut changes = changes.to_vec();
            changes.rotate_left(rotation);
            if is_reversed {
                changes.reverse();
            }
            let people = people(changes);
            let held = Arc::clone(people.access_key("A").unwrap().principal());
            let names: Vec<_> = held.policies().iter().map(|policy| policy.name()).collect();
            assert_eq!(names, ["own", "AliyunKMSFullAccess"], "rotated by {rotation}, reversed: {is_reversed}");
            assert!(Arc::ptr_eq(&held, people.holder("token-of-somebody").unwrap()));
        }
    }
}

#[test]
fn a_policy_that_is_put_again_counts_at_once_and_older_states_keep_theirs() {
    let before = people([policy("own", "kms:Encrypt"), described(&["own"]), key("A", &alice())]);
    let mut after = before.clone();
    after.apply(&policy("own", "kms:Decrypt"));
    let allows = |people: &People, action: &str| {
        people.access_key("A").unwrap().principal().policies()[0].statements()[0].names(action)
    };
    assert!(allows(&before, "kms:Encrypt") && !allows(&before, "kms:Decrypt"));
    assert!(allows(&after, "kms:Decrypt") && !allows(&after, "kms:Encrypt"));
}

/// What an account calls so itself is its own.
#[test]
fn a_policy_of_the_account_stands_before_one_of_the_service() {
    const NAME: &str = "AliyunKMSFullAccess";
    let changes = [policy(NAME, "kms:Encrypt"), described(&[NAME]), key("A", &alice())];
    for is_put_last in [false, true] {
        let mut changes = changes.to_vec();
        changes.rotate_left(usize::from(is_put_last));
        let people = people(changes);
        let [policy] = people.access_key("A").unwrap().principal().policies() else { panic!("it has one") };
        assert!(!policy.statements()[0].names("kms:Decrypt"), "put last: {is_put_last}");
    }
}

/// Never root's, whoever is described first.
#[test]
fn an_access_key_of_a_user_who_is_not_described_can_do_nothing() {
    let people = people([key("A", &alice()), key("R", &root())]);
    let held = people.access_key("A").unwrap().principal();
    assert!(!held.is_root() && held.policies().is_empty());
    assert!(people.access_key("R").unwrap().principal().is_root());
}

#[test]
fn what_changes_hands_follows_its_new_holder_alone() {
    let mut people = people([described(&[]), key("A", &alice()), token("token-of-somebody", &alice())]);
    people.apply(&key("A", &root()));
    people.apply(&token("token-of-somebody", &root()));
    people.apply(&described(&["AliyunKMSFullAccess"]));
    assert!(people.access_key("A").unwrap().principal().is_root());
    assert!(people.holder("token-of-somebody").unwrap().is_root());
}
