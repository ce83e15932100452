//! Few calls on two nodes, against every order in which one sandbox alone could have had them.

use std::fmt::Write;
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;
use yaoshi::state::Change;

use super::cluster::{Cluster, History, KEYS, alone, changes, ring};
use super::turnstile::{Behind, Turnstile};
use super::wishes::{Wish, wishes};
use crate::support::engine::Faults;
use crate::support::{Reply, Service};

/// What a caller was told, but for what nobody can foretell. `None`: it cannot know whether it was done.
type Outcome = Option<String>;

fn outcome(reply: &Reply, wish: Wish, node: &Service) -> Outcome {
    if reply.outcome() == "ServiceUnavailableTemporary" {
        return None;
    }
    let Wish::Encrypt(key) = wish else { return Some(reply.outcome()) };
    if reply.status != 200 {
        return Some(reply.outcome());
    }
    // Which of the key's versions it was: ids are random.
    let keys = ring(&node.premises.holdings.state().keys);
    let key = keys.iter().find(|own| own.id.as_str() == KEYS[key]).expect("it has encrypted");
    let version = reply.text_at("KeyVersionId");
    let position = key.versions.iter().position(|own| own.id.to_string() == version);
    Some(format!("version {}", position.expect("it has encrypted")))
}

/// The state in words, but for what nobody can foretell. Rotations that are due are settled first: a call that was
/// refused in the end may have done that or not, and nobody can tell.
fn sketch(node: &Service) -> String {
    for key in KEYS {
        node.call("yaoshi", "DescribeKey", &[("KeyId", key)]);
    }
    let keys = ring(&node.premises.holdings.state().keys).into_iter().map(|key| {
        let mut told = String::new();
        let is_new = !key.description.is_empty();
        write!(told, "{} ", if is_new { &key.description } else { key.id.as_str() }).unwrap();
        write!(told, "{:?} {:?} {:?} {:?}", key.lifecycle, key.rotation, key.aliases, key.tags).unwrap();
        key.versions.iter().for_each(|version| write!(told, " {}", version.created).unwrap());
        told
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.join("\n")
}

/// What two callers asked for, one at each node, and what they were told.
struct Told {
    wishes: [Vec<Wish>; 2],
    outcomes: [Vec<Outcome>; 2],
}

fn serial(caller: usize, turn: usize) -> usize {
    1 + 100 * caller + turn
}

fn drive(cluster: &Cluster, turnstile: &Turnstile, seed: u64, wishes: [Vec<Wish>; 2]) -> Told {
    turnstile.shut(seed, 2);
    let outcomes = thread::scope(|scope| {
        [0, 1]
            .map(|caller| {
                let (node, wishes) = (&cluster.nodes[caller], &wishes[caller]);
                scope.spawn(move || {
                    let calls = wishes.iter().enumerate();
                    let told = calls.map(|(turn, wish)| {
                        let reply = wish.call(node, caller, serial(caller, turn));
                        outcome(&reply, *wish, node)
                    });
                    let told: Vec<_> = told.collect();
                    turnstile.go_home();
                    told
                })
            })
            .map(|caller| caller.join().unwrap())
    });
    turnstile.lift();
    Told { wishes, outcomes }
}

impl Told {
    /// Whether one sandbox alone that begins with `start` could have told the same, and come to `end`.
    fn is_of_some_order(&self, start: &[Change], end: &str, cluster: &Cluster) -> bool {
        let counts = self.wishes.each_ref().map(Vec::len);
        self.orders(counts).into_iter().any(|order| self.is_of(&order, start, end, cluster))
    }

    /// Every order of the calls, each told by its caller and its turn. Where nobody knows whether a call was done, the
    /// orders without it count too.
    fn orders(&self, left: [usize; 2]) -> Vec<Vec<(usize, usize)>> {
        if left == [0, 0] {
            return vec![Vec::new()];
        }
        let mut orders = Vec::new();
        for caller in [0, 1].into_iter().filter(|caller| left[*caller] > 0) {
            let turn = left[caller] - 1;
            let mut rest = left;
            rest[caller] = turn;
            for order in self.orders(rest) {
                if self.outcomes[caller][turn].is_none() {
                    orders.push(order.clone());
                }
                orders.push([order, vec![(caller, turn)]].concat());
            }
        }
        orders
    }

    fn is_of(&self, order: &[(usize, usize)], start: &[Change], end: &str, cluster: &Cluster) -> bool {
        let alone = alone(start, &cluster.clock);
        let are_told = order.iter().all(|(caller, turn)| {
            let wish = self.wishes[*caller][*turn];
            let reply = wish.call(&alone, *caller, serial(*caller, *turn));
            let told = &self.outcomes[*caller][*turn];
            told.is_none() || *told == outcome(&reply, wish, &alone)
        });
        are_told && sketch(&alone) == end
    }
}

/// What is due is settled for certain only where nothing is lost on the way: there, nothing is due.
fn faults_and_day() -> impl Strategy<Value = (Faults, i64)> {
    let some = || prop_oneof![Just(0u64), 1..25u64];
    let harmless = (any::<u64>(), some(), 0..40u64).prop_map(|(seed, gap, behind)| Faults {
        seed,
        gap,
        behind,
        ..Faults::default()
    });
    (harmless, some(), some(), some(), prop_oneof![Just(0i64), Just(8)]).prop_map(
        |(harmless, lost_done, lost_delayed, lost_never, day)| match day {
            0 => (Faults { lost_done, lost_delayed, lost_never, ..harmless }, day),
            _ => (harmless, day),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_is_of_some_order_of_the_calls(
        (faults, day) in faults_and_day(),
        before in prop::collection::vec(wishes(2), 0..4),
        one in prop::collection::vec(wishes(2), 1..4),
        other in prop::collection::vec(wishes(2), 1..4),
    ) {
        let turnstile = Arc::new(Turnstile::default());
        let cluster = Cluster::new(|node, store| {
            Box::new(Behind { turnstile: Arc::clone(&turnstile), node, store })
        });
        cluster.rotate();
        for (turn, wish) in before.iter().enumerate() {
            wish.call(&cluster.nodes[turn % 2], 9, serial(9, turn));
        }
        let begun = History::of(&cluster.engine.log());
        let start = changes(&begun, begun.calls.len());
        cluster.turn_clock(day);
        cluster.engine.disturb(faults);
        let told = drive(&cluster, &turnstile, faults.seed, [one, other]);
        cluster.engine.heal();
        let end = sketch(&cluster.nodes[0]);
        let pictures = cluster.pictures();
        prop_assert_eq!(&pictures[0], &pictures[1]);
        prop_assert!(
            told.is_of_some_order(&start, &end, &cluster),
            "{:?} were told {:?} on day {}, after {:?}, and came to\n{}",
            told.wishes, told.outcomes, day, before, end,
        );
    }
}
