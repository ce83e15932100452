//! The grammar as tables: what is refused and with which words, what is accepted, what is warned of.

use proptest::prelude::*;
use rstest::rstest;

use crate::access::Policy;

#[rstest]
#[case("", None, "the document is not JSON")]
#[case("{", None, "the document is not JSON")]
#[case(r#"{"Version":"1","Statement":[]} x"#, None, "the document is not JSON")]
#[case("[]", None, "a policy must be a JSON object, not a list")]
#[case("null", None, "a policy must be a JSON object, not null")]
#[case(r#"{"Statement":[1]}"#, None, "Version is missing")]
#[case(r#"{"Version":"1"}"#, None, "Statement is missing")]
#[case(r#"{"Version":"2012-10-17","Statement":[1]}"#, None, r#"Version must be the text "1", not "2012-10-17""#)]
#[case(r#"{"Version":1,"Statement":[1]}"#, None, r#"Version must be the text "1", not the number 1"#)]
#[case(r#"{"Version":"1","Statement":[]}"#, None, "at least one statement, not an empty list")]
#[case(r#"{"Version":"1","Statement":{}}"#, None, "not a single statement without brackets")]
#[case(r#"{"Version":"1","Statement":"x"}"#, None, "not a plain value")]
#[case(r#"{"Version":"1","Version":"1","Statement":[1]}"#, None, r#""Version" stands twice in a policy"#)]
#[case(r#"{"Version":"1","Statement":[1],"Id":"x"}"#, None, r#""Id" is not an element of a policy"#)]
#[case(r#"{"Version":"1","Statement":[1]}"#, Some(1), "a statement must be a JSON object, not the number 1")]
fn documents_are_refused(#[case] document: &str, #[case] statement: Option<usize>, #[case] words: &str) {
    refused(document, statement, words);
}

/// Each row stands as the second statement of an otherwise good policy.
#[rstest]
#[case(r#"{"Action":"*","Resource":"*"}"#, "Effect is missing")]
#[case(r#"{"Effect":"allow","Action":"*","Resource":"*"}"#, r#"exactly "Allow" or "Deny", not "allow""#)]
#[case(r#"{"Effect":true,"Action":"*","Resource":"*"}"#, "not the boolean true")]
#[case(r#"{"Effect":"Allow","Resource":"*"}"#, "Action (or NotAction) is missing")]
#[case(r#"{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}"#, "Action and NotAction exclude each other")]
#[case(r#"{"Effect":"Allow","Action":"*"}"#, "Resource is missing")]
#[case(r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, "Action must not be an empty list")]
#[case(r#"{"Effect":"Allow","NotAction":[],"Resource":"*"}"#, "NotAction must not be an empty list")]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":[]}"#, "Resource must not be an empty list")]
#[case(r#"{"Effect":"Allow","Action":[["*"]],"Resource":"*"}"#, "Action must be a text or a list of texts, not a list")]
#[case(r#"{"Effect":"Allow","Action":null,"Resource":"*"}"#, "Action must be a text or a list of texts, not null")]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":{}}"#, "Resource must be a text or a list of texts, not an object")]
#[case(r#"{"Effect":"Allow","Action":"Unlock","Resource":"*"}"#, r#"Action "Unlock" is neither "*" nor"#)]
#[case(r#"{"Effect":"Allow","Action":"kms:","Resource":"*"}"#, r#"Action "kms:" is neither"#)]
#[case(r#"{"Effect":"Allow","Action":":Unlock","Resource":"*"}"#, "is neither")]
#[case(r#"{"Effect":"Allow","Action":"kms: Unlock","Resource":"*"}"#, "is neither")]
#[case(r#"{"Effect":"Allow","Action":"","Resource":"*"}"#, "is neither")]
#[case(r#"{"Effect":"Allow","NotAction":["kms:*","x\ny"],"Resource":"*"}"#, r#"NotAction "x\ny" is neither"#)]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"key/*"}"#, r#"Resource "key/*" is neither "*" nor"#)]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:kms:r:1:key"}"#, "is neither")]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":""}"#, "is neither")]
#[case(r#"{"Effect":"Allow","Action":"*","Action":"*","Resource":"*"}"#, r#""Action" stands twice in a statement"#)]
#[case(r#"{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}"#, r#""Effect" stands twice"#)]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}"#, "belongs to resource-based policies")]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"*","Sid":"a"}"#, "belongs to resource-based policies")]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"*","NotPrincipal":"*"}"#, "RAM has no such element")]
#[case(r#"{"Effect":"Allow","Action":"*","NotResource":"*"}"#, "RAM has no such element")]
#[case(r#"{"Effect":"Allow","action":"*","Resource":"*"}"#, r#""action" is not an element of a statement"#)]
fn statements_are_refused(#[case] statement: &str, #[case] words: &str) {
    refused(&second(statement), Some(2), words);
}

#[rstest]
#[case("[]", "Condition must be a JSON object, not a list")]
#[case(r#"{"StringEquals":"x"}"#, r#"a condition operator must be a JSON object, not "x""#)]
#[case(r#"{"StringEquals":{}}"#, "StringEquals names no condition key")]
#[case(
    r#"{"stringequals":{"a:b":"x"}}"#,
    r#"The condition operator "stringequals" is not supported; supported are StringEquals, "#
)]
#[case(r#"{"StringEqualsIfExists":{"a:b":"x"}}"#, "The condition operator 'IfExists/Null' is not supported")]
#[case(r#"{"Null":{"a:b":"true"}}"#, "The condition operator 'IfExists/Null' is not supported")]
#[case(r#"{"ForAnyValue:StringEquals":{"a:b":"x"}}"#, r#"operator "ForAnyValue:StringEquals" is not supported"#)]
#[case(r#"{"ForAllValues:StringLike":{"a:b":"x"}}"#, "is not supported; supported are")]
#[case(r#"{"BoolNot":{"a:b":"true"}}"#, "is not supported")]
#[case(r#"{"Bool":{"a:b":"true"},"Bool":{"a:c":"true"}}"#, r#""Bool" stands twice in Condition"#)]
#[case(r#"{"Bool":{"a:b":"true","a:b":"false"}}"#, r#""a:b" stands twice in a condition operator"#)]
#[case(r#"{"Bool":{"acs:MFAPresent":"true","acs:MfaPresent":"false"}}"#, r#""acs:MfaPresent" stands twice"#)]
#[case(r#"{"Bool":{"MFAPresent":"true"}}"#, r#"condition key "MFAPresent" is not of the form"#)]
#[case(r#"{"StringEquals":{"a:b":[]}}"#, "a:b has an empty list of values")]
#[case(r#"{"StringEquals":{"a:b":null}}"#, "must have a text, or a list of texts, as its value, not null")]
#[case(r#"{"StringEquals":{"a:b":["x",{}]}}"#, "not an object")]
#[case(r#"{"NumericEquals":{"a:\nb":"x"}}"#, r#"a:\nb cannot be "x""#)]
#[case(r#"{"NumericEquals":{"a:b":"x"}}"#, r#"a:b cannot be "x" under NumericEquals: a number such as"#)]
#[case(r#"{"DateLessThan":{"acs:CurrentTime":"2020-01-01"}}"#, "under DateLessThan: a date such as")]
#[case(r#"{"Bool":{"acs:SecureTransport":"yes"}}"#, "under Bool: true or false is expected")]
#[case(r#"{"IpAddress":{"acs:SourceIp":["10.0.0.1","10.0.0.0/40"]}}"#, r#"cannot be "10.0.0.0/40" under IpAddress"#)]
fn conditions_are_refused(#[case] condition: &str, #[case] words: &str) {
    let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#);
    refused(&second(&statement), Some(2), words);
}

#[rstest]
#[case(r#"{"Effect":"Deny","NotAction":["kms:List*"],"Resource":["acs:kms:*:*:key/*","*"]}"#)]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}"#)]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"::1"},"Bool":{"acs:SecureTransport":["true"]}}}"#)]
#[case(r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"kms:tag/Env":"a","kms:tag/env":"b"},"StringLike":{"kms:tag/Env":"a*"}}}"#)]
#[case(r#"{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"acs:SourceVpc":"vpc-1"}}}"#)]
fn accepted_without_a_warning(#[case] statement: &str) {
    let policy = Policy::parse("p", &second(statement)).unwrap();
    assert_eq!((policy.statements().len(), policy.warnings()), (2, &[][..]));
}

#[rstest]
#[case(
    r#""Action":"*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":true}}"#,
    "statement 2: acs:SecureTransport has the bare value true"
)]
#[case(r#""Action":"*","Resource":"*","Condition":{"NumericLessThan":{"a:b":[-5]}}"#, "a:b has the bare value -5")]
#[case(r#""Action":"*","Resource":"*","Condition":{"NumericLessThan":{"a:b":1e3}}"#, "a:b has the bare value 1000")]
#[case(
    r#""Action":"*","Resource":"acs:kms:${region}:1:key/*""#,
    r#"Resource "acs:kms:${region}:1:key/*" holds a literal "${""#
)]
#[case(r#""Action":"*","Resource":"*","Condition":{"StringLike":{"a:b":"${x}"}}"#, "holds a literal")]
#[case(r#""Action":"*","Resource":"acs:kms:*""#, "has fewer than the five parts")]
#[case(r#""Action":"*","Resource":"*","Condition":{"StringEquals":{"acs:SourceVpc":"v"}}"#, "acs:SourceVpc works only")]
#[case(
    r#""Action":["kms:*","ecs:*"],"Resource":"*","Condition":{"StringEquals":{"ACS:sourcevpc":"v"}}"#,
    "acs:SourceVpc works only"
)]
#[case(
    r#""NotAction":"kms:*","Resource":"*","Condition":{"StringEquals":{"acs:SourceVpc":"v"}}"#,
    "acs:SourceVpc works only"
)]
fn accepted_with_one_warning(#[case] elements: &str, #[case] words: &str) {
    let document = second(&format!(r#"{{"Effect":"Allow",{elements}}}"#));
    let policy = Policy::parse("p", &document).unwrap();
    let warnings: Vec<String> = policy.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.len() == 1 && warnings[0].contains(words), "{warnings:?}");
    assert_eq!(policy.warnings()[0].statement(), 2);
}

fn second(statement: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},{statement}]}}"#)
}

fn refused(document: &str, statement: Option<usize>, words: &str) {
    let error = Policy::parse("dev", document).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(words) && text.starts_with("policy \"dev\""), "{text}");
    assert!(!text.contains('\n'), "{text}");
    assert_eq!(error.statement(), statement, "{text}");
}

fn any_json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "Version",
        "Statement",
        "Effect",
        "Allow",
        "Deny",
        "Action",
        "NotAction",
        "Resource",
        "Condition",
        "StringLike",
        "Bool",
        "IpAddress",
        "DateEquals",
        "acs:SourceIp",
        "kms:tag/ä",
        "kms:*",
        "acs:*",
        "*",
        "1",
        "true",
    ]);
    let text = prop_oneof![word.prop_map(str::to_owned), any::<String>()]
        .prop_map(|text| serde_json::to_string(&text).unwrap());
    let leaf = prop_oneof![
        text.clone(),
        any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
        prop::sample::select(vec!["null", "true", "0", "-1"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let member = (text.clone(), inner.clone()).prop_map(|(name, value)| format!("{name}:{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn parsing_never_panics(text in any::<String>(), json in any_json()) {
        for document in [text, json.clone(), second(&json), format!(r#"{{"Version":"1","Statement":{json}}}"#)] {
            if let Err(error) = Policy::parse("p", &document) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }

    #[test]
    fn conditions_never_panic(json in any_json()) {
        let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{json}}}"#);
        let _ = Policy::parse("p", &second(&statement));
        let statement = format!(
            r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringLike":{{"acs:SourceIp":{json}}}}}}}"#
        );
        let _ = Policy::parse("p", &second(&statement));
    }
}

#[test]
fn deep_nesting_is_refused() {
    refused(&"[".repeat(100_000), None, "the document is not JSON");
}
