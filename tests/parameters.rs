//! Parameters: whatever bytes come, they are read or refused, and nothing falls over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::select;
use yaoshi::dialect::alibaba::kms::ACTIONS;
use yaoshi::dialect::alibaba::parameters::Parameters;

use crate::support::Service;
use crate::support::wire::{Draft, Signing};

/// The names of all documented parameters, and what clients make of lists and maps.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = include_str!("../fixtures/catalogue/kms-2016-01-20.json");
    let catalogue: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
    let parameters = catalogue.values().flat_map(|action| action["request"].as_object().unwrap().keys().cloned());
    let mut names: BTreeSet<String> = parameters.collect();
    for name in names.clone() {
        names.extend([format!("{name}.1"), format!("{name}.1.Key"), format!("{name}.a b"), format!("{name}.")]);
    }
    let common = ["DryRun", "Format", "RegionId", "Recipient", "Filters", "SecurityToken", "SignatureType", "", "."];
    names.extend(common.map(str::to_owned));
    names.into_iter().collect()
});

/// The names of parameters that the actions built so far have: half of all choices.
static OWN_NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = include_str!("../fixtures/catalogue/kms-2016-01-20.json");
    let catalogue: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
    let of = |name: &str| catalogue[name]["request"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let names: BTreeSet<_> = ACTIONS.iter().flat_map(|action| of(action.name)).collect();
    names.into_iter().collect()
});

/// Values that mean something to some parameter, or nearly do.
const TELLING: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "7",
    "366",
    "1024",
    "4294967295",
    "4294967296",
    "9223372036854775808",
    "1e9",
    "true",
    "FALSE",
    "null",
    "{}",
    "[]",
    "\"\"",
    r#"{"a":"b"}"#,
    r#"{"a":1}"#,
    r#"{"a":"b","a":"c"}"#,
    r#"[{"TagKey":"a","TagValue":"b"}]"#,
    r#"["a"]"#,
    "key",
    "secret",
    r#"[{"Key":"KeyState","Values":["Enabled"]}]"#,
    r#"[{"Key":"KeyState","Values":{}}]"#,
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "202b9877-5a25-46e3-a763-e20791b50001",
    "key-hzz62f1cb66fa42qo0001",
    "202b9877-5a25-46e3-a763-e20791b50005",
    "alias/app",
    "alias/",
    "alias/acs/kms",
    "acs:kms:cn-hangzhou:1234567890123456:key/202b9877-5a25-46e3-a763-e20791b50001",
    "acs:kms:cn-hangzhou:6543210987654321:key/202b9877-5a25-46e3-a763-e20791b50008",
    "acs:kms:::",
    "acs:",
    "Aliyun_AES_256",
    "Aliyun_SM4",
    "AES_256",
    "RSA_2048",
    "ENCRYPT/DECRYPT",
    "SIGN/VERIFY",
    "Aliyun_KMS",
    "EXTERNAL",
    "HSM",
    "7d",
    "99999999999999999999d",
    "cn-beijing",
    "aGVsbG8=",
    "aGVsbG8",
    "====",
    "\u{1}\u{fffe}\u{10ffff}",
    "XML",
    "%00%ff",
    // Blobs: empty but for a version, of a version that is there with too little behind it, and with enough.
    "MmFiMWE5ODMtNzA3Mi00YmJjLWE1ODItNTg0YjViZDgwMDAx",
    "MmFiMWE5ODMtNzA3Mi00YmJjLWE1ODItNTg0YjViZDgwMDAxAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "MmFiMWE5ODMtNzA3Mi00YmJjLWE1ODItNTg0YjViZDgwMDAxAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => select(&**OWN_NAMES),
        4 => select(&**NAMES),
        1 => any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(TELLING).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => "[A-Za-z0-9+/]{0,400}={0,2}",
        1 => (select(TELLING), 1..3000_usize).prop_map(|(text, times)| text.repeat(times)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_or_refused(
        query in prop_oneof![any::<String>(), "[a-c=&%+0-9A-F]{0,40}"],
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[a-c=&%+0-9A-F]{0,40}".prop_map(String::into_bytes),
        ],
    ) {
        match Parameters::read(&query, &body) {
            Ok(parameters) => {
                let names: Vec<_> = parameters.iter().map(|parameter| parameter.name).collect();
                prop_assert!(names.is_sorted_by(|one, other| one < other), "sorted, none twice: {:?}", names);
                for parameter in parameters.iter() {
                    prop_assert_eq!(parameters.get(parameter.name), Some(parameter.value));
                }
            }
            Err(fault) => {
                let codes = ["InvalidParameter", "ParseRequestParameterException"];
                prop_assert!(codes.contains(&fault.code.name), "{:?}", fault);
            }
        }
    }

    #[test]
    fn any_bytes_are_answered(
        query in "([a-zA-Z]{1,10}=[a-zA-Z0-9%+._~-]{0,10}&?){0,6}|[!-~&&[^#\"<>\\\\^`{|}]]{0,60}",
        body in prop::collection::vec(any::<u8>(), 0..100),
        authorization in prop_oneof![
            Just(String::new()),
            "ACS[34]-HMAC-(SHA256|SM3)( (Credential|SignedHeaders|Signature)=[ -~]{0,20},?){0,4}",
            "ACS[ -~]{0,40}",
        ],
    ) {
        let mut request = http::Request::builder().method("POST").uri(format!("/?{query}"));
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let reply = FIXTURE.send(request.body(body.into()).unwrap());
        prop_assert!((400..500).contains(&reply.status), "{:?}", reply);
    }
}

static FIXTURE: LazyLock<Service> = LazyLock::new(Service::with_fixture);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// In all schemes: nothing that a caller may write makes us fail.
    #[test]
    fn every_action_takes_any_parameters(
        action in select(ACTIONS.iter().map(|action| action.name).collect::<Vec<_>>()),
        signing in select(&Signing::ALL[..]),
        parameters in prop::collection::btree_map(name(), value(), 0..6),
    ) {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut draft = Draft::new(signing, action, &[]);
        let encode = |text: &str| text.bytes().map(crate::support::wire::percent).collect::<String>();
        let body: Vec<_> =
            parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        draft.body = body.join("&").into_bytes();
        let reply = FIXTURE.send(draft.sign().to_http());
        prop_assert!(reply.status < 500, "{} {:?}: {}", action, parameters, reply.text);
        prop_assert!(!reply.text.contains("SignatureDoesNotMatch"), "{} {:?}: {}", action, parameters, reply.text);
        if reply.content_type.starts_with("application/json") {
            prop_assert_eq!(reply.text_at("RequestId"), reply.request_id);
        }
    }
}
