//! Changes that nobody keeps.

use super::{Appended, Batch, Bounds, Followed, Revision, Store, StoreError};

/// Keeps nothing beyond the process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory;

impl<C> Store<C> for Memory {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn load(&self, _take: &mut dyn FnMut(Vec<C>)) -> Result<Revision, StoreError> {
        Ok(Revision::default())
    }

    fn append(&self, _batch: &Batch<C>) -> Appended {
        Appended::Done(Revision::default())
    }

    fn follow(&self, after: Revision) -> Result<Followed<C>, StoreError> {
        Ok(Followed::Current(after))
    }

    fn current(&self) -> Result<Revision, StoreError> {
        Ok(Revision::default())
    }

    fn bounds(&self) -> Bounds {
        Bounds::NONE
    }
}
