//! The durable state, and the one place where it moves.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};

use super::super::{Bounds, Revision, Store, StoreError};
use super::Recorded;
use super::follower::Follower;
use super::queue::{CommitError, Queue};

/// The current state and the way to change it.
pub struct Ledger<S: Recorded> {
    durable: ArcSwap<S>,
    pub(super) store: Box<dyn Store<S::Change>>,
    pub(super) bounds: Bounds,
    /// The turn to build.
    pub(super) turn: Mutex<()>,
    queue: Mutex<Queue<S>>,
    /// Something in the queue is other than before.
    changed: Condvar,
    /// Where the engine is shared.
    pub(super) follower: Option<Follower<S>>,
    /// Why the last batch could not be kept.
    failure: ArcSwapOption<CommitError>,
}

impl<S: Recorded + Default> Ledger<S> {
    /// The state that `store` holds.
    ///
    /// `progress` hears now and then how many of how many changes have been applied.
    pub fn open(store: Box<dyn Store<S::Change>>, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, StoreError> {
        Self::open_over(S::default(), store, progress)
    }
}

impl<S: Recorded> Ledger<S> {
    /// What `store` holds, over what is there without it.
    pub fn open_over(
        initial: S,
        store: Box<dyn Store<S::Change>>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        let bounds = store.bounds();
        let (total, mut done) = (store.count()?, 0);
        let (state, revision) = load(&initial, &*store, &mut |count| {
            done += count;
            progress(done, total);
        })?;
        let follower = bounds.shared.then(|| Follower::new(initial, revision));
        let state = Arc::new(state);
        Ok(Self {
            durable: ArcSwap::new(Arc::clone(&state)),
            store,
            bounds,
            turn: Mutex::default(),
            queue: Mutex::new(Queue::new(state, revision, bounds.shared)),
            changed: Condvar::new(),
            follower,
            failure: ArcSwapOption::empty(),
        })
    }

    /// The newest durable state that is known here, one consistent moment: no lock, no copy.
    pub fn snapshot(&self) -> Guard<Arc<S>> {
        self.durable.load()
    }

    /// Whether others write to the engine as well.
    pub fn is_shared(&self) -> bool {
        self.bounds.shared
    }

    /// Why nothing can be kept, if the last batch could not.
    pub fn failure(&self) -> Option<Arc<CommitError>> {
        self.failure.load_full()
    }

    /// What became of the last batch.
    pub(super) fn note(&self, outcome: Option<&CommitError>) {
        let failure = outcome.filter(|error| matches!(error, CommitError::Full | CommitError::Failed(_)));
        if failure.is_some() || self.failure.load().is_some() {
            self.failure.store(failure.cloned().map(Arc::new));
        }
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue<S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleep until something in the queue changes.
    pub(super) fn sleep<'l>(&'l self, mut queue: MutexGuard<'l, Queue<S>>) -> MutexGuard<'l, Queue<S>> {
        queue.sleepers += 1;
        let mut queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        queue.sleepers -= 1;
        queue
    }

    /// Wake everybody who sleeps until something in the queue changes.
    pub(super) fn wake(&self, queue: &Queue<S>) {
        if queue.sleepers > 0 {
            self.changed.notify_all();
        }
    }

    /// Let everybody see `state`. Nothing else moves what they see.
    pub(super) fn publish(&self, queue: &mut Queue<S>, state: Arc<S>, revision: Revision) {
        self.durable.store(state);
        queue.revision = revision;
    }
}

/// What `store` holds, over `initial`. `progress` hears how many changes have been applied since it last heard.
pub(super) fn load<S: Recorded>(
    initial: &S,
    store: &dyn Store<S::Change>,
    progress: &mut dyn FnMut(u64),
) -> Result<(S, Revision), StoreError> {
    let mut state = initial.clone();
    let revision = store.load(&mut |changes| {
        for change in &changes {
            state.apply(change);
        }
        progress(changes.len() as u64);
    })?;
    Ok((state, revision))
}

impl<S: Recorded> fmt::Debug for Ledger<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ledger").finish_non_exhaustive()
    }
}
