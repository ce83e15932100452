//! A store for one sandbox that keeps what it is given, fails when a test wants it, and shows what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use yaoshi::state::Change;
use yaoshi::world::{Appended, Batch, Bounds, Followed, Revision, Store, StoreError};

/// The store. Clones are the same store.
#[derive(Clone, Default)]
pub struct Unsteady {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    kept: Mutex<Kept>,
    opened: Condvar,
}

#[derive(Default)]
struct Kept {
    changes: Vec<Change>,
    /// Whether the next appends succeed; those behind them do.
    planned: VecDeque<bool>,
    is_closed: bool,
    /// How many appends wait for it to open.
    waiting: usize,
    asked: Vec<Asked>,
}

/// A batch that the store was given.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Call by call.
    pub calls: Vec<Vec<Change>>,
    pub is_kept: bool,
}

impl Unsteady {
    /// Whether the next appends succeed.
    pub fn plan(&self, succeed: &[bool]) {
        self.kept().planned.extend(succeed);
    }

    /// From now on all appends succeed.
    pub fn heal(&self) {
        self.kept().planned.clear();
    }

    /// Let appends wait until the store is opened again.
    pub fn close(&self) {
        self.kept().is_closed = true;
    }

    /// Wait until a batch waits here, and then for others a little longer, the higher `patience` is.
    pub fn gather(&self, patience: usize) {
        while self.kept().waiting == 0 {
            thread::yield_now();
        }
        (0..=patience).for_each(|_| thread::yield_now());
    }

    pub fn open(&self) {
        self.kept().is_closed = false;
        self.inner.opened.notify_all();
    }

    /// Every batch so far, but for one that waits.
    pub fn asked(&self) -> Vec<Asked> {
        self.kept().asked.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store<Change> for Unsteady {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(self.kept().changes.len() as u64)
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        take(self.kept().changes.clone());
        Ok(Revision::default())
    }

    fn append(&self, batch: &Batch<Change>) -> Appended {
        let mut kept = self.kept();
        kept.waiting += 1;
        while kept.is_closed {
            kept = self.inner.opened.wait(kept).unwrap_or_else(PoisonError::into_inner);
        }
        kept.waiting -= 1;
        let is_kept = kept.planned.pop_front().unwrap_or(true);
        let calls: Vec<_> = batch.calls.iter().map(|call| call.changes.clone()).collect();
        if is_kept {
            kept.changes.extend(calls.iter().flatten().cloned());
        }
        kept.asked.push(Asked { calls, is_kept });
        if is_kept {
            Appended::Done(Revision::default())
        } else {
            Appended::Failed(StoreError("for a test".to_owned()))
        }
    }

    fn follow(&self, after: Revision) -> Result<Followed<Change>, StoreError> {
        Ok(Followed::Current(after))
    }

    fn current(&self) -> Result<Revision, StoreError> {
        Ok(Revision::default())
    }

    fn bounds(&self) -> Bounds {
        Bounds::NONE
    }
}
