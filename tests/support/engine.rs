//! An engine of storage that several nodes share, in memory, with faults that follow from a seed.
//!
//! Every answer is one that a real engine could give: conflicts are told truthfully by scopes, an answer that is lost
//! may belong to a batch that is done, that will be done later, or that never will be.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use proptest::prelude::*;
use yaoshi::world::{Appended, Batch, BatchId, Bounds, Followed, Recorded, Revision, Scope, Store, StoreError};

/// What may go wrong with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the answer is lost.
    LostDone,
    /// The answer is lost, and it is done later.
    LostDelayed,
    /// It is not done, and the answer is lost.
    LostNever,
    Full,
    TooLarge,
    Failed,
    /// Nothing goes wrong.
    None,
}

/// How often something goes wrong, of a hundred times; all of it follows from the seed and the order of calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub seed: u64,
    pub lost_done: u64,
    pub lost_delayed: u64,
    pub lost_never: u64,
    pub full: u64,
    pub failed: u64,
    /// A follower is told to load anew.
    pub gap: u64,
    /// A follower is not told yet of what there is.
    pub behind: u64,
}

/// Whatever may go wrong: each thing as often as `often` gives, and followers are told late as often as `behind` does.
pub fn any_faults(
    often: impl Strategy<Value = u64> + Clone,
    behind: impl Strategy<Value = u64>,
) -> impl Strategy<Value = Faults> {
    (any::<u64>(), proptest::array::uniform6(often), behind).prop_map(|(seed, often, behind)| {
        let [lost_done, lost_delayed, lost_never, full, failed, gap] = often;
        Faults { seed, lost_done, lost_delayed, lost_never, full, failed, gap, behind }
    })
}

/// The engine. Clones are the same engine.
pub struct Engine<S: Recorded> {
    inner: Arc<Inner<S>>,
    bounds: Bounds,
}

struct Inner<S: Recorded> {
    kept: Mutex<Kept<S>>,
    opened: Condvar,
}

struct Kept<S: Recorded> {
    faults: Faults,
    state: u64,
    /// The faults of the next appends, before those by chance.
    planned: VecDeque<Fault>,
    log: Vec<Entry<S::Change>>,
    moved: HashMap<Scope, Revision>,
    delayed: VecDeque<Batch<S::Change>>,
    is_closed: bool,
    counts: Counts,
}

/// A revision.
#[derive(Debug, Clone)]
pub struct Entry<C> {
    pub revision: Revision,
    pub batch: BatchId,
    /// As it is told: each record once, in any order.
    pub changes: Vec<C>,
    /// As it was handed over, call by call.
    pub calls: Vec<Vec<C>>,
}

/// How often the engine was asked what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub appends: usize,
    pub conflicts: usize,
    pub questions: usize,
    pub gaps: usize,
}

impl<S: Recorded> Clone for Engine<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), bounds: self.bounds }
    }
}

impl<S: Recorded> Engine<S> {
    pub fn new(faults: Faults) -> Self {
        let kept = Kept {
            faults,
            state: faults.seed,
            planned: VecDeque::new(),
            log: Vec::new(),
            moved: HashMap::new(),
            delayed: VecDeque::new(),
            is_closed: false,
            counts: Counts::default(),
        };
        let inner = Inner { kept: Mutex::new(kept), opened: Condvar::new() };
        Self { inner: Arc::new(inner), bounds: Bounds { shared: true, ..Bounds::NONE } }
    }

    /// Take at most so many changes at once.
    #[must_use]
    pub fn with_changes(self, changes: usize) -> Self {
        Self { bounds: Bounds { changes, ..self.bounds }, ..self }
    }

    /// What one more node sees of it.
    pub fn node(&self) -> Box<dyn Store<S::Change>> {
        Box::new(self.clone())
    }

    /// What goes wrong with the next appends.
    pub fn plan(&self, faults: &[Fault]) {
        self.kept().planned.extend(faults);
    }

    /// How often something goes wrong from now on.
    pub fn disturb(&self, faults: Faults) {
        let mut kept = self.kept();
        (kept.faults, kept.state) = (faults, faults.seed);
    }

    /// From now on nothing goes wrong any more, and what is delayed comes.
    pub fn heal(&self) {
        let mut kept = self.kept();
        kept.faults = Faults { seed: kept.faults.seed, ..Faults::default() };
        kept.planned.clear();
        while let Some(batch) = kept.delayed.pop_front() {
            kept.keep(&batch);
        }
    }

    /// Let appends wait until the engine is opened again.
    pub fn close(&self) {
        self.kept().is_closed = true;
    }

    pub fn open(&self) {
        self.kept().is_closed = false;
        self.inner.opened.notify_all();
    }

    pub fn log(&self) -> Vec<Entry<S::Change>> {
        self.kept().log.clone()
    }

    pub fn counts(&self) -> Counts {
        self.kept().counts
    }

    fn kept(&self) -> MutexGuard<'_, Kept<S>> {
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Recorded> Kept<S> {
    /// The next number of a stream that follows from the seed (SplitMix64).
    fn chance(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn happens(&mut self, percent: u64) -> bool {
        percent > 0 && self.chance() % 100 < percent
    }

    fn fault(&mut self) -> Fault {
        if let Some(planned) = self.planned.pop_front() {
            return planned;
        }
        let faults = self.faults;
        let mut rest = self.chance() % 100;
        for (fault, percent) in [
            (Fault::LostDone, faults.lost_done),
            (Fault::LostDelayed, faults.lost_delayed),
            (Fault::LostNever, faults.lost_never),
            (Fault::Full, faults.full),
            (Fault::Failed, faults.failed),
        ] {
            if rest < percent {
                return fault;
            }
            rest -= percent;
        }
        Fault::None
    }

    fn current(&self) -> Revision {
        self.log.last().map_or(Revision::default(), |entry| entry.revision)
    }

    /// Some of what is delayed comes now.
    fn deliver(&mut self) {
        if !self.delayed.is_empty() && self.happens(40) {
            let batch = self.delayed.pop_front().expect("there is one");
            self.keep(&batch);
        }
    }

    fn keep(&mut self, batch: &Batch<S::Change>) -> Appended {
        let done = self.log.iter().find(|entry| entry.batch == batch.id).map(|entry| entry.revision);
        // That it was done before is told in either way.
        if let Some(revision) = done.filter(|_| self.chance().is_multiple_of(2)) {
            return Appended::Done(revision);
        }
        let mut moved = Vec::new();
        for call in &batch.calls {
            let is_moved = |scope: &&Scope| self.moved.get(*scope).is_some_and(|revision| *revision > call.after);
            moved.extend(call.scopes.iter().filter(is_moved).cloned());
        }
        if let Some(upto) = moved.iter().map(|scope| self.moved[scope]).max() {
            self.counts.conflicts += 1;
            return Appended::Conflict { scopes: moved, upto };
        }
        assert!(done.is_none(), "a batch that changes something moves a scope");
        let revision = Revision(self.current().0 + 1 + self.chance() % 3);
        for scope in batch.calls.iter().flat_map(|call| &call.scopes) {
            self.moved.insert(scope.clone(), revision);
        }
        let changes = self.folded(batch);
        let calls = batch.calls.iter().map(|call| call.changes.clone()).collect();
        self.log.push(Entry { revision, batch: batch.id, changes, calls });
        Appended::Done(revision)
    }

    /// Each record once, in any order: an engine of keys and values remembers no other.
    fn folded(&mut self, batch: &Batch<S::Change>) -> Vec<S::Change> {
        let mut seen = HashSet::new();
        let changes = batch.calls.iter().flat_map(|call| &call.changes).rev();
        let mut changes: Vec<_> = changes.filter(|change| seen.insert(S::record_id(change))).cloned().collect();
        for index in (1..changes.len()).rev() {
            let other = usize::try_from(self.chance() % (index as u64 + 1)).expect("it is small");
            changes.swap(index, other);
        }
        changes
    }
}

impl<S: Recorded> Store<S::Change> for Engine<S> {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(self.kept().log.iter().map(|entry| entry.changes.len() as u64).sum())
    }

    fn load(&self, take: &mut dyn FnMut(Vec<S::Change>)) -> Result<Revision, StoreError> {
        let kept = self.kept();
        kept.log.iter().for_each(|entry| take(entry.changes.clone()));
        Ok(kept.current())
    }

    fn append(&self, batch: &Batch<S::Change>) -> Appended {
        let mut kept = self.kept();
        kept.counts.appends += 1;
        while kept.is_closed {
            kept = self.inner.opened.wait(kept).unwrap_or_else(PoisonError::into_inner);
        }
        let changes: usize = batch.calls.iter().map(|call| call.changes.len()).sum();
        assert!(changes <= self.bounds.changes, "{changes} changes at once");
        assert!(batch.calls.iter().all(|call| !call.changes.is_empty() && !call.scopes.is_empty()));
        kept.deliver();
        match kept.fault() {
            Fault::LostDone => {
                kept.keep(batch);
                Appended::Unknown
            }
            Fault::LostDelayed => {
                kept.delayed.push_back(batch.clone());
                Appended::Unknown
            }
            Fault::LostNever => Appended::Unknown,
            Fault::Full => Appended::Full,
            Fault::TooLarge => Appended::TooLarge,
            Fault::Failed => Appended::Failed(StoreError("as a test wants it".to_owned())),
            Fault::None => kept.keep(batch),
        }
    }

    fn follow(&self, after: Revision) -> Result<Followed<S::Change>, StoreError> {
        let mut kept = self.kept();
        kept.deliver();
        let (gap, behind) = (kept.faults.gap, kept.faults.behind);
        let Some(next) = kept.log.iter().find(|entry| entry.revision > after).cloned() else {
            return Ok(Followed::Current(kept.current()));
        };
        if kept.happens(gap) {
            kept.counts.gaps += 1;
            return Ok(Followed::Gap);
        }
        if kept.happens(behind) {
            return Ok(Followed::Current(after));
        }
        Ok(Followed::Changes { revision: next.revision, batch: Some(next.batch), changes: next.changes })
    }

    fn current(&self) -> Result<Revision, StoreError> {
        let mut kept = self.kept();
        kept.counts.questions += 1;
        kept.deliver();
        Ok(kept.current())
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }
}
