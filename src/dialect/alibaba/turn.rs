//! A verified call on its way through the stages of its action.

use jiff::Timestamp;

use super::answer::Envelope;
use super::dry_run::DryRun;
use super::fault::Fault;
use super::parameters::Parameters;
use super::throttle::{Limit, Throttle};
use crate::access::{Circumstances, Principal};
use crate::keyring::{Keyring, Mode, Place, Ring};
use crate::world::Chance;

/// Who calls, what with, where and when.
#[derive(Debug)]
pub struct Turn<'t> {
    pub keys: &'t Keyring,
    pub chance: &'t Chance,
    pub throttle: &'t Throttle,
    pub envelope: Envelope,
    pub parameters: &'t Parameters,
    pub caller: &'t Principal,
    pub circumstances: Circumstances,
    pub place: Place,
    /// The account's time.
    pub now: Timestamp,
    pub dry_run: DryRun,
    /// What the caller might have overlooked, for the log.
    pub notes: Vec<&'static str>,
}

impl Turn<'_> {
    /// Count the call against its limit. Errors: `Rejected.Throttling`.
    pub fn count(&self, action: &'static str, limit: Limit) -> Result<(), Fault> {
        self.throttle.count(self.caller.arn(), action, limit)
    }

    /// The keys at this moment.
    pub fn ring<M: Mode>(&self) -> Ring<'_, M> {
        let draw = self.chance.draw(&self.place.account);
        self.keys.ring(self.place.clone(), self.now, draw)
    }
}
