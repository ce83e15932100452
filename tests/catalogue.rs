//! The built actions, held against the documented ones in both directions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use yaoshi::dialect::alibaba::kms;

use crate::support::samples::{
    APP, APP_NEW, EXTERNAL, EXTERNAL_BLOCK, PLAINTEXT, SIGNER, SIGNER_VERSION, Sample, done, fixture_with,
};
use crate::support::{NOW, Reply, Service};

fn catalogue() -> Value {
    serde_json::from_str(include_str!("../fixtures/catalogue/kms-2016-01-20.json")).unwrap()
}

fn names(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_documented_action_is_built_or_known_not_to_be() {
    let catalogue = catalogue();
    let built: BTreeSet<_> = kms::ACTIONS.iter().map(|entry| entry.name).collect();
    let not_built: BTreeSet<_> = kms::NOT_BUILT.iter().copied().collect();
    assert_eq!(built.len(), kms::ACTIONS.len(), "an action stands twice");
    assert_eq!(not_built.len(), kms::NOT_BUILT.len(), "an action stands twice");
    assert!(built.is_disjoint(&not_built));
    assert_eq!(built.union(&not_built).copied().collect::<BTreeSet<_>>(), names(&catalogue));
}

#[test]
fn an_action_that_is_not_built_is_unsupported_and_an_unknown_one_is_not_found() {
    let service = Service::with_fixture();
    for action in kms::NOT_BUILT {
        let refused = service.call("yaoshi", action, &[]).refused(400, "UnsupportedOperation");
        assert_eq!(refused.message(), "This action is not supported.", "{action}");
    }
    for action in ["Encrpyt", "encrypt", "ENCRYPT", "kms:Encrypt"] {
        service.call("yaoshi", action, &[]).refused(404, "InvalidAction.NotFound");
    }
}

#[test]
fn parameters_are_those_documented() {
    let catalogue = catalogue();
    for entry in kms::ACTIONS {
        let own: BTreeSet<_> = entry.parameters().collect();
        assert_eq!(own, names(&catalogue[entry.name]["request"]), "{}", entry.name);
    }
}

/// Actions that need other parameters than those documented as required: which they do without, which they need, why.
const REQUIRED_OTHERWISE: &[(&str, &str, &str, &str)] = &[
    ("SetDeletionProtection", "", "ProtectedResourceArn", "this or KeyId"),
    ("TagResource", "", "KeyId", "exactly one of KeyId, SecretName, CertificateId"),
    ("UntagResource", "", "KeyId", "exactly one of KeyId, SecretName, CertificateId"),
    ("TagResources", "RegionId", "", "the host tells the region"),
    ("UntagResources", "RegionId", "", "the host tells the region"),
    ("ListTagResources", "RegionId", "", "the host tells the region"),
];

/// The samples consist of the documented required parameters; each of them is missed, and nothing else is.
#[test]
fn required_parameters_are_those_documented() {
    let catalogue = catalogue();
    for entry in kms::ACTIONS {
        let sample = Sample::of(entry.name);
        let request = catalogue[entry.name]["request"].as_object().unwrap();
        let mut required: BTreeSet<_> = request
            .iter()
            .filter(|(_, parameter)| parameter["required"] == true)
            .map(|(name, _)| name.as_str())
            .collect();
        for (_, not_needed, needed, _) in REQUIRED_OTHERWISE.iter().filter(|row| row.0 == entry.name) {
            required.remove(not_needed);
            required.extend(Some(*needed).filter(|name| !name.is_empty()));
        }
        let own = sample.parameters.iter().map(|(name, _)| name.split('.').next().unwrap());
        assert_eq!(own.collect::<BTreeSet<_>>(), required, "{}", entry.name);
        done(entry.name, sample.call(&Service::with_fixture(), "yaoshi"));
        for name in required {
            for without in [sample.clone().without(name), sample.clone().with(name, "")] {
                let refused = without.call(&Service::with_fixture(), "yaoshi").refused(400, "MissingParameter");
                assert_eq!(refused.message(), format!("The parameter  {name}  needed but no provided."));
            }
        }
    }
}

#[test]
fn parameters_take_values_of_their_type_only() {
    let catalogue = catalogue();
    let mut types = BTreeMap::<String, usize>::new();
    for entry in kms::ACTIONS {
        for (name, parameter) in catalogue[entry.name]["request"].as_object().unwrap() {
            let kind = if parameter["type"]["list"].is_null() { &parameter["type"] } else { &"list".into() };
            let kind = kind.as_str().unwrap();
            *types.entry(kind.to_owned()).or_default() += 1;
            let wrong: &[&str] = match kind {
                "integer" => &["x", "1.5", "true", "0x10", " 1", "9223372036854775808"],
                "boolean" => &["2", "yes", "0", " true"],
                "map(json)" => &["x", "[]", r#""a""#, r#"{"a":1}"#],
                "list" => {
                    for place in ["", ".0", ".x", ".01", ".-1", ".1025", "."] {
                        let sample = Sample::of(entry.name).with(&format!("{name}{place}"), "x");
                        let refused = sample.call(&Service::with_fixture(), "yaoshi").refused(400, "InvalidParameter");
                        assert_eq!(refused.message(), format!("The specified parameter  {name}  is not valid."));
                    }
                    continue;
                }
                "string" => continue,
                other => panic!("{}, {name}: type {other} is new", entry.name),
            };
            for value in wrong {
                let reply = Sample::of(entry.name).with(name, *value).call(&Service::with_fixture(), "yaoshi");
                let refused = reply.refused(400, "InvalidParameter");
                assert_eq!(refused.message(), format!("The specified parameter  {name}  is not valid."), "{value}");
            }
        }
    }
    assert_eq!(types.keys().collect::<Vec<_>>(), ["boolean", "integer", "list", "map(json)", "string"]);
}

/// Documented members of replies that never come, and why.
const NEVER_ANSWERED: &[(&str, &str, &str)] = &[
    ("CreateKey", "KeyMetadata.DKMSInstanceId", "there are no instances"),
    ("DescribeKey", "KeyMetadata.DKMSInstanceId", "there are no instances"),
    ("OpenKmsService", "RequestId", "it is refused always"),
    ("Decrypt", "CiphertextForRecipient", "Recipient is refused: enclaves are not built"),
    ("GenerateDataKey", "CiphertextForRecipient", "Recipient is refused: enclaves are not built"),
    ("AsymmetricDecrypt", "CiphertextForRecipient", "Recipient is refused: enclaves are not built"),
];

/// Calls whose replies show, together with the samples', every member that there is.
fn fuller_samples() -> Vec<Sample> {
    vec![
        Sample::of("CreateKey").with("EnableAutomaticRotation", "true").with("RotationInterval", "365d"),
        Sample::of("CreateKey").with("Origin", "EXTERNAL"),
    ]
}

#[test]
fn replies_have_the_documented_members_and_types() {
    let catalogue = catalogue();
    let mut seen = BTreeMap::<String, BTreeSet<String>>::new();
    let mut note = |action: &str, reply: &Reply| {
        assert_eq!(reply.content_type, "application/json;charset=utf-8");
        assert_eq!(reply.request_id, reply.text_at("RequestId"), "the header and the body name the request alike");
        let members = seen.entry(action.to_owned()).or_default();
        hold_against(&reply.json(), &catalogue[action]["response"], "", action, members);
    };
    for entry in kms::ACTIONS {
        let reply = done(entry.name, Sample::of(entry.name).call(&Service::with_fixture(), "yaoshi"));
        if reply.status == 200 {
            note(entry.name, &reply);
        }
    }
    let service = Service::with_fixture();
    Sample::of("SetDeletionProtection").call(&service, "yaoshi").ok();
    note("DescribeKey", &Sample::of("DescribeKey").call(&service, "yaoshi").ok());
    for sample in fuller_samples() {
        let service = Service::with_fixture();
        let created = sample.call(&service, "yaoshi").ok();
        note(&sample.action, &created);
        let id = created.text_at("KeyMetadata.KeyId");
        note("DescribeKey", &service.call("yaoshi", "DescribeKey", &[("KeyId", &id)]).ok());
    }
    for entry in kms::ACTIONS {
        let mut documented = BTreeSet::new();
        list_members(&catalogue[entry.name]["response"], "", &mut documented);
        let never = NEVER_ANSWERED.iter().filter(|row| row.0 == entry.name).map(|row| row.1.to_owned());
        let missing: BTreeSet<_> =
            documented.difference(seen.entry(entry.name.to_owned()).or_default()).cloned().collect();
        assert_eq!(missing, never.collect(), "{}: documented, but not answered", entry.name);
    }
}

/// Check `value` against a documented shape, and note which members it has.
#[track_caller]
fn hold_against(value: &Value, shape: &Value, path: &str, action: &str, seen: &mut BTreeSet<String>) {
    let members = value.as_object().unwrap_or_else(|| panic!("{action} {path}: an object"));
    for (name, value) in members {
        let path = below(path, name);
        let shape = shape.get(name).unwrap_or_else(|| panic!("{action} answers {path}, which is not documented"));
        seen.insert(path.clone());
        if let Some(inner) = shape.get("object") {
            hold_against(value, inner, &path, action, seen);
        } else if let Some(item) = shape.get("list") {
            for value in value.as_array().unwrap_or_else(|| panic!("{action} {path}: a list")) {
                hold_against(value, &item["object"], &path, action, seen);
            }
        } else {
            let is_right = match shape.as_str() {
                Some("string") => value.is_string(),
                Some("integer") => value.is_u64(),
                Some("boolean") => value.is_boolean(),
                _ => panic!("{action} {path}: shape {shape} is new"),
            };
            assert!(is_right, "{action} {path} is {value}, but a {shape} is documented");
        }
    }
}

fn list_members(shape: &Value, path: &str, members: &mut BTreeSet<String>) {
    for (name, shape) in shape.as_object().unwrap() {
        let path = below(path, name);
        members.insert(path.clone());
        if let Some(inner) = shape.get("object").or_else(|| shape["list"].get("object")) {
            list_members(inner, &path, members);
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Documented errors that no call meets, and why. `*` stands for every action.
const NEVER_MET: &[(&str, u16, &str, &str)] = &[
    ("CreateKey", 400, "Rejected.LimitExceeded", "the sandbox has no quotas"),
    ("CreateKey", 400, "Rejected.ShareQuotaExceedLimit", "there are no instances to share"),
    ("CreateKey", 400, "UnsupportedOperation", "every documented kind of key can be made"),
    ("CreateKey", 400, "Forbidden.NoPermission", "answered with 403, as the common error table has it"),
    ("Decrypt", 404, "Forbidden.AliasNotFound", "Decrypt has no parameter that could name an alias"),
    ("OpenKmsService", 400, "CreateLXOrderFailed", "nothing is ordered"),
    ("OpenKmsService", 400, "Forbidden.NoRealNameAuthentication", "nobody is asked for a name"),
    ("*", 500, "InternalFailure", "no request provokes it"),
    ("*", 503, "SerivceUnvailableTemporary", "no request provokes it"),
];

/// Each documented error of a built action is met by a call, with its status and, where it does not name a parameter,
/// its message; or it stands in [`NEVER_MET`].
#[test]
fn documented_errors_are_met() {
    let catalogue = catalogue();
    let mut never_met = BTreeSet::new();
    for entry in kms::ACTIONS {
        let documented = catalogue[entry.name]["errors"].as_array().cloned().unwrap_or_default();
        for error in documented {
            let (status, code) = (u16::try_from(error[0].as_u64().unwrap()).unwrap(), error[1].as_str().unwrap());
            let is_row = |row: &&(&str, u16, &str, &str)| {
                (row.0 == entry.name || row.0 == "*") && row.1 == status && row.2 == code
            };
            if let Some(row) = NEVER_MET.iter().find(is_row) {
                never_met.insert(row);
                continue;
            }
            let reply = provoke(entry.name, code).refused(status, code);
            if code == "InvalidParameter" {
                assert!(reply.message().ends_with("  is not valid."), "{}: {}", entry.name, reply.message());
            } else {
                assert_eq!(reply.message(), error[2].as_str().unwrap(), "{}", entry.name);
            }
        }
    }
    assert_eq!(never_met.len(), NEVER_MET.len(), "a row of NEVER_MET is needed by no documented error");
}

/// Call `action` so that it fails with `code`.
fn provoke(action: &str, code: &str) -> Reply {
    let (service, sample) = (Service::with_fixture(), Sample::of(action));
    let key = if action == "ReEncrypt" { "DestinationKeyId" } else { "KeyId" };
    let unknown_version = crate::support::blob::Version { id: "2ab1a983-0000-4bbc-a582-584b5bd80001", ..APP_NEW };
    let sample = match (action, code) {
        (_, "InvalidAccessKeyId.NotFound") => return sample.call(&service, "unknown"),
        ("CreateKey", "InvalidParameter") => sample.with("Origin", "aliyun_kms"),
        ("ListAliases" | "ListKeys", "InvalidParameter") => sample.with("PageSize", "101"),
        ("DescribeRegions" | "DescribeAccountKmsStatus", "InvalidParameter") => sample.with("RegionId", "No Region"),
        ("UpdateRotationPolicy", "InvalidParameter") => sample.with("RotationInterval", "6d"),
        ("DeleteAlias", "InvalidParameter") => sample.with("AliasName", "app"),
        ("ExportDataKey", "InvalidParameter") => sample.with("PublicKeyBlob", "AAAA"),
        (_, "InvalidParameter") => sample.with(key, "acs:kms:cn-hangzhou"),
        (_, "Forbidden.Opened") => sample,
        (_, "Forbidden.NoPermission") => return sample.call(&service, "nobody"),
        (_, "InvalidParameter.TagKey") => sample.with("Tag.1.Key", "aliyun"),
        (_, "InvalidParameter.TagValue") => sample.with("Tag.1.Value", "a b"),
        (_, "Duplicate.TagKey") => sample.with("Tag.1.Key", "team").with("Tag.2.Key", "team"),
        (_, "InvalidResourceId.NotFound") => sample.with("ResourceId.2", "202b9877-0000-46e3-a763-e20791b50001"),
        ("CreateKeyVersion" | "UpdateRotationPolicy", "Rejected.UnsupportedOperation") => {
            return sample.with(key, EXTERNAL).call(&Service::with_file(&fixture_with(EXTERNAL_BLOCK)), "yaoshi");
        }
        ("GenerateDataKey", "UnsupportedOperation")
        | ("AsymmetricEncrypt" | "AsymmetricDecrypt", "Rejected.UnsupportedOperation") => sample.with("KeyId", SIGNER),
        ("Decrypt", "UnsupportedOperation") => {
            let version = crate::support::blob::Version { id: SIGNER_VERSION, ..APP_NEW };
            sample.with("CiphertextBlob", version.seal(PLAINTEXT.as_bytes(), &[]))
        }
        ("CreateKey", "Forbidden.DKMSInstanceNotFound") => sample.with("DKMSInstanceId", "kst-1"),
        ("Decrypt", "Forbidden.KeyNotFound") => {
            sample.with("CiphertextBlob", unknown_version.seal(PLAINTEXT.as_bytes(), &[]))
        }
        (_, "Unsupported.Origin") => sample.with(key, APP),
        (_, "InvalidImportToken") => sample.with("ImportToken", "AAAA"),
        (_, "ExpiredImportToken") => {
            let sample = sample.ready(&service);
            service.turn_clock_to(NOW.parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_hours(24));
            sample
        }
        (_, "InvalidKeyMaterial") => sample.with("EncryptedKeyMaterial", "AAAA"),
        (_, "Forbidden.KeyNotFound") => sample.with(key, "202b9877-0000-46e3-a763-e20791b50001"),
        (_, "Forbidden.AliasNotFound") => sample.with(key, "alias/none"),
        (_, "Rejected.Disabled") => {
            service.call("yaoshi", "DisableKey", &[("KeyId", APP)]).ok();
            sample
        }
        (_, "Rejected.PendingDeletion") => {
            service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", APP), ("PendingWindowInDays", "7")]).ok();
            sample
        }
        (_, "Rejected.Unavailable") => {
            let file = include_str!("../fixtures/sandbox.toml").replacen("\"Enabled\"", "\"Unavailable\"", 1);
            return sample.call(&Service::with_file(&file), "yaoshi");
        }
        _ => panic!("{action} meets {code} in no way that the test knows"),
    };
    sample.call(&service, "yaoshi")
}
