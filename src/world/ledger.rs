//! State as a value: many readers on consistent snapshots, one writer at a time, nothing half done.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::{Store, StoreError};

/// State that is the sum of the changes applied to it, and cheap to clone.
pub trait Recorded: Clone {
    type Change;

    fn apply(&mut self, change: &Self::Change);
}

/// The current state and the way to change it.
pub struct Ledger<S: Recorded> {
    current: ArcSwap<S>,
    writer: Mutex<()>,
    store: Box<dyn Store<S::Change>>,
}

impl<S: Recorded + Default> Ledger<S> {
    /// The state that `store` holds.
    ///
    /// `progress` hears now and then how many of how many changes have been applied.
    pub fn open(store: Box<dyn Store<S::Change>>, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, StoreError> {
        let (mut state, total, mut done) = (S::default(), store.count()?, 0);
        store.load(&mut |changes| {
            done += changes.len() as u64;
            changes.iter().for_each(|change| state.apply(change));
            progress(done, total);
        })?;
        Ok(Self { current: ArcSwap::from_pointee(state), writer: Mutex::new(()), store })
    }
}

impl<S: Recorded> Ledger<S> {
    /// One consistent moment: no lock, no copy.
    pub fn snapshot(&self) -> Guard<Arc<S>> {
        self.current.load()
    }

    /// Begin a change; waits for the one before it.
    pub fn begin(&self) -> Transaction<'_, S> {
        let turn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Transaction { state: S::clone(&self.current.load()), changes: Vec::new(), ledger: self, _turn: turn }
    }
}

impl<S: Recorded> fmt::Debug for Ledger<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ledger").finish_non_exhaustive()
    }
}

/// A change under way. Dropped without [`Transaction::commit`], it leaves no trace.
pub struct Transaction<'l, S: Recorded> {
    state: S,
    changes: Vec<S::Change>,
    ledger: &'l Ledger<S>,
    _turn: MutexGuard<'l, ()>,
}

impl<S: Recorded> Transaction<'_, S> {
    /// Apply `change`, visible to this transaction at once and to others after the commit.
    pub fn record(&mut self, change: S::Change) {
        self.state.apply(&change);
        self.changes.push(change);
    }

    /// Make the changes durable, then visible.
    pub fn commit(self) -> Result<(), StoreError> {
        if !self.changes.is_empty() {
            self.ledger.store.append(&self.changes)?;
            self.ledger.current.store(Arc::new(self.state));
        }
        Ok(())
    }
}

impl<S: Recorded> Deref for Transaction<'_, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    #[derive(Clone, Default)]
    struct Sum(u32);

    impl Recorded for Sum {
        type Change = u32;

        fn apply(&mut self, change: &u32) {
            self.0 += change;
        }
    }

    struct Full;

    impl Store<u32> for Full {
        fn count(&self) -> Result<u64, StoreError> {
            Ok(2)
        }

        fn load(&self, take: &mut dyn FnMut(Vec<u32>)) -> Result<(), StoreError> {
            take(vec![1, 2]);
            Ok(())
        }

        fn append(&self, _changes: &[u32]) -> Result<(), StoreError> {
            Err(StoreError("no space left".into()))
        }
    }

    #[test]
    fn a_commit_is_seen_by_later_snapshots_and_a_drop_by_none() {
        let ledger = Ledger::<Sum>::open(Box::new(Memory), &mut |_, _| {}).unwrap();
        let before = ledger.snapshot();
        let mut change = ledger.begin();
        change.record(5);
        assert_eq!(change.0, 5);
        change.commit().unwrap();
        assert_eq!((before.0, ledger.snapshot().0), (0, 5));

        let mut dropped = ledger.begin();
        dropped.record(1);
        drop(dropped);
        assert_eq!(ledger.snapshot().0, 5);
    }

    #[test]
    fn what_cannot_be_stored_does_not_happen() {
        let ledger = Ledger::<Sum>::open(Box::new(Full), &mut |_, _| {}).unwrap();
        assert_eq!(ledger.snapshot().0, 3);
        let mut change = ledger.begin();
        change.record(5);
        assert!(change.commit().is_err());
        assert_eq!(ledger.snapshot().0, 3);
    }
}
