//! An action in the list of actions, and how a verified call of it is answered.

use std::mem;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::arrival::Verified;
use super::dry_run::{self, DryRun};
use super::fault::Fault;
use super::parameter_names::parameter_names;
use super::parse::parse;
use crate::call::{self, Asks, Deed, MustWait, Queue, Refusal, Subject, Waiting};
use crate::dialect::{Taken, Waited, Work};
use crate::state::Mode;

/// The reply of an action that has nothing to tell.
#[derive(Debug, Serialize)]
pub struct Empty {}

/// An action in the list of actions.
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    pub dry_run: bool,
    /// Whether it may change something.
    pub writes: bool,
    /// Whether the answer may take long though nothing is written.
    pub is_long: bool,
    fields: fn() -> &'static [&'static str],
    perform: fn(Verified) -> Taken,
}

impl Entry {
    pub const fn of<A>() -> Self
    where
        A: Deed<Reply: Serialize, Subject: Subject<Fault = Fault>> + DeserializeOwned,
    {
        let _ = Asks::new(A::PERMISSIONS);
        Self {
            name: A::NAME,
            dry_run: A::DRY_RUN,
            writes: A::Mode::WRITES,
            is_long: A::IS_LONG,
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

    /// Answer a verified call at once, or tell where it has to wait.
    pub(super) fn take(&self, verified: Verified) -> Taken {
        (self.perform)(verified)
    }
}

fn perform<A>(mut verified: Verified) -> Taken
where
    A: Deed<Reply: Serialize, Subject: Subject<Fault = Fault>> + DeserializeOwned,
{
    // Not kept while the call waits.
    let parameters = mem::take(&mut verified.parameters);
    match parse::<A>(&parameters) {
        Err(fault) => Taken::Answered(verified.refuse(fault)),
        Ok(deed) => proceed(deed, verified, Waiting::Not),
    }
}

/// Go on with a call where it stands, as far as it may wait there.
fn proceed<A>(deed: A, mut verified: Verified, waiting: Waiting<'_>) -> Taken
where
    A: Deed<Reply: Serialize, Subject: Subject<Fault = Fault>>,
{
    match call::take(&deed, &mut verified.turn, waiting) {
        Ok(outcome) => Taken::Answered(verified.conclude(outcome)),
        Err(MustWait(queue)) => later(deed, verified, queue),
    }
}

fn later<A>(deed: A, verified: Verified, queue: Queue) -> Taken
where
    A: Deed<Reply: Serialize, Subject: Subject<Fault = Fault>>,
{
    Taken::Later(Work {
        queue,
        fair_by: verified.fair_by(),
        run: Box::new(move |waited| match waited {
            Waited::Through(abandoned) => proceed(deed, verified, Waiting::For(queue, abandoned)),
            Waited::InVain => Taken::Answered(verified.conclude(Err::<A::Reply, _>(Refusal::TooBusy.into()))),
        }),
    })
}
