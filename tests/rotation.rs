//! Keys that rotate by themselves: settled when somebody looks, as if they had rotated on time.

use yaoshi::call::Limits;
use yaoshi::config::Options;

use crate::support::samples::{EXTERNAL, EXTERNAL_BLOCK, fixture_with};
use crate::support::{Reply, Service};

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

/// Whatever is done with a key, it is done to the rotated one. The clock is turned back before the key is looked at
/// again, so that what is seen was done by the call.
#[test]
fn every_call_on_a_key_settles_its_rotation() {
    let blob = ("CiphertextBlob", None);
    for (action, more) in [
        ("DescribeKey", &[("KeyId", None)][..]),
        ("Encrypt", &[("KeyId", None), ("Plaintext", Some("aGk="))]),
        ("GenerateDataKey", &[("KeyId", None)]),
        ("GenerateDataKeyWithoutPlaintext", &[("KeyId", None)]),
        ("Decrypt", &[blob]),
        ("ReEncrypt", &[blob, ("DestinationKeyId", None)]),
        ("CreateAlias", &[("KeyId", None), ("AliasName", Some("alias/a"))]),
        ("EnableKey", &[("KeyId", None)]),
        ("DisableKey", &[("KeyId", None)]),
        ("ScheduleKeyDeletion", &[("KeyId", None), ("PendingWindowInDays", Some("7"))]),
        ("UpdateRotationPolicy", &[("KeyId", None), ("EnableAutomaticRotation", Some("false"))]),
        ("UpdateKeyDescription", &[("KeyId", None), ("Description", Some("d"))]),
        ("SetDeletionProtection", &[("KeyId", None), ("EnableDeletionProtection", Some("true"))]),
        ("ListAliasesByKeyId", &[("KeyId", None)]),
        ("ListKeyVersions", &[("KeyId", None)]),
        ("TagResource", &[("KeyId", None), ("Tags", Some(r#"[{"TagKey":"k"}]"#))]),
        ("UntagResource", &[("KeyId", None), ("TagKeys", Some(r#"["k"]"#))]),
        ("ListResourceTags", &[("KeyId", None)]),
        ("TagResources", &[("ResourceType", Some("key")), ("ResourceId.1", None), ("Tag.1.Key", Some("k"))]),
        ("ListTagResources", &[("ResourceType", Some("key")), ("ResourceId.1", None)]),
    ] {
        let rotating = Rotating::new();
        let (first, sealed) = (rotating.member("PrimaryKeyVersion"), rotating.encrypt().text_at("CiphertextBlob"));
        let own = |name| if name == "CiphertextBlob" { sealed.as_str() } else { rotating.key.as_str() };
        let parameters: Vec<_> =
            more.iter().map(|(name, value)| (*name, value.unwrap_or_else(|| own(*name)))).collect();
        rotating.at("2026-11-29T07:00:00Z").service.call("yaoshi", action, &parameters).ok();
        rotating.at("2026-11-29T06:59:59Z");
        assert_ne!(rotating.member("PrimaryKeyVersion"), first, "{action}");
        assert_eq!(rotating.member("LastRotationDate"), "2026-11-29T07:00:00Z", "{action}");
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
