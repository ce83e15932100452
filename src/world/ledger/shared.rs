//! A state that others move as well: their changes and our own come back through one door, in order.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arc_swap::Guard;

use super::super::{Appended, Batch, BatchId, Call, Followed, Revision, Scope, StoreError};
use super::durable::load;
use super::follower::{Door, Follower};
use super::group::UnderWay;
use super::queue::Queued;
use super::{CommitError, Ledger, Recorded};

/// How often a batch is sent before its calls are told that the engine is busy.
const TRIES: u32 = 8;

/// How often a change is asked for that is done and does not come. Between the later times, a moment passes.
const PATIENCE: u32 = 200;
const AT_ONCE: u32 = 16;
const LONGEST_MOMENT: Duration = Duration::from_millis(100);

impl<S: Recorded> Ledger<S> {
    /// The newest durable state on any node. Where the engine is not shared, that is [`Ledger::snapshot`].
    pub fn refreshed(&self) -> Result<Guard<Arc<S>>, StoreError> {
        self.refresh()?;
        Ok(self.snapshot())
    }

    pub(super) fn refresh(&self) -> Result<(), StoreError> {
        self.follower
            .as_ref()
            .map_or(Ok(()), |follower| self.reach(follower, follower.newest(|| self.store.current())?))
    }

    /// Bring the durable state to `revision`.
    fn reach(&self, follower: &Follower<S>, revision: Revision) -> Result<(), StoreError> {
        for patience in 0..PATIENCE {
            loop {
                let mut door = follower.door();
                if door.revision >= revision {
                    return Ok(());
                }
                match self.store.follow(door.revision)? {
                    Followed::Changes { revision, batch, changes } if revision > door.revision => {
                        self.advance(&mut door, revision, batch, &changes);
                    }
                    Followed::Changes { .. } => return Err(StoreError("it goes back".to_owned())),
                    Followed::Gap => {
                        self.replace(follower, &mut door)?;
                        break;
                    }
                    Followed::Current(_) => break,
                }
            }
            rest(patience);
        }
        Err(StoreError(format!("it does not bring revision {}", revision.0)))
    }

    /// The one door: a whole revision, of whomever, becomes what everybody sees.
    fn advance(&self, door: &mut Door, revision: Revision, batch: Option<BatchId>, changes: &[S::Change]) {
        let mut state = S::clone(&self.snapshot());
        for change in changes {
            state.apply(change);
        }
        door.has_come |= batch.is_some() && batch == door.watched;
        self.pass(door, revision, state);
    }

    /// Through the same door, where the engine does not remember what was in between.
    fn replace(&self, follower: &Follower<S>, door: &mut Door) -> Result<(), StoreError> {
        let (state, revision) = load(follower.initial(), &*self.store, &mut |_| {})?;
        if revision < door.revision {
            return Err(StoreError("it goes back".to_owned()));
        }
        door.gaps += 1;
        self.pass(door, revision, state);
        Ok(())
    }

    fn pass(&self, door: &mut Door, revision: Revision, state: S) {
        let mut queue = self.queue();
        self.publish(&mut queue, Arc::new(state), revision);
        self.wake(&queue);
        door.revision = revision;
    }

    /// Send a batch that was built on `base` until its fate is known.
    pub(super) fn send(&self, follower: &Follower<S>, mut under_way: UnderWay<'_, S>, base: Revision) {
        let mut tries = 0;
        while !under_way.calls.is_empty() && tries < TRIES {
            let id = follower.batch_id();
            let batch = Batch { id, calls: under_way.calls.iter().map(|call| call.sent(base)).collect() };
            match self.send_one(follower, &batch, &mut tries) {
                Sent::Done(outcome) => return under_way.conclude(outcome),
                Sent::Moved(first) => under_way.conclude_from(first, CommitError::Conflict),
            }
        }
        under_way.conclude(Err(CommitError::Busy));
    }

    /// Send the same batch again until the answer is definite.
    fn send_one(&self, follower: &Follower<S>, batch: &Batch<S::Change>, tries: &mut u32) -> Sent {
        let gaps = follower.watch(Some(batch.id));
        let mut is_lost = false;
        while *tries < TRIES {
            *tries += 1;
            match self.store.append(batch) {
                Appended::Done(revision) => return Sent::Done(self.reach_own(follower, revision)),
                Appended::Conflict { scopes, upto } => {
                    let reached = self.reach_own(follower, upto);
                    let door = follower.door();
                    return match reached {
                        Ok(_) if door.has_come => Sent::Done(Ok(door.revision)),
                        // With itself or with others: what would have told was not seen.
                        _ if is_lost && (reached.is_err() || door.gaps != gaps) => Sent::Done(Err(CommitError::Busy)),
                        Err(error) => Sent::Done(Err(error)),
                        Ok(_) => Sent::Moved(first_moved(&batch.calls, &scopes)),
                    };
                }
                Appended::Unknown => {
                    is_lost = true;
                    // It may have come. If that cannot be learned now, sending it again tells.
                    drop(self.refresh());
                    let door = follower.door();
                    if door.has_come {
                        return Sent::Done(Ok(door.revision));
                    }
                }
                // That nothing was written this time does not tell what was before.
                Appended::Full | Appended::TooLarge | Appended::Failed(_) if is_lost => {}
                Appended::TooLarge if batch.calls.len() > 1 => return Sent::Moved(batch.calls.len() / 2),
                Appended::TooLarge => return Sent::Done(Err(CommitError::TooLarge)),
                Appended::Full => return Sent::Done(Err(CommitError::Full)),
                Appended::Failed(error) => return Sent::Done(Err(error.into())),
            }
        }
        Sent::Done(Err(CommitError::Busy))
    }

    /// Bring the durable state to a revision that decides a batch.
    fn reach_own(&self, follower: &Follower<S>, revision: Revision) -> Result<Revision, CommitError> {
        for attempt in 1..TRIES {
            if self.reach(follower, revision).is_ok() {
                return Ok(revision);
            }
            rest(AT_ONCE + attempt - 1);
        }
        self.reach(follower, revision)?;
        Ok(revision)
    }
}

/// What became of a batch as it was sent.
enum Sent {
    Done(Result<Revision, CommitError>),
    /// Nothing was written. The calls from this one on have to run again: what it was decided upon has changed, and
    /// those behind it were built on it.
    Moved(usize),
}

/// The first of `calls` that decided upon one of these scopes, or their number.
fn first_moved<C>(calls: &[Call<C>], scopes: &[Scope]) -> usize {
    let moved: HashSet<_> = scopes.iter().collect();
    let is_moved = |call: &Call<C>| call.scopes.iter().any(|scope| moved.contains(scope));
    calls.iter().position(is_moved).unwrap_or(calls.len())
}

impl<S: Recorded> Queued<S> {
    fn sent(&self, after: Revision) -> Call<S::Change> {
        Call { after, scopes: self.scopes.clone(), changes: self.changes.clone() }
    }
}

/// Let others come first, for longer and longer.
fn rest(patience: u32) {
    match patience.checked_sub(AT_ONCE) {
        None => thread::yield_now(),
        Some(times) => thread::sleep(Duration::from_millis(1 << times.min(10)).min(LONGEST_MOMENT)),
    }
}
