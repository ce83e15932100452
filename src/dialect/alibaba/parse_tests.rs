//! Requests read from parameters, lists among them.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Request {
    key_id: String,
    count: Option<u32>,
    flag: Option<bool>,
}

fn parsed(query: &str) -> Result<Request, String> {
    parse(&Parameters::read(query, b"").unwrap()).map_err(|fault: Fault| fault.message.into_owned())
}

#[test]
fn fields_come_from_parameters_of_their_name() {
    for (query, expected) in [
        ("KeyId=k&Count=7&Flag=True&Other=x", Ok(Request { key_id: "k".into(), count: Some(7), flag: Some(true) })),
        ("KeyId=k&Count=&Flag=fALSE", Ok(Request { key_id: "k".into(), count: None, flag: Some(false) })),
        ("", Err("The parameter  KeyId  needed but no provided.")),
        ("KeyId=", Err("The parameter  KeyId  needed but no provided.")),
        ("keyid=k", Err("The parameter  KeyId  needed but no provided.")),
        ("KeyId=k&Count=-1", Err("The specified parameter  Count  is not valid.")),
        ("KeyId=k&Count=x", Err("The specified parameter  Count  is not valid.")),
        ("KeyId=k&Count=99999999999999999999", Err("The specified parameter  Count  is not valid.")),
        ("KeyId=k&Flag=1", Err("The specified parameter  Flag  is not valid.")),
    ] {
        assert_eq!(parsed(query), expected.map_err(str::to_owned), "{query}");
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Lists {
    id: Vec<u32>,
    tag: Option<Vec<Pair>>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Pair {
    key: String,
    value: Option<bool>,
    inner: Option<Vec<String>>,
}

fn lists(query: &str) -> Result<Lists, String> {
    parse(&Parameters::read(query, b"").unwrap()).map_err(|fault: Fault| fault.message.into_owned())
}

#[test]
fn lists_stand_in_numbered_parameters() {
    let pair = |key: &str, value| Pair { key: key.into(), value, inner: None };
    let nested = |inner: &[&str]| {
        let inner = Some(inner.iter().map(|text| (*text).to_owned()).collect());
        Some(vec![Pair { key: "k".into(), value: None, inner }])
    };
    for (query, id, tag) in [
        ("Id.1=7", vec![7], None),
        ("Id.2=2&Id.10=10&Id.1=1", vec![1, 2, 10], None),
        ("Id.1024=1&Id.3=&Other.x=y", vec![1], None),
        ("Id.1=1&Tag.1.Key=&Tag.1.Value=", vec![1], None),
        (
            "Id.1=1&Tag.7.Value=true&Tag.7.Key=a&Tag.9.Key=b",
            vec![1],
            Some(vec![pair("a", Some(true)), pair("b", None)]),
        ),
        ("Id.1=1&Tag.1.Key=a&Tag.1.Value=&Tag.1.Color=red", vec![1], Some(vec![pair("a", None)])),
        ("Id.1=1&Tag.1.Key=k&Tag.1.Inner.2=b&Tag.1.Inner.1=a", vec![1], nested(&["a", "b"])),
    ] {
        assert_eq!(lists(query), Ok(Lists { id, tag }), "{query}");
    }
}

#[test]
fn what_is_wrong_with_a_list_is_named() {
    let missing = |name: &str| format!("The parameter  {name}  needed but no provided.");
    let invalid = |name: &str| format!("The specified parameter  {name}  is not valid.");
    for (query, expected) in [
        ("", missing("Id")),
        ("Id.1=", missing("Id")),
        ("Id.1=x", invalid("Id.1")),
        ("Id=1", invalid("Id")),
        ("Id=[1]&Id.1=1", invalid("Id")),
        ("Id.0=1", invalid("Id")),
        ("Id.1025=1", invalid("Id")),
        ("Id.99999999999999999999=1", invalid("Id")),
        ("Id.-1=1", invalid("Id")),
        ("Id.%2B1=1", invalid("Id")),
        ("Id.01=1", invalid("Id")),
        ("Id.x=1", invalid("Id")),
        ("Id.=1", invalid("Id")),
        ("Id.1.Key=1", missing("Id.1")),
        ("Id.1=1&Tag.1=x", missing("Tag.1.Key")),
        ("Id.1=1&Tag.2.Value=true", missing("Tag.2.Key")),
        ("Id.1=1&Tag.2.Key=k&Tag.2.Value=x", invalid("Tag.2.Value")),
        ("Id.1=1&Tag.2.Key=k&Tag.2.Inner.x=x", invalid("Tag.2.Inner")),
        ("Id.1=1&Tag.x.Key=k", invalid("Tag")),
    ] {
        assert_eq!(lists(query), Err(expected), "{query}");
    }
}

proptest! {
    /// Whatever stands behind a list's name, it is read or refused with the parameter's name.
    #[test]
    fn any_list_is_read_or_refused(
        rests in prop::collection::btree_map("Id|(Id|Tag)\\.[0-9a-z+.-]{0,4}(\\.(Key|Value|Inner|x)){0,2}(\\.[0-2])?", "[0-9]{0,2}|true|[a-z]", 0..8),
    ) {
        let query: Vec<_> = rests.iter().map(|(name, value)| format!("{}={value}", name.replace('+', "%2B"))).collect();
        match lists(&query.join("&")) {
            Ok(Lists { id, .. }) => prop_assert!(!id.is_empty()),
            Err(message) => prop_assert!(message.contains("  Id") || message.contains("  Tag"), "{}", message),
        }
    }
}
