//! Everything at one moment, for one call.

use std::fmt;
use std::sync::Arc;

use arc_swap::Guard;
use jiff::Timestamp;

use super::{Holdings, State};
use crate::keyring::{self, ImportParameters, Key, KeySpec, Place, Prepared, Ring, RingMut, Tools, Wrapping};
use crate::secrets::{self, DataKey};
use crate::world::{CommitError, Draft, Draw, Transaction};

/// Whether a call only reads or may change things. A call that reads has no way to change anything.
pub trait Mode: Sized + 'static {
    const WRITES: bool;
    type Moment<'l>;

    fn begin(holdings: &Holdings) -> Result<Self::Moment<'_>, CommitError>;
    fn state<'s>(moment: &'s Self::Moment<'_>) -> &'s State;
    /// A call that writes also erases keys of its account whose deletion date has passed.
    fn clear(view: &mut View<'_, Self>);
    fn commit(moment: Self::Moment<'_>) -> Result<(), CommitError>;
    fn give_up(moment: Self::Moment<'_>) -> Result<(), CommitError>;
}

/// Reads one consistent moment, beside any number of others.
#[derive(Debug)]
pub struct Read;

/// Changes things, one call at a time.
#[derive(Debug)]
pub struct Write;

impl Mode for Read {
    const WRITES: bool = false;
    type Moment<'l> = Guard<Arc<State>>;

    fn begin(holdings: &Holdings) -> Result<Self::Moment<'_>, CommitError> {
        Ok(holdings.ledger.refreshed()?)
    }

    fn state<'s>(moment: &'s Self::Moment<'_>) -> &'s State {
        moment
    }

    fn clear(_view: &mut View<'_, Self>) {}

    fn commit(_moment: Self::Moment<'_>) -> Result<(), CommitError> {
        Ok(())
    }

    fn give_up(_moment: Self::Moment<'_>) -> Result<(), CommitError> {
        Ok(())
    }
}

impl Mode for Write {
    const WRITES: bool = true;
    type Moment<'l> = Transaction<'l, State>;

    fn begin(holdings: &Holdings) -> Result<Self::Moment<'_>, CommitError> {
        holdings.ledger.begin()
    }

    fn state<'s>(moment: &'s Self::Moment<'_>) -> &'s State {
        moment
    }

    fn clear(view: &mut View<'_, Self>) {
        view.keys_mut().erase_overdue();
    }

    fn commit(moment: Self::Moment<'_>) -> Result<(), CommitError> {
        moment.commit()
    }

    fn give_up(moment: Self::Moment<'_>) -> Result<(), CommitError> {
        moment.give_up()
    }
}

/// What a call sees and may draw; in a writing one also what it changes.
///
/// Dropped without [`View::commit`], it leaves no trace: that is how a dry run and a failed call end.
pub struct View<'l, M: Mode> {
    holdings: &'l Holdings,
    /// Let go only while material is prepared.
    moment: Option<M::Moment<'l>>,
    place: Place,
    wall: Timestamp,
    now: Timestamp,
    /// The call's randomness.
    pub draw: Draw,
    prepared: Option<Prepared>,
}

impl Holdings {
    /// Everything as one call sees it, which is for `place`, may draw, and brings what was made for it before.
    /// `wall`: the real time.
    pub fn view<M: Mode>(
        &self,
        place: Place,
        wall: Timestamp,
        draw: Draw,
        prepared: Option<Prepared>,
    ) -> Result<View<'_, M>, CommitError> {
        let mut view = View { holdings: self, moment: None, place, wall, now: wall, draw, prepared };
        view.take_up()?;
        Ok(view)
    }
}

impl<M: Mode> View<'_, M> {
    /// Take everything up as it is now.
    fn take_up(&mut self) -> Result<(), CommitError> {
        let moment = M::begin(self.holdings)?;
        self.now = M::state(&moment).clocks.now(&self.place.account, self.wall);
        self.moment = Some(moment);
        M::clear(self);
        Ok(())
    }

    /// Make material for a new version of a key of `spec` while nobody waits for this call, and take everything up as it
    /// is then.
    pub fn prepare(&mut self, spec: KeySpec) -> Result<(), CommitError> {
        self.moment = None;
        self.prepared = Prepared::make(spec, &mut self.draw);
        self.take_up()
    }

    /// What was made for it before it began.
    pub fn prepared(&self) -> Option<&Prepared> {
        self.prepared.as_ref()
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The time of the call's account.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The keys of the place.
    pub fn keys(&self) -> Ring<'_> {
        Ring::new(&self.state().keys, &self.place, self.now)
    }

    pub fn find_data_key(&self, name: &str) -> Option<&Arc<DataKey>> {
        self.state().secrets.data_key(&self.place, name)
    }

    /// What an owner needs to wrap material for `key`, with the key pair that was prepared or is made here.
    pub fn import_parameters(&mut self, key: &Key, wrapping: Wrapping) -> Result<ImportParameters, keyring::Error> {
        let tools =
            Tools { import_secret: &self.holdings.import_secret, draw: &mut self.draw, prepared: &mut self.prepared };
        tools.import_parameters(key, wrapping, self.now)
    }

    /// Make what the call did durable and visible.
    pub fn commit(self) -> Result<(), CommitError> {
        self.moment.map_or(Ok(()), M::commit)?;
        self.draw.settle();
        Ok(())
    }

    /// Keep nothing; but wait until what was seen is durable, or has failed.
    pub fn give_up(self) -> Result<(), CommitError> {
        self.moment.map_or(Ok(()), M::give_up)
    }

    fn state(&self) -> &State {
        M::state(self.moment.as_ref().expect(HELD))
    }
}

const HELD: &str = "what was let go is taken up before anybody looks";

impl View<'_, Write> {
    /// The keys of the place, to be changed.
    pub fn keys_mut(&mut self) -> RingMut<'_> {
        let (state, changes) = self.moment.as_mut().expect(HELD).parts();
        let keys = Draft::new(&mut state.keys, &mut changes.keys);
        let tools =
            Tools { import_secret: &self.holdings.import_secret, draw: &mut self.draw, prepared: &mut self.prepared };
        RingMut::new(keys, &self.place, self.now, tools)
    }

    pub fn put_data_key(&mut self, data_key: Arc<DataKey>) {
        let (state, changes) = self.moment.as_mut().expect(HELD).parts();
        Draft::new(&mut state.secrets, &mut changes.secrets).record(secrets::Change::DataKey(data_key));
    }
}

impl<M: Mode> fmt::Debug for View<'_, M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("View").field("place", &self.place).field("now", &self.now).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
