use super::*;
use crate::keyring::test_keys::{Bench, START, alias, day, key, place};
use crate::keyring::{Impossible, KeySpec, KeyState, KeyUsage, Kind, Place, ProtectionLevel, Ring, States, Tools};

/// A ring on the day `at` with the keys `a` (enabled, with the alias `app`) and `b`.
fn with_ring<T>(at: i64, run: impl FnOnce(&mut RingMut<'_>) -> T) -> T {
    Bench::new().write(&here(), day(at), |ring| {
        ring.adopt(key(&here(), "a", 1, None, &["app"]));
        ring.adopt(key(&here(), "b", 2, None, &[]));
        run(ring)
    })
}

fn here() -> Place {
    place("1", "r")
}

fn admitted(ring: &RingMut<'_>, id: &str) -> Admitted {
    States::ANY.admit(ring.ring().find(id).unwrap(), ring.now()).unwrap()
}

fn lifecycle(ring: &RingMut<'_>, id: &str) -> Lifecycle {
    ring.ring().find(id).unwrap().lifecycle
}

fn rotation(days: i64) -> Rotation {
    Rotation { interval: SignedDuration::from_hours(24 * days) }
}

#[test]
fn a_key_is_disabled_enabled_described() {
    with_ring(0, |ring| {
        ring.disable(admitted(ring, "a"));
        assert_eq!(lifecycle(ring, "a"), Lifecycle::Disabled);
        ring.enable(admitted(ring, "a"));
        assert_eq!(lifecycle(ring, "a"), Lifecycle::Enabled);
        ring.describe(admitted(ring, "a"), "another");
        assert_eq!(&*ring.ring().find("a").unwrap().description, "another");
        assert_eq!(&*ring.ring().find("b").unwrap().description, "", "the other key is as it was");
    });
}

/// (how the key is before, how it is once it is kept)
#[test]
fn a_key_that_is_kept_is_as_it_was_before_or_waits_as_before() {
    for (before, expires, after) in [
        (Lifecycle::Enabled, None, Lifecycle::Enabled),
        (Lifecycle::Disabled, None, Lifecycle::Enabled),
        (Lifecycle::PendingImport, None, Lifecycle::PendingImport),
        (Lifecycle::Enabled, Some(-1), Lifecycle::PendingImport),
        // It expires while the deletion is planned.
        (Lifecycle::Enabled, Some(3), Lifecycle::PendingImport),
        (Lifecycle::Enabled, Some(9), Lifecycle::Enabled),
    ] {
        let (mut bench, what) = (Bench::new(), format!("{before:?}, {expires:?}"));
        bench.write(&here(), day(0), |ring| {
            ring.adopt(Key {
                lifecycle: before,
                material_expires_at: expires.map(day),
                ..key(&here(), "k", 1, None, &["app"])
            });
            ring.schedule_deletion(admitted(ring, "k"), SignedDuration::from_hours(24 * 7)).unwrap();
            assert_eq!(ring.ring().find("k").unwrap().delete_at(), Some(day(7)), "{what}");
        });
        bench.write(&here(), day(6), |ring| {
            ring.keep(admitted(ring, "k"));
            assert_eq!(lifecycle(ring, "k"), after, "{what}");
        });
        // Nothing is left of the plan.
        bench.erase_overdue(&here(), day(400));
        assert!(bench.ring(&here(), day(400)).find_alias(&alias("app")).is_ok(), "{what}");
    }
}

#[test]
fn a_protected_key_cannot_be_deleted() {
    with_ring(0, |ring| {
        let week = SignedDuration::from_hours(24 * 7);
        ring.protect(admitted(ring, "a"), "it is ours");
        assert_eq!(ring.ring().find("a").unwrap().deletion_protection.as_deref(), Some("it is ours"));
        assert!(matches!(ring.schedule_deletion(admitted(ring, "a"), week), Err(Error::ProtectedFromDeletion)));
        assert_eq!(lifecycle(ring, "a"), Lifecycle::Enabled);
        ring.protect(admitted(ring, "a"), "");
        assert!(ring.schedule_deletion(admitted(ring, "a"), week).is_err(), "without a reason too");
        ring.unprotect(admitted(ring, "a"));
        ring.schedule_deletion(admitted(ring, "a"), week).unwrap();
        assert_eq!(ring.ring().find("a").unwrap().state(ring.now()), KeyState::PendingDeletion);
    });
}

#[test]
fn an_alias_stands_for_one_key() {
    with_ring(0, |ring| {
        let stands_for =
            |ring: &RingMut<'_>, name| ring.ring().find_alias(&alias(name)).map(|key| key.id.to_string()).ok();
        for id in ["a", "b"] {
            assert!(matches!(ring.add_alias(admitted(ring, id), alias("app")), Err(Error::AliasTaken)), "{id}");
        }
        ring.add_alias(admitted(ring, "b"), alias("other")).unwrap();
        assert_eq!(stands_for(ring, "other").as_deref(), Some("b"));
        ring.move_alias(alias("app"), admitted(ring, "a"), admitted(ring, "b"));
        assert_eq!(stands_for(ring, "app").as_deref(), Some("b"));
        assert!(ring.ring().find("a").unwrap().aliases.is_empty());
        ring.move_alias(alias("app"), admitted(ring, "b"), admitted(ring, "b"));
        assert_eq!(stands_for(ring, "app").as_deref(), Some("b"), "to where it is");
        ring.remove_alias(admitted(ring, "b"), &alias("app"));
        assert_eq!((stands_for(ring, "app"), stands_for(ring, "other").as_deref()), (None, Some("b")));
    });
}

#[test]
fn an_alias_of_a_key_that_is_gone_is_free() {
    let mut bench = Bench::new();
    bench.write(&here(), day(0), |ring| {
        ring.adopt(key(&here(), "gone", 1, Some(7), &["app"]));
        ring.adopt(key(&here(), "k", 2, None, &[]));
    });
    bench.write(&here(), day(7), |ring| ring.add_alias(admitted(ring, "k"), alias("app")).unwrap());
    let here = here();
    let early: Ring<'_> = bench.ring(&here, day(0));
    assert_eq!(early.find_alias(&alias("app")).unwrap().id, KeyId::new("k"));
    assert!(early.find("gone").is_err());
}

#[test]
fn tags_are_put_taken_and_cleared() {
    with_ring(0, |ring| {
        let tags = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        ring.tag(admitted(ring, "a"), &tags(&[("env", "dev"), ("team", "a")]));
        ring.tag(admitted(ring, "a"), &tags(&[("env", "prod"), ("tier", "1")]));
        assert_eq!(ring.ring().find("a").unwrap().tags, tags(&[("env", "prod"), ("team", "a"), ("tier", "1")]));
        ring.untag(admitted(ring, "a"), &["team".to_owned(), "none".to_owned()]);
        assert_eq!(ring.ring().find("a").unwrap().tags, tags(&[("env", "prod"), ("tier", "1")]));
        ring.untag_all(admitted(ring, "a"));
        assert!(ring.ring().find("a").unwrap().tags.is_empty());
    });
}

#[test]
fn what_rotates_and_what_gets_further_versions() {
    use Error::{ImportedHasOneVersion, MacHasOneVersion};
    // (spec, usage, origin, whether it rotates by itself, why it gets no further version)
    let cases = [
        (KeySpec::Sm4, KeyUsage::EncryptDecrypt, Origin::Service, true, None),
        (KeySpec::Sm4, KeyUsage::EncryptDecrypt, Origin::External, false, Some(ImportedHasOneVersion)),
        (KeySpec::EcP256, KeyUsage::SignVerify, Origin::Service, false, None),
        (KeySpec::HmacSm3, KeyUsage::GenerateVerifyMac, Origin::Service, false, Some(MacHasOneVersion)),
    ];
    for (spec, usage, origin, rotates, refusal) in cases {
        with_ring(8, |ring| {
            let what = format!("{spec:?} {origin:?}");
            ring.adopt(Key { spec, usage, origin, ..key(&here(), "k", 3, None, &[]) });
            let outcome = ring.rotate_every(admitted(ring, "k"), Some(rotation(30)));
            assert_eq!(outcome.is_ok(), rotates, "{what}");
            assert!(rotates || matches!(outcome, Err(Error::NeverRotates)), "{what}");
            assert_eq!(ring.ring().find("k").unwrap().rotation.is_some(), rotates, "{what}");
            let added = ring.add_version(admitted(ring, "k"));
            assert_eq!(added.as_ref().err().map(ToString::to_string), refusal.map(|error| error.to_string()), "{what}");
            let kept = ring.ring().find("k").unwrap();
            match added {
                Ok(version) => {
                    assert_eq!((kept.versions.len(), kept.primary_version().unwrap().id), (2, version.id), "{what}");
                    assert_eq!(version.created, day(8), "{what}");
                }
                Err(_) => assert_eq!(kept.versions.len(), 1, "{what}"),
            }
        });
    }
}

#[test]
fn a_version_is_the_last_one_for_seven_days() {
    let nanosecond = SignedDuration::from_nanos(1);
    for (now, is_old_enough) in [(START, false), (day(7) - nanosecond, false), (day(7), true), (day(8), true)] {
        let outcome = key(&here(), "k", 1, None, &[]).takes_further_version(now);
        assert_eq!(outcome.is_ok(), is_old_enough, "{now}");
        assert!(is_old_enough || matches!(outcome, Err(Error::LastVersionTooYoung)), "{now}");
    }
}

#[test]
fn a_rotation_that_is_due_is_settled_once_and_dated_when_it_was_due() {
    with_ring(100, |ring| {
        ring.rotate_every(admitted(ring, "a"), Some(rotation(30))).unwrap();
        for _ in 0..2 {
            ring.settle_rotation(&KeyId::new("a"));
            let versions: Vec<_> =
                ring.ring().find("a").unwrap().versions.iter().map(|version| version.created).collect();
            assert_eq!(versions, [START, day(90)]);
        }
        ring.rotate_every(admitted(ring, "a"), None).unwrap();
        ring.settle_rotation(&KeyId::new("b"));
        ring.settle_rotation(&KeyId::new("none"));
        assert_eq!(ring.ring().find("b").unwrap().versions.len(), 1, "it does not rotate");
    });
}

#[test]
fn which_kinds_of_keys_there_are() {
    use Impossible as No;
    for (spec, usage, origin, expected) in [
        (KeySpec::Aes256, KeyUsage::EncryptDecrypt, Origin::Service, None),
        (KeySpec::Sm4, KeyUsage::EncryptDecrypt, Origin::External, None),
        (KeySpec::Aes256, KeyUsage::SignVerify, Origin::Service, Some(No::Usage)),
        (KeySpec::Rsa2048, KeyUsage::EncryptDecrypt, Origin::Service, None),
        (KeySpec::Rsa2048, KeyUsage::SignVerify, Origin::External, Some(No::Origin)),
        (KeySpec::EcP256, KeyUsage::EncryptDecrypt, Origin::Service, Some(No::Usage)),
        (KeySpec::EcP256, KeyUsage::EncryptDecrypt, Origin::External, Some(No::Usage)),
        (KeySpec::HmacSha256, KeyUsage::GenerateVerifyMac, Origin::Service, None),
        (KeySpec::HmacSha256, KeyUsage::GenerateVerifyMac, Origin::External, Some(No::Origin)),
    ] {
        let found = match Kind::new(spec, usage, origin) {
            Ok(kind) => {
                assert_eq!((kind.spec(), kind.usage(), kind.origin()), (spec, usage, origin));
                None
            }
            Err(Error::Impossible(why)) => Some(why),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(found, expected, "{spec:?} {usage:?} {origin:?}");
    }
}

#[test]
fn a_key_is_made_as_it_is_ordered() {
    let kind = |spec: KeySpec, origin| Kind::new(spec, spec.usages()[0], origin).unwrap();
    with_ring(3, |ring| {
        let order = Order::new(kind(KeySpec::Sm4, Origin::Service)).rotating(Some(rotation(30))).unwrap();
        let tags = BTreeMap::from([("env".to_owned(), "dev".to_owned())]);
        assert_eq!(order.makes(), Some(KeySpec::Sm4));
        let order =
            Order { protection_level: ProtectionLevel::Hsm, description: "mine".into(), tags: tags.clone(), ..order };
        let made = ring.create(order);
        assert_eq!((made.spec, made.usage, made.origin), (KeySpec::Sm4, KeyUsage::EncryptDecrypt, Origin::Service));
        assert_eq!((made.protection_level, &*made.description), (ProtectionLevel::Hsm, "mine"));
        assert_eq!((&made.tags, made.rotation, made.lifecycle), (&tags, Some(rotation(30)), Lifecycle::Enabled));
        assert_eq!((made.created, made.place.clone()), (day(3), here()));
        assert_eq!(made.versions.iter().map(|version| version.created).collect::<Vec<_>>(), [day(3)]);
        assert_eq!(ring.ring().find(made.id.as_str()).unwrap().id, made.id);

        let order = Order::new(kind(KeySpec::Sm4, Origin::External));
        assert_eq!(order.makes(), None);
        let waiting = ring.create(order.clone());
        assert_eq!((waiting.lifecycle, waiting.versions.len()), (Lifecycle::PendingImport, 0));
        assert_ne!(waiting.id, made.id);
        let refused = |order: Order| match order.rotating(Some(rotation(30))) {
            Err(Error::Impossible(why)) => why,
            outcome => panic!("{outcome:?}"),
        };
        assert_eq!(refused(order), Impossible::Rotation);
        assert_eq!(refused(Order::new(kind(KeySpec::EcP256, Origin::Service))), Impossible::Rotation);
    });
}

#[test]
fn material_comes_to_keys_that_wait_for_it_alone() {
    with_ring(0, |ring| {
        let service_made = admitted(ring, "a");
        assert!(matches!(ring.delete_material(service_made), Err(Error::NotImported)));
        let key = admitted(ring, "a");
        // The origin is asked about first, then the time; only then is anything opened.
        assert!(matches!(ring.import_material(key, b"", b"", Some(day(-1))), Err(Error::NotImported)));
        let waiting =
            ring.create(Order::new(Kind::new(KeySpec::Sm4, KeyUsage::EncryptDecrypt, Origin::External).unwrap()));
        let id = waiting.id.as_str();
        for (expires_at, expected) in [
            (Some(day(0)), Error::ExpiryHasPassed),
            (Some(day(1)), Error::InvalidImportToken),
            (None, Error::InvalidImportToken),
        ] {
            let outcome = ring.import_material(admitted(ring, id), b"", b"", expires_at);
            assert_eq!(outcome.unwrap_err().to_string(), expected.to_string(), "{expires_at:?}");
        }
        let a = ring.ring().find("a").unwrap();
        let (now, Tools { import_secret, draw, prepared }) = (ring.now(), &mut ring.tools);
        let tools = Tools { import_secret, draw, prepared };
        let refused = tools.import_parameters(&a, crate::keyring::Wrapping::Sm2, now).map(drop);
        assert!(matches!(refused, Err(Error::NotImported)));
    });
}
