//! Group commit over engines that nobody else writes to.

use std::thread::{self, ScopedJoinHandle};

use super::toys::{Change, Director, Map, Script, Scripted, changed, commit, put, scripted};
use super::{CommitError, Draft, Ledger, Recorded};
use crate::world::{Bounds, Memory};

fn in_memory() -> Ledger<Map> {
    Ledger::open(Box::new(Memory), &mut |_, _| {}).unwrap()
}

/// The names of the records of a batch, call by call.
fn names(batch: &[Vec<Change>]) -> Vec<Vec<&str>> {
    batch.iter().map(|call| call.iter().map(|(name, _)| name.as_str()).collect()).collect()
}

/// Wait until `count` calls wait behind the batch that is under way.
fn wait_for(ledger: &Ledger<Map>, count: usize) {
    while ledger.queue().calls.len() < count {
        thread::yield_now();
    }
}

/// With a batch at the disk (`under way`) and one call of each name waiting behind it, in this order.
fn with_waiting<'s>(
    scope: &'s thread::Scope<'s, '_>,
    ledger: &'s Ledger<Map>,
    director: &Director,
    waiting: &[&'static str],
) -> Vec<ScopedJoinHandle<'s, Result<(), CommitError>>> {
    let mut calls = vec![scope.spawn(|| commit(ledger, "under way", 0))];
    assert_eq!(names(&director.came.recv().unwrap()), [["under way"]]);
    for (index, name) in waiting.iter().copied().enumerate() {
        calls.push(scope.spawn(move || commit(ledger, name, 0)));
        wait_for(ledger, index + 1);
    }
    calls
}

#[test]
fn a_commit_is_seen_by_later_snapshots_and_a_drop_by_none() {
    let ledger = in_memory();
    let before = ledger.snapshot();
    let mut change = ledger.begin().unwrap();
    change.record(put("a", 5));
    assert_eq!(change.0["a"], 5);
    assert!(ledger.snapshot().0.is_empty());
    change.commit().unwrap();
    assert!(before.0.is_empty());
    assert_eq!(ledger.snapshot().0["a"], 5);
    assert_eq!(ledger.refreshed().unwrap().0["a"], 5);
    assert!(!ledger.is_shared());

    drop(changed(&ledger, "dropped", 1));
    changed(&ledger, "given up", 1).give_up().unwrap();
    assert_eq!(*ledger.snapshot().0.keys().collect::<Vec<_>>(), ["a"]);
    // Neither is what comes later built on them.
    commit(&ledger, "b", 6).unwrap();
    assert_eq!(*ledger.snapshot().0.keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_ledger_opens_with_what_is_kept_over_what_is_there_without_it() {
    let initial = Map([put("first", 9), put("of the file", 3)].into());
    let mut heard = Vec::new();
    let (engine, _director) = Scripted::new(Bounds::NONE);
    let ledger = Ledger::open_over(initial, Box::new(engine), &mut |done, total| heard.push((done, total))).unwrap();
    assert_eq!(ledger.snapshot().0, [put("first", 1), put("of the file", 3), put("second", 2)].into());
    assert_eq!(heard, [(1, 2), (2, 2)]);
}

#[test]
fn a_record_goes_once_as_it_was_last() {
    let (ledger, director) = scripted(Bounds::NONE);
    director.free();
    let mut change = ledger.begin().unwrap();
    for (name, number) in [("a", 1), ("b", 1), ("a", 2), ("c", 1), ("a", 3)] {
        change.record(put(name, number));
    }
    change.commit().unwrap();
    assert_eq!(director.came.recv().unwrap(), [[put("b", 1), put("c", 1), put("a", 3)]]);
}

#[test]
fn nothing_to_keep_goes_to_no_disk() {
    let (ledger, director) = scripted(Bounds::NONE);
    ledger.begin().unwrap().commit().unwrap();
    ledger.begin().unwrap().give_up().unwrap();
    changed(&ledger, "a", 1).give_up().unwrap();
    drop(changed(&ledger, "b", 1));
    assert!(director.came.try_recv().is_err());
}

#[test]
fn what_gathers_while_a_batch_is_under_way_goes_as_one() {
    let (ledger, director) = scripted(Bounds::NONE);
    thread::scope(|scope| {
        let calls = with_waiting(scope, &ledger, &director, &["a", "b", "c"]);
        // They see each other, and nobody else sees any of them.
        let next = ledger.begin().unwrap();
        assert_eq!(*next.0.keys().collect::<Vec<_>>(), ["a", "b", "c", "first", "second", "under way"]);
        drop(next);
        assert_eq!(ledger.snapshot().0.len(), 2);
        director.script.send(Script::Done).unwrap();
        assert_eq!(names(&director.came.recv().unwrap()), [["a"], ["b"], ["c"]]);
        assert_eq!(*ledger.snapshot().0.keys().collect::<Vec<_>>(), ["first", "second", "under way"]);
        director.script.send(Script::Done).unwrap();
        for call in calls {
            call.join().unwrap().unwrap();
        }
        assert_eq!(ledger.snapshot().0.len(), 6);
        assert!(director.came.try_recv().is_err());
    });
}

/// Wait until `count` writers sleep until something is decided.
fn wait_for_sleepers(ledger: &Ledger<Map>, count: usize) {
    while ledger.queue().sleepers < count {
        thread::yield_now();
    }
}

#[test]
fn whoever_gives_up_or_changes_nothing_waits_for_what_it_saw() {
    for (script, is_done) in [(Script::Done, true), (Script::Failed, false)] {
        let (ledger, director) = scripted(Bounds::NONE);
        thread::scope(|scope| {
            let mut calls = with_waiting(scope, &ledger, &director, &[]);
            calls.push(scope.spawn(|| changed(&ledger, "refused", 1).give_up()));
            calls.push(scope.spawn(|| ledger.begin().unwrap().commit()));
            wait_for_sleepers(&ledger, 2);
            // Nobody who is dropped waits.
            drop(changed(&ledger, "dropped", 1));
            director.script.send(script).unwrap();
            for call in calls {
                assert_eq!(call.join().unwrap().is_ok(), is_done);
            }
        });
        assert_eq!(ledger.snapshot().0.len(), if is_done { 3 } else { 2 });
        assert!(director.came.try_recv().is_err(), "nothing else was to be kept");
    }
}

#[test]
fn where_a_batch_fails_all_that_was_built_on_it_fails() {
    for script in [Script::Full, Script::Failed, Script::Panic] {
        let is_full = matches!(script, Script::Full);
        let is_panic = matches!(script, Script::Panic);
        let (ledger, director) = scripted(Bounds::NONE);
        thread::scope(|scope| {
            let mut calls = with_waiting(scope, &ledger, &director, &["a", "b"]);
            // One is under construction meanwhile, and one is begun afterwards.
            let building = changed(&ledger, "building", 0);
            assert_eq!(building.0.len(), 6);
            director.script.send(script).unwrap();
            let first = calls.remove(0).join();
            assert_eq!(first.is_err(), is_panic, "whoever panics does so");
            let outcomes = calls.into_iter().map(|call| call.join().unwrap()).chain([building.commit()]);
            for outcome in outcomes.chain(first.ok()) {
                match outcome {
                    Err(CommitError::Full) => assert!(is_full),
                    Err(CommitError::Failed(_)) => assert!(!is_full),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(ledger.snapshot().0.len(), 2);
            assert_eq!(ledger.begin().unwrap().0.len(), 2);
            director.free();
            commit(&ledger, "later", 1).unwrap();
        });
        assert_eq!(names(&director.came.recv().unwrap()), [["later"]], "what failed is not sent");
        assert_eq!(*ledger.snapshot().0.keys().collect::<Vec<_>>(), ["first", "later", "second"]);
    }
}

#[test]
fn who_gives_up_after_the_batch_has_failed_hears_of_it() {
    let (ledger, director) = scripted(Bounds::NONE);
    thread::scope(|scope| {
        let calls = with_waiting(scope, &ledger, &director, &["a"]);
        let refused = ledger.begin().unwrap();
        director.script.send(Script::Failed).unwrap();
        for call in calls {
            call.join().unwrap().unwrap_err();
        }
        refused.give_up().unwrap_err();
        ledger.begin().unwrap().give_up().unwrap();
    });
}

#[test]
fn a_batch_is_cut_between_calls() {
    let few = Bounds { changes: 3, ..Bounds::NONE };
    let short = Bounds { bytes: 12, ..Bounds::NONE };
    for (bounds, waiting, cut) in [
        (few, &["a", "b", "c", "d", "e"][..], &[&["a", "b", "c"][..], &["d", "e"]][..]),
        (few, &["a", "b", "c"], &[&["a", "b", "c"]]),
        (short, &["one", "three", "four", "fifth"], &[&["one", "three", "four"], &["fifth"]]),
        (short, &["one", "exactly 12 b", "two"], &[&["one"], &["exactly 12 b"], &["two"]]),
    ] {
        let (ledger, director) = scripted(bounds);
        thread::scope(|scope| {
            let calls = with_waiting(scope, &ledger, &director, waiting);
            director.free();
            director.script.send(Script::Done).unwrap();
            for call in calls {
                call.join().unwrap().unwrap();
            }
        });
        let batches = director.came.try_iter().map(|batch| names(&batch).concat().join(" "));
        assert_eq!(batches.collect::<Vec<_>>(), cut.iter().map(|batch| batch.join(" ")).collect::<Vec<_>>());
        assert_eq!(ledger.snapshot().0.len(), 3 + waiting.len());
    }
}

#[test]
fn what_no_batch_can_hold_is_too_large_for_itself_alone() {
    let (ledger, director) = scripted(Bounds { changes: 2, bytes: 12, ..Bounds::NONE });
    director.free();
    let with = |names: &[&str]| {
        let mut change = ledger.begin().unwrap();
        for name in names {
            change.record(put(name, 1));
        }
        change.commit()
    };
    let is_too_large = |outcome| matches!(outcome, Err(CommitError::TooLarge));
    assert!(is_too_large(with(&["a", "b", "c"])));
    assert!(is_too_large(with(&["a name of 13 "])));
    with(&["exactly", "five5"]).unwrap();
    with(&["c", "c", "c"]).unwrap();
    assert_eq!(ledger.snapshot().0.len(), 5);
    // It hears first whether what it was built on holds.
    let (ledger, director) = scripted(Bounds { changes: 1, ..Bounds::NONE });
    thread::scope(|scope| {
        let mut calls = with_waiting(scope, &ledger, &director, &[]);
        calls.push(scope.spawn(|| {
            let mut change = changed(&ledger, "a", 1);
            change.record(put("b", 1));
            change.commit()
        }));
        wait_for_sleepers(&ledger, 1);
        director.script.send(Script::Failed).unwrap();
        for call in calls {
            assert!(matches!(call.join().unwrap(), Err(CommitError::Failed(_))));
        }
    });
}

#[test]
fn a_panic_while_a_change_is_built_holds_up_nobody() {
    let ledger = in_memory();
    thread::scope(|scope| {
        let panics = scope.spawn(|| {
            let _change = changed(&ledger, "a", 1);
            panic!("as a test wants it");
        });
        assert!(panics.join().is_err());
    });
    commit(&ledger, "b", 1).unwrap();
    assert_eq!(*ledger.snapshot().0.keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn many_writers_lose_nothing_and_build_on_each_other() {
    const WRITERS: u64 = 16;
    const CALLS: u64 = 300;
    let (ledger, director) = scripted(Bounds { changes: 5, ..Bounds::NONE });
    director.free();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let ledger = &ledger;
            scope.spawn(move || {
                let name = format!("of {writer}");
                for turn in 1..=CALLS {
                    let mut change = ledger.begin().unwrap();
                    let sum = change.0.get("sum").copied().unwrap_or(0);
                    change.record(put(&name, turn));
                    change.record(put("sum", sum + 1));
                    match turn % 5 {
                        0 => drop(change),
                        1 => change.give_up().unwrap(),
                        _ => change.commit().unwrap(),
                    }
                    let committed = if turn % 5 > 1 { turn } else { turn.saturating_sub(1 + turn % 5) };
                    assert_eq!(ledger.snapshot().0.get(&name).copied().unwrap_or(0), committed);
                }
            });
        }
    });
    let expected = WRITERS * CALLS * 3 / 5;
    assert_eq!(ledger.snapshot().0["sum"], expected);
    // In the order in which they were built.
    let kept: Vec<_> = director.came.try_iter().flatten().map(|call| call[1].1).collect();
    assert_eq!(kept, (1..=expected).collect::<Vec<_>>());
}

/// A state of two parts.
#[derive(Clone, Default)]
struct Two {
    left: Map,
    right: Map,
}

#[derive(Default)]
struct TwoChanges {
    left: Vec<Change>,
    right: Vec<Change>,
}

#[derive(Clone)]
enum OneOfTwo {
    Left(Change),
    Right(Change),
}

impl IntoIterator for TwoChanges {
    type Item = OneOfTwo;
    type IntoIter = std::vec::IntoIter<OneOfTwo>;

    fn into_iter(self) -> Self::IntoIter {
        let left = self.left.into_iter().map(OneOfTwo::Left);
        left.chain(self.right.into_iter().map(OneOfTwo::Right)).collect::<Vec<_>>().into_iter()
    }
}

impl Recorded for Two {
    type Change = OneOfTwo;
    type Changes = TwoChanges;

    fn apply(&mut self, change: &OneOfTwo) {
        match change {
            OneOfTwo::Left(change) => self.left.apply(change),
            OneOfTwo::Right(change) => self.right.apply(change),
        }
    }

    fn record_id(change: &OneOfTwo) -> Vec<u8> {
        match change {
            OneOfTwo::Left(change) => [b"left ", &*Map::record_id(change)].concat(),
            OneOfTwo::Right(change) => [b"right ", &*Map::record_id(change)].concat(),
        }
    }

    fn scopes(&self, _change: &OneOfTwo) -> Vec<crate::world::Scope> {
        unreachable!("memory is not shared")
    }
}

#[test]
fn parts_are_changed_by_those_who_know_only_them() {
    fn double(mut draft: Draft<'_, Map>) {
        let number = draft.0["a"];
        draft.record(put("a", 2 * number));
        assert_eq!(draft.0["a"], 2 * number);
    }
    let ledger = Ledger::<Two>::open(Box::new(Memory), &mut |_, _| {}).unwrap();
    let mut change = ledger.begin().unwrap();
    let (state, changes) = change.parts();
    Draft::new(&mut state.left, &mut changes.left).record(put("a", 1));
    Draft::new(&mut state.right, &mut changes.right).record(put("a", 10));
    double(Draft::new(&mut state.right, &mut changes.right));
    assert_eq!((change.left.0["a"], change.right.0["a"]), (1, 20));
    change.commit().unwrap();
    let seen = ledger.snapshot();
    assert_eq!((seen.left.0["a"], seen.right.0["a"]), (1, 20));
}
