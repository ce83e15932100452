//! Many callers on two nodes over an engine that fails now and then.

use std::fmt::Debug;
use std::sync::Mutex;
use std::thread;

use proptest::prelude::*;
use yaoshi::state::State;
use yaoshi::world::Revision;

use super::cluster::{Cluster, History, KEYS, alone, changes, later, picture, ring};
use super::effects::{Effect, effect};
use super::wishes::{Wish, alias, wishes};
use crate::support::Reply;
use crate::support::engine::{Faults, any_faults};

/// Between two phases, the clock is turned by eight days: rotations fall due, deletion dates pass.
const PHASE: i64 = 8;

/// A call, what it came to, and the newest revisions before and after it.
#[derive(Debug)]
struct Told {
    wish: Wish,
    thread: usize,
    serial: usize,
    day: i64,
    status: u16,
    outcome: String,
    /// The version that encrypted.
    version: Option<String>,
    from: Revision,
    to: Revision,
}

impl Told {
    fn of(reply: &Reply, (wish, thread, serial, day): (Wish, usize, usize, i64), from: Revision, to: Revision) -> Self {
        let version = (wish.is_read() && reply.status == 200).then(|| reply.text_at("KeyVersionId"));
        Self { wish, thread, serial, day, status: reply.status, outcome: reply.outcome(), version, from, to }
    }

    /// Whether the caller knows that it was done.
    fn is_done(&self) -> bool {
        self.status == 200
    }

    /// Whether the caller cannot know.
    fn is_unknown(&self) -> bool {
        self.outcome == "ServiceUnavailableTemporary"
    }

    /// Whether it may have made this change to the state.
    fn explains(&self, (revision, effect): &(Revision, Effect)) -> bool {
        let Effect::Wished(what) = effect else { return false };
        let in_time = *revision > self.from && (*revision <= self.to || self.is_unknown());
        (self.is_done() || self.is_unknown())
            && in_time
            && self.wish.effects(self.thread, self.serial, self.day).contains(what)
    }

    /// Whether it was done though nothing had to be changed: the alias stood for the key already.
    fn had_nothing_to_do(&self, history: &History) -> bool {
        let Wish::Move(name, key) = self.wish else { return false };
        let has = |key: &yaoshi::keyring::Key| key.aliases.iter().any(|own| alias(name).ends_with(own.as_str()));
        history
            .between(self.from, self.to)
            .iter()
            .any(|(_, state)| ring(&state.keys).iter().any(|own| own.id.as_str() == KEYS[key] && has(own)))
    }
}

fn faults() -> impl Strategy<Value = Faults> {
    any_faults(prop_oneof![2 => Just(0u64), 1 => 1..12u64], 0..40u64)
}

/// Every thread calls for its wishes at its node, phase by phase.
fn drive(cluster: &Cluster, phases: &[Vec<Vec<Wish>>]) -> Vec<Told> {
    let told = Mutex::new(Vec::new());
    for (phase, threads) in phases.iter().enumerate() {
        let day = PHASE * i64::try_from(phase).unwrap();
        cluster.turn_clock(day);
        thread::scope(|scope| {
            for (thread, wishes) in threads.iter().enumerate() {
                let (told, node, asks) = (&told, &cluster.nodes[thread % 2], cluster.engine.node());
                scope.spawn(move || {
                    for (turn, wish) in wishes.iter().enumerate() {
                        let serial = 1 + phase * 10_000 + thread * 100 + turn;
                        let from = asks.current().unwrap();
                        let reply = wish.call(node, thread, serial);
                        let to = asks.current().unwrap();
                        told.lock().unwrap().push(Told::of(&reply, (*wish, thread, serial, day), from, to));
                    }
                });
            }
        });
    }
    told.into_inner().unwrap()
}

/// For each of `many` one of `others` that no other has, where `fits` says that it can have it. Errors: the first of
/// `many` that must go without.
fn assigned(many: usize, others: usize, fits: impl Fn(usize, usize) -> bool) -> Result<(), usize> {
    fn place(one: usize, owner: &mut [Option<usize>], seen: &mut [bool], fits: &impl Fn(usize, usize) -> bool) -> bool {
        for other in 0..owner.len() {
            if !seen[other] && fits(one, other) {
                seen[other] = true;
                if owner[other].is_none_or(|before| place(before, owner, seen, fits)) {
                    owner[other] = Some(one);
                    return true;
                }
            }
        }
        false
    }
    let mut owner = vec![None; others];
    (0..many)
        .try_for_each(|one| if place(one, &mut owner, &mut vec![false; others], &fits) { Ok(()) } else { Err(one) })
}

/// Whether a sandbox that is alone answers so, in one of the states that the call may have seen.
fn is_true_of_some_state(told: &Told, history: &History, cluster: &Cluster) -> bool {
    cluster.clock.set(later(told.day));
    let first = history.states.iter().rposition(|(revision, _)| *revision <= told.from).unwrap();
    (first..first + history.between(told.from, told.to).len()).any(|index| {
        let reply = told.wish.call(&alone(&changes(history, index), &cluster.clock), told.thread, told.serial);
        (reply.status, reply.outcome()) == (told.status, told.outcome.clone())
    })
}

fn is_primary(version: &str, wish: Wish, state: &State) -> bool {
    let (Wish::Encrypt(key) | Wish::Decrypt(key)) = wish else { return false };
    let keys = ring(&state.keys);
    let Some(key) = keys.iter().find(|own| own.id.as_str() == KEYS[key]) else { return false };
    match wish {
        Wish::Encrypt(_) => key.primary_version().is_some_and(|primary| primary.id.to_string() == version),
        _ => key.versions[0].id.to_string() == version,
    }
}

fn lines(things: &[impl Debug]) -> String {
    things.iter().map(|thing| format!("{thing:?}")).collect::<Vec<_>>().join("\n")
}

/// Every answer is true, and every change behind those that were `begun` with was asked for by a call of its own.
fn check(cluster: &Cluster, history: &History, told: &[Told], begun: usize) {
    let effects: Vec<_> = history
        .calls
        .iter()
        .zip(&history.states)
        .skip(begun)
        .map(|((revision, call), (_, before))| (*revision, effect(before, call)))
        .collect();
    let wished: Vec<_> = effects.iter().filter(|(_, effect)| matches!(effect, Effect::Wished(_))).collect();
    if let Err(change) = assigned(wished.len(), told.len(), |change, call| told[call].explains(wished[change])) {
        panic!("nobody asked for this, or it was done twice: {:?}\n{}", wished[change], lines(told));
    }
    let must = |told: &&Told| told.is_done() && !told.wish.is_read() && !told.had_nothing_to_do(history);
    let done: Vec<_> = told.iter().filter(must).collect();
    if let Err(call) = assigned(done.len(), wished.len(), |call, change| done[call].explains(wished[change])) {
        panic!("{:?} is lost\n{}", done[call], lines(&effects));
    }
    for told in told {
        if let Some(version) = &told.version {
            let seen = history.between(told.from, told.to);
            assert!(seen.iter().any(|(_, state)| is_primary(version, told.wish, state)), "{told:?}");
        } else if !told.is_done() && !told.is_unknown() && told.status != 500 {
            assert!(is_true_of_some_state(told, history, cluster), "{told:?} was refused without a reason");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn two_nodes_tell_one_state_and_every_answer_is_true(
        faults in faults(),
        phases in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(wishes(KEYS.len()), 3..7), 4..7),
            3,
        ),
    ) {
        let cluster = Cluster::new(|_, store| store);
        cluster.rotate();
        let entries = cluster.engine.log().len();
        cluster.engine.disturb(faults);
        let told = drive(&cluster, &phases);
        cluster.engine.heal();
        let pictures = cluster.pictures();
        let log = cluster.engine.log();
        let whole = History::of(&log);
        let begun: usize = log[..entries].iter().map(|entry| entry.calls.len()).sum();
        prop_assert_eq!(&pictures[0], &pictures[1]);
        prop_assert_eq!(&pictures[0], &picture(whole.last()));
        check(&cluster, &whole, &told, begun);
    }
}
