//! Who calls, where and when: what a deed is done with.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Record, Throttle};
use crate::access::{Circumstances, Principal};
use crate::keyring::{Place, Prepared};
use crate::state::Holdings;
use crate::world::World;

/// What all calls share.
#[derive(Debug)]
pub struct Premises {
    pub world: World,
    pub holdings: Holdings,
    pub throttle: Throttle,
}

impl Premises {
    /// Whether no call is done without waiting: a seeded stream may be in the hands of a writer, and others may have
    /// written what is to be read.
    pub(super) fn makes_all_wait(&self) -> bool {
        self.world.chance.is_seeded() || self.holdings.is_shared()
    }
}

/// A verified call: who it is for, from where, and what became known of it.
#[derive(Debug)]
pub struct Turn {
    pub premises: Arc<Premises>,
    /// The code under which policies know the service, such as `kms`.
    pub service: &'static str,
    pub caller: Arc<Principal>,
    pub source_ip: IpAddr,
    pub secure_transport: bool,
    pub place: Place,
    /// The real time when the call came.
    pub wall: Timestamp,
    /// Whether it is only to be tried.
    pub dry_run: bool,
    pub record: Record,
    /// What was done for it once and survives being run again.
    pub done: Done,
}

/// What is not repeated where a call is run again.
#[derive(Debug, Default)]
pub struct Done {
    /// Whether it was counted against its limit.
    pub(super) counted: bool,
    /// Key material that took long to make.
    pub(super) prepared: Option<Prepared>,
}

impl Turn {
    pub(super) fn circumstances(&self, now: Timestamp) -> Circumstances {
        Circumstances { source_ip: self.source_ip, secure_transport: self.secure_transport, now }
    }
}
