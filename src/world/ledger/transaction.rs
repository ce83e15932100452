//! A change under way.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};

use super::queue::{Queue, Queued, Verdict};
use super::recorded::{folded, scopes};
use super::{CommitError, Ledger, Recorded};

/// A change under way. Dropped without [`Transaction::commit`], it leaves no trace.
pub struct Transaction<'l, S: Recorded> {
    ledger: &'l Ledger<S>,
    /// The state that it was built on, and what becomes of the last call that this comes from.
    before: Arc<S>,
    base: Option<Arc<Verdict>>,
    state: S,
    changes: S::Changes,
    turn: Turn<'l, S>,
}

impl<S: Recorded> Ledger<S> {
    /// Begin a change on top of all that was begun before it; waits until the one before is built.
    pub fn begin(&self) -> Result<Transaction<'_, S>, CommitError> {
        if self.is_shared() {
            // What the caller was told anywhere before is seen.
            self.refresh()?;
        }
        let turn = Turn::wait(self);
        let queue = self.queue();
        let (before, base) = (Arc::clone(&queue.head), queue.newest.clone());
        drop(queue);
        Ok(Transaction { ledger: self, state: S::clone(&before), before, base, changes: S::Changes::default(), turn })
    }
}

impl<S: Recorded> Transaction<'_, S> {
    /// The state, and the changes that made it so: what is done to the one stands in the other.
    pub fn parts(&mut self) -> (&mut S, &mut S::Changes) {
        (&mut self.state, &mut self.changes)
    }

    /// Make the changes durable, then visible. Without changes, wait for what they would have been built on.
    pub fn commit(self) -> Result<(), CommitError> {
        let Self { ledger, before, base, state, changes, turn } = self;
        let changes: Vec<_> = changes.into_iter().collect();
        if changes.is_empty() {
            drop(turn);
            return ledger.resting_on(base);
        }
        let scopes = if ledger.is_shared() { scopes(&*before, &changes) } else { Vec::new() };
        let changes = folded::<S>(changes);
        let is_weighed = ledger.bounds.bytes < usize::MAX;
        let bytes = if is_weighed { changes.iter().map(|change| ledger.store.size(change)).sum() } else { 0 };
        let verdict = Arc::new(Verdict::new());
        let call = Queued { verdict: Arc::clone(&verdict), scopes, changes, bytes, state: Arc::new(state) };
        if !call.fits(&ledger.bounds) {
            drop(turn);
            return ledger.resting_on(base).and(Err(CommitError::TooLarge));
        }
        let mut queue = ledger.queue();
        if let Some(Err(error)) = base.as_deref().and_then(OnceLock::get) {
            return Err(error.clone());
        }
        if ledger.is_shared() && !queue.has_room_for(&call, &ledger.bounds) {
            // Where the batch is durable, it would have to be built on what others did beside it.
            turn.pass(&mut queue);
            drop(queue);
            return ledger.resting_on(base).and(Err(CommitError::Conflict));
        }
        queue.head = Arc::clone(&call.state);
        queue.newest = Some(Arc::clone(&verdict));
        queue.calls.push(call);
        turn.pass(&mut queue);
        ledger.decided(queue, &verdict)
    }

    /// Keep nothing, and wait until the state that this was built on is durable: what a call is told must not rest on
    /// what did not happen.
    pub fn give_up(self) -> Result<(), CommitError> {
        let Self { ledger, base, turn, .. } = self;
        drop(turn);
        ledger.resting_on(base)
    }
}

impl<S: Recorded<Changes = Vec<<S as Recorded>::Change>>> Transaction<'_, S> {
    /// Apply `change`, visible to this transaction at once and to others after the commit.
    pub fn record(&mut self, change: S::Change) {
        self.state.apply(&change);
        self.changes.push(change);
    }
}

impl<S: Recorded> Ledger<S> {
    fn resting_on(&self, base: Option<Arc<Verdict>>) -> Result<(), CommitError> {
        let Some(base) = base else { return Ok(()) };
        match base.get() {
            Some(outcome) => outcome.clone(),
            None => self.decided(self.queue(), &base),
        }
    }
}

impl<S: Recorded> Deref for Transaction<'_, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

impl<S: Recorded> fmt::Debug for Transaction<'_, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transaction").finish_non_exhaustive()
    }
}

/// The turn to build.
struct Turn<'l, S: Recorded> {
    ledger: &'l Ledger<S>,
    is_passed: bool,
    _turn: MutexGuard<'l, ()>,
}

impl<'l, S: Recorded> Turn<'l, S> {
    fn wait(ledger: &'l Ledger<S>) -> Self {
        if ledger.is_shared() {
            ledger.queue().gathering.iter_mut().for_each(|gathering| gathering.arriving += 1);
        }
        let turn = ledger.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if ledger.is_shared() {
            let mut queue = ledger.queue();
            while !queue.may_build(&ledger.bounds) {
                queue = ledger.sleep(queue);
            }
            queue.build_on(&ledger.snapshot());
        }
        Self { ledger, is_passed: false, _turn: turn }
    }

    /// Let the next one build.
    fn pass(mut self, queue: &mut Queue<S>) {
        self.is_passed = true;
        queue.is_built();
    }
}

impl<S: Recorded> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        if self.ledger.is_shared() && !self.is_passed {
            let mut queue = self.ledger.queue();
            queue.is_built();
            // Those who waited for a call of this one may go without it.
            self.ledger.wake(&queue);
        }
    }
}
