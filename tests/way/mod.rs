//! The way of a call, walked by a deed of the tests' own: which stage comes after which, what is asked again, and what is
//! not repeated.

mod subjects;
mod together;
mod walk;

use std::num::NonZeroU32;
use std::sync::Arc;

use rstest::rstest;
use yaoshi::access::Principal;
use yaoshi::call::{Attendance, Limits, MustWait, Queue, Refusal, Turn, Waiting, take};
use yaoshi::keyring::KeySpec;
use yaoshi::state::{Read, Write};
use yaoshi::world::Memory;

use crate::support::samples::allow;
use walk::{ACTION, Fault, NOTE, Node, Walk, day, root, user};

const ONCE: Limits = Limits::Each(NonZeroU32::MIN);

/// What comes of a call that must not wait, if anything does.
fn at_once(walk: &Walk<Read>, turn: &mut Turn) -> Option<Result<usize, Fault>> {
    take(walk, turn, Waiting::Not).ok()
}

fn nobody() -> Arc<Principal> {
    user(&allow("test:Else", "*"))
}

#[test]
fn each_stage_comes_after_the_one_before() {
    let node = Node::new();
    let [quick, slow] = [KeySpec::Sm4, KeySpec::Rsa2048].map(|spec| node.make(spec, None));
    // What takes long is made before the run, and everything is asked again then.
    for (key, stages) in [(quick, "find admit makes run"), (slow, "find admit makes find admit makes run")] {
        let walk = Walk::<Write>::to(&key).making_a_version();
        assert_eq!(walk.go(&mut node.root_turn(8)).unwrap(), 2);
        assert_eq!(walk.route.stages(), stages);
        assert_eq!(node.key(&key).versions.len(), 2);
    }
}

/// Each row is refused at a later stage, and goes no further.
#[test]
fn who_is_refused_goes_no_further() {
    let node = Node::new();
    let (disabled, young) = (node.make(KeySpec::Sm4, None), node.make(KeySpec::Sm4, None));
    node.disable(&disabled, 0);
    let may = user(&allow(ACTION, "*"));
    for (key, caller, stages, why) in [
        ("none", nobody(), "find", "denied"),
        (&disabled, nobody(), "find", "denied"),
        ("none", may.clone(), "find", "no none"),
        (&disabled, may.clone(), "find admit", "NotUsable(Disabled)"),
        (&young, may, "find admit makes", "LastVersionTooYoung"),
    ] {
        let walk = Walk::<Write>::to(key).making_a_version();
        let refused = walk.go(&mut node.turn(&caller, 0)).unwrap_err();
        let told = match refused {
            Fault::OnTheWay(Refusal::Denied(_)) => "denied".to_owned(),
            Fault::OnTheWay(Refusal::Key(error)) => format!("{error:?}"),
            Fault::Own(why) => why,
            other @ Fault::OnTheWay(_) => panic!("{other:?}"),
        };
        assert_eq!((told.as_str(), walk.route.stages().as_str()), (why, stages));
    }
}

/// Who calls too often learns nothing, be it a lack of permission.
#[test]
fn throttling_comes_before_everything_else() {
    let node = Node::over(Box::new(Memory), ONCE);
    for caller in [nobody(), root()] {
        let walk = Walk::<Write>::to("none");
        let again = || walk.go(&mut node.turn(&caller, 0)).unwrap_err();
        assert!(!matches!(again(), Fault::OnTheWay(Refusal::Throttled)));
        assert!(matches!(again(), Fault::OnTheWay(Refusal::Throttled)));
        assert_eq!(walk.route.stages(), "find", "once");
    }
}

/// A call that finds out that it must wait is taken again where it may: it counts once, and is told of once.
#[rstest]
#[case::as_it_is_due(8, 2)]
#[case::as_nothing_is(6, 1)]
fn a_call_that_must_wait_is_one_call(#[case] wall: i64, #[case] versions: usize) {
    let node = Node::over(Box::new(Memory), ONCE);
    let key = node.make(KeySpec::Sm4, Some(7));
    let (walk, mut turn) = (Walk::<Read>::to(&key), node.root_turn(wall));
    let told = at_once(&walk, &mut turn).unwrap_or_else(|| {
        assert_eq!(node.key(&key).versions.len(), 1, "nothing is kept where nothing may wait");
        walk.go(&mut turn)
    });
    assert_eq!(told.unwrap(), versions);
    assert_eq!(node.key(&key).versions.len(), versions);
    assert_eq!((turn.record.notes, turn.record.asked.len()), (vec![NOTE], 1));
    assert_eq!(walk.route.times("run"), 1);
    let refused = walk.go(&mut node.root_turn(wall)).unwrap_err();
    assert!(matches!(refused, Fault::OnTheWay(Refusal::Throttled)), "it was counted");
}

/// What writes waits, whatever comes of it, and has not even begun.
#[test]
fn a_write_is_never_done_at_once() {
    let node = Node::over(Box::new(Memory), ONCE);
    let walk = Walk::<Write>::to("none");
    let mut turn = node.root_turn(0);
    assert!(matches!(take(&walk, &mut turn, Waiting::Not), Err(MustWait { .. })));
    assert_eq!(walk.route.stages(), "");
    assert!(matches!(walk.go(&mut turn), Err(Fault::Own(_))), "and has not been counted");
}

/// Who may not learns nothing and changes nothing; a dry run changes nothing.
#[test]
fn a_rotation_is_settled_for_who_may_and_means_it() {
    let node = Node::new();
    let key = node.make(KeySpec::Sm4, Some(7));
    let walk = Walk::<Read>::to(&key);
    let denied = at_once(&walk, &mut node.turn(&nobody(), 8)).expect("it is refused at once");
    assert!(matches!(denied, Err(Fault::OnTheWay(Refusal::Denied(_)))));
    assert!(walk.go(&mut node.turn(&nobody(), 8)).is_err());
    assert_eq!(node.key(&key).versions.len(), 1);

    let mut turn = node.root_turn(8);
    turn.dry_run = true;
    assert_eq!(at_once(&walk, &mut turn).expect("it is tried at once").unwrap(), 1);
    assert_eq!(node.key(&key).versions.len(), 1);

    assert_eq!(walk.go(&mut node.root_turn(8)).unwrap(), 2);
    let versions = node.key(&key).versions.iter().map(|version| version.created).collect::<Vec<_>>();
    assert_eq!(versions, [day(0), day(7)]);
}

#[test]
fn a_dry_run_goes_the_whole_way_and_keeps_nothing() {
    let node = Node::new();
    let key = node.make(KeySpec::Rsa2048, None);
    let walk = Walk::<Write>::to(&key).making_a_version();
    let mut turn = node.root_turn(8);
    turn.dry_run = true;
    assert_eq!(walk.go(&mut turn).unwrap(), 2, "it would have a second one");
    assert_eq!(walk.route.stages(), "find admit makes find admit makes run");
    assert_eq!(node.key(&key).versions.len(), 1);
}

/// Nothing that takes long is made for a caller who has gone. What takes no time is done.
#[rstest]
#[case(KeySpec::Rsa2048, "find admit makes")]
#[case(KeySpec::Sm4, "find admit makes run")]
fn nothing_long_is_done_for_who_has_gone(#[case] spec: KeySpec, #[case] stages: &str) {
    let node = Node::new();
    let walk = Walk::<Write>::to(&node.make(spec, None)).making_a_version();
    let gone = Attendance::default().look();
    let outcome = take(&walk, &mut node.root_turn(8), Waiting::For(Queue::KeyPair, &gone)).expect("it may wait");
    assert_eq!(matches!(outcome, Err(Fault::OnTheWay(Refusal::Abandoned))), spec == KeySpec::Rsa2048);
    assert_eq!(walk.route.stages(), stages);
}

/// The account's own time decides what is due, what is old enough and what policies see; the wall clock does not.
#[test]
fn time_is_the_accounts() {
    let until = |day| {
        let condition = format!(r#"{{"DateLessThan":{{"acs:CurrentTime":"{}"}}}}"#, walk::day(day));
        user(&format!(r#"{{"Effect":"Allow","Action":"{ACTION}","Resource":"*","Condition":{condition}}}"#))
    };
    for (offset, wall, is_late) in [(0, 0, false), (0, 8, true), (8, 0, true), (-8, 8, false)] {
        let node = Node::new();
        let [rotating, young] = [Some(7), None].map(|rotation| node.make(KeySpec::Sm4, rotation));
        node.set_clock(offset);
        let what = format!("{offset} days ahead on day {wall}");
        let turn = || node.turn(&until(5), wall);
        let denied = Walk::<Read>::to(&young).go(&mut turn()).is_err();
        assert_eq!(denied, is_late, "{what}");
        let settled = Walk::<Read>::to(&rotating).go(&mut node.root_turn(wall)).unwrap();
        assert_eq!(settled, 1 + usize::from(is_late), "{what}");
        let old_enough = Walk::<Write>::to(&young).making_a_version().go(&mut node.root_turn(wall)).is_ok();
        assert_eq!(old_enough, is_late, "{what}");
        let created = node.key(&young).versions.last().unwrap().created;
        assert_eq!(created, if is_late { day(8) } else { day(0) }, "{what}");
    }
}
