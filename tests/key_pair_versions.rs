//! Versions of key pairs: each has a pair of its own, and works for whoever names it.

use std::thread;

use jiff::{SignedDuration, Timestamp};

use crate::asymmetric::{ENCRYPT, MAC, SIGN, SPECS};
use crate::support::samples::{APP_NEW, DIGEST, PLAINTEXT, SIGNER, SIGNER_VERSION, SM2, SM2_VERSION, Sample};
use crate::support::{NOW, Reply, Service};

/// A spec and a use of each kind, with an algorithm.
const KINDS: [(&str, &str, &str); 6] = [
    ("RSA_2048", SIGN, "RSA_PSS_SHA_256"),
    ("RSA_2048", ENCRYPT, "RSAES_OAEP_SHA_256"),
    ("EC_P256", SIGN, "ECDSA_SHA_256"),
    ("EC_P256K", SIGN, "ECDSA_SHA_256"),
    ("EC_SM2", SIGN, "SM2DSA"),
    ("EC_SM2", ENCRYPT, "SM2PKE"),
];

/// The actions that name a version.
const ACTIONS: [&str; 5] =
    ["AsymmetricSign", "AsymmetricVerify", "AsymmetricEncrypt", "AsymmetricDecrypt", "GetPublicKey"];

fn turn_days(service: &Service, days: i64) {
    service.turn_clock_to(NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * days));
}

fn versions(service: &Service, key: &str) -> Vec<String> {
    let listed = service.call("yaoshi", "ListKeyVersions", &[("KeyId", key)]).ok().json();
    let versions = listed["KeyVersions"]["KeyVersion"].as_array().unwrap().iter();
    versions.map(|version| version["KeyVersionId"].as_str().unwrap().to_owned()).collect()
}

/// A key of one of the [`KINDS`].
struct Pair<'s> {
    service: &'s Service,
    id: String,
    usage: &'static str,
    algorithm: &'static str,
}

impl<'s> Pair<'s> {
    fn create(service: &'s Service, (spec, usage, algorithm): (&str, &'static str, &'static str)) -> Self {
        let made = service.call("yaoshi", "CreateKey", &[("KeySpec", spec), ("KeyUsage", usage)]).ok();
        Self { service, id: made.text_at("KeyMetadata.KeyId"), usage, algorithm }
    }

    fn call(&self, version: &str, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let own = [("KeyId", self.id.as_str()), ("KeyVersionId", version), ("Algorithm", self.algorithm)];
        let reply = self.service.call("yaoshi", action, &[&own, parameters].concat());
        if reply.status == 200 {
            assert_eq!(reply.text_at("KeyId"), self.id);
            assert_eq!(reply.text_at("KeyVersionId"), version, "{action}");
        }
        reply
    }

    fn public_key(&self, version: &str) -> String {
        self.call(version, "GetPublicKey", &[]).ok().text_at("PublicKey")
    }

    /// A signature of the digest, or a ciphertext of the plaintext.
    fn make(&self, version: &str) -> String {
        if self.usage == SIGN {
            self.call(version, "AsymmetricSign", &[("Digest", DIGEST)]).ok().text_at("Value")
        } else {
            self.call(version, "AsymmetricEncrypt", &[("Plaintext", PLAINTEXT)]).ok().text_at("CiphertextBlob")
        }
    }

    /// Check whether what was made is this version's.
    #[track_caller]
    fn takes(&self, version: &str, made: &str, expected: bool) {
        if self.usage == SIGN {
            let verified = self.call(version, "AsymmetricVerify", &[("Digest", DIGEST), ("Value", made)]).ok();
            assert_eq!(verified.json()["Value"], expected, "{}", self.algorithm);
        } else {
            let opened = self.call(version, "AsymmetricDecrypt", &[("CiphertextBlob", made)]);
            if expected {
                assert_eq!(opened.ok().text_at("Plaintext"), PLAINTEXT);
            } else {
                opened.invalid("CiphertextBlob");
            }
        }
    }
}

/// Source: CreateKeyVersion page (2021). That an old version signs and encrypts, too, is a choice.
#[test]
fn every_version_goes_on_working() {
    let service = Service::with_fixture();
    let pairs = KINDS.map(|kind| Pair::create(&service, kind));
    let before = pairs.each_ref().map(|pair| {
        let [first] = versions(&service, &pair.id).try_into().unwrap();
        (pair.public_key(&first), pair.make(&first), first)
    });
    turn_days(&service, 7);
    for (pair, (public_key, made, first)) in pairs.iter().zip(before) {
        let created = service.call("yaoshi", "CreateKeyVersion", &[("KeyId", &pair.id)]).ok();
        let second = created.text_at("KeyVersion.KeyVersionId");
        assert_eq!(versions(&service, &pair.id), [first.clone(), second.clone()]);
        let described = service.call("yaoshi", "DescribeKey", &[("KeyId", &pair.id)]).ok();
        assert_eq!(described.text_at("KeyMetadata.PrimaryKeyVersion"), second);

        assert_eq!(pair.public_key(&first), public_key);
        assert_ne!(pair.public_key(&second), public_key);
        for (made, own, other) in
            [(made, &first, &second), (pair.make(&first), &first, &second), (pair.make(&second), &second, &first)]
        {
            pair.takes(own, &made, true);
            pair.takes(other, &made, false);
        }
    }
}

#[test]
fn versions_of_pairs_are_seven_days_apart() {
    let service = Service::with_fixture();
    let pair = Pair::create(&service, KINDS[2]);
    let create = || service.call("yaoshi", "CreateKeyVersion", &[("KeyId", &pair.id)]);
    for (now, may) in [
        (NOW, false),
        ("2026-11-29T06:59:59Z", false),
        ("2026-11-29T07:00:00Z", true),
        ("2026-12-06T06:59:59Z", false),
        ("2026-12-06T07:00:00Z", true),
    ] {
        service.turn_clock_to(now.parse().unwrap());
        let before = versions(&service, &pair.id).len();
        if may {
            create().ok();
        } else {
            create().refused(400, "Rejected.UnsupportedOperation");
        }
        assert_eq!(versions(&service, &pair.id).len(), before + usize::from(may), "{now}");
    }
}

/// Each makes its pair while others may do the same: whoever comes later finds the last version too young.
#[test]
fn of_callers_at_once_one_gives_a_key_its_version() {
    let service = Service::with_fixture();
    let pair = Pair::create(&service, KINDS[0]);
    turn_days(&service, 7);
    let outcomes = thread::scope(|scope| {
        let create = || service.call("yaoshi", "CreateKeyVersion", &[("KeyId", &pair.id)]).outcome();
        [0; 3].map(|_| scope.spawn(create)).map(|call| call.join().unwrap())
    });
    let refused = outcomes.iter().filter(|outcome| *outcome == "Rejected.UnsupportedOperation").count();
    assert_eq!((refused, outcomes.iter().filter(|outcome| *outcome == "OK").count()), (2, 1), "{outcomes:?}");
    assert_eq!(versions(&service, &pair.id).len(), 2);
}

/// Of another key, of another kind of key, of nothing; and texts that no id can be (a choice: not found, all of them).
#[test]
fn a_version_is_one_of_the_key() {
    let service = Service::with_fixture();
    let upper_case = SIGNER_VERSION.to_uppercase();
    let braced = format!("{{{SIGNER_VERSION}}}");
    for action in ACTIONS {
        let sample = Sample::of(action);
        let others = if sample.key() == SM2 { SIGNER_VERSION } else { SM2_VERSION };
        for version in [
            others,
            APP_NEW.id,
            "7c5e1d40-9d3a-4f0e-8b6c-000000000000",
            &upper_case,
            &braced,
            &SIGNER_VERSION.replace('-', ""),
            SIGNER,
            "v1",
            "钥",
        ] {
            let refused = sample.clone().with("KeyVersionId", version).call(&service, "yaoshi");
            let message = refused.refused(404, "Forbidden.KeyVersionNotFound").message();
            assert_eq!(message, "The specified Key version is not found.", "{action} {version}");
        }
        sample.clone().without("KeyVersionId").call(&service, "yaoshi").missing("KeyVersionId");
        sample.with("KeyVersionId", "").call(&service, "yaoshi").missing("KeyVersionId");
    }
}

/// Source: UpdateRotationPolicy page. InvalidParameter is a choice.
#[test]
fn only_symmetric_keys_rotate_or_are_imported() {
    let service = Service::with_fixture();
    for (spec, ..) in SPECS.into_iter().filter(|(spec, ..)| !spec.starts_with("Aliyun_")) {
        let create =
            |more: &[(&str, &str)]| service.call("yaoshi", "CreateKey", &[&[("KeySpec", spec)], more].concat());
        create(&[("Origin", "EXTERNAL")]).invalid("Origin");
        create(&[("EnableAutomaticRotation", "true"), ("RotationInterval", "30d")]).invalid("EnableAutomaticRotation");
        // Made in no time.
        if spec.starts_with("RSA") {
            continue;
        }
        let key = create(&[("EnableAutomaticRotation", "false")]).ok().text_at("KeyMetadata.KeyId");
        for policy in [
            [("EnableAutomaticRotation", "true"), ("RotationInterval", "30d")].as_slice(),
            &[("EnableAutomaticRotation", "false")],
        ] {
            let set = service.call("yaoshi", "UpdateRotationPolicy", &[&[("KeyId", key.as_str())], policy].concat());
            set.refused(400, "Rejected.UnsupportedOperation");
        }
        service.turn_clock_to("2036-11-22T07:00:00Z".parse().unwrap());
        assert_eq!(versions(&service, &key).len(), 1, "{spec}");
        service.turn_clock_to(NOW.parse().unwrap());
    }
}

/// A choice: codes name no version, so that there must not be two.
#[test]
fn mac_keys_have_one_version() {
    let service = Service::with_fixture();
    for (spec, ..) in SPECS.into_iter().filter(|(_, usages, _)| *usages == [MAC]) {
        let key = service.call("yaoshi", "CreateKey", &[("KeySpec", spec)]).ok().text_at("KeyMetadata.KeyId");
        turn_days(&service, 8);
        let refused = service.call("yaoshi", "CreateKeyVersion", &[("KeyId", &key)]);
        refused.refused(400, "Rejected.UnsupportedOperation");
        assert_eq!(versions(&service, &key).len(), 1, "{spec}");
        turn_days(&service, 0);
    }
}
