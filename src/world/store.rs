//! What survives a restart.

/// Keeps changes. `append` returns once they are durable; `load` gives back all that was appended.
pub trait Store<C>: Send + Sync {
    /// Every change kept so far, oldest first.
    fn load(&self) -> Result<Vec<C>, StoreError>;

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
    fn load(&self) -> Result<Vec<C>, StoreError> {
        Ok(Vec::new())
    }

    fn append(&self, _changes: &[C]) -> Result<(), StoreError> {
        Ok(())
    }
}
