//! Tags: put on keys, taken from them, listed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::samples::{APP, PENDING_DELETION, PLAINTEXT, SM4, Sample, allow, fixture_with, user};
use crate::support::{ACCOUNT, Reply, Service};

const UNKNOWN: &str = "202b9877-0000-46e3-a763-e20791b50001";

#[track_caller]
fn names(reply: Reply, parameter: &str) {
    let message = reply.refused(400, "InvalidParameter").message();
    assert_eq!(message, format!("The specified parameter  {parameter}  is not valid."));
}

/// So many tags in JSON, named `k<first>` and on.
fn json_tags(first: usize, count: usize) -> String {
    let tags: Vec<_> = (first..first + count).map(|n| json!({ "TagKey": format!("k{n}"), "TagValue": "v" })).collect();
    Value::from(tags).to_string()
}

fn one(key: &str, value: &str) -> String {
    json!([{ "TagKey": key, "TagValue": value }]).to_string()
}

fn tag(service: &Service, key: &str, tags: &str) -> Reply {
    service.call("yaoshi", "TagResource", &[("KeyId", key), ("Tags", tags)])
}

fn untag(service: &Service, key: &str, names: &str) -> Reply {
    service.call("yaoshi", "UntagResource", &[("KeyId", key), ("TagKeys", names)])
}

fn tags_of(service: &Service, key: &str) -> BTreeMap<String, String> {
    let json = service.call("yaoshi", "ListResourceTags", &[("KeyId", key)]).ok().json();
    let text = |tag: &Value, name: &str| tag[name].as_str().unwrap().to_owned();
    let listed = json["Tags"]["Tag"].as_array().unwrap();
    assert!(listed.iter().all(|tag| tag["KeyId"] == key), "{json}");
    listed.iter().map(|tag| (text(tag, "TagKey"), text(tag, "TagValue"))).collect()
}

fn tags<const N: usize>(tags: [(&str, &str); N]) -> BTreeMap<String, String> {
    tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[test]
fn tags_are_put_replaced_and_taken() {
    let service = Service::with_fixture();
    assert_eq!(tags_of(&service, APP), tags([("env", "dev")]));
    tag(&service, APP, r#"[{"TagKey":"env","TagValue":"prod"},{"TagKey":"team"}]"#).ok();
    assert_eq!(tags_of(&service, APP), tags([("env", "prod"), ("team", "")]));
    tag(&service, "alias/app", &one("Env", "x")).ok();
    assert_eq!(tags_of(&service, APP), tags([("Env", "x"), ("env", "prod"), ("team", "")]), "names have their case");
    untag(&service, APP, r#"["env","none"]"#).ok();
    untag(&service, APP, r#"["none"]"#).ok();
    assert_eq!(tags_of(&service, APP), tags([("Env", "x"), ("team", "")]));
    assert_eq!(tags_of(&service, SM4), tags([]));
}

/// Source: alibaba-errors §5.2, key tags.
#[test]
fn limits_of_tag_resource() {
    let longest = "k".repeat(128);
    for right in [
        json_tags(0, 1),
        json_tags(0, 10),
        one(&longest, &longest),
        one("/\\_-.+=:@aZ09", ""),
        one("myaliyun", "acs:aliyun"),
        r#"[{"TagKey":"k"}]"#.to_owned(),
    ] {
        tag(&Service::with_fixture(), SM4, &right).ok();
    }
    for wrong in [
        "[]".to_owned(),
        json_tags(0, 11),
        one(&format!("{longest}k"), "v"),
        one("k", &format!("{longest}k")),
        one("", "v"),
        one("a b", "v"),
        one("k", "a,b"),
        one("ключ", "v"),
        one("aliyun", "v"),
        one("acs:k", "v"),
        r#"[{"TagKey":"k","TagValue":"1"},{"TagKey":"k","TagValue":"2"}]"#.to_owned(),
        r#"{"TagKey":"k"}"#.to_owned(),
        "k=v".to_owned(),
    ] {
        names(tag(&Service::with_fixture(), APP, &wrong), "Tags");
    }
}

/// Sources: alibaba-errors §5.2 and the metadata of June 2024: up to 10 a key with TagResource, up to 20 with CreateKey.
/// That a key with more keeps them is a choice, and so are the 20 of TagResources.
#[test]
fn how_many_tags_a_key_has() {
    // How many it has, which come (from which on, how many), and whether TagResource and TagResources take them.
    for (has, first, count, one, several) in [
        (0, 0, 10, true, true),
        (9, 9, 1, true, true),
        (10, 10, 1, false, true),
        (10, 0, 10, true, true),
        (10, 5, 6, false, true),
        (15, 0, 10, true, true),
        (15, 14, 2, false, true),
        (19, 19, 1, false, true),
        (20, 20, 1, false, false),
        (20, 10, 10, true, true),
        (11, 11, 10, false, false),
    ] {
        let service = Service::with_fixture();
        let new_key = || {
            let made = service.call("yaoshi", "CreateKey", &[("Tags", &json_tags(0, has))]).ok();
            made.text_at("KeyMetadata.KeyId")
        };
        let check = |reply: Reply, is_taken: bool, key: &str| {
            let expected = if is_taken { has.max(first + count) } else { has };
            assert_eq!(tags_of(&service, key).len(), expected, "{has} and {count} from {first}");
            if is_taken {
                reply.ok();
            } else {
                let message = reply.refused(400, "Rejected.LimitExceeded").message();
                assert_eq!(message, "The request was rejected because user create resource limit was exceeded.");
            }
        };
        let key = new_key();
        check(tag(&service, &key, &json_tags(first, count)), one, &key);
        let key = new_key();
        let names: Vec<_> = (first..first + count).map(|n| (format!("Tag.{}.Key", n + 1), format!("k{n}"))).collect();
        let mut parameters: Vec<_> = names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        parameters.extend([("ResourceType", "key"), ("ResourceId.1", &key), ("ResourceId.2", SM4)]);
        check(service.call("yaoshi", "TagResources", &parameters), several, &key);
        assert_eq!(tags_of(&service, SM4).len(), if several { count } else { 0 }, "all keys are tagged, or none");
    }
}

/// Source: UntagResource, metadata of June 2024: a JSON list, 1 to 128 bytes each; up to 20 are a choice.
#[test]
fn limits_of_untag_resource() {
    let service = Service::with_fixture();
    let list = |count: usize| json!(vec!["k"; count]).to_string();
    for right in [list(1), list(20), json!(["k".repeat(128)]).to_string(), r#"["aliyun","acs:x","ü"]"#.to_owned()] {
        untag(&service, APP, &right).ok();
    }
    for wrong in [
        list(0),
        list(21),
        json!(["k".repeat(129)]).to_string(),
        json!(["ü".repeat(65)]).to_string(),
        r#"[""]"#.to_owned(),
        "[1]".to_owned(),
        r#""k""#.to_owned(),
        "k".to_owned(),
    ] {
        names(untag(&service, APP, &wrong), "TagKeys");
    }
}

/// Exactly one of three parameters names the thing; there are neither secrets nor certificates, which is told to who
/// may know. Sources: metadata of June 2024, fixtures/catalogue/ram-actions.json.
#[test]
fn what_tag_resource_and_untag_resource_are_about() {
    let service = Service::with_fixture();
    for action in ["TagResource", "UntagResource"] {
        let sample = Sample::of(action).without("KeyId");
        let missing = sample.call(&service, "nobody").refused(400, "MissingParameter");
        assert_eq!(missing.message(), "The parameter  KeyId  needed but no provided.");
        for (name, value, relative, code, message) in [
            ("SecretName", "s", "secret/s", "Forbidden.ResourceNotFound", "Resource not found."),
            ("CertificateId", "c", "certificate/c", "Certificate.NotFound", "The specified certificate is not found."),
        ] {
            let sample = sample.clone().with(name, value);
            let denied = sample.call(&service, "nobody").refused(403, "Forbidden.NoPermission").message();
            let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:{relative}");
            assert_eq!(denied, format!("This operation for {arn} is forbidden by permission system."));
            assert_eq!(sample.call(&service, "yaoshi").refused(404, code).message(), message);
            names(sample.with("KeyId", APP).call(&service, "yaoshi"), name);
        }
        names(sample.with("SecretName", "s").with("CertificateId", "c").call(&service, "yaoshi"), "SecretName");
    }
    // A secret's ARN says itself where it is.
    let arn = format!("acs:kms:cn-beijing:{ACCOUNT}:secret/s");
    let sample = Sample::of("TagResource").without("KeyId").with("SecretName", &arn);
    let denied = sample.call(&service, "nobody").refused(403, "Forbidden.NoPermission").message();
    assert_eq!(denied, format!("This operation for {arn} is forbidden by permission system."));
}

#[test]
fn several_keys_are_tagged_and_untagged_at_once() {
    let service = Service::with_fixture();
    let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{SM4}");
    let keys = [("ResourceType", "key"), ("ResourceId.1", APP), ("ResourceId.3", arn.as_str())];
    let call = |action: &str, more: &[(&str, &str)]| {
        service.call("yaoshi", action, &[&keys, more].concat()).ok();
        (tags_of(&service, APP), tags_of(&service, SM4))
    };
    let new = [("Tag.1.Key", "env"), ("Tag.1.Value", "prod"), ("Tag.2.Key", "team"), ("Tag.2.Value", "")];
    let both = tags([("env", "prod"), ("team", "")]);
    assert_eq!(call("TagResources", &new), (both.clone(), both));
    let one = tags([("team", "")]);
    let some = [("TagKey.2", "env"), ("TagKey.1", "none"), ("All", "true")]; // All counts only without names
    assert_eq!(call("UntagResources", &some), (one.clone(), one.clone()));
    // Neither is needed (metadata of June 2024): without both, nothing is taken.
    assert_eq!(call("UntagResources", &[]), (one.clone(), one.clone()));
    assert_eq!(call("UntagResources", &[("All", "false")]), (one.clone(), one));
    assert_eq!(call("UntagResources", &[("All", "True")]), (tags([]), tags([])));
}

/// All or none: each row would change APP, were it not for the other key.
#[test]
fn several_keys_are_changed_together_or_not_at_all() {
    let foreign = "acs:kms:cn-hangzhou:6543210987654321:key/202b9877-5a25-46e3-a763-e20791b50008";
    for (other, status, code) in [
        (UNKNOWN, 404, "InvalidResourceId.NotFound"),
        ("alias/disabled", 400, "Unsupported.Alias"),
        (PENDING_DELETION, 409, "Rejected.PendingDeletion"),
        (foreign, 403, "Forbidden.NoPermission"),
    ] {
        for action in ["TagResources", "UntagResources"] {
            let service = Service::with_fixture();
            let sample = Sample::of(action).with("ResourceId.2", other);
            let sample = if action == "UntagResources" { sample.with("All", "true") } else { sample };
            sample.call(&service, "yaoshi").refused(status, code);
            assert_eq!(tags_of(&service, APP), tags([("env", "dev")]), "{action} {other}");
        }
    }
    // Permission is asked for each of them, before any is missed.
    let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{APP}");
    let service = Service::with_file(&fixture_with(&user("u", &allow("kms:*", &arn))));
    for action in ["TagResources", "UntagResources", "ListTagResources"] {
        let sample = Sample::of(action).with("ResourceId.1", UNKNOWN).with("ResourceId.2", APP);
        sample.call(&service, "u").refused(403, "Forbidden.NoPermission");
        sample.with("ResourceId.1", SM4).call(&service, "u").refused(403, "Forbidden.NoPermission");
    }
}

/// Each row: an action, parameters more than its sample's, and the refusal. Sources: alibaba-errors §1.2 for codes and
/// messages; metadata of June 2024 for 50 ids and 20 tags.
#[test]
fn what_the_actions_on_several_things_refuse() {
    let missing = |name: &str| (400, "MissingParameter", format!("The parameter  {name}  needed but no provided."));
    let invalid = |name: &str| (400, "InvalidParameter", format!("The specified parameter  {name}  is not valid."));
    let bad_tag = |code: &'static str| (400, code, "The specified parameter is not valid.".to_owned());
    let duplicate = || (400, "Duplicate.TagKey", "The specified tagKey is duplicate.".to_owned());
    let not_found = || (404, "InvalidResourceId.NotFound", "The specified ResourceId is not found.".to_owned());
    let longest = "k".repeat(128);
    let too_long = format!("{longest}k");
    let put = Sample::of("TagResources");
    let take = Sample::of("UntagResources");
    let list = Sample::of("ListTagResources");
    let many = |sample: &Sample, list: &str, field: &str, count: usize| {
        (1..=count)
            .fold(sample.clone().without(list), |sample, n| sample.with(&format!("{list}.{n}{field}"), format!("k{n}")))
    };
    for (sample, (status, code, message)) in [
        (put.clone().with("Tag.1.Key", "aliyun"), bad_tag("InvalidParameter.TagKey")),
        (put.clone().with("Tag.1.Key", "acs:k"), bad_tag("InvalidParameter.TagKey")),
        (put.clone().with("Tag.1.Key", "a b"), bad_tag("InvalidParameter.TagKey")),
        (put.clone().with("Tag.1.Key", &too_long), bad_tag("InvalidParameter.TagKey")),
        (put.clone().with("Tag.1.Value", "a,b"), bad_tag("InvalidParameter.TagValue")),
        (put.clone().with("Tag.1.Value", &too_long), bad_tag("InvalidParameter.TagValue")),
        (put.clone().with("Tag.2.Key", "team"), duplicate()),
        (put.clone().with("Tag.1.Key", ""), missing("Tag.1.Key")),
        (put.clone().with("Tag", "[]"), invalid("Tag")),
        (many(&put, "Tag", ".Key", 21), invalid("Tag")),
        (many(&put, "ResourceId", "", 51), invalid("ResourceId")),
        (many(&put, "ResourceId", "", 50), not_found()),
        (put.clone().with("ResourceType", "Key"), invalid("ResourceType")),
        (put.clone().with("ResourceType", "secret"), not_found()),
        (take.clone().with("TagKey.1", &too_long), invalid("TagKey.1")),
        (many(&take, "TagKey", "", 21), invalid("TagKey")),
        (take.clone().with("ResourceType", "secret"), not_found()),
        (list.clone().with("Tag.1.Key", "a").with("Tag.2.Key", "a"), duplicate()),
        (list.clone().with("Tag.1.Value", "a"), missing("Tag.1.Key")),
        (many(&list, "Tag", ".Key", 21), invalid("Tag")),
        (list.clone().with("ResourceType", "secret").with("ResourceId.1", "s"), not_found()),
        (list.clone().with("ResourceType", "keys"), invalid("ResourceType")),
        (list.clone().with("NextToken", "x"), invalid("NextToken")),
        (list.clone().with("NextToken", "YWJj"), invalid("NextToken")),
        (list.clone().with("NextToken", "caeba0bbb2be03f84eb48b699f0a4883"), invalid("NextToken")),
    ] {
        let refused = sample.call(&Service::with_fixture(), "yaoshi").refused(status, code);
        assert_eq!(refused.message(), message, "{sample:?}");
    }
    for right in [many(&put, "Tag", ".Key", 19), many(&take, "TagKey", "", 20), many(&list, "Tag", ".Key", 20)] {
        right.call(&Service::with_fixture(), "yaoshi").ok();
    }
}

/// (resource id, tag key, tag value) of each row, and the token.
fn listed(service: &Service, parameters: &[(&str, &str)]) -> (Vec<[String; 3]>, String) {
    let parameters = [&[("ResourceType", "key")], parameters].concat();
    let reply = service.call("yaoshi", "ListTagResources", &parameters).ok();
    let row = |row: &Value| {
        assert_eq!(row["ResourceType"], "key");
        ["ResourceId", "TagKey", "TagValue"].map(|name| row[name].as_str().unwrap().to_owned())
    };
    let rows = reply.json()["TagResources"]["TagResource"].as_array().unwrap().iter().map(row).collect();
    (rows, reply.text_at("NextToken"))
}

/// The tags asked for choose the keys, and all tags of those are listed: a choice.
#[test]
fn keys_are_found_by_their_tags() {
    let service = Service::with_fixture();
    tag(&service, APP, &one("team", "a")).ok();
    tag(&service, SM4, &one("env", "prod")).ok();
    let app = [[APP, "env", "dev"], [APP, "team", "a"]];
    let sm4 = [[SM4, "env", "prod"]];
    let both = [app.as_slice(), &sm4].concat();
    for (parameters, expected) in [
        (vec![], both.as_slice()),
        (vec![("ResourceId.1", APP)], &app),
        (vec![("ResourceId.1", SM4), ("ResourceId.2", APP), ("ResourceId.3", SM4)], &both),
        (vec![("Tag.1.Key", "env")], &both),
        (vec![("Tag.1.Key", "env"), ("Tag.1.Value", "prod")], &sm4),
        (vec![("Tag.1.Key", "env"), ("Tag.2.Key", "team"), ("Tag.2.Value", "a")], &app),
        (vec![("Tag.1.Key", "env"), ("Tag.1.Value", "prod"), ("Tag.2.Key", "team")], &[]),
        (vec![("Tag.1.Key", "Env")], &[]),
        (vec![("ResourceId.1", APP), ("Tag.1.Key", "env"), ("Tag.1.Value", "prod")], &[]),
    ] {
        let expected: Vec<_> = expected.iter().map(|row| row.map(str::to_owned)).collect();
        assert_eq!(listed(&service, &parameters), (expected, String::new()), "{parameters:?}");
    }
    // There are no secrets; the container is asked about.
    let secrets = Sample::of("ListTagResources").with("ResourceType", "secret");
    assert_eq!(secrets.call(&service, "yaoshi").ok().json()["TagResources"]["TagResource"], json!([]));
    let denied = secrets.call(&service, "nobody").refused(403, "Forbidden.NoPermission").message();
    let container = format!("acs:kms:cn-hangzhou:{ACCOUNT}:secret");
    assert_eq!(denied, format!("This operation for {container} is forbidden by permission system."));
}

/// 200 rows an answer: metadata of June 2024.
#[test]
fn tags_are_listed_token_by_token() {
    let service = Service::with_fixture();
    let region = ("RegionId", "cn-beijing"); // where the fixture has none
    // Pages end within a key.
    for _ in 0..22 {
        service.call("yaoshi", "CreateKey", &[region, ("Tags", &json_tags(0, 19))]).ok();
    }
    let (first, token) = listed(&service, &[region]);
    assert_eq!(first.len(), 200);
    // What comes and goes meanwhile shifts nothing.
    let emptied = [region, ("ResourceType", "key"), ("ResourceId.1", &first[0][0]), ("All", "true")];
    service.call("yaoshi", "UntagResources", &emptied).ok();
    let (second, next) = listed(&service, &[region, ("NextToken", &token)]);
    let (third, last) = listed(&service, &[region, ("NextToken", &next)]);
    assert_eq!((second.len(), third.len(), last.as_str()), (200, 18, ""));
    let all = [first, second, third].concat();
    assert!(all.is_sorted(), "in the order of ids and of the tags' names");
    assert!(all.windows(2).all(|two| two[0] != two[1]), "none twice");
}

#[test]
fn conditions_see_tags_as_they_are_now() {
    let statement = r#"{"Effect":"Allow","Action":["kms:Encrypt","kms:TagResource","kms:TagResources"],"Resource":"*","Condition":{"StringEquals":{"kms:tag/env":"dev"}}}"#;
    let service = Service::with_file(&fixture_with(&user("u", statement)));
    let encrypt = || service.call("u", "Encrypt", &[("KeyId", APP), ("Plaintext", PLAINTEXT)]).status;
    assert_eq!(encrypt(), 200);
    Sample::of("TagResource").call(&service, "u").ok();
    Sample::of("TagResources").call(&service, "u").ok();
    tag(&service, APP, &one("env", "prod")).ok();
    assert_eq!(encrypt(), 403);
    for action in ["TagResource", "TagResources"] {
        Sample::of(action).call(&service, "u").refused(403, "Forbidden.NoPermission");
    }
    untag(&service, APP, r#"["env"]"#).ok();
    assert_eq!(encrypt(), 403);
}
