//! Where material is made. Key pairs that take long wait here for their turn, so that calls which do not need any find
//! processors free.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use secrecy::{ExposeSecret, SecretBox};

use super::{KeyMaterial, KeySpec};
use crate::cipher::{KeyPair, KeyPairKind};
use crate::world::Draw;

/// Where material is made, and the secret under which private keys leave it for a while.
#[derive(Debug)]
pub struct Workshop {
    import_secret: SecretBox<[u8; 32]>,
    free_benches: Mutex<usize>,
    freed: Condvar,
}

impl Workshop {
    /// All processors but one may be busy here, and at least one.
    /// `import_secret`: what import tokens are sealed under.
    pub fn new(import_secret: &[u8; 32]) -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let import_secret = SecretBox::new(Box::new(*import_secret));
        Self { import_secret, free_benches: Mutex::new(processors.saturating_sub(1).max(1)), freed: Condvar::new() }
    }

    /// Random material for a key of `spec`.
    pub(super) fn material(&self, spec: KeySpec, draw: &mut Draw) -> KeyMaterial {
        let _bench = spec.is_slow_to_make().then(|| self.bench());
        KeyMaterial::generate(spec, draw)
    }

    /// Material for a key of `spec` that takes long to make; `None` for any other.
    pub fn prepare(&self, spec: KeySpec, draw: &mut Draw) -> Option<Prepared> {
        if !spec.is_slow_to_make() {
            return None;
        }
        match self.material(spec, draw) {
            KeyMaterial::KeyPair(pair) => Some(Prepared { spec, pair: Arc::new(pair), is_taken: false }),
            KeyMaterial::Secret(_) => None,
        }
    }

    /// What import tokens are sealed under.
    pub(super) fn import_secret(&self) -> &[u8; 32] {
        self.import_secret.expose_secret()
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

    /// Take all places: nothing that takes long is made until what this gives is dropped.
    #[cfg(test)]
    pub(crate) fn occupied(&self) -> impl Sized {
        let count = *self.free();
        (0..count).map(|_| self.bench()).collect::<Vec<_>>()
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

/// A key pair that was made before its key: for one version, however often the call that makes it is run.
#[derive(Debug, Clone)]
pub struct Prepared {
    spec: KeySpec,
    pair: Arc<KeyPair>,
    /// Whether this run of the call has its version.
    is_taken: bool,
}

impl Prepared {
    /// The spec of the key that it is for.
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// The same for another run.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { is_taken: false, ..self.clone() }
    }

    pub(super) fn take_for(&mut self, spec: KeySpec) -> Option<KeyMaterial> {
        if self.is_taken || self.spec != spec {
            return None;
        }
        self.is_taken = true;
        Some(KeyMaterial::KeyPair(KeyPair::clone(&self.pair)))
    }
}
