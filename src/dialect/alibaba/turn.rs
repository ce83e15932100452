//! A verified call on its way through the stages of its action.

use std::time::Duration;

use jiff::Timestamp;

use super::Gateway;
use super::answer::Envelope;
use super::fault::Fault;
use super::kms::DryRun;
use super::parameters::Parameters;
use crate::access::{Circumstances, Principal};
use crate::keyring::{Mode, Place, Ring};

/// Who calls, what with, where and when.
#[derive(Debug)]
pub struct Turn<'t> {
    pub gateway: &'t Gateway,
    pub envelope: Envelope,
    pub parameters: &'t Parameters,
    pub caller: &'t Principal,
    pub circumstances: Circumstances,
    pub place: Place,
    /// The account's time.
    pub now: Timestamp,
    /// The stopwatch's reading when the call came.
    pub started: Duration,
    pub dry_run: DryRun,
    /// What the caller might have overlooked, for the log.
    pub notes: Vec<&'static str>,
}

impl Turn<'_> {
    /// Count the call against its limit. Errors: `Rejected.Throttling`.
    pub fn count(&self, action: &'static str, is_limited: bool) -> Result<(), Fault> {
        self.gateway.throttle.count(self.caller.arn(), action, is_limited, self.started)
    }

    /// The keys at this moment.
    pub fn ring<M: Mode>(&self) -> Ring<'_, M> {
        let draw = self.gateway.world.chance.draw(&self.place.account);
        Ring::open(&self.gateway.keys, self.place.clone(), self.now, draw)
    }
}
