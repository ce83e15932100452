//! Calls beside others: what is run again, what is not repeated, and what is not told before it is certain.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use rstest::rstest;
use yaoshi::call::{Limits, Refusal};
use yaoshi::dialect::alibaba::{self, Gateway};
use yaoshi::dialect::{Dialect, Taken};
use yaoshi::keyring::KeySpec;
use yaoshi::state::{Read, State, Write};
use yaoshi::world::{Appended, CommitError, Memory, StoreError};

use super::ONCE;
use super::walk::{Before, Fault, Meanwhile, NOTE, Node, Walk};
use crate::support::after_waiting;
use crate::support::engine::{self, Engine, Faults};
use crate::support::from_loopback;
use crate::support::wire::{Draft, Signing};

/// One of two nodes over one engine, the other, and what happens just before the one keeps something.
struct Pair {
    one: Node,
    other: Arc<Node>,
    engine: Engine<State>,
    before: Arc<Mutex<Option<Before>>>,
}

impl Pair {
    fn new(limits: Limits) -> Self {
        let engine = Engine::new(Faults::default());
        let before = Arc::<Mutex<Option<Before>>>::default();
        let store = Meanwhile { store: engine.node(), before: Arc::clone(&before) };
        let one = Node::over(Box::new(store), limits);
        let other = Arc::new(Node::over(engine.node(), Limits::Off));
        Self { one, other, engine, before }
    }

    /// Let this happen on the other node just before the one keeps something, once.
    fn before_keeping(&self, happens: impl FnOnce(&Node) + Send + 'static) {
        let other = Arc::clone(&self.other);
        *self.before.lock().unwrap() = Some(Box::new(move || {
            happens(&other);
            None
        }));
    }
}

/// A call that is run again asks everything anew, but makes no new key pair and counts no second time.
#[test]
fn what_was_done_once_survives_being_run_again() {
    let pair = Pair::new(ONCE);
    let id = pair.one.make(KeySpec::Rsa2048, None);
    let walk = Walk::<Write>::to(&id).making_a_version();
    let mut turn = pair.one.root_turn(8);
    let key = id.clone();
    pair.before_keeping(move |other| other.touch(&key, 8));
    assert_eq!(walk.go(&mut turn).unwrap(), 2);
    assert_eq!(walk.route.stages(), "find admit makes find admit makes run find admit makes run");
    assert_eq!((turn.record.notes, turn.record.asked.len()), (vec![NOTE], 1));
    let kept = pair.one.key(&id);
    assert_eq!((kept.versions.len(), kept.tags.len()), (2, 1), "both changes are there");
}

/// Everything is asked again once a pair is made: what would be in vain by then is not run.
#[test]
fn what_changed_while_a_pair_was_made_counts() {
    let pair = Pair::new(Limits::Off);
    for (is_versioned, why) in [(true, "LastVersionTooYoung"), (false, "NotUsable(Disabled)")] {
        let id = pair.one.make(KeySpec::Rsa2048, None);
        let (key, other) = (id.clone(), Arc::clone(&pair.other));
        let walk = Walk::<Write>::to(&id).making_a_version().with(move |stage, before, _| {
            if (stage, before) == ("makes", 0) {
                if is_versioned {
                    Walk::<Write>::to(&key).making_a_version().go(&mut other.root_turn(8)).unwrap();
                } else {
                    other.disable(&key, 8);
                }
            }
            Ok(())
        });
        let Err(Fault::OnTheWay(Refusal::Key(error))) = walk.go(&mut pair.one.root_turn(8)) else { panic!("{why}") };
        assert_eq!(format!("{error:?}"), why);
        assert_eq!(walk.route.times("run"), 0, "{why}");
        assert_eq!(pair.one.key(&id).versions.len(), 1 + usize::from(is_versioned));
    }
}

/// A pair is made for its spec: where the call is about another key by then, another pair is made before it is run.
#[test]
fn another_key_gets_another_pair() {
    let pair = Pair::new(Limits::Off);
    let [short, long] = [KeySpec::Rsa2048, KeySpec::Rsa3072].map(|spec| pair.one.make(spec, None));
    let walk = Walk::<Write>::to(&long).making_a_version();
    let (route, key, before) = (Arc::clone(&walk.route), short.clone(), long.clone());
    pair.before_keeping(move |other| {
        route.lead_to(&key);
        other.touch(&before, 8);
    });
    assert_eq!(walk.go(&mut pair.one.root_turn(8)).unwrap(), 2);
    let pairs = "find admit makes find admit makes run";
    assert_eq!(walk.route.stages(), format!("{pairs} {pairs}"));
    assert_eq!([short, long].map(|id| pair.one.key(&id).versions.len()), [2, 1]);
}

#[test]
fn a_call_that_others_always_forestall_is_given_up_after_eight_runs() {
    let pair = Pair::new(Limits::Off);
    let id = pair.one.make(KeySpec::Sm4, None);
    let (key, other) = (id.clone(), Arc::clone(&pair.other));
    let walk = Walk::<Write>::to(&id).making_a_version().with(move |stage, _, _| {
        if stage == "run" {
            other.touch(&key, 8);
        }
        Ok(())
    });
    let outcome = walk.go(&mut pair.one.root_turn(8));
    assert!(matches!(outcome, Err(Fault::OnTheWay(Refusal::Unkept(CommitError::Busy)))), "{outcome:?}");
    assert_eq!(walk.route.times("run"), 8);
    pair.one.touch(&id, 8);
    let kept = pair.one.key(&id);
    assert_eq!((kept.versions.len(), kept.tags.len()), (1, 9));
}

/// Where a due rotation cannot be kept, the last version goes on, the log is told, and another call settles it.
#[test]
fn a_rotation_that_cannot_be_kept_holds_up_nobody() {
    let pair = Pair::new(Limits::Off);
    let id = pair.one.make(KeySpec::Sm4, Some(7));
    let walk = Walk::<Read>::to(&id);
    let mut turn = pair.one.root_turn(8);
    pair.engine.plan(&[engine::Fault::Full]);
    assert_eq!(walk.go(&mut turn).unwrap(), 1);
    assert_eq!(turn.record.notes.len(), 2);
    assert!(turn.record.notes[1].contains("the last version is used"), "{:?}", turn.record.notes);
    assert_eq!(walk.go(&mut pair.one.root_turn(8)).unwrap(), 2);
}

/// Where somebody else was quicker there is nothing left to do, and nothing to tell.
#[test]
fn a_rotation_that_somebody_else_settled_is_settled() {
    let pair = Pair::new(Limits::Off);
    let id = pair.one.make(KeySpec::Sm4, Some(7));
    let key = id.clone();
    pair.before_keeping(move |other| {
        assert_eq!(Walk::<Read>::to(&key).go(&mut other.root_turn(8)).unwrap(), 2);
    });
    let mut turn = pair.one.root_turn(8);
    assert_eq!(Walk::<Read>::to(&id).go(&mut turn).unwrap(), 2);
    assert_eq!(turn.record.notes, [NOTE]);
    assert_eq!(pair.other.key(&id).versions.len(), 2, "once");
}

/// A node that only reads sees what others were told before.
#[test]
fn what_others_were_told_is_seen() {
    let pair = Pair::new(Limits::Off);
    let id = pair.one.make(KeySpec::Sm4, None);
    assert_eq!(Walk::<Read>::to(&id).go(&mut pair.other.root_turn(8)).unwrap(), 1);
    Walk::<Write>::to(&id).making_a_version().go(&mut pair.one.root_turn(8)).unwrap();
    assert_eq!(Walk::<Read>::to(&id).go(&mut pair.other.root_turn(8)).unwrap(), 2);
}

/// To see what others did is to ask the engine: there, the gateway answers nothing where nothing may wait.
#[rstest]
#[case::alone(Node::new(), false)]
#[case::shared(Pair::new(Limits::Off).one, true)]
fn every_call_waits_where_an_engine_is_asked(#[case] node: Node, #[case] waits: bool) {
    node.let_in("yaoshi", "yaoshi");
    let options = alibaba::Options { region: "cn-hangzhou".into(), verify_signatures: true };
    let gateway = Arc::new(Gateway::new(Arc::clone(&node.premises), options));
    for action in ["DescribeRegions", "DescribeAccountKmsStatus"] {
        let call = from_loopback(Draft::new(Signing::V3, action, &[]).sign().to_http());
        let answer = match (Arc::clone(&gateway) as Arc<dyn Dialect>).take(call) {
            taken if matches!(taken, Taken::Later(_)) == waits => after_waiting(taken),
            other => panic!("{action}: {other:?}"),
        };
        assert_eq!(answer.status, 200, "{action}");
    }
}

/// On one node a call is built on what is not durable yet. If that fails, what the call was told rests on nothing.
#[rstest]
fn what_rests_on_a_failure_is_not_told(#[values(false, true)] is_dry_run: bool) {
    let before = Arc::<Mutex<Option<Before>>>::default();
    let node = Node::over(Box::new(Meanwhile { store: Box::new(Memory), before: Arc::clone(&before) }), Limits::Off);
    let id = node.make(KeySpec::Sm4, None);
    let (begun, is_begun) = channel();
    let (fail, is_to_fail) = channel::<()>();
    *before.lock().unwrap() = Some(Box::new(move || {
        begun.send(()).unwrap();
        is_to_fail.recv().unwrap();
        Some(Appended::Failed(StoreError("as a test wants it".to_owned())))
    }));
    let walk = Walk::<Write>::to(&id).with(move |_, _, key| {
        assert_eq!(key.tags.len(), 1, "it sees what is under way");
        if is_dry_run { Ok(()) } else { Err("it has a tag".to_owned()) }
    });
    thread::scope(|scope| {
        let (node, walk) = (&node, &walk);
        let failing = scope.spawn(move || node.try_touch(&id, 8));
        is_begun.recv().unwrap();
        let resting = scope.spawn(move || {
            let mut turn = node.root_turn(8);
            turn.dry_run = is_dry_run;
            walk.go(&mut turn)
        });
        while walk.route.stages().is_empty() && !resting.is_finished() {
            thread::yield_now();
        }
        fail.send(()).unwrap();
        assert!(matches!(failing.join().unwrap(), Err(CommitError::Failed(_))));
        let outcome = resting.join().unwrap();
        assert!(matches!(outcome, Err(Fault::OnTheWay(Refusal::Unkept(CommitError::Failed(_))))), "{outcome:?}");
    });
}
