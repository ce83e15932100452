//! Decisions as tables: policies × requests, and what each refusal says.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::access::{Circumstances, Tags, explain, system_policy};

const KEY: &str = "acs:kms:cn-hangzhou:123456:key/k-1";
const CONTAINER: &str = "acs:kms:cn-hangzhou:123456:key";
const FOREIGN: &str = "acs:kms:cn-hangzhou:654321:key/k-1";

fn circumstances() -> Circumstances {
    Circumstances {
        source_ip: "::ffff:203.0.113.7".parse().unwrap(),
        secure_transport: false,
        now: "2026-09-01T12:00:00Z".parse().unwrap(),
    }
}

fn account() -> AccountId {
    AccountId::parse("123456").unwrap()
}

fn statement(effect: &str, action: &str, resource: &str, condition: Value) -> Value {
    let mut statement = json!({"Effect": effect, "Action": action, "Resource": resource});
    if condition != Value::Null {
        statement["Condition"] = condition;
    }
    statement
}

/// Alice with one policy `p1`, `p2` … for each list of statements.
fn alice(policies: &[Vec<Value>]) -> Principal {
    let parse = |(index, statements): (usize, &Vec<Value>)| {
        let document = json!({"Version": "1", "Statement": statements}).to_string();
        Arc::new(Policy::parse(&format!("p{}", index + 1), &document).unwrap())
    };
    Principal::user(account(), "alice").unwrap().with_policies(policies.iter().enumerate().map(parse))
}

/// A resource with this one tag.
struct Tag(&'static str, &'static str);

impl Tags for Tag {
    fn value(&self, key: &str) -> Option<&str> {
        (key == self.0).then_some(self.1)
    }
}

/// A resource without tags.
struct NoTags;

impl Tags for NoTags {
    fn value(&self, _key: &str) -> Option<&str> {
        None
    }
}

/// `None` if allowed, else the explanation.
fn refusal(principal: &Principal, action: &str, resource: &str) -> Option<String> {
    let circumstances = circumstances();
    let request = Request { action, resource, tags: &Tag("Env", "prod"), circumstances: &circumstances };
    let decision = decide(principal, &request);
    (!decision.is_allowed()).then(|| explain(&decision, principal, &request))
}

fn allow(action: &str, resource: &str) -> Value {
    statement("Allow", action, resource, Value::Null)
}

fn deny(action: &str, resource: &str) -> Value {
    statement("Deny", action, resource, Value::Null)
}

#[rstest]
#[case::nothing_attached(vec![], KEY, "no policy is attached")]
#[case::allowed(vec![vec![allow("kms:Decrypt", KEY)]], KEY, "")]
#[case::case_of_the_action(vec![vec![allow("KMS:decRYPT", "*")]], KEY, "")]
#[case::case_of_the_resource(vec![vec![allow("kms:Decrypt", &KEY.replace("key", "Key"))]], KEY, "differs in upper and lower case")]
#[case::other_action(vec![vec![allow("kms:Encrypt", "*")]], KEY, "no Allow statement names the action (attached: \"p1\")")]
#[case::deny_after_allow(vec![vec![allow("*", "*"), deny("kms:Decrypt", KEY)]], KEY, "policy \"p1\" statement 2 denies it")]
#[case::deny_before_allow(vec![vec![deny("kms:De*", "*"), allow("*", "*")]], KEY, "policy \"p1\" statement 1 denies it")]
#[case::deny_in_another_policy(vec![vec![allow("*", "*")], vec![deny("*", "*")]], KEY, "policy \"p2\" statement 1 denies it")]
#[case::deny_elsewhere(vec![vec![allow("*", "*"), deny("*", "acs:kms:*:*:key/k-2")]], KEY, "")]
#[case::allow_in_the_second(vec![vec![allow("kms:Encrypt", "*")], vec![allow("kms:Decrypt", "*")]], KEY, "")]
#[case::container_trap(vec![vec![allow("kms:*", "acs:kms:*:*:key/*")]], CONTAINER, "covers what is inside this container")]
#[case::container_covered(vec![vec![allow("kms:*", "acs:kms:*:*:key*")]], CONTAINER, "")]
#[case::inside_the_container(vec![vec![allow("kms:*", "acs:kms:*:*:key/*")]], KEY, "")]
#[case::other_resource(vec![vec![allow("kms:*", "acs:kms:*:*:secret/*")]], KEY, "policy \"p1\" statement 1 allows the action, but only on \"acs:kms:*:*:secret/*\"")]
#[case::no_resource(vec![vec![allow("kms:*", "*")]], "*", "")]
#[case::other_account(vec![vec![allow("*", "*")]], FOREIGN, "belongs to account 654321")]
#[case::other_account_denied(vec![vec![deny("*", "*")]], FOREIGN, "statement 1 denies it")]
#[case::no_name(vec![vec![allow("*", "*")]], "key/k-1", "the resource name is not of the form")]
#[case::deny_is_no_near_miss(vec![vec![deny("kms:Decrypt", "acs:kms:*:*:key/k-2")]], KEY, "no Allow statement names the action")]
#[case::only_deny(vec![vec![deny("kms:Encrypt", "*")]], KEY, "no Allow statement names the action")]
fn users_may_what_policies_say(#[case] policies: Vec<Vec<Value>>, #[case] resource: &str, #[case] words: &str) {
    says(refusal(&alice(&policies), "kms:Decrypt", resource), words);
}

#[rstest]
#[case("Allow", json!({"StringEquals": {"kms:tag/Env": "prod"}}), "")]
#[case("Allow", json!({"StringEquals": {"kms:tag/env": "prod"}}), r#"StringEquals kms:tag/env "prod" is not met (absent from this request)"#)]
#[case("Allow", json!({"StringEquals": {"kms:tag/Env": ["dev", "test"]}}), r#"StringEquals kms:tag/Env "dev" or "test" is not met (seen: "prod")"#)]
#[case("Allow", json!({"StringNotEquals": {"kms:tag/Team": "a"}}), "")]
#[case("Allow", json!({"IpAddress": {"acs:SourceIp": "203.0.113.0/24"}}), "")]
#[case("Allow", json!({"IpAddress": {"acs:sourceip": "10.0.0.0/8"}}), "IpAddress acs:sourceip 10.0.0.0/8 is not met (seen: 203.0.113.7)")]
#[case("Allow", json!({"NotIpAddress": {"acs:SourceIp": ["10.0.0.0/8", "203.0.113.7"]}}), "is not met (seen: 203.0.113.7)")]
#[case("Allow", json!({"Bool": {"acs:SecureTransport": "true"}}), "Bool acs:SecureTransport true is not met (seen: false)")]
#[case("Allow", json!({"Bool": {"acs:SecureTransport": false}}), "")]
#[case("Allow", json!({"DateLessThan": {"acs:CurrentTime": "2026-09-01T20:00:01+08:00"}}), "")]
#[case("Allow", json!({"DateLessThan": {"acs:CurrentTime": "2026-09-01T20:00:00+08:00"}}), "(seen: 2026-09-01T12:00:00Z)")]
#[case("Allow", json!({"StringLike": {"acs:PrincipalARN": "acs:ram:*:*:user/ali*"}}), "")]
#[case("Allow", json!({"StringLike": {"acs:PrincipalArn": "acs:ram:*:*:user/bob"}}), r#"(seen: "acs:ram::123456:user/alice")"#)]
#[case("Allow", json!({"Bool": {"acs:MFAPresent": "false"}}), "absent from this request")]
#[case("Allow", json!({"StringEquals": {"acs:SourceVpc": "vpc-1"}}), "absent from this request")]
#[case("Allow", json!({"IpAddress": {"acs:VpcSourceIp": "0.0.0.0/0"}}), "absent from this request")]
#[case("Allow", json!({"StringEquals": {"other:key": "x"}}), "absent from this request")]
#[case::and_of_keys("Allow", json!({"StringEquals": {"kms:tag/Env": "prod", "kms:tag/Team": "a"}}), "kms:tag/Team")]
#[case::and_of_operators("Allow", json!({"StringEquals": {"kms:tag/Env": "prod"}, "Bool": {"acs:SecureTransport": "true"}}), "would allow it, but Bool")]
#[case::deny_not_met("Deny", json!({"Bool": {"acs:MFAPresent": "false"}}), "")]
#[case::deny_met("Deny", json!({"IpAddress": {"acs:SourceIp": "203.0.113.7"}}), "denies it, as its condition is met: IpAddress acs:SourceIp 203.0.113.7/32 (seen: 203.0.113.7)")]
#[case::deny_by_absence("Deny", json!({"StringNotEquals": {"acs:SourceVpc": "vpc-1"}}), "(absent, which a negated operator accepts)")]
fn conditions_decide(#[case] effect: &str, #[case] condition: Value, #[case] words: &str) {
    let mut statements = vec![statement(effect, "kms:Decrypt", "*", condition)];
    if effect == "Deny" {
        statements.push(allow("*", "*"));
    }
    says(refusal(&alice(&[statements]), "kms:Decrypt", KEY), words);
}

#[rstest]
#[case("acs:SourceIp", "10.1.2.3", json!({"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}))]
#[case("acs:sourceip", "10.1.2.3", json!({"StringLike": {"ACS:SourceIp": "10.*"}}))]
#[case("acs:SecureTransport", "true", json!({"Bool": {"acs:SecureTransport": "true"}}))]
#[case("acs:CurrentTime", "2012-01-01T00:00:00Z", json!({"DateLessThan": {"acs:CurrentTime": "2013-01-01T00:00:00Z"}}))]
#[case("acs:MFAPresent", "true", json!({"Bool": {"acs:MFAPresent": "true"}}))]
#[case("acs:SourceVpc", "vpc-1", json!({"StringEquals": {"acs:SourceVpc": "vpc-1"}}))]
#[case("acs:VpcSourceIp", "172.16.0.9", json!({"IpAddress": {"acs:VpcSourceIp": "172.16.0.0/12"}}))]
#[case("acs:PrincipalARN", "x", json!({"StringEquals": {"acs:PrincipalARN": "x"}}))]
#[case("kms:tag/Env", "dev", json!({"StringEquals": {"kms:tag/Env": "dev"}}))]
#[case("any:thing", "7", json!({"NumericGreaterThan": {"any:thing": "6"}}))]
fn context_stands_before_what_the_request_shows(#[case] key: &str, #[case] value: &str, #[case] condition: Value) {
    let alice = || alice(&[vec![statement("Allow", "kms:Decrypt", "*", condition.clone())]]);
    assert!(refusal(&alice(), "kms:Decrypt", KEY).is_some());
    let placed = alice().with_context([(key, value)]).unwrap();
    assert_eq!(refusal(&placed, "kms:Decrypt", KEY), None);
}

#[rstest]
#[case(KEY, "")]
#[case("*", "")]
#[case("acs:ram::123456:role/x", "")]
#[case(FOREIGN, "the account root (acs:ram::123456:root): the resource belongs to account 654321")]
#[case("acs:kms:cn-hangzhou:1234567:key/k", "belongs to account 1234567")]
#[case("acs:kms:cn-hangzhou:*:key/k", "belongs to account *")]
#[case("", "not of the form")]
fn root_may_everything_in_its_own_account(#[case] resource: &str, #[case] words: &str) {
    let root = Principal::root(account()).with_policies([system_policy("AliyunKMSReadOnlyAccess").unwrap()]);
    says(refusal(&root, "kms:Decrypt", resource), words);
}

#[test]
fn not_action_means_all_others() {
    let alice = alice(&[vec![json!({"Effect": "Allow", "NotAction": ["kms:Delete*", "kms:Put*"], "Resource": "*"})]]);
    assert_eq!(refusal(&alice, "kms:Decrypt", KEY), None);
    says(refusal(&alice, "kms:deletealias", KEY), "no Allow statement names the action");
    says(refusal(&alice, "kms:PutSecretValue", KEY), "no Allow statement names the action");
}

#[test]
fn a_tag_is_asked_for_only_by_a_condition_that_matters() {
    struct Unasked;
    impl Tags for Unasked {
        fn value(&self, key: &str) -> Option<&str> {
            panic!("no condition asks for {key}")
        }
    }
    let circumstances = circumstances();
    let request = Request { action: "kms:Decrypt", resource: KEY, tags: &Unasked, circumstances: &circumstances };
    let tagged = json!({"StringEquals": {"kms:tag/Env": "prod"}});
    let alice = alice(&[vec![
        allow("kms:Decrypt", "*"),
        statement("Allow", "kms:Decrypt", "*", tagged.clone()),
        statement("Deny", "kms:Encrypt", "*", tagged.clone()),
        statement("Deny", "*", "acs:kms:*:*:secret*", tagged),
    ]]);
    assert!(decide(&alice, &request).is_allowed());
}

/// Verdict, and the statement that it rests on.
fn told(decision: &Decision) -> (Verdict, Option<(&str, usize)>) {
    let by = match &decision.grounds {
        Grounds::Statement { layer: Layer::Identity, policy, number } => Some((policy.name(), *number)),
        Grounds::Root | Grounds::NothingAllows(_) | Grounds::OtherAccount => None,
    };
    (decision.verdict, by)
}

#[test]
fn a_decision_tells_what_it_rests_on() {
    let circumstances = circumstances();
    let ask = |principal: &Principal, resource| {
        let request = Request { action: "kms:Decrypt", resource, tags: &NoTags, circumstances: &circumstances };
        let decision = decide(principal, &request);
        (decision.clone(), explain(&decision, principal, &request))
    };
    let allowed = alice(&[vec![allow("kms:Encrypt", "*")], vec![allow("kms:List*", "*"), allow("*", "*")]]);
    let (decision, text) = ask(&allowed, KEY);
    assert_eq!(told(&decision), (Verdict::Allowed, Some(("p2", 2))));
    assert!(
        text.ends_with("is allowed to user alice (acs:ram::123456:user/alice): policy \"p2\" statement 2 allows it")
    );

    let denied = alice(&[vec![allow("*", "*")], vec![deny("kms:*", "*")]]);
    assert_eq!(told(&ask(&denied, KEY).0), (Verdict::ExplicitlyDenied, Some(("p2", 1))));
    assert_eq!(told(&ask(&denied, FOREIGN).0), (Verdict::ExplicitlyDenied, Some(("p2", 1))), "whoever's it is");

    let (decision, _) = ask(&allowed, FOREIGN);
    assert!(matches!(decision.grounds, Grounds::OtherAccount) && !decision.is_allowed());
    let nobody = Principal::user(account(), "nobody").unwrap();
    let (decision, _) = ask(&nobody, KEY);
    assert!(matches!(decision.grounds, Grounds::NothingAllows(Layer::Identity)));
    assert_eq!(decision.verdict, Verdict::ImplicitlyDenied);

    let root = Principal::root(account());
    let (decision, text) = ask(&root, KEY);
    assert!(matches!(decision.grounds, Grounds::Root) && decision.is_allowed());
    assert!(text.contains("is allowed to the account root"), "{text}");
    assert!(!ask(&root, FOREIGN).0.is_allowed());
}

#[test]
fn an_explanation_is_complete_short_and_of_one_line() {
    assert_eq!(
        refusal(&alice(&[]), "kms:Decrypt", KEY).unwrap(),
        format!("kms:Decrypt on {KEY} is denied to user alice (acs:ram::123456:user/alice): no policy is attached")
    );
    says(refusal(&alice(&[]), "kms:Decrypt", &format!("{KEY}\nx\u{2028}")), "key/k-1\\nx\\u{2028}");

    let many = vec![allow("kms:*", "acs:kms:*:*:secret/*"); 5];
    let text = refusal(&alice(&[many]), "kms:Decrypt", KEY).unwrap();
    assert!(text.contains("statement 3 ") && !text.contains("statement 4") && text.ends_with("; and 2 more"), "{text}");
}

fn says(refusal: Option<String>, words: &str) {
    match refusal {
        None => assert_eq!(words, "", "allowed"),
        Some(text) => assert!(!words.is_empty() && text.contains(words), "{text}"),
    }
}

/// Effect, action, resource, and a condition: operator, tag key, values.
type Row = (&'static str, &'static str, &'static str, Option<(&'static str, &'static str, Vec<&'static str>)>);

fn any_row() -> impl Strategy<Value = Row> {
    let operators = vec!["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"];
    let condition =
        (select(operators), select(vec!["A", "B"]), prop::collection::vec(select(vec!["x", "y", "X", "*"]), 1..3));
    (
        select(vec!["Allow", "Allow", "Deny"]),
        select(vec!["kms:Decrypt", "kms:Encrypt", "*"]),
        select(vec![KEY, CONTAINER, "*"]),
        prop::option::of(condition),
    )
}

proptest! {
    #[test]
    fn agrees_with_a_naive_evaluation(
        rows in prop::collection::vec(any_row(), 1..5),
        tag in prop::option::of(select(vec!["x", "y", "z"])),
    ) {
        let applies = |(_, action, resource, condition): &Row| {
            let met = condition.as_ref().is_none_or(|(operator, key, values)| {
                let seen = tag.filter(|_| *key == "A");
                let equal = |value: &&str| seen.is_some_and(|seen| match *operator {
                    "StringLike" | "StringNotLike" => *value == "*" || *value == seen,
                    "StringEqualsIgnoreCase" => value.to_lowercase() == seen,
                    _ => *value == seen,
                });
                if operator.contains("Not") { !values.iter().any(equal) } else { values.iter().any(equal) }
            });
            ["kms:Decrypt", "*"].contains(action) && [KEY, "*"].contains(resource) && met
        };
        let applying: Vec<&str> = rows.iter().filter(|row| applies(row)).map(|row| row.0).collect();
        let (denied, allowed) = (applying.contains(&"Deny"), applying.contains(&"Allow"));

        let statements = rows.iter().map(|(effect, action, resource, condition)| {
            let condition = condition.as_ref().map_or(Value::Null, |(operator, key, values)| {
                json!({*operator: {format!("kms:tag/{key}"): values}})
            });
            statement(effect, action, resource, condition)
        });
        let alice = alice(&[statements.collect()]);
        let circumstances = circumstances();
        let tagged = tag.map(|value| Tag("A", value));
        let tags = tagged.as_ref().map_or(&NoTags as &dyn Tags, |tag| tag);
        let request = Request { action: "kms:Decrypt", resource: KEY, tags, circumstances: &circumstances };
        let decision = decide(&alice, &request);
        prop_assert_eq!(decision.is_allowed(), allowed && !denied);
        prop_assert_eq!(decision.verdict == Verdict::ExplicitlyDenied, denied);
        prop_assert!(!explain(&decision, &alice, &request).is_empty());
    }
}
