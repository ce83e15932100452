//! Managed data keys: kept by the service, shown to those who may see them.

use serde_json::Value;

use crate::support::samples::{APP, DATA_KEY, allow, fixture_with, user};
use crate::support::{ACCOUNT, Reply, Service};

fn managed(service: &Service, access_key: &str, parameters: &[(&str, &str)]) -> Reply {
    service.call(access_key, "GetManagedDataKey", parameters)
}

/// Source: GetManagedDataKey page (2026). That the id goes before UseLatest is a choice.
#[test]
fn versions_of_a_managed_data_key() {
    const FIRST: (&str, &str) = ("xH6OPUmz", "CYueyVmZJ2MfA1VSZV2jCbFT8bO7StAvBnHacplr9aI=");
    const LATEST: (&str, &str) = ("yI7PQVna", "AAECAwQFBgcICQoLDA0ODw==");
    let service = Service::with_fixture();
    let show = |more: &[(&str, &str)]| managed(&service, "yaoshi", &[&[("DataKeyName", DATA_KEY)], more].concat());
    for (parameters, (id, plaintext)) in [
        (&[][..], FIRST),
        (&[("UseLatest", "false")], FIRST),
        (&[("UseLatest", "")], FIRST),
        (&[("UseLatest", "true")], LATEST),
        (&[("DataKeyVersionId", FIRST.0)], FIRST),
        (&[("DataKeyVersionId", LATEST.0)], LATEST),
        (&[("DataKeyVersionId", FIRST.0), ("UseLatest", "true")], FIRST),
        (&[("DataKeyVersionId", LATEST.0), ("UseLatest", "false")], LATEST),
        (&[("DataKeyVersionId", ""), ("UseLatest", "true")], LATEST),
    ] {
        let shown = show(parameters).ok();
        assert_eq!(shown.text_at("DataKeyName"), DATA_KEY);
        assert_eq!(shown.text_at("DataKeyVersionId"), id, "{parameters:?}");
        assert_eq!(shown.text_at("DataKeyVersionName"), format!("kms-datakeyversion!{DATA_KEY}!{id}"));
        assert_eq!(shown.text_at("Plaintext"), plaintext, "{parameters:?}");
    }
    for unknown in ["xH6OPUmy", "xh6opumz", "2ab1a983-7072-4bbc-a582-584b5bd80000"] {
        let message = show(&[("DataKeyVersionId", unknown)]).refused(404, "Forbidden.ResourceNotFound").message();
        assert_eq!(message, "Resource not found.");
        show(&[("DataKeyVersionId", unknown), ("UseLatest", "true")]).refused(404, "Forbidden.ResourceNotFound");
    }
    show(&[("UseLatest", "yes")]).invalid("UseLatest");
    show(&[("DataKeyVersionId", &"x".repeat(129))]).invalid("DataKeyVersionId");
}

#[test]
fn a_managed_data_key_has_one_name_in_one_place() {
    let service = Service::with_fixture();
    for action in ["GetManagedDataKey", "ListManagedDataKeyVersions"] {
        let call = |access_key: &str, parameters: &[(&str, &str)]| service.call(access_key, action, parameters);
        for unknown in ["app-dat", "App-data", "alias/app", APP, &"x".repeat(128)] {
            call("yaoshi", &[("DataKeyName", unknown)]).refused(404, "Forbidden.ResourceNotFound");
        }
        let elsewhere = [("DataKeyName", DATA_KEY), ("RegionId", "ap-southeast-1")];
        call("yaoshi", &elsewhere).refused(404, "Forbidden.ResourceNotFound");
        call("other", &[("DataKeyName", DATA_KEY)]).refused(404, "Forbidden.ResourceNotFound");
        call("yaoshi", &[("DataKeyName", &"x".repeat(129))]).invalid("DataKeyName");
        call("yaoshi", &[]).missing("DataKeyName");
        call("yaoshi", &[("DataKeyName", "")]).missing("DataKeyName");
    }
}

/// A choice: the state of the key that it is kept under counts where the data key is shown, not where it is listed.
#[test]
fn a_managed_data_key_is_shown_while_its_key_is_enabled() {
    let service = Service::with_fixture();
    let show = || managed(&service, "yaoshi", &[("DataKeyName", DATA_KEY)]);
    let list = || service.call("yaoshi", "ListManagedDataKeyVersions", &[("DataKeyName", DATA_KEY)]);
    show().ok();
    for (action, more, refusal) in [
        ("DisableKey", &[][..], Some("Rejected.Disabled")),
        ("EnableKey", &[], None),
        ("ScheduleKeyDeletion", &[("PendingWindowInDays", "7")], Some("Rejected.PendingDeletion")),
        ("CancelKeyDeletion", &[], None),
    ] {
        service.call("yaoshi", action, &[&[("KeyId", APP)], more].concat()).ok();
        match refusal {
            Some(code) => drop(show().refused(409, code)),
            None => drop(show().ok()),
        }
        list().ok();
    }
    // With the key it is gone.
    service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", APP), ("PendingWindowInDays", "7")]).ok();
    service.turn_clock_to("2026-11-29T07:00:00Z".parse().unwrap());
    show().refused(404, "Forbidden.KeyNotFound");
}

#[test]
fn versions_of_a_managed_data_key_are_listed_page_by_page() {
    let service = Service::with_fixture();
    let list = |more: &[(&str, &str)]| {
        service.call("yaoshi", "ListManagedDataKeyVersions", &[&[("DataKeyName", DATA_KEY)], more].concat())
    };
    let (first, latest) = ("xH6OPUmz", "yI7PQVna");
    for (parameters, ids, numbers) in [
        (&[][..], &[first, latest][..], [2, 1, 10]),
        (&[("PageSize", "100")], &[first, latest], [2, 1, 100]),
        (&[("PageSize", "1")], &[first], [2, 1, 1]),
        (&[("PageSize", "1"), ("PageNumber", "2")], &[latest], [2, 2, 1]),
        (&[("PageSize", "1"), ("PageNumber", "3")], &[], [2, 3, 1]),
        (&[("PageNumber", "2147483647")], &[], [2, 2_147_483_647, 10]),
    ] {
        let listed = list(parameters).ok();
        let json = listed.json();
        assert_eq!(listed.text_at("DataKeyName"), DATA_KEY);
        assert!(!listed.text.contains("Plaintext"), "{}", listed.text);
        let versions = json["ManagedDataKeyVersions"]["ManagedDataKeyVersion"].as_array().unwrap();
        let listed: Vec<_> = versions.iter().map(|version| version["DataKeyVersionId"].as_str().unwrap()).collect();
        assert_eq!(listed, ids, "{parameters:?}");
        for version in versions {
            let id = version["DataKeyVersionId"].as_str().unwrap();
            assert_eq!(version["DataKeyVersionName"], format!("kms-datakeyversion!{DATA_KEY}!{id}"));
        }
        let told = ["TotalCount", "PageNumber", "PageSize"].map(|name| json[name].as_u64());
        assert_eq!(told, numbers.map(Some), "{parameters:?}");
    }
    for (name, value) in
        [("PageNumber", "0"), ("PageNumber", "-1"), ("PageSize", "0"), ("PageSize", "101"), ("PageSize", "x")]
    {
        list(&[(name, value)]).invalid(name);
    }
}

/// A choice: the resource is `datakey/<name>`, and the key that it is kept under is not asked for.
#[test]
fn permission_is_asked_for_the_managed_data_key() {
    let arn = |resource: &str| format!("acs:kms:cn-hangzhou:{ACCOUNT}:{resource}");
    let users = [
        user("named", &allow("kms:GetManagedDataKey", &arn(&format!("datakey/{DATA_KEY}")))),
        user("elsewhere", &allow("kms:GetManagedDataKey", &arn("datakey/other"))),
        user("keys", &allow("kms:*", &arn("key/*"))),
        user("lister", &allow("kms:ListManagedDataKeyVersions", &arn("datakey/*"))),
    ];
    let service = Service::with_file(&fixture_with(&users.concat()));
    let known = [("DataKeyName", DATA_KEY)];
    managed(&service, "named", &known).ok();
    for stranger in ["elsewhere", "keys", "lister", "nobody"] {
        for name in [DATA_KEY, "unknown"] {
            let refused = managed(&service, stranger, &[("DataKeyName", name)]).refused(403, "Forbidden.NoPermission");
            let resource = arn(&format!("datakey/{name}"));
            assert_eq!(refused.message(), format!("This operation for {resource} is forbidden by permission system."));
            assert_eq!(refused.json()["AccessDeniedDetail"]["AuthAction"], "kms:GetManagedDataKey");
            assert_eq!(refused.json().get("Plaintext"), None::<&Value>);
        }
    }
    managed(&service, "elsewhere", &[("DataKeyName", "other")]).refused(404, "Forbidden.ResourceNotFound");
    service.call("lister", "ListManagedDataKeyVersions", &known).ok();
    service.call("named", "ListManagedDataKeyVersions", &known).refused(403, "Forbidden.NoPermission");
}
