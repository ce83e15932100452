//! All that a sandbox holds, as one value: keys, secrets, people, clocks.
//!
//! [`State`] never changes; a change makes another one, which shares everything untouched. [`Holdings`] has the newest
//! and the way to the next: through a [`View`], which sees one moment for one call, and, where it may [`Write`], works on
//! drafts of the parts that it touches. What records look like on disk is known to the [`Vault`].

mod clocks;
mod holdings;
mod records;
mod view;

use std::vec;

pub use clocks::{ClockChange, Clocks};
pub use holdings::Holdings;
pub use records::Vault;
pub use view::{Mode, Read, View, Write};

use crate::access::{self, People};
use crate::keyring::{self, Keys};
use crate::secrets::{self, Secrets};
use crate::world::{Recorded, Scope};

/// Everything at one moment. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub keys: Keys,
    pub secrets: Secrets,
    pub people: People,
    pub clocks: Clocks,
}

/// A record of one of the parts put in its place, or erased.
#[derive(Debug, Clone)]
pub enum Change {
    Key(keyring::Change),
    Secret(secrets::Change),
    Person(access::Change),
    Clock(ClockChange),
}

/// What one call changes, part by part.
#[derive(Debug, Default)]
pub struct Changes {
    pub keys: Vec<keyring::Change>,
    pub secrets: Vec<secrets::Change>,
    pub people: Vec<access::Change>,
    pub clocks: Vec<ClockChange>,
}

impl Recorded for State {
    type Change = Change;
    type Changes = Changes;

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Key(change) => self.keys.apply(change),
            Change::Secret(change) => self.secrets.apply(change),
            Change::Person(change) => self.people.apply(change),
            Change::Clock(change) => self.clocks.apply(change),
        }
    }

    fn record_id(change: &Change) -> Vec<u8> {
        match change {
            Change::Key(change) => Keys::record_id(change),
            Change::Secret(change) => Secrets::record_id(change),
            Change::Person(change) => People::record_id(change),
            Change::Clock(change) => Clocks::record_id(change),
        }
    }

    fn scopes(&self, change: &Change) -> Vec<Scope> {
        match change {
            Change::Key(change) => self.keys.scopes(change),
            Change::Secret(change) => self.secrets.scopes(change),
            Change::Person(change) => self.people.scopes(change),
            Change::Clock(change) => self.clocks.scopes(change),
        }
    }
}

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        let keys = self.keys.into_iter().map(Change::Key);
        let secrets = self.secrets.into_iter().map(Change::Secret);
        let people = self.people.into_iter().map(Change::Person);
        let clocks = self.clocks.into_iter().map(Change::Clock);
        keys.chain(secrets).chain(people).chain(clocks).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
