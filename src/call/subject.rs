//! What a deed acts on: found, permitted, admitted, in this order and no other.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Denial, Refusal, Resource, Turn};
use crate::access::{Request, decide};
use crate::keyring::{self, KeyId, States};
use crate::state::{Mode, View};

/// What a deed acts on.
pub trait Subject: Sized {
    /// How refusals are told.
    type Fault: From<Refusal>;
    /// How a request names it.
    type Reference<'r>;
    /// What it becomes when its state admits the deed.
    type Admitted;

    /// Look for it. `asks`: the permissions that the deed needs, for the resources to carry.
    fn find<M: Mode>(reference: Self::Reference<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self, Self::Fault>;

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error>;
}

/// The permissions that a deed asks for: one for each thing that its subject names, or one for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Asks(&'static [&'static str]);

impl Asks {
    /// At least one: a deed that needs no permission says so by what it acts on.
    pub const fn new(permissions: &'static [&'static str]) -> Self {
        assert!(!permissions.is_empty(), "a deed without permissions would be free for everybody");
        Self(permissions)
    }

    /// The permission for the first thing.
    pub const fn first(self) -> &'static str {
        self.0[0]
    }

    /// Those for the first thing, and those for the ones behind it.
    pub const fn split(self) -> (Self, Self) {
        match self.0 {
            [_] | [] => (self, self),
            [_, rest @ ..] => (self, Self(rest)),
        }
    }
}

/// The outcome of a search, with the resources that permission must be asked for before it may be told.
#[derive(Debug)]
pub struct Found<T, F> {
    pub resources: Vec<Resource>,
    pub outcome: Result<T, F>,
}

/// What was found, and may be acted on by the caller.
#[derive(Debug)]
pub struct Permitted<T>(T);

impl<T: Subject> Found<T, T::Fault> {
    /// Ask whether the caller may; only then tell what was found.
    ///
    /// Errors: [`Refusal::Denied`] for the first resource that is refused; then whatever the search found wrong.
    pub fn permit(mut self, turn: &mut Turn, now: Timestamp) -> Result<Permitted<T>, T::Fault> {
        let circumstances = turn.circumstances(now);
        for at in 0..self.resources.len() {
            let resource = &mut self.resources[at];
            let action = [turn.service, ":", resource.action].concat();
            let request =
                Request { action: &action, resource: &resource.name, tags: &*resource, circumstances: &circumstances };
            let decision = decide(&turn.caller, &request);
            if !decision.is_allowed() {
                let (principal, resource) = (Arc::clone(&turn.caller), self.resources.swap_remove(at));
                let denial = Denial { principal, action, resource, circumstances, decision };
                return Err(Refusal::Denied(Box::new(denial)).into());
            }
            resource.decision = Some(decision);
        }
        turn.record.asked = self.resources;
        self.outcome.map(Permitted)
    }
}

impl<T, F> Found<T, F> {
    /// What was found, seen as something else.
    pub fn map<U>(self, seen: impl FnOnce(T) -> U) -> Found<U, F> {
        Found { resources: self.resources, outcome: self.outcome.map(seen) }
    }

    /// The keys among the resources that should have rotated by `now`.
    pub fn due(&self, now: Timestamp) -> Vec<KeyId> {
        let keys = self.resources.iter().filter_map(|resource| resource.key.as_ref());
        keys.filter(|key| key.rotation_due(now).is_some()).map(|key| key.id.clone()).collect()
    }
}

impl<T: Subject> Permitted<T> {
    pub fn admit(self, states: &States, now: Timestamp) -> Result<T::Admitted, T::Fault> {
        self.0.admit(states, now).map_err(|error| Refusal::from(error).into())
    }
}

/// Two subjects at once.
impl<A: Subject, B: Subject<Fault = A::Fault>> Subject for (A, B) {
    type Fault = A::Fault;
    type Reference<'r> = (A::Reference<'r>, B::Reference<'r>);
    type Admitted = (A::Admitted, B::Admitted);

    fn find<M: Mode>((one, other): Self::Reference<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self, Self::Fault> {
        let (first, rest) = asks.split();
        let (one, other) = (A::find(one, first, view), B::find(other, rest, view));
        let resources = one.resources.into_iter().chain(other.resources).collect();
        Found { resources, outcome: one.outcome.and_then(|one| Ok((one, other.outcome?))) }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        Ok((self.0.admit(states, now)?, self.1.admit(states, now)?))
    }
}

/// A subject that is named only by parameters that fit together: where they do not, the reference says so, and nothing
/// is looked for.
#[derive(Debug)]
pub struct Checked<T>(T);

impl<T: Subject> Subject for Checked<T> {
    type Fault = T::Fault;
    type Reference<'r> = Result<T::Reference<'r>, T::Fault>;
    type Admitted = T::Admitted;

    fn find<M: Mode>(reference: Self::Reference<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self, T::Fault> {
        match reference {
            Ok(reference) => T::find(reference, asks, view).map(Self),
            Err(fault) => Found { resources: Vec::new(), outcome: Err(fault) },
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        self.0.admit(states, now)
    }
}

/// A subject with what the parameters beside it come to.
#[derive(Debug)]
pub struct With<T, V>(T, V);

impl<T: Subject, V> Subject for With<T, V> {
    type Fault = T::Fault;
    type Reference<'r> = (T::Reference<'r>, V);
    type Admitted = (T::Admitted, V);

    fn find<M: Mode>((reference, value): Self::Reference<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self, T::Fault> {
        T::find(reference, asks, view).map(|found| Self(found, value))
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        Ok((self.0.admit(states, now)?, self.1))
    }
}

/// A subject with what else the request orders, which is judged once the caller may.
#[derive(Debug)]
pub struct Ordered<T, V>(T, V);

impl<T: Subject, V> Subject for Ordered<T, V> {
    type Fault = T::Fault;
    type Reference<'r> = (T::Reference<'r>, Result<V, T::Fault>);
    type Admitted = (T::Admitted, V);

    fn find<M: Mode>((reference, order): Self::Reference<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self, T::Fault> {
        let Found { resources, outcome } = T::find(reference, asks, view);
        Found { resources, outcome: outcome.and_then(|found| Ok(Self(found, order?))) }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        Ok((self.0.admit(states, now)?, self.1))
    }
}
