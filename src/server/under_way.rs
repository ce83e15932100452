//! What is under way on a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The requests of a connection.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    begun: AtomicUsize,
    ended: AtomicUsize,
    closing: AtomicBool,
}

impl UnderWay {
    pub(super) fn begin(self: &Arc<Self>) -> impl Drop + use<> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Ended(Arc::clone(self))
    }

    /// Take no more requests: an answer ends the connection.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to since the last time.
    pub(super) fn is_told_to_close(&self) -> bool {
        self.closing.load(Ordering::Relaxed) && self.closing.swap(false, Ordering::Relaxed)
    }

    pub(super) fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.begun() == self.ended.load(Ordering::Relaxed)
    }

    /// Whether nothing is under way, and nothing has begun since `seen` had.
    pub(super) fn is_idle_since(&self, seen: usize) -> bool {
        self.is_idle() && self.begun() == seen
    }
}

struct Ended(Arc<UnderWay>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
