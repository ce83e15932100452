//! What is known of an engine that others write to as well.

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::super::{BatchId, Chance, Revision, StoreError};

/// How far it was followed, and what it was asked.
pub(super) struct Follower<S> {
    /// The state without what the engine keeps.
    pub initial: S,
    /// Where the ids of batches come from.
    pub chance: Chance,
    door: Mutex<Door>,
    questions: Mutex<Questions>,
    pub answered: Condvar,
}

/// Held by whoever brings the durable state forward.
pub(super) struct Door {
    pub revision: Revision,
    /// A batch whose answer may be lost, and whether it has come through.
    pub watched: Option<BatchId>,
    pub has_come: bool,
    /// How often the state was loaded anew: which batches were in between was not seen.
    pub gaps: u64,
}

/// Questions for the newest revision: one at a time, for all who wait.
#[derive(Default)]
pub(super) struct Questions {
    pub asked: u64,
    pub is_out: bool,
    pub answer: Option<(u64, Result<Revision, StoreError>)>,
}

impl<S> Follower<S> {
    pub fn new(initial: S, revision: Revision) -> Self {
        let door = Mutex::new(Door { revision, watched: None, has_come: false, gaps: 0 });
        let (questions, answered) = (Mutex::default(), Condvar::new());
        Self { initial, chance: Chance::system(), door, questions, answered }
    }

    pub fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn questions(&self) -> MutexGuard<'_, Questions> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Look for a batch of this id among what comes through the door. Tells how often the state was loaded anew.
    pub fn watch(&self, id: Option<BatchId>) -> u64 {
        let mut door = self.door();
        (door.watched, door.has_come) = (id, false);
        door.gaps
    }
}

/// A question that is out. Whoever asked leaves an answer, even in a panic.
pub(super) struct Question<'f, S> {
    pub follower: &'f Follower<S>,
    pub answer: Result<Revision, StoreError>,
}

impl<S> Drop for Question<'_, S> {
    fn drop(&mut self) {
        let mut questions = self.follower.questions();
        questions.is_out = false;
        questions.answer = Some((questions.asked, mem::replace(&mut self.answer, Ok(Revision::default()))));
        self.follower.answered.notify_all();
    }
}
