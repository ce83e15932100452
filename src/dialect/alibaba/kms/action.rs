//! What an action declares, and the stages that every one of them passes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::parameter_names::parameter_names;
use super::subject::{Permitted, Subject};
use crate::dialect::Answer;
use crate::dialect::alibaba::dry_run::{self, DryRun};
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::parse::parse;
pub use crate::dialect::alibaba::throttle::Limit;
use crate::dialect::alibaba::turn::Turn;
use crate::keyring::{KeyId, KeySpec, Mode, Ring, States, Write};

/// The keys as an action sees them.
pub type View<'l, M> = Ring<'l, M>;

/// An action: the fields of the type are its request, the constants its rules, `run` the deed.
pub trait Deed: DeserializeOwned {
    const NAME: &'static str;
    /// What RAM must allow, without the `kms:`: one for each resource of the subject, or one for all of them.
    const PERMISSIONS: &'static [&'static str] = &[Self::NAME];
    /// The states of a key that it can be done to.
    const STATES: States = States::ANY;
    /// Whether the documents give it a parameter `DryRun`.
    const DRY_RUN: bool = false;
    /// How often the documents let it be called.
    const LIMIT: Limit = Limit::None;
    /// Whether the answer may take long though nothing is written: a list to go through, a key pair to make.
    const IS_LONG: bool = false;

    /// Whether it changes keys.
    type Mode: Mode;
    /// What it acts on.
    type Subject: Subject;
    type Reply: Serialize;

    /// How the request names what it acts on.
    fn subject(&self) -> <Self::Subject as Subject>::Reference<'_>;

    /// What the caller might have overlooked, for the log.
    fn note(&self) -> Option<&'static str> {
        None
    }

    /// The spec of the key whose material it makes, if it makes any; what takes long is made before `run`, and while
    /// nobody waits. Refuses whatever would be in vain.
    fn makes(
        &self,
        _subject: &<Self::Subject as Subject>::Admitted,
        _view: &View<'_, Self::Mode>,
    ) -> Result<Option<KeySpec>, Fault> {
        Ok(None)
    }

    /// Do it. What is refused here must not depend on anything but the request and the keys.
    fn run(
        &self,
        subject: <Self::Subject as Subject>::Admitted,
        view: &mut View<'_, Self::Mode>,
    ) -> Result<Self::Reply, Fault>;
}

/// The reply of an action that has nothing to tell.
#[derive(Debug, Serialize)]
pub struct Empty {}

/// An action in the list of actions.
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    pub dry_run: bool,
    /// Whether it may change keys.
    pub writes: bool,
    /// Whether it takes microseconds and waits for nobody.
    pub is_quick: bool,
    fields: fn() -> &'static [&'static str],
    perform: fn(&mut Turn<'_>) -> Result<Answer, Fault>,
}

impl Entry {
    pub const fn of<A: Deed>() -> Self {
        assert!(!A::PERMISSIONS.is_empty(), "an action without permissions would be free for everybody");
        Self {
            name: A::NAME,
            dry_run: A::DRY_RUN,
            writes: A::Mode::WRITES,
            is_quick: !A::Mode::WRITES && !A::IS_LONG,
            fields: parameter_names::<A>,
            perform: perform::<A>,
        }
    }

    /// The names of its parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        (self.fields)().iter().copied().chain(self.dry_run.then_some(dry_run::NAME))
    }

    /// How a call of it that failed before its turn came is refused: a dry run has its own words for that.
    pub fn refusal(&self, fault: Fault, dry_run: Option<&str>) -> Fault {
        match DryRun::asked(dry_run, self.dry_run) {
            Ok(dry_run) => dry_run.refusal(fault),
            Err(fault) => fault,
        }
    }

    /// Answer a verified call, or tell what a dry run would have come to.
    pub fn answer(&self, turn: &mut Turn<'_>) -> Result<Answer, Fault> {
        turn.dry_run = DryRun::asked(turn.parameters.given(dry_run::NAME), self.dry_run)?;
        if turn.dry_run == DryRun::Ignored {
            turn.notes.push("DryRun is ignored: this action has none");
        }
        let outcome = (self.perform)(turn);
        turn.dry_run.conclude(outcome)
    }
}

/// The way of a call: each stage gives what the next one needs.
fn perform<A: Deed>(turn: &mut Turn<'_>) -> Result<Answer, Fault> {
    let request: A = parse(turn.parameters)?;
    turn.count(A::NAME, A::LIMIT)?;
    turn.notes.extend(request.note());
    let (ring, permitted) = resolve(turn, &request)?;
    let target = permitted.admit(&A::STATES, turn.now)?;
    let (mut ring, target) = prepare(turn, &request, ring, target)?;
    let reply = request.run(target, &mut ring)?;
    turn.dry_run.is_off().then(|| ring.commit()).transpose()?;
    Ok(turn.envelope.success(&reply))
}

/// The keys at one moment, and what the caller may act on among them.
type Resolved<'t, A> = (Ring<'t, <A as Deed>::Mode>, Permitted<<A as Deed>::Subject>);

/// Find what `request` names and ask for permission. Where a key's rotation is due, it is rotated in a write of its
/// own, and the search is done again.
fn resolve<'t, A: Deed>(turn: &'t Turn<'_>, request: &A) -> Result<Resolved<'t, A>, Fault> {
    let ring = turn.ring();
    let (permitted, due) = find_permitted(turn, request, &ring)?;
    if due.is_empty() || !turn.dry_run.is_off() {
        return Ok((ring, permitted));
    }
    drop(ring);
    let mut settling = turn.ring::<Write>();
    for key in &due {
        settling.settle_rotation(key);
    }
    settling.commit()?;
    let ring = turn.ring();
    let (permitted, _) = find_permitted(turn, request, &ring)?;
    Ok((ring, permitted))
}

type Searched<A> = (Permitted<<A as Deed>::Subject>, Vec<KeyId>);

/// One search, and the keys in it whose rotation is due.
fn find_permitted<A: Deed>(turn: &Turn<'_>, request: &A, ring: &Ring<'_, A::Mode>) -> Result<Searched<A>, Fault> {
    let found = A::Subject::find(request.subject(), ring);
    let due = found.keys().filter(|key| key.rotation_due(turn.now).is_some()).map(|key| key.id.clone()).collect();
    let permitted = found.permit(A::PERMISSIONS, turn.caller, &turn.circumstances)?;
    Ok((permitted, due))
}

type Prepared<'t, A> = (Ring<'t, <A as Deed>::Mode>, <<A as Deed>::Subject as Subject>::Admitted);

/// Make what takes long to make, with the ring out of hand, and ask everything again: much may have changed meanwhile.
fn prepare<'t, A: Deed>(
    turn: &Turn<'_>,
    request: &A,
    ring: Ring<'t, A::Mode>,
    target: <A::Subject as Subject>::Admitted,
) -> Result<Prepared<'t, A>, Fault> {
    let Some(spec) = request.makes(&target, &ring)?.filter(|spec| spec.is_slow_to_make()) else {
        return Ok((ring, target));
    };
    let ring = ring.prepare(spec);
    let (permitted, _) = find_permitted(turn, request, &ring)?;
    let target = permitted.admit(&A::STATES, turn.now)?;
    request.makes(&target, &ring)?;
    Ok((ring, target))
}
