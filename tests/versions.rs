//! Key versions: made, described, listed.

use serde_json::json;

use crate::support::samples::{
    APP, APP_NEW, APP_OLD, EXTERNAL, EXTERNAL_BLOCK, PENDING_IMPORT, PENDING_IMPORT_VERSION, PLAINTEXT, SM4,
    SM4_VERSION, fixture_with,
};
use crate::support::{NOW, Reply, Service};

fn create(service: &Service, key: &str) -> Reply {
    service.call("yaoshi", "CreateKeyVersion", &[("KeyId", key)])
}

#[test]
fn a_new_version_encrypts_and_the_old_ones_still_decrypt() {
    let service = Service::with_fixture();
    let encrypt = || service.call("yaoshi", "Encrypt", &[("KeyId", APP), ("Plaintext", PLAINTEXT)]).ok();
    let before = encrypt();
    let made = create(&service, "alias/app").ok().json()["KeyVersion"].clone();
    let id = made["KeyVersionId"].as_str().unwrap().to_owned();
    assert_eq!(made, json!({ "KeyId": APP, "KeyVersionId": id, "CreationDate": NOW }));
    assert_eq!(uuid::Uuid::parse_str(&id).unwrap().hyphenated().to_string(), id, "a lower-case UUID");

    let described = service.call("yaoshi", "DescribeKey", &[("KeyId", APP)]).ok();
    assert_eq!(described.text_at("KeyMetadata.PrimaryKeyVersion"), id);
    assert_eq!(described.text_at("KeyMetadata.LastRotationDate"), NOW);
    let after = encrypt();
    assert_eq!(after.text_at("KeyVersionId"), id);
    for sealed in [before, after] {
        let opened = service.call("yaoshi", "Decrypt", &[("CiphertextBlob", &sealed.text_at("CiphertextBlob"))]).ok();
        assert_eq!(opened.text_at("Plaintext"), PLAINTEXT);
        assert_eq!(opened.text_at("KeyVersionId"), sealed.text_at("KeyVersionId"));
    }
}

/// Source: alibaba-errors §1.7, CreateKeyVersion page (2021).
#[test]
fn versions_are_seven_days_apart() {
    let service = Service::with_fixture();
    let key = service.call("yaoshi", "CreateKey", &[]).ok().text_at("KeyMetadata.KeyId");
    for (now, may) in [
        (NOW, false), // its first version is as new as it is
        ("2026-11-29T06:59:59Z", false),
        ("2026-11-29T07:00:00Z", true),
        ("2026-12-06T06:59:59Z", false),
        ("2026-12-06T07:00:00Z", true),
    ] {
        service.turn_clock_to(now.parse().unwrap());
        let reply = create(&service, &key);
        if may {
            assert_eq!(reply.ok().text_at("KeyVersion.CreationDate"), now);
        } else {
            let refused = reply.refused(400, "Rejected.UnsupportedOperation");
            assert_eq!(refused.message(), "Unsupported operation.", "{now}");
        }
    }
}

/// A choice, as for UpdateRotationPolicy.
#[test]
fn imported_material_has_one_version() {
    let service = Service::with_file(&fixture_with(EXTERNAL_BLOCK));
    create(&service, EXTERNAL).refused(400, "Rejected.UnsupportedOperation");
}

#[test]
fn versions_are_described() {
    let service = Service::with_fixture();
    let describe = |key: &str, version: &str| {
        service.call("yaoshi", "DescribeKeyVersion", &[("KeyId", key), ("KeyVersionId", version)])
    };
    for (key, version, created) in [
        (APP, APP_OLD.id, "2026-01-01T00:00:00Z"),
        (APP, APP_NEW.id, "2026-05-31T16:00:00Z"),
        (PENDING_IMPORT, PENDING_IMPORT_VERSION.id, NOW), // its material is deleted, the version is not
    ] {
        let described = describe(key, version).ok().json()["KeyVersion"].clone();
        assert_eq!(described, json!({ "KeyId": key, "KeyVersionId": version, "CreationDate": created }));
    }
    // Unknown, another key's, and texts that no version's id can be (a choice: not found, all of them).
    let upper_case = APP_OLD.id.to_uppercase();
    for version in ["2ab1a983-0000-4bbc-a582-584b5bd80001", SM4_VERSION.id, &upper_case, "v1", "钥"] {
        let refused = describe(APP, version).refused(404, "Forbidden.KeyVersionNotFound");
        assert_eq!(refused.message(), "The specified Key version is not found.", "{version}");
    }
}

/// Source of the bounds: ListKeyVersions, metadata of June 2024. From the oldest to the primary one: a choice.
#[test]
fn versions_are_listed_page_by_page() {
    let service = Service::with_fixture();
    let ids = |parameters: &[(&str, &str)]| {
        let json = service.call("yaoshi", "ListKeyVersions", parameters).ok().json();
        let numbers = ["TotalCount", "PageNumber", "PageSize"].map(|name| json[name].as_u64().unwrap());
        let versions = json["KeyVersions"]["KeyVersion"].as_array().unwrap().clone();
        (
            versions.iter().map(|version| version["KeyVersionId"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
            numbers,
        )
    };
    let (old, new) = (APP_OLD.id.to_owned(), APP_NEW.id.to_owned());
    let both = vec![old.clone(), new.clone()];
    for (parameters, expected, numbers) in [
        (vec![], both.clone(), [2, 1, 10]),
        (vec![("PageSize", "101")], both, [2, 1, 101]),
        (vec![("PageSize", "1")], vec![old], [2, 1, 1]),
        (vec![("PageSize", "1"), ("PageNumber", "2")], vec![new], [2, 2, 1]),
        (vec![("PageNumber", "2")], vec![], [2, 2, 10]),
        (vec![("PageSize", "0")], vec![], [2, 1, 0]),
    ] {
        let parameters = [vec![("KeyId", APP)], parameters].concat();
        assert_eq!(ids(&parameters), (expected, numbers), "{parameters:?}");
    }
    assert_eq!(ids(&[("KeyId", SM4)]).0, [SM4_VERSION.id]);
    let made = create(&service, APP).ok().text_at("KeyVersion.KeyVersionId");
    assert_eq!(ids(&[("KeyId", APP)]).0, [APP_OLD.id, APP_NEW.id, made.as_str()]);
    for (name, value) in [("PageNumber", "0"), ("PageSize", "102"), ("PageSize", "-1")] {
        let refused = service.call("yaoshi", "ListKeyVersions", &[("KeyId", APP), (name, value)]);
        let message = refused.refused(400, "InvalidParameter").message();
        assert_eq!(message, format!("The specified parameter  {name}  is not valid."));
    }
}
