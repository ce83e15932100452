//! Aliases: made, moved, deleted, listed.

use serde_json::json;

use crate::support::samples::{APP, SM4, Sample, allow, fixture_with, user};
use crate::support::{ACCOUNT, Reply, Service};

const DISABLED: &str = "202b9877-5a25-46e3-a763-e20791b50003";

#[track_caller]
fn names(reply: Reply, parameter: &str) {
    let message = reply.refused(400, "InvalidParameter").message();
    assert_eq!(message, format!("The specified parameter  {parameter}  is not valid."));
}

/// Sources: alibaba-errors §5.2, Alias.
#[test]
fn alias_grammar() {
    let service = Service::with_fixture();
    let longest = format!("alias/{}", "a".repeat(255));
    for name in ["alias/a", "alias/A_b-C/9", "alias//", "alias/_", "alias/acme", longest.as_str()] {
        service.call("yaoshi", "CreateAlias", &[("KeyId", APP), ("AliasName", name)]).ok();
        let described = service.call("yaoshi", "DescribeKey", &[("KeyId", name)]).ok();
        assert_eq!(described.text_at("KeyMetadata.KeyId"), APP);
        service.call("yaoshi", "DeleteAlias", &[("AliasName", name)]).ok();
        service.call("yaoshi", "DescribeKey", &[("KeyId", name)]).refused(404, "Forbidden.AliasNotFound");
    }
    let too_long = format!("{longest}a");
    for name in [
        "app",
        "alias",
        "alias/",
        "Alias/app",
        "alias/a b",
        "alias/a.b",
        "alias/a:b",
        "alias/ключ",
        "alias/acs",
        "alias/acs/oss",
        "acs:kms:cn-hangzhou:1234567890123456:alias/app",
        too_long.as_str(),
    ] {
        names(service.call("yaoshi", "CreateAlias", &[("KeyId", APP), ("AliasName", name)]), "AliasName");
        names(service.call("yaoshi", "DeleteAlias", &[("AliasName", name)]), "AliasName");
        names(service.call("yaoshi", "UpdateAlias", &[("KeyId", APP), ("AliasName", name)]), "AliasName");
    }
}

#[test]
fn an_alias_stands_for_one_key_of_its_region() {
    let service = Service::with_fixture();
    let key_of = |region: &str, alias: &str| {
        let described = service.call("yaoshi", "DescribeKey", &[("RegionId", region), ("KeyId", alias)]).ok();
        described.text_at("KeyMetadata.KeyId")
    };
    // Taken, whether by the same key or another.
    for key in [APP, SM4] {
        let refused = service.call("yaoshi", "CreateAlias", &[("KeyId", key), ("AliasName", "alias/app")]);
        assert_eq!(refused.refused(400, "AliasAlreadyExists").message(), "AliasName Already Exists.");
    }
    assert_eq!(key_of("cn-hangzhou", "alias/app"), APP);
    assert_eq!(key_of("ap-southeast-1", "alias/app"), "202b9877-5a25-46e3-a763-e20791b50007");
    // A key may have several, and a name that is free again may go to another key.
    service.call("yaoshi", "CreateAlias", &[("KeyId", APP), ("AliasName", "alias/second")]).ok();
    service.call("yaoshi", "DeleteAlias", &[("AliasName", "alias/app")]).ok();
    assert_eq!(key_of("cn-hangzhou", "alias/second"), APP);
    service.call("yaoshi", "CreateAlias", &[("KeyId", SM4), ("AliasName", "alias/app")]).ok();
    assert_eq!(key_of("cn-hangzhou", "alias/app"), SM4);
    assert_eq!(key_of("ap-southeast-1", "alias/app"), "202b9877-5a25-46e3-a763-e20791b50007");
}

#[test]
fn aliases_are_listed_page_by_page_in_the_order_of_their_names() {
    let service = Service::with_fixture();
    for n in 0..12 {
        service.call("yaoshi", "CreateAlias", &[("KeyId", SM4), ("AliasName", &format!("alias/n{n:02}"))]).ok();
    }
    let mut all: Vec<_> = (0..12).map(|n| format!("alias/n{n:02}")).collect();
    all.extend(["app", "disabled", "mac", "signer", "sm2"].map(|name| format!("alias/{name}")));
    all.sort();
    for (parameters, expected, number, size) in [
        (&[][..], &all[..10], 1, 10),
        (&[("PageNumber", "2")], &all[10..], 2, 10),
        (&[("PageSize", "100")], &all[..], 1, 100),
        (&[("PageSize", "0")], &[], 1, 0), // the count alone
    ] {
        let json = service.call("yaoshi", "ListAliases", parameters).ok().json();
        let aliases = json["Aliases"]["Alias"].as_array().unwrap();
        let names: Vec<_> = aliases.iter().map(|alias| alias["AliasName"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{parameters:?}");
        assert_eq!(
            (&json["TotalCount"], &json["PageNumber"], &json["PageSize"]),
            (&17.into(), &number.into(), &size.into())
        );
    }
    let first = service.call("yaoshi", "ListAliases", &[("PageSize", "1")]).ok().json()["Aliases"]["Alias"].clone();
    let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:alias/app");
    assert_eq!(first, json!([{ "AliasName": "alias/app", "AliasArn": arn, "KeyId": APP }]));
    for (name, value) in [("PageNumber", "0"), ("PageSize", "101"), ("PageSize", "-1")] {
        names(service.call("yaoshi", "ListAliases", &[(name, value)]), name);
    }
}

fn key_of(service: &Service, alias: &str) -> String {
    service.call("yaoshi", "DescribeKey", &[("KeyId", alias)]).ok().text_at("KeyMetadata.KeyId")
}

fn aliases_of(service: &Service, key: &str) -> Vec<String> {
    let listed = service.call("yaoshi", "ListAliasesByKeyId", &[("KeyId", key), ("PageSize", "101")]).ok().json();
    let aliases = listed["Aliases"]["Alias"].as_array().unwrap();
    aliases.iter().map(|alias| alias["AliasName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_alias_moves_from_key_to_key() {
    let service = Service::with_fixture();
    let move_to = |key: &str| service.call("yaoshi", "UpdateAlias", &[("KeyId", key), ("AliasName", "alias/app")]);
    for key in [APP, SM4, SM4, DISABLED, APP] {
        move_to(key).ok();
        assert_eq!(key_of(&service, "alias/app"), key);
        for other in [APP, SM4, DISABLED] {
            let has = aliases_of(&service, other).contains(&"alias/app".to_owned());
            assert_eq!(has, other == key, "{other} after the move to {key}");
        }
    }
    assert_eq!(aliases_of(&service, DISABLED), ["alias/disabled"], "its own name stays");
    assert_eq!(service.call("yaoshi", "ListAliases", &[]).ok().json()["TotalCount"], 5);
}

/// Each row: what is asked, and how it is refused. Sources: alibaba-errors §§1.7 and 5.2.
#[test]
fn what_update_alias_refuses() {
    let none = "202b9877-0000-46e3-a763-e20791b50001";
    let service = Service::with_fixture();
    for (key, alias, status, code) in [
        (APP, "alias/none", 404, "Forbidden.AliasNotFound"),
        (none, "alias/app", 404, "Forbidden.KeyNotFound"),
        (none, "alias/none", 404, "Forbidden.AliasNotFound"),
        ("alias/disabled", "alias/app", 400, "Unsupported.Alias"),
        (crate::support::samples::PENDING_DELETION, "alias/app", 409, "Rejected.PendingDeletion"),
    ] {
        service.call("yaoshi", "UpdateAlias", &[("KeyId", key), ("AliasName", alias)]).refused(status, code);
        assert_eq!(key_of(&service, "alias/app"), APP, "{key} {alias}");
    }
}

/// The alias is asked about first, then the key that it stood for, then the new one.
/// Source: fixtures/catalogue/ram-actions.json.
#[test]
fn the_order_in_which_update_alias_asks() {
    let arn = |relative: &str| format!("acs:kms:cn-hangzhou:{ACCOUNT}:{relative}");
    let resources = [arn("alias/app"), arn(&format!("key/{APP}")), arn(&format!("key/{SM4}"))];
    for allowed in 0..=resources.len() {
        let mut statements: Vec<_> = resources[..allowed].iter().map(|arn| allow("kms:UpdateAlias", arn)).collect();
        statements.push(allow("kms:ListKeys", "*"));
        let service = Service::with_file(&fixture_with(&user("u", &statements.join(","))));
        let reply = Sample::of("UpdateAlias").call(&service, "u");
        match resources.get(allowed) {
            None => drop(reply.ok()),
            Some(next) => {
                let message = reply.refused(403, "Forbidden.NoPermission").message();
                assert_eq!(message, format!("This operation for {next} is forbidden by permission system."));
            }
        }
    }
}

/// Source of the bounds: ListAliasesByKeyId, metadata of June 2024.
#[test]
fn a_keys_aliases_are_listed_page_by_page() {
    let service = Service::with_fixture();
    for n in 0..12 {
        service.call("yaoshi", "CreateAlias", &[("KeyId", SM4), ("AliasName", &format!("alias/n{n:02}"))]).ok();
    }
    let all: Vec<_> = (0..12).map(|n| format!("alias/n{n:02}")).collect();
    for (parameters, expected, number, size) in [
        (&[][..], &all[..10], 1, 10),
        (&[("PageNumber", "2")], &all[10..], 2, 10),
        (&[("PageNumber", "3")], &[], 3, 10),
        (&[("PageSize", "101")], &all[..], 1, 101),
        (&[("PageSize", "0")], &[], 1, 0),
    ] {
        let parameters = [&[("KeyId", SM4)], parameters].concat();
        let json = service.call("yaoshi", "ListAliasesByKeyId", &parameters).ok().json();
        let aliases = json["Aliases"]["Alias"].as_array().unwrap();
        let names: Vec<_> = aliases.iter().map(|alias| alias["AliasName"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{parameters:?}");
        assert_eq!(
            (&json["TotalCount"], &json["PageNumber"], &json["PageSize"]),
            (&12.into(), &number.into(), &size.into())
        );
    }
    let own = service.call("yaoshi", "ListAliasesByKeyId", &[("KeyId", APP)]).ok().json()["Aliases"]["Alias"].clone();
    let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:alias/app");
    assert_eq!(own, json!([{ "AliasName": "alias/app", "AliasArn": arn, "KeyId": APP }]));
    for (name, value) in [("PageNumber", "0"), ("PageSize", "102"), ("PageSize", "-1")] {
        names(service.call("yaoshi", "ListAliasesByKeyId", &[("KeyId", APP), (name, value)]), name);
    }
}
