//! Aliases as subjects: to be made, to be deleted, to be moved.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Found, key_resource, resource, spoken};
use crate::call::{Asks, Resource, Subject};
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::reference::KeyRef;
use crate::dialect::alibaba::kms::resource_names::alias_arn;
use crate::keyring::{self, Admitted, AliasName, Key, Place, States};
use crate::state::{Mode, View};

/// An alias that is to be made, for a key.
#[derive(Debug)]
pub struct NewAlias {
    key: Arc<Key>,
    name: AliasName,
}

impl Subject for NewAlias {
    type Fault = Fault;
    type Reference<'r> = (&'r KeyRef, &'r AliasName);
    type Admitted = (Admitted, AliasName);

    fn find<M: Mode>((key, name): Self::Reference<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let mut found = Arc::<Key>::find(key, asks, view);
        found.resources.push(alias_resource(asks, view.place(), name));
        let outcome = found.outcome.and_then(|key| match view.keys().find_alias(name) {
            Ok(_) => Err(keyring::Error::AliasTaken.into()),
            Err(_) => Ok(Self { key, name: name.clone() }),
        });
        Found { resources: found.resources, outcome }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        states.admit(self.key, now).map(|key| (key, self.name))
    }
}

/// An alias and the key that it stands for.
#[derive(Debug)]
pub struct BoundAlias {
    key: Arc<Key>,
    name: AliasName,
}

impl Subject for BoundAlias {
    type Fault = Fault;
    type Reference<'r> = &'r AliasName;
    type Admitted = (Admitted, AliasName);

    fn find<M: Mode>(name: &AliasName, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let mut resources = vec![alias_resource(asks, view.place(), name)];
        let found = view.keys().find_alias(name).and_then(spoken);
        resources.extend(found.as_ref().ok().map(|key| key_resource(asks.first(), key)));
        Found { resources, outcome: found.map(|key| Self { key, name: name.clone() }).map_err(Fault::from) }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        states.admit(self.key, now).map(|key| (key, self.name))
    }
}

/// An alias that is to stand for another key than before: only that other key's state counts.
#[derive(Debug)]
pub struct MovedAlias {
    name: AliasName,
    from: Arc<Key>,
    to: Arc<Key>,
}

/// An alias, the key that it stands for, and the one that it will stand for.
#[derive(Debug)]
pub struct Move {
    pub name: AliasName,
    pub from: Admitted,
    pub to: Admitted,
}

impl Subject for MovedAlias {
    type Fault = Fault;
    type Reference<'r> = (&'r AliasName, &'r KeyRef);
    type Admitted = Move;

    fn find<M: Mode>((name, key): Self::Reference<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let (from, to) = (BoundAlias::find(name, asks, view), Arc::<Key>::find(key, asks, view));
        let resources = from.resources.into_iter().chain(to.resources).collect();
        let outcome = from.outcome.and_then(|from| Ok(Self { name: name.clone(), from: from.key, to: to.outcome? }));
        Found { resources, outcome }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Move, keyring::Error> {
        Ok(Move { name: self.name, from: States::ANY.admit(self.from, now)?, to: states.admit(self.to, now)? })
    }
}

fn alias_resource(asks: Asks, place: &Place, name: &AliasName) -> Resource {
    resource(asks.first(), alias_arn(place, name))
}
