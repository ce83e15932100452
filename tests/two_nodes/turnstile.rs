//! Lets one node after the other through to the engine, in an order that follows from a seed: whatever two nodes with
//! one caller each can do to each other is done again by the same seed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use yaoshi::state::Change;
use yaoshi::world::{Appended, Batch, Bounds, Followed, Revision, Store, StoreError};

/// Who may pass.
#[derive(Default)]
pub struct Turnstile {
    gate: Mutex<Gate>,
    turned: Condvar,
}

#[derive(Default)]
struct Gate {
    /// Whether nodes pass one by one. Before, everybody does.
    is_shut: bool,
    seed: u64,
    /// How many nodes are on their way, and will come or go home.
    moving: usize,
    waiting: Vec<usize>,
    called: Option<usize>,
}

impl Turnstile {
    /// From now on nodes pass in turn, until all callers have gone home.
    pub fn shut(&self, seed: u64, callers: usize) {
        *self.gate() = Gate { is_shut: true, seed, moving: callers, ..Gate::default() };
    }

    pub fn lift(&self) {
        self.gate().is_shut = false;
    }

    /// A caller has no more calls.
    pub fn go_home(&self) {
        let mut gate = self.gate();
        gate.moving -= 1;
        gate.call_next();
        self.turned.notify_all();
    }

    fn pass(&self, node: usize) {
        let mut gate = self.gate();
        if !gate.is_shut {
            return;
        }
        gate.moving -= 1;
        gate.waiting.push(node);
        gate.call_next();
        self.turned.notify_all();
        while gate.called != Some(node) {
            gate = self.turned.wait(gate).unwrap();
        }
        gate.called = None;
        gate.moving += 1;
        gate.waiting.retain(|other| *other != node);
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap()
    }
}

impl Gate {
    /// Where nobody is on the way, one of those who wait is called.
    fn call_next(&mut self) {
        if self.moving == 0 && self.called.is_none() && !self.waiting.is_empty() {
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.waiting.sort_unstable();
            let one = usize::try_from(self.seed >> 33).unwrap() % self.waiting.len();
            self.called = Some(self.waiting[one]);
        }
    }
}

/// A store behind the turnstile.
pub struct Behind {
    pub turnstile: Arc<Turnstile>,
    pub node: usize,
    pub store: Box<dyn Store<Change>>,
}

impl Store<Change> for Behind {
    fn count(&self) -> Result<u64, StoreError> {
        self.store.count()
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        self.turnstile.pass(self.node);
        self.store.load(take)
    }

    fn append(&self, batch: &Batch<Change>) -> Appended {
        self.turnstile.pass(self.node);
        self.store.append(batch)
    }

    fn follow(&self, after: Revision) -> Result<Followed<Change>, StoreError> {
        self.turnstile.pass(self.node);
        self.store.follow(after)
    }

    fn current(&self) -> Result<Revision, StoreError> {
        self.turnstile.pass(self.node);
        self.store.current()
    }

    fn bounds(&self) -> Bounds {
        self.store.bounds()
    }
}
