//! Calls that wait to become durable.

use std::sync::{Arc, OnceLock};

use super::super::{Bounds, Revision, Scope, StoreError};
use super::Recorded;

/// Why a call did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// What the call was decided upon has changed: it has to run again from the beginning.
    #[error("what the call was decided upon has changed")]
    Conflict,
    /// The engine had no definite answer in time. Tried again later, the call may turn out to have been done.
    #[error("the storage gave no definite answer in time")]
    Busy,
    #[error("the storage is full")]
    Full,
    #[error("the call changes more than the storage takes at once")]
    TooLarge,
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// What became of a call; empty until it is decided. Written under the lock of the queue.
pub(super) type Verdict = OnceLock<Result<(), CommitError>>;

/// A call that is built and not yet durable.
pub(super) struct Queued<S: Recorded> {
    pub verdict: Arc<Verdict>,
    pub scopes: Vec<Scope>,
    pub changes: Vec<S::Change>,
    /// By [`Store::size`](super::super::Store::size).
    pub bytes: usize,
    /// The state after it.
    pub state: Arc<S>,
}

/// What writers build on, and who of them waits for what.
pub(super) struct Queue<S: Recorded> {
    /// The state after all calls that wait or are under way.
    pub head: Arc<S>,
    /// What becomes of the last call that `head` comes from.
    pub newest: Option<Arc<Verdict>>,
    pub calls: Vec<Queued<S>>,
    /// Whether somebody is at the disk.
    pub is_under_way: bool,
    /// The revision of the durable state.
    pub revision: Revision,
    /// How many sleep until something here changes.
    pub sleepers: usize,
    pub gathering: Option<Gathering>,
}

/// How a batch gathers where the engine is shared.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// The revision that the calls that wait were built on.
    pub base: Revision,
    /// Whether a call is being built.
    pub is_building: bool,
    /// How many want to build.
    pub arriving: usize,
}

impl<S: Recorded> Queue<S> {
    pub fn new(state: Arc<S>, revision: Revision, is_shared: bool) -> Self {
        Self {
            head: state,
            newest: None,
            calls: Vec::new(),
            is_under_way: false,
            revision,
            sleepers: 0,
            gathering: is_shared.then(Gathering::default),
        }
    }

    /// Whether whoever asks shall take the calls that wait to the disk.
    ///
    /// Where the engine is shared nothing can be built while a batch is under way: there, those who want to join it
    /// come first, as long as they can.
    pub fn may_lead(&self, bounds: &Bounds) -> bool {
        let has_gathered = self.gathering.as_ref().is_none_or(|gathering| {
            !gathering.is_building && (gathering.arriving == 0 || !self.may_join(gathering, bounds))
        });
        !self.is_under_way && !self.calls.is_empty() && has_gathered
    }

    /// Whether the next call can be built: on the calls that wait, or on the durable state.
    pub fn may_build(&self, bounds: &Bounds) -> bool {
        self.gathering
            .as_ref()
            .is_none_or(|gathering| !self.is_under_way && (self.calls.is_empty() || self.may_join(gathering, bounds)))
    }

    /// The next call is being built: on those that wait, or else on the durable state.
    pub fn build_on(&mut self, durable: &Arc<S>) {
        let Some(gathering) = &mut self.gathering else { return };
        gathering.arriving -= 1;
        gathering.is_building = true;
        if self.calls.is_empty() {
            gathering.base = self.revision;
            self.head = Arc::clone(durable);
            self.newest = None;
        }
    }

    /// It is built, or given up.
    pub fn is_built(&mut self) {
        if let Some(gathering) = &mut self.gathering {
            gathering.is_building = false;
        }
    }

    /// Whether a call can be built on those that wait: not beyond half of what the engine takes, so that there is room
    /// for it, and not where the durable state has moved on, which they do not know of.
    fn may_join(&self, gathering: &Gathering, bounds: &Bounds) -> bool {
        let (changes, bytes) = self.weight();
        changes <= bounds.changes / 2 && bytes <= bounds.bytes / 2 && gathering.base == self.revision
    }

    /// Whether `more` fits into one batch with all that waits.
    pub fn has_room_for(&self, more: &Queued<S>, bounds: &Bounds) -> bool {
        let (changes, bytes) = self.weight();
        more.fits(&Bounds {
            changes: bounds.changes.saturating_sub(changes),
            bytes: bounds.bytes.saturating_sub(bytes),
            ..*bounds
        })
    }

    fn weight(&self) -> (usize, usize) {
        self.calls.iter().fold((0, 0), |(changes, bytes), call| (changes + call.changes.len(), bytes + call.bytes))
    }

    /// The next batch: the calls from the first on that fit into it.
    pub fn take(&mut self, bounds: &Bounds) -> Vec<Queued<S>> {
        let (mut changes, mut bytes) = (0, 0);
        let fitting = self.calls.iter().take_while(|call| {
            changes += call.changes.len();
            bytes += call.bytes;
            changes <= bounds.changes && bytes <= bounds.bytes
        });
        let count = fitting.count();
        self.calls.drain(..count).collect()
    }
}

impl<S: Recorded> Queued<S> {
    pub fn fits(&self, bounds: &Bounds) -> bool {
        self.changes.len() <= bounds.changes && self.bytes <= bounds.bytes
    }
}
