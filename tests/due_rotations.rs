//! A call that turns out to settle a rotation writes: it waits where writers do, and it is one call.

use std::num::NonZeroU32;
use std::sync::Arc;

use rstest::rstest;
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::{Queue, Taken};
use yaoshi::world::ManualClock;

use crate::support::samples::{PLAINTEXT, SM4, SM4_VERSION};
use crate::support::unsteady::Unsteady;
use crate::support::wire::{Draft, Signing};
use crate::support::{NOW, Reply, Service, after_waiting, from_loopback};

/// After the first due instant.
const LATER: &str = "2026-12-01T07:00:00Z";

struct Rotating {
    service: Service,
    store: Unsteady,
}

impl Rotating {
    /// A key that rotates every seven days.
    fn new(limits: Limits) -> Self {
        let store = Unsteady::default();
        let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
        let options = Options { file: Some(file), limits, ..Options::default() };
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        let service = Service::over(&options, clock, Box::new(store.clone()));
        let policy = [("KeyId", SM4), ("EnableAutomaticRotation", "true"), ("RotationInterval", "7d")];
        service.call("yaoshi", "UpdateRotationPolicy", &policy).ok();
        Self { service, store }
    }

    /// What the gateway makes of a call, without doing what it puts off.
    fn take(&self, action: &str, more: &[(&str, &str)]) -> Taken {
        let mut draft = Draft::new(Signing::V3, action, more);
        draft.set("Timestamp", &yaoshi::world::Clock::now(&*self.service.clock).to_string());
        let request = from_loopback(draft.sign().to_http());
        Arc::clone(self.service.front.claimant(&request.head).unwrap()).take(request)
    }

    fn appends(&self) -> usize {
        self.store.asked().len()
    }
}

fn blob() -> String {
    SM4_VERSION.seal(b"Hello world", &[])
}

#[rstest]
#[case("Encrypt", &[("KeyId", SM4), ("Plaintext", PLAINTEXT)])]
#[case("Decrypt", &[("CiphertextBlob", "")])]
#[case("GenerateDataKey", &[("KeyId", SM4)])]
#[case("DescribeKey", &[("KeyId", SM4)])]
fn what_settles_a_rotation_waits_for_the_disk(
    #[case] action: &str,
    #[case] parameters: &[(&'static str, &'static str)],
) {
    let (rotating, blob) = (Rotating::new(Limits::Off), blob());
    let given = |(name, value): &(&'static str, &'static str)| (*name, if value.is_empty() { &blob } else { *value });
    let parameters: Vec<_> = parameters.iter().map(given).collect();
    let is_answered = || matches!(rotating.take(action, &parameters), Taken::Answered(answer) if answer.status == 200);
    assert!(is_answered(), "nothing is due");
    rotating.service.turn_clock_to(LATER.parse().unwrap());
    let before = rotating.appends();
    let Taken::Later(work) = rotating.take(action, &parameters) else { panic!("it writes") };
    assert_eq!(work.queue, Queue::Disk);
    assert_eq!(rotating.appends(), before, "nobody has waited yet");
    Reply::from(after_waiting(Taken::Later(work))).ok();
    assert_eq!(rotating.appends(), before + 1);
    assert!(is_answered(), "nothing is due any more");
    assert_eq!(rotating.appends(), before + 1);
}

/// Three calls a second: that one of them was taken twice is not counted.
#[test]
fn a_call_that_settles_a_rotation_is_counted_once() {
    let rotating = Rotating::new(Limits::Each(NonZeroU32::new(3).unwrap()));
    rotating.service.turn_clock_to(LATER.parse().unwrap());
    let encrypt = || rotating.service.call("yaoshi", "Encrypt", &[("KeyId", SM4), ("Plaintext", PLAINTEXT)]);
    assert_ne!(encrypt().ok().text_at("KeyVersionId"), SM4_VERSION.id);
    encrypt().ok();
    encrypt().ok();
    encrypt().refused(429, "Rejected.Throttling");
}

/// Whoever may not, settles nothing and waits for nothing.
#[test]
fn a_call_that_is_refused_is_refused_at_once() {
    let rotating = Rotating::new(Limits::Off);
    rotating.service.turn_clock_to(LATER.parse().unwrap());
    let before = rotating.appends();
    let mut draft = Draft::new(Signing::V3, "Encrypt", &[("KeyId", SM4), ("Plaintext", PLAINTEXT)]).by("nobody");
    draft.set("Timestamp", LATER);
    let request = from_loopback(draft.sign().to_http());
    let dialect = Arc::clone(rotating.service.front.claimant(&request.head).unwrap());
    let Taken::Answered(answer) = dialect.take(request) else { panic!("it waits") };
    assert_eq!((answer.status.as_u16(), rotating.appends()), (403, before));
    // Nor does a dry run.
    let dry = [("KeyId", SM4), ("Plaintext", PLAINTEXT), ("DryRun", "true")];
    let Taken::Answered(answer) = rotating.take("Encrypt", &dry) else { panic!("it waits") };
    assert_eq!((Reply::from(answer).outcome().as_str(), rotating.appends()), ("DryRunOperationError", before));
}
