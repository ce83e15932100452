//! Keys as subjects: named by the caller, or by what they sealed.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Found, key_resource, resource, spoken};
use crate::call::{Asks, Subject};
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::reference::{KeyName, KeyRef};
use crate::dialect::alibaba::kms::resource_names::{ALIAS_PREFIX, KEY_PREFIX, arn, elsewhere_arn};
use crate::keyring::{self, Admitted, AliasName, Key, States, VersionId};
use crate::state::{Mode, View};

/// One key, named by the caller.
impl Subject for Arc<Key> {
    type Fault = Fault;
    type Reference<'r> = &'r KeyRef;
    type Admitted = Admitted;

    fn find<M: Mode>(reference: &KeyRef, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let (place, keys) = (view.place(), view.keys());
        if let Some((region, account)) = &reference.elsewhere
            && (*region != *place.region || *account != *place.account)
        {
            return absent(reference, asks, region, account);
        }
        let outcome = match &reference.name {
            KeyName::Id(id) => keys.find(id).and_then(spoken).map_err(Fault::from),
            KeyName::Alias(_) if !reference.alias_allowed => Err((&fault::UNSUPPORTED_ALIAS).into()),
            KeyName::Alias(name) => AliasName::new(name)
                .map_err(|_| keyring::Error::AliasNotFound)
                .and_then(|name| keys.find_alias(&name))
                .and_then(spoken)
                .map_err(Fault::from),
        };
        match outcome {
            Ok(key) => Found { resources: vec![key_resource(asks.first(), &key)], outcome: Ok(key) },
            Err(fault) => Found { outcome: Err(fault), ..absent(reference, asks, &place.region, &place.account) },
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
        states.admit(self, now)
    }
}

/// A key that is not here. Permission is asked for what the caller named.
fn absent(reference: &KeyRef, asks: Asks, region: &str, account: &str) -> Found<Arc<Key>> {
    let (kind, name, code) = match &reference.name {
        KeyName::Id(id) => (KEY_PREFIX, id, &fault::KEY_NOT_FOUND),
        KeyName::Alias(name) => (ALIAS_PREFIX, name, &fault::ALIAS_NOT_FOUND),
    };
    let arn = elsewhere_arn(region, account, kind, name);
    Found { resources: vec![resource(asks.first(), arn)], outcome: Err(code.into()) }
}

/// The key that sealed a ciphertext, known by the version that it names.
#[derive(Debug)]
pub struct Sealing(Arc<Key>);

impl Subject for Sealing {
    type Fault = Fault;
    type Reference<'r> = VersionId;
    type Admitted = Admitted;

    fn find<M: Mode>(version: VersionId, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        match view.keys().find_sealing(version).and_then(spoken) {
            Ok(key) => Found { resources: vec![key_resource(asks.first(), &key)], outcome: Ok(Self(key)) },
            Err(error) => {
                let version = version.to_string();
                let cause = format!("no key here has the version {version} that the blob names");
                let resource = resource(asks.first(), arn(view.place(), KEY_PREFIX, &version));
                Found { resources: vec![resource], outcome: Err(Fault::from(error).because(cause)) }
            }
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
        states.admit(self.0, now)
    }
}

/// The key that opens a ciphertext: the one that sealed it, or one that the caller names.
#[derive(Debug)]
pub struct Opening(Arc<Key>);

/// How a request tells which key opens a ciphertext.
#[derive(Debug)]
pub enum OpeningRef<'r> {
    Sealed(VersionId),
    Named(&'r KeyRef),
}

impl Subject for Opening {
    type Fault = Fault;
    type Reference<'r> = OpeningRef<'r>;
    type Admitted = Admitted;

    fn find<M: Mode>(reference: OpeningRef<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        match reference {
            OpeningRef::Sealed(version) => Sealing::find(version, asks, view).map(|sealing| Self(sealing.0)),
            OpeningRef::Named(reference) => <Arc<Key>>::find(reference, asks, view).map(Self),
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
        states.admit(self.0, now)
    }
}
