//! One statement of a policy.

use super::condition::Condition;
use super::key::{ConditionKey, Seen};
use super::pattern::Pattern;

/// A statement: what it allows or denies, on what, and when.
#[derive(Debug)]
pub(in crate::access) struct Statement {
    pub(super) number: usize,
    pub(super) effect: Effect,
    /// Whether `actions` came as `NotAction`: all but these.
    pub(super) all_but: bool,
    pub(super) actions: Box<[Pattern]>,
    pub(super) resources: Box<[Pattern]>,
    pub(super) conditions: Box<[Condition]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::access) enum Effect {
    Allow,
    Deny,
}

impl Statement {
    /// Whether the statement applies. `seen` gives the value of a condition key, and is asked
    /// only for the keys of this statement, and only once action and resource match.
    pub(in crate::access) fn matches<'a>(
        &self,
        action: &str,
        resource: &str,
        seen: impl Fn(&ConditionKey) -> Option<Seen<'a>>,
    ) -> bool {
        self.names(action)
            && self.covers(resource)
            && self.conditions.iter().all(|condition| condition.holds(seen(condition.key())))
    }

    /// Whether the statement speaks of this action, in any case of its letters.
    pub(in crate::access) fn names(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| pattern.matches_ignoring_case(action)) != self.all_but
    }

    /// Whether the statement speaks of this resource.
    pub(in crate::access) fn covers(&self, resource: &str) -> bool {
        self.resources.iter().any(|pattern| pattern.matches(resource))
    }

    /// Its place in the policy, counted from 1.
    pub(in crate::access) fn number(&self) -> usize {
        self.number
    }

    pub(in crate::access) fn effect(&self) -> Effect {
        self.effect
    }

    pub(in crate::access) fn resources(&self) -> &[Pattern] {
        &self.resources
    }

    pub(in crate::access) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}
