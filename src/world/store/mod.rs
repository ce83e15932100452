//! What survives a restart.
//!
//! A [`Store`] keeps changes, not pages. The ledger hands it batches of calls; an engine that others write to as well
//! also tells what they did.

mod database;
#[cfg(test)]
mod database_tests;
mod memory;

pub use database::{Database, OpenError, Records};
pub use memory::Memory;

/// Counts what a shared engine has kept: one number for the whole state. Numbers may be left out.
///
/// An engine that nobody else writes to counts nothing: there, every revision is the default one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

/// A record or a unique name that a call decided upon and changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Box<[u8]>);

impl Scope {
    pub fn new(name: impl Into<Box<[u8]>>) -> Self {
        Self(name.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Tells a batch from every other, on every node: by it a batch is known again whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct BatchId(pub u128);

/// What one call changes: each record once.
#[derive(Debug, Clone)]
pub struct Call<C> {
    /// The revision of the state that the call ran on.
    pub after: Revision,
    /// Where engines are shared: every record and unique name that it changes, among others.
    pub scopes: Vec<Scope>,
    pub changes: Vec<C>,
}

/// Calls that are kept together or not at all, in their order.
#[derive(Debug, Clone)]
pub struct Batch<C> {
    /// The default one where the engine is not shared.
    pub id: BatchId,
    pub calls: Vec<Call<C>>,
}

/// What became of a batch.
#[derive(Debug, Clone)]
pub enum Appended {
    /// It is durable, as this revision.
    Done(Revision),
    /// Nothing was written: these scopes moved after the revision that calls of it ran on, the last of them at `upto`.
    Conflict { scopes: Vec<Scope>, upto: Revision },
    /// The answer was lost: it is done, or it will be, or it never will.
    Unknown,
    /// Nothing was written: there is no space left.
    Full,
    /// Nothing was written: it is more than the engine takes at once.
    TooLarge,
    /// Nothing was written.
    Failed(StoreError),
}

/// What has been kept after a revision.
#[derive(Debug, Clone)]
pub enum Followed<C> {
    /// The whole of the next revision; the changes of different records in any order.
    Changes { revision: Revision, batch: Option<BatchId>, changes: Vec<C> },
    /// Nothing yet. The engine knows of this revision.
    Current(Revision),
    /// The engine does not remember: the state has to be loaded anew.
    Gap,
}

/// What an engine takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Changes of a batch.
    pub changes: usize,
    /// Bytes of a batch, by [`Store::size`].
    pub bytes: usize,
    /// Whether others write to it as well: then scopes and ids, [`Store::follow`] and [`Store::current`] matter.
    pub shared: bool,
}

impl Bounds {
    /// An engine for one process, which takes whatever it is given.
    pub const NONE: Self = Self { changes: usize::MAX, bytes: usize::MAX, shared: false };
}

/// Keeps changes. It blocks; an engine that needs a runtime owns it.
pub trait Store<C>: Send + Sync {
    /// How many changes `load` gives.
    fn count(&self) -> Result<u64, StoreError>;

    /// Give `take` the fewest changes that lead to the state kept at one moment, in portions.
    fn load(&self, take: &mut dyn FnMut(Vec<C>)) -> Result<Revision, StoreError>;

    /// Keep a batch: all of it or nothing.
    ///
    /// A batch may be sent again after [`Appended::Unknown`]. It is never done twice: if it was done before, the answer
    /// is `Done` with the revision of then, or `Conflict` with itself.
    fn append(&self, batch: &Batch<C>) -> Appended;

    /// The next revision after this one.
    fn follow(&self, after: Revision) -> Result<Followed<C>, StoreError>;

    /// The newest revision there is, on any node.
    fn current(&self) -> Result<Revision, StoreError>;

    /// The same at all times.
    fn bounds(&self) -> Bounds;

    /// The bytes that `change` takes of a batch. Asked only of an engine that bounds them.
    fn size(&self, _change: &C) -> usize {
        0
    }
}

/// The storage behind a [`Store`] failed; what it said is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("storage failed: {0}")]
pub struct StoreError(pub String);
