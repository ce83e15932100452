//! Batches over an engine that others write to as well.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::toys::{Change, Common, Map, commit, put};
use super::{CommitError, Ledger};
use crate::world::{Appended, Batch, Followed, Revision, Scope, StoreError};

/// Calls of one change each, as one batch in this order. `meanwhile` happens before the last one is committed.
fn as_one_batch(ledger: &Ledger<Map>, calls: &[Change], meanwhile: impl FnOnce()) -> Vec<Result<(), CommitError>> {
    thread::scope(|scope| {
        let mut threads = Vec::new();
        let mut permit = None;
        for call in calls {
            let ((begun, has_begun), (may_commit, permitted)) = (channel(), channel());
            threads.push(scope.spawn(move || {
                let mut change = ledger.begin().unwrap();
                begun.send(()).unwrap();
                permitted.recv().unwrap();
                change.record(call.clone());
                change.commit()
            }));
            if let Some(before) = permit.replace(may_commit) {
                while ledger.queue().gathering.as_ref().unwrap().arriving == 0 {
                    thread::yield_now();
                }
                before.send(()).unwrap();
            }
            has_begun.recv().unwrap();
        }
        meanwhile();
        permit.unwrap().send(()).unwrap();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The names of the records of each batch, one a call.
fn names(batches: &[Batch<Change>]) -> Vec<Vec<&str>> {
    batches.iter().map(|batch| batch.calls.iter().map(|call| call.changes[0].0.as_str()).collect()).collect()
}

/// `d` where it is done, `c` where it has to run again, `b` where the engine was busy.
fn told(outcomes: &[Result<(), CommitError>]) -> String {
    let letter = |outcome: &Result<(), CommitError>| match outcome {
        Ok(()) => 'd',
        Err(CommitError::Conflict) => 'c',
        Err(CommitError::Busy) => 'b',
        Err(CommitError::Full) => 'f',
        Err(CommitError::TooLarge) => 't',
        Err(CommitError::Failed(_)) => '!',
    };
    outcomes.iter().map(letter).collect()
}

fn four() -> [Change; 4] {
    [put("a", 1), put("b", 2), put("c", 3), put("d", 4)]
}

#[test]
fn a_batch_gathers_until_nobody_wants_to_join_it() {
    let engine = Common::default();
    let ledger = engine.ledger();
    let base = engine.write(put("before", 0));
    assert_eq!(told(&as_one_batch(&ledger, &four(), || {})), "dddd");
    let came = engine.came();
    assert_eq!(names(&came), [["a", "b", "c", "d"]]);
    assert!(came[0].calls.iter().all(|call| call.after == base));
    commit(&ledger, "e", 5).unwrap();
    let came = engine.came();
    assert_ne!(came[0].id, came[1].id);
    assert_eq!(came[1].calls[0].after, Revision(2));
    assert_eq!(ledger.snapshot().0.len(), 6);
}

#[test]
fn scopes_are_those_of_before_and_after_each_change() {
    let engine = Common::default();
    let ledger = engine.ledger();
    commit(&ledger, "a", 1).unwrap();
    let mut change = ledger.begin().unwrap();
    change.record(put("a", 2));
    change.record(put("a", 3));
    change.commit().unwrap();
    let call = engine.came().pop().unwrap().calls.remove(0);
    assert_eq!(call.changes, [put("a", 3)]);
    // The number between was unique for a moment as well.
    let numbers = [1u64, 2, 3].map(|number| Scope::new(number.to_be_bytes()));
    assert_eq!(call.scopes, numbers.into_iter().chain([Scope::new(*b"a")]).collect::<Vec<_>>());
}

#[test]
fn one_question_serves_all_who_wait() {
    const READERS: usize = 24;
    let engine = Common::default();
    let ledger = engine.ledger();
    let coming = AtomicUsize::new(0);
    thread::scope(|scope| {
        let held = engine.hold_questions();
        for _ in 0..READERS {
            scope.spawn(|| {
                coming.fetch_add(1, Ordering::SeqCst);
                ledger.refreshed().unwrap();
            });
        }
        while coming.load(Ordering::SeqCst) < READERS {
            thread::yield_now();
        }
        // The last of them have still a step to go.
        thread::sleep(Duration::from_millis(20));
        drop(held);
    });
    assert!(engine.questions() < READERS / 2, "{} questions", engine.questions());
}

#[test]
fn who_joins_a_batch_knows_what_everybody_knows() {
    let engine = Common::default();
    let ledger = engine.ledger();
    let outcomes = thread::scope(|scope| {
        let (begun, has_begun) = channel();
        let (first, second) = (&ledger, &ledger);
        let mut holding = ledger.begin().unwrap();
        holding.record(put("a", 1));
        let joins = scope.spawn(move || {
            let change = second.begin().unwrap();
            begun.send(change.0.clone()).unwrap();
            change.give_up()
        });
        while first.queue().gathering.as_ref().unwrap().arriving == 0 {
            thread::yield_now();
        }
        // Somebody else writes and we hear of it: whoever comes now cannot build on those who did not know.
        engine.write(put("b", 2));
        assert_eq!(first.refreshed().unwrap().0.len(), 1);
        let committed = holding.commit();
        let seen = has_begun.recv().unwrap();
        assert_eq!(seen, [put("a", 1), put("b", 2)].into());
        [committed, joins.join().unwrap()]
    });
    assert_eq!(told(&outcomes), "dd");
    assert_eq!(engine.came()[0].calls[0].after, Revision(0));
}

#[test]
fn what_was_built_on_a_conflict_runs_again_and_what_was_before_it_goes_alone() {
    let scope = |name: &str| Scope::new(name.as_bytes());
    for (moved, expected, second) in [
        (vec![scope("a")], "cccc", &[][..]),
        (vec![scope("c")], "ddcc", &["a", "b"][..]),
        (vec![scope("d"), scope("b")], "dccc", &["a"]),
        (vec![scope("d")], "dddc", &["a", "b", "c"]),
        (vec![Scope::new(3u64.to_be_bytes())], "ddcc", &["a", "b"]),
        // Nobody's: it was told what is not so.
        (vec![scope("e")], "dddd", &["a", "b", "c", "d"]),
    ] {
        let engine = Common::default();
        let ledger = engine.ledger();
        let outcomes = as_one_batch(&ledger, &four(), || {
            let upto = engine.write(put("z", 26));
            engine.plan([Appended::Conflict { scopes: moved.clone(), upto }]);
        });
        assert_eq!(told(&outcomes), expected, "{moved:?}");
        let came = engine.came();
        assert_eq!(names(&came[1..]), if second.is_empty() { vec![] } else { vec![second.to_vec()] });
        assert!(came.iter().flat_map(|batch| &batch.calls).all(|call| call.after == Revision(0)), "unchanged");
        assert!(second.is_empty() || came[0].id != came[1].id, "it is another batch");
        // Whoever runs again sees what came between.
        assert!(ledger.snapshot().0.contains_key("z"));
        assert_eq!(ledger.snapshot().0.len(), 1 + second.len());
    }
}

#[test]
fn a_batch_that_is_too_large_after_all_is_cut() {
    let engine = Common::default();
    let ledger = engine.ledger();
    let outcomes = as_one_batch(&ledger, &four(), || engine.plan([Appended::TooLarge, Appended::TooLarge]));
    assert_eq!(told(&outcomes), "dccc");
    engine.plan([Appended::TooLarge]);
    assert_eq!(told(&[commit(&ledger, "e", 5)]), "t");
}

#[test]
fn a_failing_batch_fails_for_all_of_it_and_nobody_else() {
    let failed = || Appended::Failed(StoreError("it is gone".to_owned()));
    for (answer, expected) in [(failed(), "!!!!"), (Appended::Full, "ffff")] {
        let engine = Common::default();
        let ledger = engine.ledger();
        assert_eq!(told(&as_one_batch(&ledger, &four(), || engine.plan([answer]))), expected);
        assert_eq!(ledger.snapshot().0.len(), 0);
        assert_eq!(ledger.begin().unwrap().0.len(), 0);
        assert_eq!(told(&[commit(&ledger, "later", 5)]), "d");
    }
}

#[test]
fn an_engine_that_has_no_answer_makes_busy_after_eight_tries() {
    let engine = Common::default();
    let ledger = engine.ledger();
    engine.plan([const { Appended::Unknown }; 8]);
    assert_eq!(told(&[commit(&ledger, "a", 1)]), "b");
    let came = engine.came();
    assert!(came.len() == 8 && came.iter().all(|batch| batch.id == came[0].id), "{came:?}");
    // Conflicts without end come to the same.
    let nobodys = || Appended::Conflict { scopes: vec![Scope::new(*b"nobody's")], upto: Revision(0) };
    engine.plan((0..8).map(|_| nobodys()));
    assert_eq!(told(&[commit(&ledger, "a", 1)]), "b");
    assert_eq!(engine.came().len(), 16);
    assert_eq!(told(&[commit(&ledger, "a", 1)]), "d");
}

#[test]
fn whoever_is_dropped_or_gives_up_lets_the_others_go() {
    for gives_up in [false, true] {
        let engine = Common::default();
        let ledger = engine.ledger();
        let outcomes = thread::scope(|scope| {
            let mut first = ledger.begin().unwrap();
            first.record(put("a", 1));
            let (begun, has_begun) = channel();
            let (end, may_end) = channel::<()>();
            let ledger = &ledger;
            let last = scope.spawn(move || {
                let mut change = ledger.begin().unwrap();
                change.record(put("b", 1));
                begun.send(()).unwrap();
                may_end.recv().unwrap();
                if gives_up {
                    return change.give_up();
                }
                drop(change);
                Ok(())
            });
            while ledger.queue().gathering.as_ref().unwrap().arriving == 0 {
                thread::yield_now();
            }
            let waits = scope.spawn(move || {
                has_begun.recv().unwrap();
                // The first one sleeps while the last one builds.
                while ledger.queue().sleepers == 0 {
                    thread::yield_now();
                }
                end.send(()).unwrap();
            });
            let committed = first.commit();
            waits.join().unwrap();
            [committed, last.join().unwrap()]
        });
        assert_eq!(told(&outcomes), "dd");
        assert_eq!(names(&engine.came()), [["a"]]);
    }
}

#[test]
fn a_call_that_finds_no_room_runs_again() {
    let engine = Common::with_changes(4);
    let ledger = engine.ledger();
    let large = |name: &'static str| {
        let mut change = ledger.begin().unwrap();
        (0..3).for_each(|part| change.record(put(&format!("{name}{part}"), part)));
        change
    };
    thread::scope(|scope| {
        let first = large("first");
        let ledger = &ledger;
        let second = scope.spawn(move || {
            // It waits for the first one's batch: beyond half of what the engine takes nobody joins.
            let change = ledger.begin().unwrap();
            assert_eq!((change.0.len(), ledger.snapshot().0.len()), (3, 3));
            change.give_up()
        });
        while ledger.queue().gathering.as_ref().unwrap().arriving == 0 {
            thread::yield_now();
        }
        first.commit().unwrap();
        second.join().unwrap().unwrap();
    });
    let outcomes = thread::scope(|scope| {
        let mut small = ledger.begin().unwrap();
        small.record(put("small", 1));
        small.record(put("smaller", 0));
        let (ledger, large) = (&ledger, &large);
        let second = scope.spawn(move || large("second").commit());
        while ledger.queue().gathering.as_ref().unwrap().arriving == 0 {
            thread::yield_now();
        }
        [small.commit(), second.join().unwrap()]
    });
    assert_eq!(told(&outcomes), "dc");
    large("second").commit().unwrap();
    assert_eq!(ledger.snapshot().0.len(), 8);
}

#[test]
fn an_engine_that_cannot_be_reached_is_told_and_holds_up_nobody() {
    let engine = Common::default();
    let ledger = engine.ledger();
    commit(&ledger, "a", 1).unwrap();
    engine.break_down(true);
    ledger.refreshed().unwrap_err();
    assert!(matches!(ledger.begin(), Err(CommitError::Failed(_))));
    assert_eq!(ledger.snapshot().0.len(), 1, "what is known can still be read");
    engine.break_down(false);
    engine.write(put("b", 2));
    assert_eq!(ledger.refreshed().unwrap().0.len(), 2);
    commit(&ledger, "c", 3).unwrap();
    assert_eq!(engine.questions(), 3);
}

fn unreachable() -> StoreError {
    StoreError("it cannot be reached".to_owned())
}

#[test]
fn a_conflict_that_cannot_be_looked_into_is_no_failure_where_an_answer_was_lost() {
    for (is_lost, expected) in [(false, "!"), (true, "b")] {
        let engine = Common::default();
        let ledger = engine.ledger();
        let outcomes = as_one_batch(&ledger, &[put("a", 1)], || {
            let scopes = vec![Scope::new(*b"a")];
            engine.plan(is_lost.then_some(Appended::Unknown));
            engine.plan([Appended::Conflict { scopes, upto: Revision(1) }]);
            engine.break_down(true);
        });
        assert_eq!(told(&outcomes), expected);
    }
}

#[test]
fn what_is_done_is_asked_for_until_it_comes() {
    let engine = Common::default();
    let ledger = engine.ledger();
    let current = || Ok(Followed::Current(Revision(0)));
    engine.plan_follows([current(), Err(unreachable()), current(), current(), Err(unreachable())]);
    assert_eq!(told(&[commit(&ledger, "a", 1)]), "d");
    assert_eq!(ledger.snapshot().0.len(), 1);
}

#[test]
fn after_a_gap_the_state_is_what_the_engine_holds() {
    let engine = Common::default();
    let initial = Map([put("of the file", 7)].into());
    let ledger = Ledger::open_over(initial, Box::new(engine.clone()), &mut |_, _| {}).unwrap();
    commit(&ledger, "a", 1).unwrap();
    engine.retell(&[put("b", 2), put("c", 3)]);
    engine.plan_follows([Ok(Followed::Gap)]);
    assert_eq!(ledger.refreshed().unwrap().0, [put("of the file", 7), put("b", 2), put("c", 3)].into());
    // It never goes back.
    engine.write(put("d", 4));
    commit(&ledger, "e", 5).unwrap();
    let upto = engine.write(put("f", 6));
    ledger.refreshed().unwrap();
    engine.write(put("g", 8));
    engine.plan_follows([Ok(Followed::Changes { revision: upto, batch: None, changes: vec![put("f", 0)] })]);
    ledger.refreshed().unwrap_err();
    assert_eq!(ledger.snapshot().0["f"], 6);
}
