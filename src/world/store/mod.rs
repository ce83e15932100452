//! What survives a restart.

mod database;

pub use database::{Database, OpenError, Records};

/// Keeps changes. `append` returns once they are durable; `load` gives back what they come to.
pub trait Store<C>: Send + Sync {
    /// How many changes `load` gives.
    fn count(&self) -> Result<u64, StoreError>;

    /// Give `take` the fewest changes that lead to the state kept, in batches.
    fn load(&self, take: &mut dyn FnMut(Vec<C>)) -> Result<(), StoreError>;

    /// Keep `changes`: all of them or none.
    fn append(&self, changes: &[C]) -> Result<(), StoreError>;
}

/// The storage behind a [`Store`] failed; what it said is for the log.
#[derive(Debug, thiserror::Error)]
#[error("storage failed: {0}")]
pub struct StoreError(pub String);

/// Keeps nothing beyond the process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

impl<C> Store<C> for Memory {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn load(&self, _take: &mut dyn FnMut(Vec<C>)) -> Result<(), StoreError> {
        Ok(())
    }

    fn append(&self, _changes: &[C]) -> Result<(), StoreError> {
        Ok(())
    }
}
