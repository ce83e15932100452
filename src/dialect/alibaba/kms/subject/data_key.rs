//! Managed data keys as subjects.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Found, resource, spoken};
use crate::call::{Asks, Subject};
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::resource_names::arn;
use crate::keyring::{self, Admitted, Key, States};
use crate::secrets::DataKey;
use crate::state::{Mode, View};

/// A data key alone.
impl Subject for Arc<DataKey> {
    type Fault = Fault;
    type Reference<'r> = &'r str;
    type Admitted = Self;

    fn find<M: Mode>(name: &str, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let resource = resource(asks.first(), arn(view.place(), "datakey/", name));
        let found = view.find_data_key(name).cloned().ok_or_else(|| (&fault::RESOURCE_NOT_FOUND).into());
        Found { resources: vec![resource], outcome: found }
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
    type Fault = Fault;
    type Reference<'r> = &'r str;
    type Admitted = (Arc<DataKey>, Admitted);

    fn find<M: Mode>(name: &str, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let found = <Arc<DataKey>>::find(name, asks, view);
        let outcome = found.outcome.and_then(|data_key| {
            let key = view.keys().find(data_key.key.as_str()).and_then(spoken)?;
            Ok(Self { data_key, key })
        });
        Found { resources: found.resources, outcome }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        Ok((self.data_key, states.admit(self.key, now)?))
    }
}
