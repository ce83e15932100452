//! Writers whose batch fails: each is told so, nothing of it is visible, and later calls work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::keyring;
use yaoshi::state::Change;
use yaoshi::world::ManualClock;

use crate::support::samples::{APP, PLAINTEXT, SM4};
use crate::support::unsteady::{Asked, Unsteady};
use crate::support::{NOW, Reply, Service};

fn service(store: &Unsteady) -> Service {
    let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    let options = Options { file: Some(file), limits: Limits::Off, ..Options::default() };
    let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
    Service::over(&options, clock, Box::new(store.clone()))
}

fn create(service: &Service, description: &str) -> Reply {
    service.call("yaoshi", "CreateKey", &[("Description", description)])
}

/// The descriptions of the keys that a batch makes.
fn described(asked: &[Asked]) -> Vec<String> {
    let changes = asked.iter().flat_map(|asked| &asked.calls).flatten();
    let made = changes.filter_map(|change| match change {
        Change::Key(keyring::Change::Put(key)) => Some(key.description.to_string()),
        _ => None,
    });
    made.collect()
}

/// The descriptions of all keys there are.
fn told(service: &Service) -> Vec<String> {
    let listed = service.call("yaoshi", "ListKeys", &[("PageSize", "100")]).ok().json();
    let ids = listed["Keys"]["Key"].as_array().unwrap().iter().map(|key| key["KeyId"].as_str().unwrap());
    let described =
        ids.map(|id| service.call("yaoshi", "DescribeKey", &[("KeyId", id)]).ok().text_at("KeyMetadata.Description"));
    described.collect()
}

#[test]
fn a_call_that_cannot_be_kept_did_not_happen() {
    let store = Unsteady::default();
    let service = service(&store);
    let told = || {
        ["DescribeKey", "ListAliasesByKeyId", "ListResourceTags", "ListKeyVersions"].map(|action| {
            let mut json = service.call("yaoshi", action, &[("KeyId", APP)]).ok().json();
            json.as_object_mut().unwrap().remove("RequestId");
            json
        })
    };
    let before = told();
    for (action, more) in [
        ("CreateAlias", &[("AliasName", "alias/new")][..]),
        ("DisableKey", &[]),
        ("CreateKeyVersion", &[]),
        ("TagResource", &[("Tags", r#"[{"TagKey":"a","TagValue":"b"}]"#)]),
        ("ScheduleKeyDeletion", &[("PendingWindowInDays", "7")]),
        ("UpdateKeyDescription", &[("Description", "new")]),
    ] {
        let call = || service.call("yaoshi", action, &[&[("KeyId", APP)], more].concat());
        store.plan(&[false]);
        let refused = call().refused(500, "InternalFailure");
        assert!(!refused.text.contains("for a test"), "the reason is for the log: {}", refused.text);
        assert_eq!(told(), before, "{action}");
        if action == "TagResource" {
            call().ok();
            assert_ne!(told(), before);
            service.call("yaoshi", "UntagResource", &[("KeyId", APP), ("TagKeys", r#"["a"]"#)]).ok();
        }
    }
    let refused = store.asked().iter().filter(|asked| !asked.is_kept).count();
    assert_eq!(refused, 6, "a call that fails is not tried again");
}

/// Whoever waits for a batch that fails, or has built on it, is told that it failed; and nobody else.
#[test]
fn all_who_wait_for_a_batch_that_fails_are_told() {
    const WRITERS: usize = 12;
    // At most so many calls failed in one batch, and so many because they were built on one that failed.
    let (mut together, mut above) = (0, 0);
    for round in 0..200 {
        let store = Unsteady::default();
        let service = service(&store);
        let begun = AtomicUsize::new(0);
        store.close();
        // In some rounds the second batch fails, which most come with; in others the first one, which most build on.
        store.plan(if round % 2 == 0 { &[true, false] } else { &[false] });
        let replies: Vec<_> = thread::scope(|scope| {
            let writers = (0..WRITERS).map(|writer| {
                let (service, begun) = (&service, &begun);
                scope.spawn(move || {
                    begun.fetch_add(1, Ordering::Relaxed);
                    create(service, &format!("by {writer}"))
                })
            });
            let writers: Vec<_> = writers.collect();
            while begun.load(Ordering::Relaxed) < WRITERS {
                thread::yield_now();
            }
            // Who has come by then is seen in the batches.
            store.gather(20 * round);
            store.open();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        store.heal();
        let (asked, there) = (store.asked(), told(&service));
        let (kept, failed): (Vec<_>, Vec<_>) = asked.into_iter().partition(|asked| asked.is_kept);
        let (kept, failed) = (described(&kept), described(&failed));
        let refused = replies.iter().filter(|reply| reply.status == 500).count();
        for (writer, reply) in replies.into_iter().enumerate() {
            let description = format!("by {writer}");
            let is_kept = kept.contains(&description);
            match reply.status {
                200 => assert!(is_kept, "{writer} was told that it is done"),
                _ => drop(reply.refused(500, "InternalFailure")),
            }
            assert_eq!(there.contains(&description), is_kept, "{writer}");
            assert!(!(is_kept && failed.contains(&description)), "{writer} was tried again");
        }
        // A second start tells the same.
        assert_eq!(told(&self::service(&store)), there);
        create(&service, "later").ok();
        (together, above) = (together.max(failed.len()), above.max(refused - failed.len()));
        if together > 2 && above > 2 {
            return;
        }
    }
    panic!("at most {together} calls came together in a batch that failed, at most {above} were built on one");
}

/// What a refusal rests on must have become durable, or it is none.
#[test]
fn a_refusal_that_rests_on_what_failed_is_not_told() {
    let mut rested = 0;
    for round in 0..200 {
        let store = Unsteady::default();
        let service = service(&store);
        store.close();
        store.plan(&[false]);
        let alias = |key: &str| service.call("yaoshi", "CreateAlias", &[("AliasName", "alias/one"), ("KeyId", key)]);
        let statuses = thread::scope(|scope| {
            let calls = [APP, SM4].map(|key| scope.spawn(move || alias(key)));
            store.gather(20 * round);
            store.open();
            calls.map(|call| call.join().unwrap().status)
        });
        let there = service.call("yaoshi", "DescribeKey", &[("KeyId", "alias/one")]).status == 200;
        // Never 400: nobody has the alias at any time, unless the second came after the first had failed.
        assert!(statuses.iter().all(|status| [200, 500].contains(status)), "{statuses:?}");
        assert_eq!(statuses.contains(&200), there, "{statuses:?}");
        rested += usize::from(statuses == [500, 500]);
        if rested > 2 {
            return;
        }
    }
    panic!("no refusal rested on a call that failed");
}

/// Where a due rotation cannot be kept, what reads goes on with the last version.
#[test]
fn reading_goes_on_while_nothing_can_be_kept() {
    let store = Unsteady::default();
    let service = service(&store);
    let policy = [("KeyId", SM4), ("EnableAutomaticRotation", "true"), ("RotationInterval", "7d")];
    service.call("yaoshi", "UpdateRotationPolicy", &policy).ok();
    service.turn_clock_to("2026-12-01T07:00:00Z".parse().unwrap());
    let encrypt = || service.call("yaoshi", "Encrypt", &[("KeyId", SM4), ("Plaintext", PLAINTEXT)]).ok();
    store.plan(&[false, false]);
    let [first, second] = [encrypt(), encrypt()].map(|reply| reply.text_at("KeyVersionId"));
    assert_eq!(first, second);
    assert_ne!(encrypt().text_at("KeyVersionId"), first, "it is settled once it can be kept");
}
