//! The stages of a call, one after the other.

use std::sync::Arc;

use super::{Abandoned, Asks, Deed, Permitted, Premises, Queue, Refusal, Subject, Turn};
use crate::keyring::{KeyId, Prepared};
use crate::state::{Mode, View, Write};
use crate::world::CommitError;

/// How often a call is run where others change the same all the time.
const TRIES: usize = 8;

/// Whether a call may wait where it is.
#[derive(Debug, Clone, Copy)]
pub enum Waiting<'a> {
    /// It must not: whoever waits here holds up others.
    Not,
    /// For what its turn in this queue gives it, as long as its caller is there.
    For(Queue, &'a Abandoned),
}

/// The call cannot be answered without its turn in another queue. Nothing but its count was spent; take it again there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MustWait(pub Queue);

type FaultOf<D> = <<D as Deed>::Subject as Subject>::Fault;
type AdmittedOf<D> = <<D as Deed>::Subject as Subject>::Admitted;

/// What may be acted on, and the keys in it whose rotation is due.
type FoundPermitted<S> = (Permitted<S>, Vec<KeyId>);

/// Do `deed` in the name of `turn`: all of it or nothing. A dry run goes the whole way and keeps nothing.
///
/// Whoever must wait is told so once it is known for what: a key pair when it is clear that the call may have one.
pub fn take<D: Deed>(
    deed: &D,
    turn: &mut Turn,
    waiting: Waiting<'_>,
) -> Result<Result<D::Reply, FaultOf<D>>, MustWait> {
    if matches!(waiting, Waiting::Not) && (D::Mode::WRITES || D::IS_LONG || turn.premises.makes_all_wait()) {
        return Err(MustWait(D::QUEUE));
    }
    if let Err(refusal) = count(deed, turn) {
        return Ok(Err(refusal.into()));
    }
    let (mut tries, mut settles) = (0, if turn.dry_run { 0 } else { TRIES });
    while tries < TRIES {
        match attempt(deed, turn, waiting, settles > 0) {
            Ok(reply) => return Ok(Ok(reply)),
            Err(Stopped::Refused(fault)) => return Ok(Err(fault)),
            // To settle is to write.
            Err(Stopped::Due(_)) if matches!(waiting, Waiting::Not) => return Err(MustWait(Queue::Disk)),
            Err(Stopped::NeedsKeyPair) => return Err(MustWait(Queue::KeyPair)),
            Err(Stopped::Due(keys)) => settles = if settle(&keys, turn) { settles - 1 } else { 0 },
            Err(Stopped::Again) => tries += 1,
        }
    }
    Ok(Err(Refusal::Unkept(CommitError::Busy).into()))
}

/// Count the call against its limit, once.
fn count<D: Deed>(deed: &D, turn: &mut Turn) -> Result<(), Refusal> {
    if !turn.done.counted {
        turn.done.counted = true;
        turn.premises.throttle.count(turn.caller.arn(), D::NAME, D::LIMIT)?;
        turn.record.notes.extend(deed.note());
    }
    Ok(())
}

/// Why an attempt came to no reply.
enum Stopped<F> {
    Refused(F),
    /// The rotation of these keys is due: it is settled first, in a write of its own.
    Due(Vec<KeyId>),
    /// A key pair is to be made, and this is not where they are made.
    NeedsKeyPair,
    /// Somebody else changed the same meanwhile.
    Again,
}

impl<F: From<Refusal>> From<CommitError> for Stopped<F> {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Again,
            error => Self::Refused(Refusal::Unkept(error).into()),
        }
    }
}

/// Run the call once, on the state as it is now. `settles`: whether a rotation that is due comes first.
fn attempt<D: Deed>(
    deed: &D,
    turn: &mut Turn,
    waiting: Waiting<'_>,
    settles: bool,
) -> Result<D::Reply, Stopped<FaultOf<D>>> {
    let premises = Arc::clone(&turn.premises);
    let draw = premises.world.chance.draw(&turn.place.account);
    let mut view = premises.holdings.view(turn.place.clone(), turn.wall, draw, turn.done.prepared.clone())?;
    let outcome = run(deed, turn, waiting, settles, &mut view);
    turn.done.prepared = view.prepared().map(Prepared::again);
    let reply = match outcome {
        Ok(reply) if !turn.dry_run => {
            view.commit()?;
            return Ok(reply);
        }
        Ok(reply) => Ok(reply),
        Err(Stopped::Refused(fault)) => Err(fault),
        Err(stopped) => return Err(stopped),
    };
    // What was seen must have become durable before anybody is told of it.
    view.give_up()?;
    reply.map_err(Stopped::Refused)
}

/// From the search to the reply, with nothing kept yet.
fn run<D: Deed>(
    deed: &D,
    turn: &mut Turn,
    waiting: Waiting<'_>,
    settles: bool,
    view: &mut View<'_, D::Mode>,
) -> Result<D::Reply, Stopped<FaultOf<D>>> {
    let (permitted, due) = find_permitted(deed, turn, view).map_err(Stopped::Refused)?;
    if settles && !due.is_empty() {
        return Err(Stopped::Due(due));
    }
    let admitted = permitted.admit(&D::STATES, view.now()).map_err(Stopped::Refused)?;
    let admitted = prepare(deed, turn, waiting, view, admitted)?;
    deed.run(admitted, view).map_err(Stopped::Refused)
}

/// One search, and the keys in it whose rotation is due.
fn find_permitted<D: Deed>(
    deed: &D,
    turn: &mut Turn,
    view: &View<'_, D::Mode>,
) -> Result<FoundPermitted<D::Subject>, FaultOf<D>> {
    turn.record.asked.clear();
    let found = D::Subject::find(deed.subject(), Asks::new(D::PERMISSIONS), view);
    let due = found.due(view.now());
    Ok((found.permit(turn, view.now())?, due))
}

/// Give the keys that are due their new versions. Where somebody else was quicker, it is looked again whether they are.
/// `false`: it cannot be kept; the last version goes on, and another call settles it.
fn settle(due: &[KeyId], turn: &mut Turn) -> bool {
    let Premises { world, holdings, .. } = &*turn.premises;
    let draw = world.chance.draw(&turn.place.account);
    let settled = holdings.view::<Write>(turn.place.clone(), turn.wall, draw, None).and_then(|mut settling| {
        for key in due {
            settling.keys_mut().settle_rotation(key);
        }
        settling.commit()
    });
    match settled {
        Ok(()) | Err(CommitError::Conflict) => true,
        Err(_) => {
            turn.record.notes.push("a rotation that is due could not be kept: the last version is used");
            false
        }
    }
}

/// Make what takes long to make, with the state out of hand, and ask everything again: much may have changed meanwhile.
fn prepare<D: Deed>(
    deed: &D,
    turn: &mut Turn,
    waiting: Waiting<'_>,
    view: &mut View<'_, D::Mode>,
    admitted: AdmittedOf<D>,
) -> Result<AdmittedOf<D>, Stopped<FaultOf<D>>> {
    let Some(spec) = deed.makes(&admitted, view).map_err(Stopped::Refused)?.filter(|spec| spec.is_slow_to_make())
    else {
        return Ok(admitted);
    };
    if view.prepared().is_some_and(|prepared| prepared.spec() == spec) {
        return Ok(admitted);
    }
    let Waiting::For(Queue::KeyPair, abandoned) = waiting else { return Err(Stopped::NeedsKeyPair) };
    let stay = || if abandoned.is_gone() { Err(Stopped::Refused(Refusal::Abandoned.into())) } else { Ok(()) };
    stay()?;
    drop(admitted);
    view.prepare(spec)?;
    stay()?;
    let (permitted, _) = find_permitted(deed, turn, view).map_err(Stopped::Refused)?;
    let admitted = permitted.admit(&D::STATES, view.now()).map_err(Stopped::Refused)?;
    deed.makes(&admitted, view).map_err(Stopped::Refused)?;
    Ok(admitted)
}
