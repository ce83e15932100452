//! What one call sees and changes, beside others.

use std::sync::mpsc::channel;
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

fn secret() -> Order {
    order(KeySpec::Sm4, KeyUsage::EncryptDecrypt)
}

/// Another write is done while a pair is made, and is seen once it is made. A pair may be made sooner than the other write
/// begins; not every time.
#[test]
fn making_key_pairs_keeps_no_write_waiting() {
    let holdings = &holdings();
    let sees_another_write = || {
        let (opened, is_opened) = channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                assert!(is_opened.recv_timeout(LONG).is_ok(), "a view is opened");
                let mut view = view(holdings);
                view.keys_mut().create(secret());
                view.commit().unwrap();
            });
            let mut view = view(holdings);
            let before = view.keys().count();
            opened.send(()).unwrap();
            view.prepare(KeySpec::Rsa3072).unwrap();
            view.keys().count() > before
        })
    };
    assert!((0..20).any(|_| sees_another_write()));
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
