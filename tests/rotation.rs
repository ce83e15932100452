//! Keys that rotate by themselves: settled when somebody looks, as if they had rotated on time.

use yaoshi::call::Limits;
use yaoshi::config::Options;
use yaoshi::dialect::alibaba::kms::ACTIONS;

use crate::support::samples::{APP, EXTERNAL, EXTERNAL_BLOCK, SM2_PUBLIC_KEY, Sample, done, fixture_with};
use crate::support::{ACCOUNT, NOW, Reply, Service};

const WEEK: [(&str, &str); 2] = [("EnableAutomaticRotation", "true"), ("RotationInterval", "7d")];

struct Rotating {
    service: Service,
    key: String,
}

impl Rotating {
    /// A key made at 2026-11-22T07:00:00Z, to rotate every seven days.
    fn new() -> Self {
        let service = Service::with_options(&Options { limits: Limits::Off, seed: Some(7), ..Options::default() });
        let key = service.call("yaoshi", "CreateKey", &WEEK).ok().text_at("KeyMetadata.KeyId");
        Self { service, key }
    }

    fn at(&self, now: &str) -> &Self {
        self.service.turn_clock_to(now.parse().unwrap());
        self
    }

    fn call(&self, action: &str, more: &[(&str, &str)]) -> Reply {
        self.service.call("yaoshi", action, &[&[("KeyId", self.key.as_str())], more].concat())
    }

    fn encrypt(&self) -> Reply {
        self.call("Encrypt", &[("Plaintext", "aGk=")]).ok()
    }

    fn decrypt(&self, encrypted: &Reply) -> Reply {
        let blob = encrypted.text_at("CiphertextBlob");
        self.service.call("yaoshi", "Decrypt", &[("CiphertextBlob", &blob)]).ok()
    }

    fn member(&self, name: &str) -> String {
        self.call("DescribeKey", &[]).ok().text_at(&format!("KeyMetadata.{name}"))
    }

    /// (primary version, last rotation, next rotation)
    fn rotations(&self) -> (String, String, String) {
        (self.member("PrimaryKeyVersion"), self.member("LastRotationDate"), self.member("NextRotationDate"))
    }
}

#[test]
fn a_key_rotates_at_its_due_instant_and_not_before() {
    let rotating = Rotating::new();
    let (first, last, next) = rotating.rotations();
    assert_eq!((last.as_str(), next.as_str()), ("2026-11-22T07:00:00Z", "2026-11-29T07:00:00Z"));

    assert_eq!(rotating.at("2026-11-29T06:59:59Z").rotations(), (first.clone(), last, next));

    let (second, last, next) = rotating.at("2026-11-29T07:00:00Z").rotations();
    assert_ne!(second, first);
    assert_eq!((last.as_str(), next.as_str()), ("2026-11-29T07:00:00Z", "2026-12-06T07:00:00Z"));
}

#[test]
fn after_many_intervals_there_is_one_new_version_dated_at_the_last_due_instant() {
    let rotating = Rotating::new();
    // Five weeks and some days later.
    let (version, last, next) = rotating.at("2026-12-31T00:00:00Z").rotations();
    assert_eq!((last.as_str(), next.as_str()), ("2026-12-27T07:00:00Z", "2027-01-03T07:00:00Z"));
    assert_eq!(rotating.rotations().0, version, "looking again changes nothing");

    // The same seed, rotated once at the last instant alone, gives the same version: nothing else was drawn.
    let once = Rotating::new();
    assert_eq!(once.at("2026-12-27T07:00:00Z").rotations().0, version);
    // And rotated every week it does not.
    let weekly = Rotating::new();
    for day in ["2026-11-29", "2026-12-06", "2026-12-13", "2026-12-20", "2026-12-27"] {
        weekly.at(&format!("{day}T07:00:00Z")).rotations();
    }
    assert_ne!(weekly.rotations().0, version);
}

/// What a call has to do with a key whose rotation is due.
#[derive(Debug, Clone, Copy)]
enum Role {
    /// Whatever is done with the key is done to the rotated one. Given: the parameters; a name alone stands for the
    /// key, a blob that it sealed, its version, or an alias of it.
    Settles(&'static [(&'static str, &'static str)]),
    /// As before, and then it is refused: the last version is too young for another.
    SettlesInVain(&'static [(&'static str, &'static str)]),
    /// One of [`LEFT_ALONE`].
    LeavesAlone,
}

/// Why actions settle nothing.
const LEFT_ALONE: [(&str, &[&str]); 4] = [
    (
        "they are about no key in particular",
        &["CreateKey", "ListKeys", "ListAliases", "DescribeRegions", "DescribeAccountKmsStatus", "OpenKmsService"],
    ),
    ("keys that are to be deleted do not rotate", &["CancelKeyDeletion"]),
    (
        "nor do key pairs, MAC keys, and those whose material is imported",
        &[
            "AsymmetricSign",
            "AsymmetricVerify",
            "AsymmetricEncrypt",
            "AsymmetricDecrypt",
            "GetPublicKey",
            "GenerateMac",
            "VerifyMac",
            "GetParametersForImport",
            "ImportKeyMaterial",
            "DeleteKeyMaterial",
        ],
    ),
    (
        "permission is asked for the data key alone, and no version of its key is used or shown",
        &["GetManagedDataKey", "ListManagedDataKeyVersions"],
    ),
];

/// Every action has a role.
fn role(action: &str) -> Role {
    use Role::{LeavesAlone, Settles, SettlesInVain};
    const KEY: (&str, &str) = ("KeyId", "");
    const BLOB: (&str, &str) = ("CiphertextBlob", "");
    const ALIAS: (&str, &str) = ("AliasName", "");
    const RESOURCES: [(&str, &str); 2] = [("ResourceType", "key"), ("ResourceId.1", "")];
    const WRAPPING: [(&str, &str); 3] =
        [("PublicKeyBlob", SM2_PUBLIC_KEY), ("WrappingKeySpec", "EC_SM2"), ("WrappingAlgorithm", "SM2PKE")];
    match action {
        "DescribeKey"
        | "GenerateDataKey"
        | "GenerateDataKeyWithoutPlaintext"
        | "EnableKey"
        | "DisableKey"
        | "ListAliasesByKeyId"
        | "ListKeyVersions"
        | "ListResourceTags" => Settles(&[KEY]),
        "Encrypt" => Settles(&[KEY, ("Plaintext", "aGk=")]),
        "Decrypt" => Settles(&[BLOB]),
        "ReEncrypt" => Settles(&[BLOB, ("DestinationKeyId", "")]),
        "GenerateAndExportDataKey" => Settles(&[KEY, WRAPPING[0], WRAPPING[1], WRAPPING[2]]),
        "ExportDataKey" => Settles(&[BLOB, WRAPPING[0], WRAPPING[1], WRAPPING[2]]),
        "CreateAlias" => Settles(&[KEY, ("AliasName", "alias/a")]),
        "UpdateAlias" => Settles(&[KEY, ALIAS]),
        "DeleteAlias" => Settles(&[ALIAS]),
        "ScheduleKeyDeletion" => Settles(&[KEY, ("PendingWindowInDays", "7")]),
        "UpdateRotationPolicy" => Settles(&[KEY, ("EnableAutomaticRotation", "false")]),
        "UpdateKeyDescription" => Settles(&[KEY, ("Description", "d")]),
        "SetDeletionProtection" => Settles(&[("ProtectedResourceArn", ""), ("EnableDeletionProtection", "true")]),
        "DescribeKeyVersion" => Settles(&[KEY, ("KeyVersionId", "")]),
        "CreateKeyVersion" => SettlesInVain(&[KEY]),
        "TagResource" => Settles(&[KEY, ("Tags", r#"[{"TagKey":"k"}]"#)]),
        "UntagResource" => Settles(&[KEY, ("TagKeys", r#"["k"]"#)]),
        "TagResources" => Settles(&[RESOURCES[0], RESOURCES[1], ("Tag.1.Key", "k")]),
        "UntagResources" | "ListTagResources" => Settles(&RESOURCES),
        _ if LEFT_ALONE.iter().any(|(_, actions)| actions.contains(&action)) => LeavesAlone,
        other => panic!("{other} has no role: give it one"),
    }
}

/// The fixture's application key, which rotates every seven days from now on.
fn rotating_app() -> Rotating {
    let service = Service::with_fixture();
    service.call("yaoshi", "UpdateRotationPolicy", &[&[("KeyId", APP)][..], &WEEK].concat()).ok();
    let rotating = Rotating { service, key: APP.to_owned() };
    // Its last version is of long ago: that is settled, so that the next is due in some days.
    rotating.member("PrimaryKeyVersion");
    rotating
}

/// Actions as they stand in the list: what settles a rotation, what does not, and for whom. The clock is turned back
/// before the key is looked at again, so that what is seen was done by the call.
#[test]
fn every_action_on_a_key_settles_its_rotation() {
    for entry in ACTIONS {
        let (action, rotating) = (entry.name, rotating_app());
        let (first, sealed) = (rotating.member("PrimaryKeyVersion"), rotating.encrypt().text_at("CiphertextBlob"));
        let due = rotating.member("NextRotationDate");
        let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{APP}");
        let own = |name: &str| match name {
            "CiphertextBlob" => sealed.clone(),
            "KeyVersionId" => first.clone(),
            "AliasName" => "alias/app".to_owned(),
            "ProtectedResourceArn" => arn.clone(),
            _ => APP.to_owned(),
        };
        let call = |access_key: &str, parameters: &[(&str, &str)]| {
            let given = |(name, value): &(&str, &str)| {
                ((*name).to_owned(), if value.is_empty() { own(name) } else { (*value).to_owned() })
            };
            let parameters = parameters.iter().map(given).collect();
            rotating.at(&due);
            let reply = Sample { action: action.to_owned(), parameters }.call(&rotating.service, access_key);
            rotating.at(NOW);
            reply
        };
        let is_as_before = || assert_eq!(rotating.member("PrimaryKeyVersion"), first, "{action}");
        let parameters = match role(action) {
            Role::LeavesAlone => {
                let sample = Sample::of(action).ready(&rotating.service);
                rotating.at(&due);
                done(action, sample.call(&rotating.service, "yaoshi"));
                rotating.at(NOW);
                is_as_before();
                continue;
            }
            Role::Settles(parameters) | Role::SettlesInVain(parameters) => parameters,
        };
        call("nobody", parameters).refused(403, "Forbidden.NoPermission");
        is_as_before();
        let reply = call("yaoshi", parameters);
        match role(action) {
            Role::SettlesInVain(_) => drop(reply.refused(400, "Rejected.UnsupportedOperation")),
            _ => drop(reply.ok()),
        }
        assert_ne!(rotating.member("PrimaryKeyVersion"), first, "{action}");
        assert_eq!(rotating.member("LastRotationDate"), due, "{action}");
    }
}

/// A call about several keys settles all of them.
#[test]
fn a_call_settles_every_key_that_it_is_about() {
    for (action, parameters) in [
        ("ReEncrypt", &[("CiphertextBlob", 0), ("DestinationKeyId", 1)][..]),
        ("UpdateAlias", &[("AliasName", 0), ("KeyId", 1)]),
        ("TagResources", &[("ResourceId.1", 0), ("ResourceId.2", 1)]),
        ("UntagResources", &[("ResourceId.1", 0), ("ResourceId.2", 1)]),
        ("ListTagResources", &[("ResourceId.1", 0), ("ResourceId.2", 1)]),
    ] {
        let one = Rotating::new();
        let other = one.service.call("yaoshi", "CreateKey", &WEEK).ok().text_at("KeyMetadata.KeyId");
        one.call("CreateAlias", &[("AliasName", "alias/one")]).ok();
        let sealed = one.encrypt().text_at("CiphertextBlob");
        let keys = [&one.key, &other];
        let more = [("ResourceType", "key"), ("Tag.1.Key", "k")].into_iter().filter(|_| action.ends_with("Resources"));
        let given = |(name, key): &(&'static str, usize)| match *name {
            "CiphertextBlob" => (*name, sealed.as_str()),
            "AliasName" => (*name, "alias/one"),
            _ => (*name, keys[*key].as_str()),
        };
        let parameters: Vec<_> = parameters.iter().map(given).chain(more).collect();
        one.at("2026-11-29T07:00:00Z").service.call("yaoshi", action, &parameters).ok();
        one.at("2026-11-29T06:59:59Z");
        for key in keys {
            let described = one.service.call("yaoshi", "DescribeKey", &[("KeyId", key)]).ok();
            assert_eq!(described.text_at("KeyMetadata.LastRotationDate"), "2026-11-29T07:00:00Z", "{action} {key}");
        }
    }
}

#[test]
fn new_text_is_under_the_new_version_and_old_text_opens_under_its_own() {
    let rotating = Rotating::new();
    let mut encrypted = Vec::new();
    for now in ["2026-11-22T07:00:00Z", "2026-11-29T07:00:00Z", "2026-12-31T00:00:00Z"] {
        rotating.at(now);
        encrypted.push(rotating.encrypt());
    }
    let versions: Vec<_> = encrypted.iter().map(|reply| reply.text_at("KeyVersionId")).collect();
    assert!(versions[0] != versions[1] && versions[1] != versions[2] && versions[0] != versions[2]);
    for (reply, version) in encrypted.iter().zip(versions) {
        let decrypted = rotating.decrypt(reply);
        assert_eq!((decrypted.text_at("Plaintext"), decrypted.text_at("KeyVersionId")), ("aGk=".to_owned(), version));
    }
}

#[test]
fn a_disabled_key_does_not_rotate_until_it_is_enabled() {
    let rotating = Rotating::new();
    let first = rotating.member("PrimaryKeyVersion");
    assert_eq!(rotating.member("AutomaticRotation"), "Enabled");
    rotating.call("DisableKey", &[]).ok();
    rotating.at("2026-12-31T00:00:00Z");
    assert_eq!(rotating.member("AutomaticRotation"), "Suspended");
    assert_eq!(rotating.member("PrimaryKeyVersion"), first);
    rotating.call("EnableKey", &[]).ok();
    assert_eq!(rotating.member("AutomaticRotation"), "Enabled");
    assert_ne!(rotating.member("PrimaryKeyVersion"), first);
    assert_eq!(rotating.member("LastRotationDate"), "2026-12-27T07:00:00Z");
}

/// A dry run changes nothing, rotations included: two services of one seed differ by a dry run and go on alike.
#[test]
fn a_dry_run_does_not_rotate() {
    let (dry, other) = (Rotating::new(), Rotating::new());
    dry.at("2026-11-29T07:00:00Z")
        .call("Encrypt", &[("Plaintext", "aGk="), ("DryRun", "true")])
        .refused(400, "DryRunOperationError");
    let now = "2026-12-06T07:00:00Z";
    assert_eq!(dry.at(now).rotations(), other.at(now).rotations());
    assert_eq!(dry.decrypt(&dry.encrypt()).text_at("Plaintext"), "aGk=");
}

/// Only an enabled key rotates: one that was to be deleted rotates when it is kept.
#[test]
fn a_key_that_was_to_be_deleted_rotates_when_it_is_kept() {
    let rotating = Rotating::new();
    let first = rotating.member("PrimaryKeyVersion");
    rotating.call("ScheduleKeyDeletion", &[("PendingWindowInDays", "30")]).ok();
    rotating.at("2026-12-10T00:00:00Z");
    assert_eq!(
        (rotating.member("PrimaryKeyVersion"), rotating.member("AutomaticRotation")),
        (first, "Suspended".into())
    );
    rotating.call("CancelKeyDeletion", &[]).ok();
    assert_eq!(rotating.member("LastRotationDate"), "2026-12-06T07:00:00Z");
}

/// Each row: what is asked of a key made at 2026-11-22T07:00:00Z without rotation, and what comes of it.
/// Sources: UpdateRotationPolicy in the metadata of June 2024 ("the last rotation plus the interval"), and
/// alibaba-errors §5.2 for the bounds.
#[test]
fn a_rotation_policy_is_switched_on_and_off() {
    const MISSING: &str = "The parameter  RotationInterval  needed but no provided.";
    const INVALID: &str = "The specified parameter  RotationInterval  is not valid.";
    for (enable, interval, expected) in [
        ("true", Some("7d"), Ok(Some(("604800s", "2026-11-29T07:00:00Z")))),
        ("True", Some("604800s"), Ok(Some(("604800s", "2026-11-29T07:00:00Z")))),
        ("true", Some("730d"), Ok(Some(("63072000s", "2028-11-21T07:00:00Z")))),
        ("false", None, Ok(None)),
        ("false", Some("30d"), Ok(None)),
        ("true", None, Err(("MissingParameter", MISSING))),
        ("true", Some("6d"), Err(("InvalidParameter", INVALID))),
        ("true", Some("731d"), Err(("InvalidParameter", INVALID))),
        ("true", Some("1y"), Err(("InvalidParameter", INVALID))),
    ] {
        let service = Service::with_fixture();
        let key = service.call("yaoshi", "CreateKey", &[]).ok().text_at("KeyMetadata.KeyId");
        let mut parameters = vec![("KeyId", key.as_str()), ("EnableAutomaticRotation", enable)];
        parameters.extend(interval.map(|interval| ("RotationInterval", interval)));
        let reply = service.call("yaoshi", "UpdateRotationPolicy", &parameters);
        let policy = match expected {
            Ok(policy) => {
                reply.ok();
                policy
            }
            Err((code, message)) => {
                assert_eq!(reply.refused(400, code).message(), message, "{enable} {interval:?}");
                None
            }
        };
        let described = service.call("yaoshi", "DescribeKey", &[("KeyId", &key)]).ok().json();
        let told = |name: &str| described["KeyMetadata"][name].as_str();
        assert_eq!(told("AutomaticRotation"), Some(if policy.is_some() { "Enabled" } else { "Disabled" }));
        assert_eq!(told("RotationInterval").zip(told("NextRotationDate")), policy, "{enable} {interval:?}");
    }
}

/// A policy counts from the last rotation: where that is longer ago than the interval, the next call settles it, and
/// what the key encrypted before still opens.
#[test]
fn a_new_policy_counts_from_the_last_rotation() {
    let rotating = Rotating::new();
    rotating.call("UpdateRotationPolicy", &[("EnableAutomaticRotation", "false")]).ok();
    let (first, sealed) = (rotating.member("PrimaryKeyVersion"), rotating.encrypt());
    rotating.at("2026-12-10T00:00:00Z");
    assert_eq!(rotating.member("PrimaryKeyVersion"), first);
    rotating.call("UpdateRotationPolicy", &WEEK).ok();
    let (version, last, next) = rotating.rotations();
    assert_ne!(version, first);
    assert_eq!((last.as_str(), next.as_str()), ("2026-12-06T07:00:00Z", "2026-12-13T07:00:00Z"));
    assert_eq!(rotating.decrypt(&sealed).text_at("KeyVersionId"), first);
}

/// Source: alibaba-errors §1.2 and UpdateRotationPolicy in the metadata of June 2024.
#[test]
fn imported_material_does_not_rotate() {
    let service = Service::with_file(&fixture_with(EXTERNAL_BLOCK));
    for enable in ["true", "false"] {
        let parameters = [("KeyId", EXTERNAL), ("EnableAutomaticRotation", enable), ("RotationInterval", "7d")];
        let refused = service.call("yaoshi", "UpdateRotationPolicy", &parameters);
        assert_eq!(refused.refused(400, "Rejected.UnsupportedOperation").message(), "Unsupported operation.");
    }
}
