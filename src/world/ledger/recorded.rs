//! What a ledger can hold.

use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;

use super::super::Scope;

/// State that is the sum of the changes applied to it, and cheap to clone.
///
/// Changes of different records come to the same in any order: an engine may give those of one call in another one.
pub trait Recorded: Clone + Send + Sync + 'static {
    type Change: Clone + Send + Sync + 'static;

    /// What a transaction collects: a vector of changes, or one for each part of a state.
    type Changes: Default + Send + IntoIterator<Item = Self::Change>;

    fn apply(&mut self, change: &Self::Change);

    /// Which record `change` is about: of several changes of one record the last stands.
    fn record_id(change: &Self::Change) -> Vec<u8>;

    /// The records and unique names that are other after `change` than in this state. Asked only for shared engines.
    fn scopes(&self, change: &Self::Change) -> Vec<Scope>;
}

/// A part of a state under change, for code that knows only the part.
pub struct Draft<'t, P: Recorded> {
    part: &'t mut P,
    changes: &'t mut Vec<P::Change>,
}

impl<'t, P: Recorded> Draft<'t, P> {
    /// Of what [`Transaction::parts`](super::Transaction::parts) gives: a part and the changes made to it.
    pub fn new(part: &'t mut P, changes: &'t mut Vec<P::Change>) -> Self {
        Self { part, changes }
    }

    /// Apply `change`, visible to this transaction at once and to others after the commit.
    pub fn record(&mut self, change: P::Change) {
        self.part.apply(&change);
        self.changes.push(change);
    }
}

impl<P: Recorded> Deref for Draft<'_, P> {
    type Target = P;

    fn deref(&self) -> &P {
        self.part
    }
}

impl<P: Recorded> fmt::Debug for Draft<'_, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Draft").finish_non_exhaustive()
    }
}

/// Each record once: the last change of it.
pub(super) fn folded<S: Recorded>(mut changes: Vec<S::Change>) -> Vec<S::Change> {
    if changes.len() > 1 {
        let mut seen = HashSet::with_capacity(changes.len());
        changes.reverse();
        changes.retain(|change| seen.insert(S::record_id(change)));
        changes.reverse();
    }
    changes
}

/// The scopes of a call that made `changes`, one after the other, of the state `before`.
pub(super) fn scopes<S: Recorded>(before: &S, changes: &[S::Change]) -> Vec<Scope> {
    let (mut state, mut scopes) = (before.clone(), Vec::new());
    for change in changes {
        scopes.append(&mut state.scopes(change));
        state.apply(change);
    }
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}
