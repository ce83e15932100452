use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::*;

const LIMITS: QueueLimits = QueueLimits { places: 2, places_of_one: 2, waiting: 8, waiting_of_one: 5 };

/// Somebody who wants a place.
struct Caller<'q> {
    name: &'static str,
    wait: Pin<Box<dyn Future<Output = Option<Place>> + 'q>>,
}

impl<'q> Caller<'q> {
    /// Of the account that the name begins with, and in the queue from now on unless answered at once.
    fn arrives(queue: &'q Arc<Queue>, name: &'static str) -> Result<Self, Option<Place>> {
        let account = Account::from(name.as_bytes()[0]);
        let mut caller = Self { name, wait: Box::pin(queue.enter(account)) };
        match caller.look() {
            Poll::Ready(place) => Err(place),
            Poll::Pending => Ok(caller),
        }
    }

    fn look(&mut self) -> Poll<Option<Place>> {
        self.wait.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }
}

fn at_once(queue: &Arc<Queue>, name: &'static str) -> Place {
    Caller::arrives(queue, name).err().flatten().unwrap_or_else(|| panic!("{name} has to wait"))
}

fn waits<'q>(queue: &'q Arc<Queue>, name: &'static str) -> Caller<'q> {
    Caller::arrives(queue, name).unwrap_or_else(|place| panic!("{name} waits for nothing: {place:?}"))
}

/// Who has a place now, in the order of their arrival; they leave the waiting ones.
fn called(waiting: &mut Vec<Caller<'_>>) -> Vec<(&'static str, Place)> {
    let mut called = Vec::new();
    waiting.retain_mut(|caller| match caller.look() {
        Poll::Ready(place) => {
            called.push((caller.name, place.expect("who waits is not turned away")));
            false
        }
        Poll::Pending => true,
    });
    called
}

/// Free places one after the other, each as soon as it is taken, until nobody waits.
fn order(queue: &Arc<Queue>, first: Place, mut waiting: Vec<Caller<'_>>) -> Vec<&'static str> {
    let (mut names, mut place) = (Vec::new(), Some(first));
    while !waiting.is_empty() {
        drop(place.take());
        let [(name, next)] = <[_; 1]>::try_from(called(&mut waiting)).expect("one place, one caller");
        names.push(name);
        place = Some(next);
    }
    drop(place);
    let line = queue.line();
    assert!(line.accounts.is_empty() && line.turns.is_empty(), "nothing is left behind");
    assert_eq!((line.busy, line.waiting), (0, 0));
    drop(line);
    names
}

#[test]
fn accounts_take_turns_however_many_each_has_waiting() {
    let queue = Queue::new(QueueLimits { places: 1, ..LIMITS });
    let first = at_once(&queue, "a0");
    let waiting = ["a1", "a2", "a3", "b1", "b2", "c1", "a4"].map(|name| waits(&queue, name));
    assert_eq!(order(&queue, first, waiting.into()), ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
}

#[test]
fn whoever_gives_up_leaves_room_at_once() {
    let queue = Queue::new(QueueLimits { places: 1, ..LIMITS });
    let first = at_once(&queue, "a0");
    let mut waiting: Vec<_> = ["a1", "a2", "b1", "a3", "a4", "a5"].map(|name| waits(&queue, name)).into();
    assert!(matches!(Caller::arrives(&queue, "a6"), Err(None)), "one account has no more room");
    waiting.retain(|caller| !["a2", "b1"].contains(&caller.name));
    waiting.push(waits(&queue, "a6"));
    assert_eq!(order(&queue, first, waiting), ["a1", "a3", "a4", "a5", "a6"]);
}

/// Also where its place was on the way already.
#[test]
fn a_place_for_somebody_who_has_gone_is_given_on() {
    let queue = Queue::new(QueueLimits { places: 1, ..LIMITS });
    let first = at_once(&queue, "a0");
    let [gone, also_gone, last] = ["a1", "b1", "a2"].map(|name| waits(&queue, name));
    drop(first);
    drop(gone);
    drop(also_gone);
    let [(name, place)] = <[_; 1]>::try_from(called(&mut vec![last])).unwrap();
    assert_eq!(name, "a2");
    assert_eq!(order(&queue, place, Vec::new()), [""; 0]);
}

#[test]
fn beyond_the_bounds_nobody_waits() {
    let queue = Queue::new(LIMITS);
    let _busy = ["a0", "b0"].map(|name| at_once(&queue, name));
    let mut waiting: Vec<_> = ["a1", "a2", "a3", "a4", "a5", "b1", "b2", "c1"].map(|name| waits(&queue, name)).into();
    for name in ["a6", "b3", "c2", "d1"] {
        assert!(matches!(Caller::arrives(&queue, name), Err(None)), "{name}");
    }
    assert!(called(&mut waiting).is_empty());
    waiting.pop();
    assert!(matches!(Caller::arrives(&queue, "a6"), Err(None)), "it has as many as one may have");
    waiting.push(waits(&queue, "d1"));
}

/// An account that has as many places as one may have waits, whatever is free; others go past it.
#[test]
fn no_account_has_all_places() {
    let queue = Queue::new(QueueLimits { places: 3, ..LIMITS });
    let a = at_once(&queue, "a0");
    let a_too = at_once(&queue, "a1");
    let mut waiting = vec![waits(&queue, "a2")];
    let b = at_once(&queue, "b0");
    waiting.push(waits(&queue, "b1"));
    drop(b);
    let of_b = called(&mut waiting);
    assert_eq!(of_b.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["b1"]);
    drop(of_b);
    assert!(called(&mut waiting).is_empty(), "one is free, and not for it");
    drop(a_too);
    assert_eq!(called(&mut waiting).len(), 1);
    drop(a);
}
