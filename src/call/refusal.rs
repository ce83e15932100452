//! Why a call is refused on its way, in no dialect's words.

use std::sync::Arc;

use super::Resource;
use crate::access::{Circumstances, Decision, Principal, Request, explain};
use crate::keyring;
use crate::world::CommitError;

/// Why a call is refused. Each dialect has a code for each of these.
#[derive(Debug)]
pub enum Refusal {
    /// The caller calls too often.
    Throttled,
    /// Too much waits already where the call would have to.
    TooBusy,
    Denied(Box<Denial>),
    Key(keyring::Error),
    /// What it did cannot be kept.
    Unkept(CommitError),
    /// Nobody waits for the answer any more; nothing was done.
    Abandoned,
}

impl From<keyring::Error> for Refusal {
    fn from(error: keyring::Error) -> Self {
        Self::Key(error)
    }
}

impl From<CommitError> for Refusal {
    fn from(error: CommitError) -> Self {
        Self::Unkept(error)
    }
}

/// A lack of permission, with all that is needed to say why.
#[derive(Debug)]
pub struct Denial {
    pub principal: Arc<Principal>,
    /// With the service's code, such as `kms:Decrypt`.
    pub action: String,
    pub resource: Resource,
    pub circumstances: Circumstances,
    pub decision: Decision,
}

impl Denial {
    /// The reason in one line for a person.
    pub fn explain(&self) -> String {
        let Self { action, resource, circumstances, .. } = self;
        let request = Request { action, resource: &resource.name, tags: resource, circumstances };
        explain(&self.decision, &self.principal, &request)
    }
}
