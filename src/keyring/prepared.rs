//! Key pairs that take long are made before anything is held that others wait for.

use std::sync::Arc;

use super::{KeySpec, Primitive};
use crate::cipher::KeyPair;
use crate::world::Draw;

/// A key pair that was made before its key: for one use, however often the call that makes it is run.
#[derive(Debug, Clone)]
pub struct Prepared {
    spec: KeySpec,
    pair: Arc<KeyPair>,
    /// Whether this run of the call has used it.
    is_taken: bool,
}

impl Prepared {
    /// Make a pair for a key of `spec`, which takes long to make; `None` for any other.
    pub fn make(spec: KeySpec, draw: &mut Draw) -> Option<Self> {
        match spec.primitive() {
            Primitive::KeyPair(kind) if kind.is_slow_to_make() => {
                Some(Self { spec, pair: Arc::new(KeyPair::generate(kind, draw)), is_taken: false })
            }
            _ => None,
        }
    }

    /// The spec of the key that it is for.
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// The same for another run.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { is_taken: false, ..self.clone() }
    }

    pub(super) fn take_for(&mut self, spec: KeySpec) -> Option<KeyPair> {
        if self.is_taken || self.spec != spec {
            return None;
        }
        self.is_taken = true;
        Some(KeyPair::clone(&self.pair))
    }
}
