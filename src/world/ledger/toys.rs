//! Small states and engines for tests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{CommitError, Ledger, Recorded, Transaction};
use crate::world::{Appended, Batch, BatchId, Bounds, Followed, Revision, Scope, Store, StoreError};

/// Numbers by name.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Map(pub BTreeMap<String, u64>);

pub type Change = (String, u64);

pub fn put(name: &str, number: u64) -> Change {
    (name.to_owned(), number)
}

impl Recorded for Map {
    type Change = Change;
    type Changes = Vec<Change>;

    fn apply(&mut self, (name, number): &Change) {
        self.0.insert(name.clone(), *number);
    }

    fn record_id((name, _): &Change) -> Vec<u8> {
        name.clone().into_bytes()
    }

    /// The number stands for a unique name: the one before and the one after.
    fn scopes(&self, (name, number): &Change) -> Vec<Scope> {
        let numbers = self.0.get(name).into_iter().chain([number]).map(|number| Scope::new(number.to_be_bytes()));
        numbers.chain([Scope::new(name.as_bytes())]).collect()
    }
}

/// What an engine is told to answer.
pub enum Script {
    Done,
    Full,
    Failed,
    Panic,
}

/// An engine for one process that answers when it is told to, and tells of each batch when it comes.
pub struct Scripted {
    came: Mutex<Sender<Vec<Vec<Change>>>>,
    script: Mutex<Receiver<Script>>,
    /// From now on, everything is done at once.
    is_free: Arc<AtomicBool>,
    bounds: Bounds,
}

/// The other side of a [`Scripted`] engine.
pub struct Director {
    pub came: Receiver<Vec<Vec<Change>>>,
    pub script: Sender<Script>,
    is_free: Arc<AtomicBool>,
}

impl Director {
    /// Let everything from the next answer on be done at once.
    pub fn free(&self) {
        self.is_free.store(true, Ordering::SeqCst);
    }
}

impl Scripted {
    pub fn new(bounds: Bounds) -> (Self, Director) {
        let ((came, told), (script, order)) = (channel(), channel());
        let is_free = Arc::<AtomicBool>::default();
        let engine = Self { came: Mutex::new(came), script: Mutex::new(order), is_free: Arc::clone(&is_free), bounds };
        (engine, Director { came: told, script, is_free })
    }
}

/// A ledger over a scripted engine.
pub fn scripted(bounds: Bounds) -> (Ledger<Map>, Director) {
    let (engine, director) = Scripted::new(bounds);
    (Ledger::open(Box::new(engine), &mut |_, _| {}).unwrap(), director)
}

impl Store<Change> for Scripted {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(2)
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        take(vec![put("first", 1)]);
        take(vec![put("second", 2)]);
        Ok(Revision::default())
    }

    fn append(&self, batch: &Batch<Change>) -> Appended {
        let calls = batch.calls.iter().map(|call| call.changes.clone()).collect();
        assert!(batch.calls.iter().all(|call| call.scopes.is_empty()), "nobody asked for scopes");
        self.came.lock().unwrap_or_else(PoisonError::into_inner).send(calls).unwrap();
        if self.is_free.load(Ordering::SeqCst) {
            return Appended::Done(Revision::default());
        }
        let order = self.script.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap();
        match order {
            Script::Done => Appended::Done(Revision::default()),
            Script::Full => Appended::Full,
            Script::Failed => Appended::Failed(StoreError("the disk is gone".to_owned())),
            Script::Panic => panic!("as a test wants it"),
        }
    }

    fn follow(&self, after: Revision) -> Result<Followed<Change>, StoreError> {
        Ok(Followed::Current(after))
    }

    fn current(&self) -> Result<Revision, StoreError> {
        panic!("an engine for one process is not asked")
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn size(&self, (name, _): &Change) -> usize {
        name.len()
    }
}

/// A change of one record, committed.
pub fn commit(ledger: &Ledger<Map>, name: &str, number: u64) -> Result<(), CommitError> {
    changed(ledger, name, number).commit()
}

pub fn changed<'l>(ledger: &'l Ledger<Map>, name: &str, number: u64) -> Transaction<'l, Map> {
    let mut transaction = ledger.begin().unwrap();
    transaction.record(put(name, number));
    transaction
}

/// An engine that others write to as well, which answers as it is told, or else does what it is asked.
#[derive(Clone, Default)]
pub struct Common(Arc<Mutex<Kept>>, Arc<Mutex<()>>);

#[derive(Default)]
struct Kept {
    planned: VecDeque<Appended>,
    planned_follows: VecDeque<Result<Followed<Change>, StoreError>>,
    log: Vec<(BatchId, Vec<Change>)>,
    /// What came, by the changes of each call.
    came: Vec<Batch<Change>>,
    questions: usize,
    is_broken: bool,
    bounds: Option<Bounds>,
}

impl Common {
    pub fn with_changes(changes: usize) -> Self {
        let common = Self::default();
        common.kept().bounds = Some(Bounds { changes, shared: true, ..Bounds::NONE });
        common
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ledger(&self) -> Ledger<Map> {
        Ledger::open(Box::new(self.clone()), &mut |_, _| {}).unwrap()
    }

    /// What the next appends are answered.
    pub fn plan(&self, answers: impl IntoIterator<Item = Appended>) {
        self.kept().planned.extend(answers);
    }

    /// What the next followers are told.
    pub fn plan_follows(&self, answers: impl IntoIterator<Item = Result<Followed<Change>, StoreError>>) {
        self.kept().planned_follows.extend(answers);
    }

    /// Tell another story from the beginning: each change makes a revision.
    pub fn retell(&self, changes: &[Change]) {
        self.kept().log = changes.iter().map(|change| (BatchId(0), vec![change.clone()])).collect();
    }

    /// Somebody else writes; the revision that this makes.
    pub fn write(&self, change: Change) -> Revision {
        let mut kept = self.kept();
        kept.log.push((BatchId(0), vec![change]));
        Revision(kept.log.len() as u64)
    }

    /// From now on, or no longer, nothing can be asked.
    pub fn break_down(&self, is_broken: bool) {
        self.kept().is_broken = is_broken;
    }

    pub fn came(&self) -> Vec<Batch<Change>> {
        self.kept().came.clone()
    }

    pub fn questions(&self) -> usize {
        self.kept().questions
    }

    /// Let questions wait until what this gives is dropped.
    pub fn hold_questions(&self) -> MutexGuard<'_, ()> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn up(&self) -> Result<MutexGuard<'_, Kept>, StoreError> {
        let kept = self.kept();
        if kept.is_broken { Err(StoreError("it cannot be reached".to_owned())) } else { Ok(kept) }
    }
}

impl Store<Change> for Common {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        let kept = self.up()?;
        kept.log.iter().for_each(|(_, changes)| take(changes.clone()));
        Ok(Revision(kept.log.len() as u64))
    }

    fn append(&self, batch: &Batch<Change>) -> Appended {
        let mut kept = self.kept();
        kept.came.push(batch.clone());
        if let Some(answer) = kept.planned.pop_front() {
            return answer;
        }
        kept.log.push((batch.id, batch.calls.iter().flat_map(|call| call.changes.clone()).collect()));
        Appended::Done(Revision(kept.log.len() as u64))
    }

    fn follow(&self, after: Revision) -> Result<Followed<Change>, StoreError> {
        let mut kept = self.up()?;
        if let Some(answer) = kept.planned_follows.pop_front() {
            return answer;
        }
        let next = usize::try_from(after.0).unwrap();
        Ok(match kept.log.get(next).cloned() {
            Some((batch, changes)) => {
                Followed::Changes { revision: Revision(after.0 + 1), batch: Some(batch), changes }
            }
            None => Followed::Current(after),
        })
    }

    fn current(&self) -> Result<Revision, StoreError> {
        drop(self.hold_questions());
        let mut kept = self.up()?;
        kept.questions += 1;
        Ok(Revision(kept.log.len() as u64))
    }

    fn bounds(&self) -> Bounds {
        self.kept().bounds.unwrap_or(Bounds { shared: true, ..Bounds::NONE })
    }
}
