//! A policy document: it is parsed or refused in one line; decisions repeat themselves, do not depend on how the JSON is
//! written, obey the laws of Deny and Allow, and can be explained in one line. That they are quick is seen by the fuzzer's
//! time limit.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use yaoshi::access::{AccountId, Circumstances, Policy, Principal, Request, Tags, Verdict, decide, explain};

use super::service::NOW;

const ACCOUNT: &str = "1234567890123456";

pub fn run(data: &[u8]) {
    let Ok(document) = str::from_utf8(data) else { return };
    let policy = match Policy::parse("fuzzed", document) {
        Ok(policy) => Arc::new(policy),
        Err(refusal) => return assert_one_line(&refusal.to_string()),
    };
    policy.warnings().iter().for_each(|warning| assert_one_line(&warning.to_string()));
    // No name stands twice in a document that was taken: nothing is lost here.
    let rewritten = serde_json::from_str::<serde_json::Value>(document).expect("it was JSON").to_string();
    let rewritten = Arc::new(Policy::parse("rewritten", &rewritten).expect("it says the same"));
    let one = |effect| Arc::new(Policy::parse(effect, &everything(effect)).expect("it is right"));
    let (allow, deny) = (one("Allow"), one("Deny"));
    let callers = [
        vec![Arc::clone(&policy)],
        vec![rewritten],
        vec![Arc::clone(&policy), Arc::clone(&allow)],
        vec![allow, Arc::clone(&policy)],
        vec![policy, deny],
    ]
    .map(caller);
    let long = format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{}", "a/é钥".repeat(500));
    for circumstances in circumstances() {
        for (action, resource) in [
            ("kms:Decrypt", "acs:kms:cn-hangzhou:1234567890123456:key/202b9877-5a25-46e3-a763-e20791b50001"),
            ("kms:CreateKey", "acs:kms:cn-hangzhou:1234567890123456:key"),
            ("kms:ListKeys", "*"),
            ("kms:CreateAlias", "acs:kms:cn-hangzhou:6543210987654321:alias/app"),
            ("kms:Encrypt", &long),
        ] {
            let request = Request { action, resource, tags: &OneTag, circumstances: &circumstances };
            assert_lawful(&callers, &request);
        }
    }
}

/// `callers`: with the policy, with the same one written anew, with it and one that allows everything in both orders,
/// and with it and one that denies everything.
fn assert_lawful(callers: &[Principal; 5], request: &Request<'_>) {
    let [alone, again, repeated] =
        [&callers[0], &callers[1], &callers[0]].map(|caller| decide(caller, request).verdict);
    assert_eq!(alone, again, "the form of the document counts");
    assert_eq!(alone, repeated, "a decision does not repeat itself");
    for caller in &callers[2..4] {
        let is_own = !request.resource.contains("6543210987654321");
        let is_allowed = decide(caller, request).is_allowed();
        assert_eq!(is_allowed, is_own && alone != Verdict::ExplicitlyDenied, "all is allowed but what is denied");
    }
    for caller in [&callers[0], &callers[2], &callers[4]] {
        assert_one_line(&explain(&decide(caller, request), caller, request));
    }
    let verdict = decide(&callers[4], request).verdict;
    assert_eq!(verdict, Verdict::ExplicitlyDenied, "a Deny goes before every Allow");
}

fn everything(effect: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{{"Effect":"{effect}","Action":"*","Resource":"*"}}]}}"#)
}

fn caller(policies: Vec<Arc<Policy>>) -> Principal {
    let account = AccountId::parse(ACCOUNT).expect("it is an account");
    let user = Principal::user(account, "fuzzed").expect("it is a name").with_policies(policies);
    let context =
        [("acs:MFAPresent", "true"), ("acs:VpcSourceIp", "10.0.0.1"), ("any:number", "-1.50"), ("any:text", "Ⅷ ß İ")];
    user.with_context(context).expect("these are condition keys")
}

fn circumstances() -> [Circumstances; 2] {
    let (four, six): (IpAddr, IpAddr) = ([203, 0, 113, 7].into(), [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into());
    let now: Timestamp = NOW.parse().expect("it is a time");
    [
        Circumstances { source_ip: four, secure_transport: false, now },
        Circumstances { source_ip: six, secure_transport: true, now: Timestamp::MIN },
    ]
}

struct OneTag;

impl Tags for OneTag {
    fn value(&self, key: &str) -> Option<&str> {
        (key == "env").then_some("dev")
    }
}

#[track_caller]
fn assert_one_line(text: &str) {
    assert!(!text.contains(|character: char| character.is_control()), "{text:?}");
}
