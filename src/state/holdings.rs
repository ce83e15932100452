//! What a sandbox holds: its state, and what import tokens are sealed under.

use std::fmt;
use std::sync::Arc;

use arc_swap::Guard;

use super::{Change, State};
use crate::keyring::ImportSecret;
use crate::world::{CommitError, Ledger, Store, StoreError, Transaction};

/// The state of a sandbox, and what import tokens are sealed under.
pub struct Holdings {
    pub(super) ledger: Ledger<State>,
    pub(super) import_secret: ImportSecret,
}

impl Holdings {
    /// What `store` holds. `import_secret`: what import tokens are sealed under.
    ///
    /// `progress` hears now and then how many of how many records have been read.
    pub fn open(
        store: Box<dyn Store<Change>>,
        import_secret: &[u8; 32],
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, StoreError> {
        Ok(Self { ledger: Ledger::open(store, progress)?, import_secret: ImportSecret::new(import_secret) })
    }

    /// The newest state that is durable: no lock, no copy.
    pub fn state(&self) -> Guard<Arc<State>> {
        self.ledger.snapshot()
    }

    /// Why nothing can be kept, if the last change could not.
    pub fn failure(&self) -> Option<Arc<CommitError>> {
        self.ledger.failure()
    }

    /// Whether others write too, so that seeing the newest state means to ask for it.
    pub fn is_shared(&self) -> bool {
        self.ledger.is_shared()
    }

    /// Change what no call changes: people, clocks.
    pub fn begin(&self) -> Result<Transaction<'_, State>, CommitError> {
        self.ledger.begin()
    }
}

impl fmt::Debug for Holdings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Holdings").finish_non_exhaustive()
    }
}
