//! What one node knows of an engine that others write to as well.

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::super::{BatchId, Chance, Revision, StoreError};

/// What is known of a shared engine.
pub(super) struct Follower<S> {
    /// The state without what the engine keeps.
    initial: S,
    /// Where the ids of batches come from.
    chance: Chance,
    door: Mutex<Door>,
    questions: Mutex<Questions>,
    answered: Condvar,
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
struct Questions {
    asked: u64,
    is_out: bool,
    answer: Option<(u64, Result<Revision, StoreError>)>,
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

    fn questions(&self) -> MutexGuard<'_, Questions> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Look for a batch of this id among what comes through the door. Tells how often the state was loaded anew.
    pub fn watch(&self, id: Option<BatchId>) -> u64 {
        let mut door = self.door();
        (door.watched, door.has_come) = (id, false);
        door.gaps
    }

    /// The state without what the engine keeps.
    pub fn initial(&self) -> &S {
        &self.initial
    }

    /// A name for a batch that no other has.
    pub fn batch_id(&self) -> BatchId {
        BatchId(self.chance.request_id().as_u128())
    }

    /// The newest revision there is, which `ask` asks the engine for. An answer to a question that was out before
    /// may be older than what the caller has heard of.
    pub fn newest(&self, ask: impl FnOnce() -> Result<Revision, StoreError>) -> Result<Revision, StoreError> {
        let mut questions = self.questions();
        let wanted = questions.asked + 1;
        loop {
            match &questions.answer {
                Some((number, answer)) if *number >= wanted => return answer.clone(),
                _ if !questions.is_out => break,
                _ => questions = self.answered.wait(questions).unwrap_or_else(PoisonError::into_inner),
            }
        }
        questions.asked += 1;
        questions.is_out = true;
        drop(questions);
        let mut question =
            Question { follower: self, answer: Err(StoreError("whoever asked it has panicked".to_owned())) };
        question.answer = ask();
        question.answer.clone()
    }
}

/// A question that is out. Whoever asked leaves an answer, even in a panic.
struct Question<'f, S> {
    follower: &'f Follower<S>,
    answer: Result<Revision, StoreError>,
}

impl<S> Drop for Question<'_, S> {
    fn drop(&mut self) {
        let mut questions = self.follower.questions();
        questions.is_out = false;
        questions.answer = Some((questions.asked, mem::replace(&mut self.answer, Ok(Revision::default()))));
        self.follower.answered.notify_all();
    }
}
