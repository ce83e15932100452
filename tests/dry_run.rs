//! DryRun: the whole way is walked, nothing is changed, nothing is revealed.

use std::num::NonZeroU32;

use serde_json::Value;
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::kms;

use crate::support::blob::{Version, decode};
use crate::support::samples::{APP, APP_NEW, PLAINTEXT, SM4, Sample, allow, done, fixture_with, user};
use crate::support::{ACCOUNT, Reply, Service};

/// The built actions whose documents have DryRun.
const ACTIONS: [&str; 14] = [
    "Encrypt",
    "Decrypt",
    "ReEncrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateAndExportDataKey",
    "ExportDataKey",
    "AsymmetricSign",
    "AsymmetricVerify",
    "AsymmetricEncrypt",
    "AsymmetricDecrypt",
    "GetPublicKey",
    "GenerateMac",
    "VerifyMac",
];

// The documented sentences (Decrypt page, 2025-07-29); statuses are a choice.
const WOULD_SUCCEED: (u16, &str, &str) =
    (400, "DryRunOperationError", "The request would have succeeded if the DryRun parameter was not specified.");
const DENIED: (u16, &str, &str) =
    (403, "AccessDeniedError", "You are not authorized to perform this operation on the KMS resource.");
const INVALID: &str = "The parameters specified in the request are invalid.";

fn missing(name: &str) -> (u16, &'static str, String) {
    (400, "ValidationError", format!("{INVALID} The parameter  {name}  needed but no provided."))
}

fn invalid(name: &str) -> (u16, &'static str, String) {
    (400, "ValidationError", format!("{INVALID} The specified parameter  {name}  is not valid."))
}

fn dry(action: &str) -> Sample {
    Sample::of(action).with("DryRun", "true")
}

fn takes_blob(action: &str) -> bool {
    ["Decrypt", "ReEncrypt", "ExportDataKey"].contains(&action)
}

/// Check status, code and message, and that the answer is an error object and no more: nothing of a reply.
#[track_caller]
fn is(reply: &Reply, (status, code, message): (u16, &str, impl AsRef<str>), situation: &str) {
    assert_eq!((reply.status, reply.outcome().as_str()), (status, code), "{situation}: {}", reply.text);
    assert_eq!(reply.message(), message.as_ref(), "{situation}");
    let known = ["RequestId", "HostId", "Code", "Message", "Recommend", "HttpStatus", "AccessDeniedDetail"];
    let json = reply.json();
    let members: Vec<_> = json.as_object().unwrap().keys().collect();
    assert!(members.iter().all(|name| known.contains(&name.as_str())), "{situation} reveals: {members:?}");
    assert_eq!(json.get("AccessDeniedDetail").is_some(), status == 403, "{situation}");
}

#[test]
fn the_documented_actions_have_it() {
    let with: Vec<_> = kms::ACTIONS.iter().filter(|entry| entry.dry_run).map(|entry| entry.name).collect();
    assert_eq!(with, ACTIONS);
    let catalogue: Value = serde_json::from_str(include_str!("../fixtures/catalogue/kms-2016-01-20.json")).unwrap();
    for entry in kms::ACTIONS {
        assert_eq!(entry.dry_run, catalogue[entry.name]["request"].get("DryRun").is_some(), "{}", entry.name);
    }
}

#[test]
fn what_would_succeed_says_so() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        is(&dry(action).call(&service, "yaoshi"), WOULD_SUCCEED, action);
        let with_context = match action {
            "ReEncrypt" => dry(action).with("DestinationEncryptionContext", r#"{"a":"b"}"#),
            "Decrypt" | "ExportDataKey" => dry(action)
                .with("CiphertextBlob", APP_NEW.seal(b"x", &[("a", "b")]))
                .with("EncryptionContext", r#"{"a":"b"}"#),
            _ => dry(action).with("EncryptionContext", r#"{"a":"b"}"#),
        };
        is(&with_context.call(&service, "yaoshi"), WOULD_SUCCEED, action);
        // An empty EncryptionContext is an absent one.
        is(&dry(action).with("EncryptionContext", "").call(&service, "yaoshi"), WOULD_SUCCEED, action);
    }
}

/// An action, its required parameters, and parameters with wrong values.
type Row = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

#[test]
fn a_parameter_that_is_missing_or_wrong_is_a_validation_error_with_the_original_text() {
    let service = Service::with_fixture();
    let rows: [Row; 14] = [
        ("Encrypt", &["KeyId", "Plaintext"], &[("EncryptionContext", "[]"), ("KeyId", "acs:oss:x")]),
        ("Decrypt", &["CiphertextBlob"], &[("EncryptionContext", r#"{"a":1}"#), ("CiphertextBlob", "????")]),
        (
            "ReEncrypt",
            &["CiphertextBlob", "DestinationKeyId"],
            &[("SourceEncryptionContext", "x"), ("DestinationEncryptionContext", "x"), ("CiphertextBlob", "YQ==")],
        ),
        ("GenerateDataKey", &["KeyId"], &[("KeySpec", "AES_512"), ("NumberOfBytes", "1025"), ("NumberOfBytes", "x")]),
        ("GenerateDataKeyWithoutPlaintext", &["KeyId"], &[("KeySpec", "aes_256"), ("NumberOfBytes", "0")]),
        (
            "GenerateAndExportDataKey",
            &["KeyId", "PublicKeyBlob", "WrappingKeySpec", "WrappingAlgorithm"],
            &[("PublicKeyBlob", "AAAA"), ("WrappingAlgorithm", "RSAES_OAEP_SHA_256"), ("WrappingKeySpec", "RSA_3072")],
        ),
        (
            "ExportDataKey",
            &["CiphertextBlob", "PublicKeyBlob", "WrappingKeySpec", "WrappingAlgorithm"],
            &[("PublicKeyBlob", "?"), ("WrappingAlgorithm", "RSAES_PKCS1_V1_5"), ("CiphertextBlob", "YQ==")],
        ),
        (
            "AsymmetricSign",
            &["KeyId", "KeyVersionId", "Algorithm", "Digest"],
            &[("Digest", "YQ=="), ("Algorithm", "SM2DSA"), ("Algorithm", "ecdsa_sha_256")],
        ),
        (
            "AsymmetricVerify",
            &["KeyId", "KeyVersionId", "Algorithm", "Digest", "Value"],
            &[("Digest", "?"), ("Algorithm", "RSA_PSS_SHA_256"), ("Value", "?")],
        ),
        (
            "AsymmetricEncrypt",
            &["KeyId", "KeyVersionId", "Algorithm", "Plaintext"],
            &[("Algorithm", "RSAES_OAEP_SHA_1"), ("Plaintext", "?")],
        ),
        (
            "AsymmetricDecrypt",
            &["KeyId", "KeyVersionId", "Algorithm", "CiphertextBlob"],
            &[("Algorithm", "RSAES_OAEP_SHA_256"), ("CiphertextBlob", "?"), ("CiphertextBlob", "AAAA")],
        ),
        ("GetPublicKey", &["KeyId", "KeyVersionId"], &[("KeyId", "acs:oss:x")]),
        ("GenerateMac", &["KeyId", "Algorithm", "Message"], &[("Algorithm", "HMAC_SM3"), ("Message", "?")]),
        ("VerifyMac", &["KeyId", "Algorithm", "Message", "Mac"], &[("Algorithm", "SHA_256"), ("Mac", "?")]),
    ];
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), ACTIONS);
    for (action, required, wrong) in rows {
        for name in required {
            is(&dry(action).without(name).call(&service, "yaoshi"), missing(name), action);
        }
        for (name, value) in wrong {
            is(&dry(action).with(name, *value).call(&service, "yaoshi"), invalid(name), &format!("{action} {value}"));
        }
    }
    // The region too, though no action declares it.
    for action in ACTIONS {
        is(&dry(action).with("RegionId", "No Region").call(&service, "yaoshi"), invalid("RegionId"), action);
    }
    let too_much = dry("Encrypt").with("Plaintext", "?".repeat(6145)).call(&service, "yaoshi");
    is(&too_much, invalid("Plaintext"), "6,145 bytes");
}

#[test]
fn a_blob_that_does_not_open_is_a_validation_error() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let service = Service::with_fixture();
    for action in ACTIONS.into_iter().filter(|action| takes_blob(action)) {
        let mut bytes = decode(&APP_NEW.seal(b"x", &[]));
        *bytes.last_mut().unwrap() ^= 1;
        let tampered = dry(action).with("CiphertextBlob", BASE64_STANDARD.encode(bytes));
        is(&tampered.call(&service, "yaoshi"), invalid("CiphertextBlob"), &format!("{action}, tampered"));
        let context = if action == "ReEncrypt" { "SourceEncryptionContext" } else { "EncryptionContext" };
        let wrong_context = dry(action).with(context, r#"{"a":"b"}"#);
        is(&wrong_context.call(&service, "yaoshi"), invalid("CiphertextBlob"), &format!("{action}, wrong context"));
    }
}

#[test]
fn a_lack_of_permission_is_an_access_denied_error_with_its_detail() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        let denied = dry(action).call(&service, "nobody");
        is(&denied, DENIED, action);
        let auth_action = if action == "ReEncrypt" { "kms:ReEncryptFrom".to_owned() } else { format!("kms:{action}") };
        let detail = &denied.json()["AccessDeniedDetail"];
        assert_eq!(detail["AuthAction"], auth_action.as_str());
        assert_eq!(detail["AuthPrincipalOwnerId"], ACCOUNT);
        assert_eq!(detail["AuthPrincipalType"], "SubUser");
        assert_eq!(detail["NoPermissionType"], "ImplicitDeny");
        assert_eq!(detail["PolicyType"], "AccountLevelIdentityBasedPolicy");
    }
    // Who may not know whether a key is there does not learn it from a dry run.
    is(&dry("Encrypt").with("KeyId", "none").call(&service, "nobody"), DENIED, "unknown key");
    is(&dry("Encrypt").with("KeyId", "alias/none").call(&service, "nobody"), DENIED, "unknown alias");
}

/// The documents define three outcomes; every other one keeps its own code.
#[test]
fn states_and_what_is_not_there_keep_their_codes() {
    let service = Service::with_fixture();
    let states = [
        ("202b9877-5a25-46e3-a763-e20791b50003", "Disabled"),
        ("202b9877-5a25-46e3-a763-e20791b50004", "PendingDeletion"),
        ("202b9877-5a25-46e3-a763-e20791b50005", "PendingImport"),
        ("202b9877-5a25-46e3-a763-e20791b50006", "Unavailable"),
    ];
    for action in ACTIONS.into_iter().filter(|action| !["Decrypt", "ExportDataKey"].contains(action)) {
        let name = if action == "ReEncrypt" { "DestinationKeyId" } else { "KeyId" };
        // Whatever its state, a key shows its public key, if it has one: those in other states have none.
        for (key, state) in states.into_iter().filter(|_| action != "GetPublicKey") {
            let message = format!("The request was rejected because the key state is {state}.");
            let code = format!("Rejected.{state}");
            is(&dry(action).with(name, key).call(&service, "yaoshi"), (409, &code, message), action);
        }
        let not_found = (404, "Forbidden.KeyNotFound", "The specified Key is not found.");
        is(&dry(action).with(name, "none").call(&service, "yaoshi"), not_found, action);
        let not_found = (404, "Forbidden.AliasNotFound", "The specified Alias is not found.");
        is(&dry(action).with(name, "alias/none").call(&service, "yaoshi"), not_found, action);
    }
    // The file knows the material of one key that cannot be used: it waits for import.
    let deleted = Version { id: "2ab1a983-7072-4bbc-a582-584b5bd80005", ..crate::support::samples::APP_OLD };
    let unknown = Version { id: "2ab1a983-0000-4bbc-a582-584b5bd80005", ..APP_NEW };
    for action in ["Decrypt", "ReEncrypt", "ExportDataKey"] {
        let of =
            |version: &Version| dry(action).with("CiphertextBlob", version.seal(b"x", &[])).call(&service, "yaoshi");
        let message = "The request was rejected because the key state is PendingImport.";
        is(&of(&deleted), (409, "Rejected.PendingImport", message), action);
        is(&of(&unknown), (404, "Forbidden.KeyNotFound", "The specified Key is not found."), action);
        service.call("yaoshi", "DisableKey", &[("KeyId", APP)]).ok();
        let message = "The request was rejected because the key state is Disabled.";
        is(&of(&APP_NEW), (409, "Rejected.Disabled", message), action);
        service.call("yaoshi", "EnableKey", &[("KeyId", APP)]).ok();
    }
}

#[test]
fn a_caller_who_is_not_known_is_told_as_ever() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        let message = "The Access Key ID provided does not exist in our records.";
        let unknown = dry(action).call(&service, "unknown");
        is(&unknown, (404, "InvalidAccessKeyId.NotFound", message), action);
        let inactive = dry(action).call(&service, "reader-old").refused(403, "Forbidden.AccessKey");
        assert_eq!(inactive.message(), "This AccessKey is not enabled.");
    }
}

#[test]
fn it_counts_against_limits() {
    let service = || {
        let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
        let limits = Limits::Each(NonZeroU32::MIN);
        Service::with_options(&Options { file: Some(file), limits, ..Options::default() })
    };
    let throttled = (429, "Rejected.Throttling", "QPS Limit Exceeded");
    for action in ACTIONS {
        let service = service();
        is(&dry(action).call(&service, "yaoshi"), WOULD_SUCCEED, action);
        is(&dry(action).call(&service, "yaoshi"), throttled, action);
        is(&Sample::of(action).call(&service, "yaoshi"), throttled, action);
    }
}

/// true and false in any case; empty is absent; anything else is no answer to the question.
#[test]
fn values() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        for value in ["true", "TRUE", "True", "tRuE"] {
            is(&Sample::of(action).with("DryRun", value).call(&service, "yaoshi"), WOULD_SUCCEED, value);
        }
        for value in ["false", "FALSE", "False", ""] {
            Sample::of(action).with("DryRun", value).call(&service, "yaoshi").ok();
        }
        for value in ["yes", "1", "0", "null", " true"] {
            is(&Sample::of(action).with("DryRun", value).call(&service, "yaoshi"), invalid("DryRun"), value);
        }
    }
}

#[test]
fn re_encrypt_needs_both_permissions_and_both_states() {
    for (allowed, expected) in [
        (vec!["kms:ReEncryptFrom", "kms:ReEncryptTo"], WOULD_SUCCEED),
        (vec!["kms:ReEncrypt*"], WOULD_SUCCEED),
        (vec!["kms:ReEncryptFrom"], DENIED),
        (vec!["kms:ReEncryptTo"], DENIED),
        (vec!["kms:ReEncrypt"], DENIED),
    ] {
        let statements: Vec<_> = allowed.iter().map(|action| allow(action, "*")).collect();
        let service = Service::with_file(&fixture_with(&user("u", &statements.join(","))));
        is(&dry("ReEncrypt").call(&service, "u"), expected, &format!("{allowed:?}"));
    }
    for key in [APP, SM4] {
        let service = Service::with_fixture();
        service.call("yaoshi", "DisableKey", &[("KeyId", key)]).ok();
        dry("ReEncrypt").call(&service, "yaoshi").refused(409, "Rejected.Disabled");
    }
}

/// Whatever a dry run comes to, everything there is to see is as before.
#[test]
fn nothing_changes() {
    let service = Service::with_fixture();
    let seen = || {
        let keys = service.call("yaoshi", "ListKeys", &[("PageSize", "100")]).ok().json()["Keys"].clone();
        let described: Vec<_> = keys["Key"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| service.call("yaoshi", "DescribeKey", &[("KeyId", key["KeyId"].as_str().unwrap())]))
            .map(|reply| reply.ok().json()["KeyMetadata"].clone())
            .collect();
        (keys, described, service.call("yaoshi", "ListAliases", &[]).ok().json()["Aliases"].clone())
    };
    let before = seen();
    for action in ACTIONS {
        for access_key in ["yaoshi", "nobody"] {
            dry(action).call(&service, access_key);
        }
    }
    assert_eq!(seen(), before);
}

/// A choice: an unknown parameter never fails a call, and here DryRun is one. The log says that it is ignored.
#[test]
fn actions_without_it_ignore_it() {
    for entry in kms::ACTIONS.iter().filter(|entry| !entry.dry_run) {
        for value in ["true", "yes"] {
            let reply = Sample::of(entry.name).with("DryRun", value).call(&Service::with_fixture(), "yaoshi");
            done(entry.name, reply);
        }
    }
    let service = Service::with_fixture();
    service.call("yaoshi", "CreateAlias", &[("KeyId", SM4), ("AliasName", "alias/made"), ("DryRun", "true")]).ok();
    let encrypted = service.call("yaoshi", "Encrypt", &[("KeyId", "alias/made"), ("Plaintext", PLAINTEXT)]).ok();
    assert_eq!(encrypted.text_at("KeyId"), SM4);
}
