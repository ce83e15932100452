//! Managed data keys as subjects.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Found, Resource, Subject, arn};
use crate::dialect::alibaba::fault::Fault;
use crate::keyring::{self, Admitted, DataKey, Key, Mode, Ring, States};

/// A data key alone.
impl Subject for Arc<DataKey> {
    type Reference<'r> = &'r str;
    type Admitted = Self;

    fn find<M: Mode>(name: &str, ring: &Ring<'_, M>) -> Found<Self> {
        let resource = Resource { arn: arn(ring.place(), "datakey/", name), key: None };
        Found { resources: vec![resource], outcome: ring.find_data_key(name).map_err(Fault::from) }
    }

    fn admit(self, _states: &States, _now: Timestamp) -> Result<Self, keyring::Error> {
        Ok(self)
    }
}

/// A data key and the key that it is kept under, whose state counts.
#[derive(Debug)]
pub struct KeptDataKey {
    data_key: Arc<DataKey>,
    key: Arc<Key>,
}

impl Subject for KeptDataKey {
    type Reference<'r> = &'r str;
    type Admitted = (Arc<DataKey>, Admitted);

    fn find<M: Mode>(name: &str, ring: &Ring<'_, M>) -> Found<Self> {
        let found = <Arc<DataKey>>::find(name, ring);
        let outcome = found.outcome.and_then(|data_key| {
            let key = ring.find(data_key.key.as_str())?;
            Ok(Self { data_key, key })
        });
        Found { resources: found.resources, outcome }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        Ok((self.data_key, states.admit(self.key, now)?))
    }
}
