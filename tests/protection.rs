//! What is said of a key, and what keeps it from being deleted; and the account's status.

use crate::support::samples::APP;
use crate::support::{ACCOUNT, Service};

fn arn() -> String {
    format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{APP}")
}

/// (DeletionProtection, DeletionProtectionDescription)
fn protection(service: &Service) -> (String, Option<String>) {
    let described = service.call("yaoshi", "DescribeKey", &[("KeyId", APP)]).ok();
    let description = described.json()["KeyMetadata"]["DeletionProtectionDescription"].as_str().map(str::to_owned);
    (described.text_at("KeyMetadata.DeletionProtection"), description)
}

/// Each row follows the one before. Source: SetDeletionProtection, metadata of June 2024: the description counts only
/// with true.
#[test]
fn protection_is_switched_on_and_off() {
    let (service, arn, longest) = (Service::with_fixture(), arn(), "ü".repeat(8192));
    let by_arn = ("ProtectedResourceArn", arn.as_str());
    let by_id = ("KeyId", APP);
    assert_eq!(protection(&service), ("Disabled".to_owned(), None));
    for (key, enable, description, expected) in [
        (by_arn, "true", Some("in use by «pay»"), Some("in use by «pay»")),
        (by_arn, "true", None, Some("")),
        (by_arn, "true", Some("again"), Some("again")),
        (by_arn, "false", Some("not any more"), None),
        (by_id, "True", Some(longest.as_str()), Some(longest.as_str())),
        (by_id, "false", None, None),
    ] {
        let mut parameters = vec![key, ("EnableDeletionProtection", enable), ("KmsInstanceId", "kst-1")];
        parameters.extend(description.map(|text| ("DeletionProtectionDescription", text)));
        service.call("yaoshi", "SetDeletionProtection", &parameters).ok();
        let word = if expected.is_some() { "Enabled" } else { "Disabled" };
        assert_eq!(protection(&service), (word.to_owned(), expected.map(str::to_owned)), "{parameters:?}");
    }
}

/// The code is a choice: none is documented (alibaba-errors §7).
#[test]
fn a_protected_key_is_not_deleted() {
    let (service, arn) = (Service::with_fixture(), arn());
    let protect = |enable: &str| {
        let parameters = [("ProtectedResourceArn", arn.as_str()), ("EnableDeletionProtection", enable)];
        service.call("yaoshi", "SetDeletionProtection", &parameters)
    };
    let delete = || service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", APP), ("PendingWindowInDays", "7")]);
    protect("true").ok();
    assert_eq!(delete().refused(400, "Rejected.UnsupportedOperation").message(), "Unsupported operation.");
    assert_eq!(protection(&service).0, "Enabled");
    protect("false").ok();
    delete().ok();
    protect("true").refused(409, "Rejected.PendingDeletion");
}

#[test]
fn one_parameter_names_what_is_protected() {
    let (service, arn) = (Service::with_fixture(), arn());
    let secret = format!("acs:kms:cn-hangzhou:{ACCOUNT}:secret/s");
    let alias = format!("acs:kms:cn-hangzhou:{ACCOUNT}:alias/app");
    let too_long = "x".repeat(8193);
    for (parameters, code, message) in [
        (vec![], "MissingParameter", "The parameter  ProtectedResourceArn  needed but no provided."),
        (
            vec![("ProtectedResourceArn", arn.as_str()), ("KeyId", APP)],
            "InvalidParameter",
            "The specified parameter  KeyId  is not valid.",
        ),
        (
            vec![("ProtectedResourceArn", APP)],
            "InvalidParameter",
            "The specified parameter  ProtectedResourceArn  is not valid.",
        ),
        (vec![("ProtectedResourceArn", &alias)], "Unsupported.Alias", "Alias is not valid for this api."),
        (vec![("ProtectedResourceArn", &secret)], "UnsupportedOperation", "This action is not supported."),
        (
            vec![("KeyId", APP), ("DeletionProtectionDescription", too_long.as_str())],
            "InvalidParameter",
            "The specified parameter  DeletionProtectionDescription  is not valid.",
        ),
    ] {
        let parameters = [vec![("EnableDeletionProtection", "true")], parameters].concat();
        let refused = service.call("yaoshi", "SetDeletionProtection", &parameters).refused(400, code);
        assert_eq!(refused.message(), message);
    }
    assert_eq!(protection(&service).0, "Disabled");
}

/// Source: alibaba-errors §5.2, 0 to 8,192 characters. An empty one counts as absent, as every parameter does.
#[test]
fn a_description_is_replaced() {
    let (service, longest) = (Service::with_fixture(), "ü".repeat(8192));
    let update = |text: &str| service.call("yaoshi", "UpdateKeyDescription", &[("KeyId", APP), ("Description", text)]);
    let description =
        || service.call("yaoshi", "DescribeKey", &[("KeyId", APP)]).ok().text_at("KeyMetadata.Description");
    for text in ["another", " ", "<&\"\u{1}钥", &longest] {
        update(text).ok();
        assert_eq!(description(), text);
    }
    update("").refused(400, "MissingParameter");
    update(&format!("{longest}.")).refused(400, "InvalidParameter");
    assert_eq!(description(), longest);
}

/// Source: DescribeAccountKmsStatus and OpenKmsService, metadata of June 2024.
#[test]
fn accounts_have_the_service_from_the_start() {
    let service = Service::with_fixture();
    let status = service.call("yaoshi", "DescribeAccountKmsStatus", &[]).ok();
    assert_eq!(status.text_at("AccountStatus"), "Enabled");
    let refused = service.call("yaoshi", "OpenKmsService", &[]).refused(400, "Forbidden.Opened");
    assert_eq!(refused.message(), "Your kms service has been opened.");
}
