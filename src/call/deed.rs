//! What a call asks for.

use super::{Limit, Subject};
use crate::keyring::{KeySpec, States};
use crate::state::{Mode, View};

/// A deed: the fields of the type are the request, the constants its rules, `run` does it.
///
/// It may be run more than once for one call, where others changed the same meanwhile; whatever is not to be repeated
/// (throttling, key pairs) is left to [`take`](super::take).
pub trait Deed: Send + Sized + 'static {
    const NAME: &'static str;
    /// What must be allowed, without the service's code: one for each thing that the subject names, or one for all.
    const PERMISSIONS: &'static [&'static str] = &[Self::NAME];
    /// The states of a key that it can be done to.
    const STATES: States = States::ANY;
    /// Whether the documents give it a parameter `DryRun`.
    const DRY_RUN: bool = false;
    /// How often the documents let it be called.
    const LIMIT: Limit = Limit::None;
    /// Whether the answer may take long though nothing is written: a list to go through, a private key to use.
    const IS_LONG: bool = false;
    /// Where it waits, where it must.
    const QUEUE: Queue = if Self::Mode::WRITES { Queue::Disk } else { Queue::Compute };

    /// Whether it changes anything.
    type Mode: Mode;
    /// What it acts on.
    type Subject: Subject;
    type Reply;

    /// How the request names what it acts on.
    fn subject(&self) -> <Self::Subject as Subject>::Reference<'_>;

    /// What the caller might have overlooked, for the log.
    fn note(&self) -> Option<&'static str> {
        None
    }

    /// The spec of the key material that it makes, if it makes any; what takes long is made before `run`, in a queue of its
    /// own, and while nobody waits. Refuses whatever would be in vain.
    fn makes(
        &self,
        _subject: &<Self::Subject as Subject>::Admitted,
        _view: &View<'_, Self::Mode>,
    ) -> Result<Option<KeySpec>, <Self::Subject as Subject>::Fault> {
        Ok(None)
    }

    /// Do it. What is refused here must not depend on anything but the request and the state.
    fn run(
        &self,
        subject: <Self::Subject as Subject>::Admitted,
        view: &mut View<'_, Self::Mode>,
    ) -> Result<Self::Reply, <Self::Subject as Subject>::Fault>;
}

/// What a call that cannot be answered at once waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// A change to be made durable.
    Disk,
    /// A key pair to be made.
    KeyPair,
    /// A processor.
    Compute,
}
