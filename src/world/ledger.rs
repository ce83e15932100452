//! State as a value: many readers on consistent snapshots, one writer at a time, nothing half done.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::{Store, StoreError};

/// State that is the sum of the changes applied to it, and cheap to clone.
pub trait Recorded: Clone + Send + Sync + 'static {
    type Change: Clone + Send + Sync + 'static;
    /// What a transaction collects.
    type Changes: Default + Send + IntoIterator<Item = Self::Change>;

    fn apply(&mut self, change: &Self::Change);

    /// Which record `change` is about: of several changes of one record the last stands.
    fn record_id(change: &Self::Change) -> Vec<u8>;

    /// What `change` decides upon and changes, asked before it is applied.
    fn scopes(&self, change: &Self::Change) -> Vec<Scope>;
}

/// A record, or a unique name, that a call decided upon and changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Box<[u8]>);

impl Scope {
    pub fn new(name: &[u8]) -> Self {
        Self(name.into())
    }
}

/// A part of a state as a transaction changes it.
#[derive(Debug)]
pub struct Draft<'t, P: Recorded> {
    part: &'t mut P,
    changes: &'t mut Vec<P::Change>,
}

impl<'t, P: Recorded> Draft<'t, P> {
    pub fn new(part: &'t mut P, changes: &'t mut Vec<P::Change>) -> Self {
        Self { part, changes }
    }

    pub fn record(&mut self, change: P::Change) {
        self.part.apply(&change);
        self.changes.push(change);
    }
}

impl<P: Recorded> Deref for Draft<'_, P> {
    type Target = P;

    fn deref(&self) -> &P {
        self.part
    }
}

/// Why a commit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error("somebody else changed the same: to be run again")]
    Conflict,
    #[error("too many others change the same")]
    Busy,
    #[error("the storage is full")]
    Full,
    #[error("one call changes more than the storage takes at once")]
    TooLarge,
    #[error(transparent)]
    Failed(#[from] StoreError),
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
            for change in &changes {
                state.apply(change);
            }
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
    pub fn begin(&self) -> Result<Transaction<'_, S>, CommitError> {
        let turn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Transaction { state: S::clone(&self.current.load()), changes: S::Changes::default(), ledger: self, _turn: turn })
    }

    /// Whether others write too.
    pub fn is_shared(&self) -> bool {
        false
    }

    /// The newest state there is anywhere.
    pub fn refreshed(&self) -> Result<Guard<Arc<S>>, CommitError> {
        Ok(self.snapshot())
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
    changes: S::Changes,
    ledger: &'l Ledger<S>,
    _turn: MutexGuard<'l, ()>,
}

impl<S: Recorded> Transaction<'_, S> {
    pub fn parts(&mut self) -> (&mut S, &mut S::Changes) {
        (&mut self.state, &mut self.changes)
    }

    /// Make the changes durable, then visible.
    pub fn commit(self) -> Result<(), CommitError> {
        let changes: Vec<_> = self.changes.into_iter().collect();
        if !changes.is_empty() {
            self.ledger.store.append(&changes)?;
            self.ledger.current.store(Arc::new(self.state));
        }
        Ok(())
    }

    pub fn give_up(self) -> Result<(), CommitError> {
        Ok(())
    }
}

impl<S: Recorded> Deref for Transaction<'_, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

