//! Group commit: whoever finds nobody at the disk takes all that wait along.

use std::mem;
use std::sync::MutexGuard;

use super::super::{Appended, Batch, BatchId, Call, Revision, StoreError};
use super::queue::{Queue, Queued, Verdict};
use super::{CommitError, Ledger, Recorded};

impl<S: Recorded> Ledger<S> {
    /// Wait until a call is decided. Whoever waits takes batches to the disk when nobody else does.
    pub(super) fn decided<'l>(
        &'l self,
        mut queue: MutexGuard<'l, Queue<S>>,
        verdict: &Verdict,
    ) -> Result<(), CommitError> {
        loop {
            if let Some(outcome) = verdict.get() {
                return outcome.clone();
            }
            queue = if queue.may_lead(&self.bounds) { self.lead(queue) } else { self.sleep(queue) };
        }
    }

    fn lead<'l>(&'l self, mut queue: MutexGuard<'l, Queue<S>>) -> MutexGuard<'l, Queue<S>> {
        queue.is_under_way = true;
        let calls = queue.take(&self.bounds);
        let base = queue.gathering.as_ref().map(|gathering| gathering.base);
        drop(queue);
        let under_way = UnderWay { ledger: self, calls, is_concluded: false };
        match (&self.follower, base) {
            (Some(follower), Some(base)) => self.send(follower, under_way, base),
            _ => self.append(under_way),
        }
        self.queue()
    }

    /// Take a batch to an engine that nobody else writes to.
    fn append(&self, mut under_way: UnderWay<'_, S>) {
        let calls = under_way.calls.iter_mut();
        let calls = calls.map(|call| Call {
            after: Revision::default(),
            scopes: Vec::new(),
            changes: mem::take(&mut call.changes),
        });
        let batch = Batch { id: BatchId::default(), calls: calls.collect() };
        under_way.conclude(match self.store.append(&batch) {
            Appended::Done(revision) => Ok(revision),
            Appended::Full => Err(CommitError::Full),
            Appended::TooLarge => Err(CommitError::TooLarge),
            Appended::Failed(error) => Err(error.into()),
            Appended::Conflict { .. } | Appended::Unknown => {
                Err(StoreError("it answers as if others wrote to it".to_owned()).into())
            }
        });
    }
}

/// A batch at the disk. Dropped without a conclusion, as a panic does, it has failed: nobody waits for it in vain.
pub(super) struct UnderWay<'l, S: Recorded> {
    ledger: &'l Ledger<S>,
    pub calls: Vec<Queued<S>>,
    is_concluded: bool,
}

impl<S: Recorded> UnderWay<'_, S> {
    /// The batch is durable, or it has failed, and all that was built on it.
    pub fn conclude(&mut self, outcome: Result<Revision, CommitError>) {
        self.is_concluded = true;
        self.ledger.note(outcome.as_ref().err());
        let mut calls = mem::take(&mut self.calls);
        let mut queue = self.ledger.queue();
        queue.is_under_way = false;
        match (&outcome, calls.last()) {
            // What comes from a shared engine is seen already.
            (Ok(_), _) if self.ledger.is_shared() => {}
            (Ok(revision), Some(last)) => self.ledger.publish(&mut queue, last.state.clone(), *revision),
            _ => {
                calls.append(&mut queue.calls);
                queue.head = self.ledger.snapshot().clone();
                queue.newest = None;
            }
        }
        decide(&calls, &outcome.map(drop));
        self.ledger.wake(&queue);
        drop(queue); // before the states that nobody needs any more
    }

    /// `outcome` of the calls from `first` on, which are no part of the batch any more.
    pub fn conclude_from(&mut self, first: usize, outcome: CommitError) {
        let calls = self.calls.split_off(first);
        let queue = self.ledger.queue();
        decide(&calls, &Err(outcome));
        self.ledger.wake(&queue);
        drop(queue);
    }
}

impl<S: Recorded> Drop for UnderWay<'_, S> {
    fn drop(&mut self) {
        if !self.is_concluded {
            self.conclude(Err(StoreError("whoever asked it has panicked".to_owned()).into()));
        }
    }
}

fn decide<S: Recorded>(calls: &[Queued<S>], outcome: &Result<(), CommitError>) {
    for call in calls {
        // It is decided once: only whoever has it under way does so.
        drop(call.verdict.set(outcome.clone()));
    }
}
