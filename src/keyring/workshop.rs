//! Where material is made. Key pairs that take long wait here for their turn, so that calls which do not need any find
//! processors free.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{KeyMaterial, KeySpec};
use crate::cipher::{KeyPair, KeyPairKind};
use crate::world::Draw;

#[derive(Debug)]
pub(super) struct Workshop {
    free_benches: Mutex<usize>,
    freed: Condvar,
}

impl Workshop {
    /// All processors but one may be busy here, and at least one.
    pub(super) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Self { free_benches: Mutex::new(processors.saturating_sub(1).max(1)), freed: Condvar::new() }
    }

    /// Random material for a key of `spec`.
    pub(super) fn material(&self, spec: KeySpec, draw: &mut Draw) -> KeyMaterial {
        let _bench = spec.is_slow_to_make().then(|| self.bench());
        KeyMaterial::generate(spec, draw)
    }

    /// A key pair that is nobody's key.
    pub(super) fn key_pair(&self, kind: KeyPairKind, draw: &mut Draw) -> KeyPair {
        let _bench = kind.is_slow_to_make().then(|| self.bench());
        KeyPair::generate(kind, draw)
    }

    /// Wait for a place to work at.
    fn bench(&self) -> Bench<'_> {
        let mut free = self.free();
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Bench(self)
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        self.free_benches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place to work at, free again when dropped.
struct Bench<'w>(&'w Workshop);

impl Drop for Bench<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.freed.notify_one();
    }
}
