//! What we do not decide: the time, chance, and what survives a restart.
//!
//! Everything else receives these as arguments. Only `main.rs` and [`Sandbox`](crate::Sandbox) hand out the real
//! clock and the real random source.

mod chance;
mod clock;
mod files;
mod ledger;
mod source;
mod store;

use std::sync::Arc;

pub use chance::{Chance, Draw};
pub use clock::{Clock, ManualClock, SystemClock};
pub use files::{Readers, is_named, make_folder, place, tidy};
pub use ledger::{CommitError, Draft, Ledger, Recorded, Transaction};
pub use source::Source;
pub use store::{
    Appended, Batch, BatchId, Bounds, Call, Database, Followed, Memory, OpenError, Records, Revision, Scope, Store,
    StoreError,
};

/// The clock and the source of chance that a running service was given.
#[derive(Clone)]
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<Chance>,
}

impl World {
    /// The machine's own.
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock::start()), chance: Arc::new(Chance::system()) }
    }

    /// The machine's clock, and chance that follows from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self { chance: Arc::new(Chance::seeded(seed)), ..Self::real() }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("World").field("chance", &self.chance).finish_non_exhaustive()
    }
}
