//! What one call sees and changes, beside others.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::*;
use crate::keyring::{KeyUsage, Kind, Order, Origin};
use crate::world::{Chance, Memory};

/// Longer than anything takes that nothing holds up: reached only where something has to wait that must not.
const LONG: Duration = Duration::from_secs(60);

fn holdings() -> Holdings {
    Holdings::open(Box::new(Memory), &[7; 32], &mut |_, _| {}).unwrap()
}

fn view(holdings: &Holdings) -> View<'_, Write> {
    let place = Place { account: "1".into(), region: "r".into() };
    holdings.view(place, Timestamp::UNIX_EPOCH, Chance::seeded(7).draw("1"), None).unwrap()
}

fn order(spec: KeySpec, usage: KeyUsage) -> Order {
    Order::new(Kind::new(spec, usage, Origin::Service).unwrap())
}

fn pair() -> Order {
    order(KeySpec::Rsa2048, KeyUsage::SignVerify)
}

fn secret() -> Order {
    order(KeySpec::Sm4, KeyUsage::EncryptDecrypt)
}

#[track_caller]
fn comes(what: &Receiver<()>, hope: &str) {
    assert!(what.recv_timeout(LONG).is_ok(), "{hope}");
}

/// Every place where pairs are made is taken, so that the pair is not made before the other write is done.
#[test]
fn making_key_pairs_keeps_no_write_waiting() {
    let holdings = &holdings();
    let workplaces = holdings.workshop.occupied();
    let ((begun, has_begun), (done, is_done)) = (channel(), channel());
    thread::scope(|scope| {
        let making = scope.spawn(move || {
            let mut view = view(holdings);
            begun.send(()).unwrap();
            view.prepare(KeySpec::Rsa2048).unwrap();
            let seen = view.keys().count();
            view.keys_mut().create(pair());
            view.commit().unwrap();
            seen
        });
        scope.spawn(move || {
            comes(&has_begun, "a view is opened");
            let mut view = view(holdings);
            view.keys_mut().create(secret());
            view.commit().unwrap();
            done.send(()).unwrap();
        });
        let outcome = is_done.recv_timeout(LONG);
        assert!(!making.is_finished(), "its pair cannot have been made");
        drop(workplaces);
        assert!(outcome.is_ok(), "the other write has to wait for the pair");
        assert_eq!(making.join().unwrap(), 1, "it sees what was done meanwhile");
    });
    assert_eq!(view(holdings).keys().count(), 2);
}

/// What was prepared is used: nothing that takes long is made while others wait.
#[test]
fn a_prepared_pair_is_the_one_that_is_used() {
    let holdings = &holdings();
    let ((prepared, is_prepared), (go_on, may_go_on), (done, is_done)) = (channel(), channel(), channel());
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut view = view(holdings);
            view.prepare(KeySpec::Rsa2048).unwrap();
            prepared.send(()).unwrap();
            comes(&may_go_on, "all places are taken");
            view.keys_mut().create(pair());
            view.commit().unwrap();
            done.send(()).unwrap();
        });
        comes(&is_prepared, "a pair is made");
        let workplaces = holdings.workshop.occupied();
        go_on.send(()).unwrap();
        let outcome = is_done.recv_timeout(LONG);
        drop(workplaces);
        assert!(outcome.is_ok(), "another pair is made");
    });
}

/// Dropped, given up or committed: only the last leaves a trace.
#[test]
fn only_what_is_committed_is_there() {
    let holdings = &holdings();
    for (end, count) in [
        ((|view| drop(view)) as fn(View<'_, Write>), 0),
        (|view| view.give_up().unwrap(), 0),
        (|view| view.commit().unwrap(), 1),
        (|view| drop(view), 1),
    ] {
        let mut view = view(holdings);
        view.keys_mut().create(secret());
        end(view);
        assert_eq!(self::view(holdings).keys().count(), count);
    }
}
