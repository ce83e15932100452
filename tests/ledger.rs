//! Two ledgers over one engine: whatever is answered happened once, whatever is refused was so, and both come to the
//! same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread;

use proptest::prelude::*;
use yaoshi::world::{CommitError, Ledger, Recorded, Revision, Scope, Transaction};

use crate::support::engine::{Engine, Fault, Faults, any_faults};

/// How often a call runs.
const RUNS: usize = 8;

/// A thing has names that nothing else has, and remembers the calls that changed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Thing {
    names: BTreeSet<u8>,
    calls: Vec<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Register {
    things: BTreeMap<u8, Arc<Thing>>,
    names: BTreeMap<u8, u8>,
}

type Change = (u8, Arc<Thing>);

impl Recorded for Register {
    type Change = Change;
    type Changes = Vec<Change>;

    fn apply(&mut self, (id, thing): &Change) {
        let before = self.things.insert(*id, Arc::clone(thing)).unwrap_or_default();
        // In any order: another thing may have its name already.
        self.names.retain(|name, owner| owner != id || !before.names.contains(name));
        self.names.extend(thing.names.iter().map(|name| (*name, *id)));
    }

    fn record_id((id, _): &Change) -> Vec<u8> {
        vec![*id]
    }

    fn scopes(&self, (id, thing): &Change) -> Vec<Scope> {
        let before = self.things.get(id).cloned().unwrap_or_default();
        let names = before.names.symmetric_difference(&thing.names);
        names.map(|name| Scope::new([b'n', *name])).chain([Scope::new([b't', *id])]).collect()
    }
}

/// What a call wants.
#[derive(Debug, Clone, Copy)]
enum Wish {
    /// The thing changes.
    Touch(u8),
    /// The thing gets the name, if nothing has it.
    Claim(u8, u8),
    /// The thing gets the name from what has it.
    Move(u8, u8),
    /// What has the name loses it.
    Release(u8),
}

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The name was taken, or nothing had it.
    Refused {
        name: u8,
        was_taken: bool,
    },
    NotDone,
    /// Done or not.
    Busy,
}

impl Wish {
    /// Make the changes, or tell why there are none.
    fn run(self, serial: u64, change: &mut Transaction<'_, Register>) -> Result<(), Outcome> {
        match self {
            Self::Touch(id) => edit(change, serial, id, |_| {}),
            Self::Claim(id, name) => {
                if change.names.contains_key(&name) {
                    return Err(Outcome::Refused { name, was_taken: true });
                }
                edit(change, serial, id, |names| names.extend([name]));
            }
            Self::Move(_, name) | Self::Release(name) => {
                let owner = change.names.get(&name).copied();
                let owner = owner.ok_or(Outcome::Refused { name, was_taken: false })?;
                edit(change, serial, owner, |names| names.retain(|own| *own != name));
                if let Self::Move(id, _) = self {
                    edit(change, serial, id, |names| names.extend([name]));
                }
            }
        }
        Ok(())
    }

    /// As a caller would: whatever has to run again does.
    fn carry_out(self, serial: u64, ledger: &Ledger<Register>) -> Outcome {
        for _ in 0..RUNS {
            let mut change = ledger.begin().unwrap();
            let (outcome, committed) = match self.run(serial, &mut change) {
                Ok(()) => (Outcome::Done, change.commit()),
                Err(refused) => (refused, change.give_up()),
            };
            match committed {
                Ok(()) => return outcome,
                Err(CommitError::Conflict) => {}
                Err(CommitError::Busy) => return Outcome::Busy,
                Err(CommitError::Full | CommitError::Failed(_)) => return Outcome::NotDone,
                Err(CommitError::TooLarge) => panic!("a call changes two things"),
            }
        }
        Outcome::NotDone
    }
}

/// Change the names of a thing, and let it remember the call.
fn edit(change: &mut Transaction<'_, Register>, serial: u64, id: u8, edit: impl FnOnce(&mut BTreeSet<u8>)) {
    let mut thing = change.things.get(&id).map(|thing| Thing::clone(thing)).unwrap_or_default();
    edit(&mut thing.names);
    if thing.calls.last() != Some(&serial) {
        thing.calls.push(serial);
    }
    change.record((id, Arc::new(thing)));
}

fn wishes() -> impl Strategy<Value = Wish> {
    let (things, names) = (0..6u8, 0..5u8);
    prop_oneof![
        2 => things.clone().prop_map(Wish::Touch),
        3 => (things.clone(), names.clone()).prop_map(|(id, name)| Wish::Claim(id, name)),
        2 => (things, names.clone()).prop_map(|(id, name)| Wish::Move(id, name)),
        1 => names.prop_map(Wish::Release),
    ]
}

fn faults() -> impl Strategy<Value = Faults> {
    any_faults(prop_oneof![Just(0u64), 1..15u64], 0..50u64)
}

fn node(engine: &Engine<Register>) -> Ledger<Register> {
    Ledger::open(engine.node(), &mut |_, _| {}).unwrap()
}

/// A call, what it came to, and the newest revisions before and after it.
#[derive(Debug)]
struct Told {
    serial: u64,
    outcome: Outcome,
    from: Revision,
    to: Revision,
}

/// Every thread carries out its wishes on its node. After each, what anybody was told is seen on the other node.
fn drive(engine: &Engine<Register>, nodes: &[Ledger<Register>], wishes: &[Vec<Wish>]) -> Vec<Told> {
    let told = Mutex::new(Vec::<Told>::new());
    let asks = engine.node();
    thread::scope(|scope| {
        for (thread, wishes) in wishes.iter().enumerate() {
            let (told, asks) = (&told, &asks);
            let (own, other) = (&nodes[thread % nodes.len()], &nodes[(thread + 1) % nodes.len()]);
            scope.spawn(move || {
                for (turn, wish) in wishes.iter().enumerate() {
                    let serial = (thread * 1000 + turn) as u64;
                    let from = asks.current().unwrap();
                    let outcome = wish.carry_out(serial, own);
                    if outcome == Outcome::Done {
                        assert!(has(&own.snapshot(), serial), "{wish:?} is not seen where it was done");
                    }
                    let to = asks.current().unwrap();
                    told.lock().unwrap().push(Told { serial, outcome, from, to });
                    let done = done(&told.lock().unwrap());
                    let seen = other.refreshed().unwrap();
                    let missing: Vec<_> = done.into_iter().filter(|serial| !has(&seen, *serial)).collect();
                    assert!(missing.is_empty(), "{missing:?} are not seen elsewhere");
                }
            });
        }
    });
    told.into_inner().unwrap()
}

fn done(told: &[Told]) -> Vec<u64> {
    told.iter().filter(|told| told.outcome == Outcome::Done).map(|told| told.serial).collect()
}

fn has(register: &Register, serial: u64) -> bool {
    register.things.values().any(|thing| thing.calls.contains(&serial))
}

/// The states that the engine went through, call by call, each with the revision that made it.
fn history(engine: &Engine<Register>) -> Vec<(Revision, Register)> {
    let mut history = vec![(Revision::default(), Register::default())];
    for entry in engine.log() {
        let mut whole = history.last().unwrap().1.clone();
        let mut next = whole.clone();
        for call in &entry.calls {
            for change in call {
                next.apply(change);
            }
            history.push((entry.revision, next.clone()));
        }
        for change in &entry.changes {
            whole.apply(change);
        }
        assert_eq!(whole, next, "a revision comes to the same in any order");
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_nodes_come_to_one_state_and_every_answer_is_true(
        faults in faults(),
        changes in prop_oneof![2..8usize, Just(usize::MAX)],
        wishes in prop::collection::vec(prop::collection::vec(wishes(), 6..14), 2..9),
    ) {
        let engine = Engine::<Register>::new(faults).with_changes(changes);
        let nodes = [node(&engine), node(&engine)];
        let told = drive(&engine, &nodes, &wishes);
        engine.heal();
        let history = history(&engine);
        let last = &history.last().unwrap().1;
        for node in &nodes {
            prop_assert_eq!(&**node.refreshed().unwrap(), last);
        }
        prop_assert_eq!(&**node(&engine).snapshot(), last);
        for (_, state) in &history {
            let names: Vec<_> = state.things.values().flat_map(|thing| &thing.names).collect();
            prop_assert_eq!(names.len(), state.names.len(), "a name stands for two things: {:?}", state);
        }
        for thing in last.things.values() {
            let calls: BTreeSet<_> = thing.calls.iter().collect();
            prop_assert_eq!(calls.len(), thing.calls.len(), "a call was done twice: {:?}", thing);
        }
        for Told { serial, outcome, from, to } in told {
            match outcome {
                Outcome::Done => prop_assert!(has(last, serial), "{} is lost", serial),
                Outcome::NotDone | Outcome::Refused { .. } => prop_assert!(!has(last, serial), "{} was done", serial),
                Outcome::Busy => {}
            }
            if let Outcome::Refused { name, was_taken } = outcome {
                let before = history.iter().rposition(|(revision, _)| *revision <= from).unwrap();
                let mut meanwhile = history[before..].iter().take_while(|(revision, _)| *revision <= to.max(from));
                let was_so = meanwhile.any(|(_, state)| state.names.contains_key(&name) == was_taken);
                prop_assert!(was_so, "{} was refused for {} without a reason", serial, name);
            }
        }
    }
}

fn touch(ledger: &Ledger<Register>, id: u8, serial: u64) -> Result<(), CommitError> {
    let mut change = ledger.begin().unwrap();
    Wish::Touch(id).run(serial, &mut change).unwrap();
    change.commit()
}

fn calls_of(engine: &Engine<Register>, id: u8) -> Vec<u64> {
    history(engine).pop().unwrap().1.things.get(&id).map(|thing| thing.calls.clone()).unwrap_or_default()
}

#[test]
fn a_lost_answer_is_found_again() {
    use Fault::{Failed, Full, LostDelayed, LostDone, LostNever, TooLarge};
    for plan in [
        &[LostDone][..],
        &[LostNever],
        &[LostDelayed],
        &[LostDone, LostNever, LostDone],
        &[LostNever, LostDone],
        // What fails now does not tell what was before.
        &[LostDone, Full],
        &[LostNever, Failed, TooLarge],
        &[LostDelayed, LostDelayed, Full],
        &[LostNever; 7],
    ] {
        for seed in 0..8 {
            let engine = Engine::<Register>::new(Faults { seed, behind: 30, ..Faults::default() });
            let [one, other] = [node(&engine), node(&engine)];
            touch(&other, 0, 1).unwrap();
            engine.plan(plan);
            touch(&one, 0, 2).unwrap_or_else(|error| panic!("{plan:?}: {error}"));
            engine.heal();
            touch(&one, 1, 3).unwrap();
            assert_eq!((calls_of(&engine, 0), calls_of(&engine, 1)), (vec![1, 2], vec![3]), "{plan:?}");
            assert!(has(&other.refreshed().unwrap(), 2));
        }
    }
}

#[test]
fn what_has_come_is_not_sent_again() {
    let engine = Engine::<Register>::new(Faults::default());
    engine.plan(&[Fault::LostDone]);
    touch(&node(&engine), 0, 1).unwrap();
    assert_eq!(engine.counts().appends, 1);
}

#[test]
fn what_stays_unknown_is_busy_after_eight_tries() {
    let engine = Engine::<Register>::new(Faults::default());
    let one = node(&engine);
    engine.plan(&[Fault::LostNever; 8]);
    assert!(matches!(touch(&one, 0, 1), Err(CommitError::Busy)));
    assert_eq!((engine.counts().appends, engine.log().len()), (8, 0));
    assert!(!has(&one.refreshed().unwrap(), 1));
    touch(&one, 0, 2).unwrap();
    assert_eq!(calls_of(&engine, 0), [2]);
}

/// Where the engine does not remember what came between, a conflict may be one with itself.
#[test]
fn a_lost_answer_in_a_gap_is_not_run_again() {
    let outcomes: BTreeSet<_> = (0..16)
        .map(|seed| {
            let engine = Engine::<Register>::new(Faults { seed, gap: 100, ..Faults::default() });
            let one = node(&engine);
            engine.plan(&[Fault::LostDone]);
            let outcome = touch(&one, 0, 1);
            assert_eq!(calls_of(&engine, 0), [1], "{outcome:?}");
            assert!(has(&one.refreshed().unwrap(), 1));
            match outcome {
                Ok(()) => "done",
                Err(CommitError::Busy) => "busy",
                Err(error) => panic!("{error}"),
            }
        })
        .collect();
    assert_eq!(outcomes, ["busy", "done"].into());
}

#[test]
fn what_is_refused_was_not_written() {
    let engine = Engine::<Register>::new(Faults::default());
    let one = node(&engine);
    engine.plan(&[Fault::Full, Fault::Failed, Fault::TooLarge]);
    assert!(matches!(touch(&one, 0, 1), Err(CommitError::Full)));
    assert!(matches!(touch(&one, 0, 2), Err(CommitError::Failed(_))));
    assert!(matches!(touch(&one, 0, 3), Err(CommitError::TooLarge)));
    assert_eq!((engine.counts().appends, engine.log().len()), (3, 0));
    touch(&one, 0, 4).unwrap();
    assert_eq!(calls_of(&engine, 0), [4]);
}

#[test]
fn calls_that_arrive_while_a_batch_is_under_way_go_as_one() {
    const CALLS: u8 = 16;
    let engine = Engine::<Register>::new(Faults::default());
    let one = node(&engine);
    engine.close();
    thread::scope(|scope| {
        for id in 0..CALLS {
            let one = &one;
            scope.spawn(move || touch(one, id, u64::from(id)).unwrap());
        }
        // All of them arrive at the closed engine or before it.
        while engine.counts().questions == 0 || engine.counts().appends == 0 {
            thread::yield_now();
        }
        engine.open();
    });
    let history = history(&engine);
    assert_eq!(history.last().unwrap().1.things.len(), usize::from(CALLS));
    assert_eq!(engine.counts().conflicts, 0, "calls of one node do not stand in their own way");
}
