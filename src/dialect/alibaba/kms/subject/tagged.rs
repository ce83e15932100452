//! What tags hang on: keys. Secrets and certificates can be named, but there are none.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Found, resource};
use crate::call::{Asks, Resource, Subject};
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::reference::KeyRef;
use crate::dialect::alibaba::kms::resource_names::arn;
use crate::dialect::alibaba::kms::types::Text;
use crate::keyring::{self, Admitted, Key, Place, States};
use crate::state::{Mode, View};

/// What stands before the name in the ARN of a secret.
const SECRET_PREFIX: &str = "secret/";

/// What stands before the id in the ARN of a certificate.
const CERTIFICATE_PREFIX: &str = "certificate/";

/// What a secret or certificate is called.
pub type ResourceName = Text<255>;

/// One thing that has tags, as a request names it.
#[derive(Debug)]
pub enum Named<'r> {
    Key(&'r KeyRef),
    Secret(&'r ResourceName),
    Certificate(&'r ResourceName),
}

impl<'r> Named<'r> {
    /// The one thing that is named. Errors: `MissingParameter` where there is none, `InvalidParameter` where there is
    /// more than one.
    pub fn one(
        key: Option<&'r KeyRef>,
        secret: Option<&'r ResourceName>,
        certificate: Option<&'r ResourceName>,
    ) -> Result<Self, Fault> {
        const TWO: &str = "exactly one of KeyId, SecretName and CertificateId names what the tags are on";
        match (key, secret, certificate) {
            (Some(key), None, None) => Ok(Self::Key(key)),
            (None, Some(secret), None) => Ok(Self::Secret(secret)),
            (None, None, Some(certificate)) => Ok(Self::Certificate(certificate)),
            (None, None, None) => Err(Fault::about(&fault::MISSING_PARAMETER, "KeyId").because(TWO)),
            (_, Some(_), _) => Err(Fault::about(&fault::INVALID_PARAMETER, "SecretName").because(TWO)),
            (_, None, _) => Err(Fault::about(&fault::INVALID_PARAMETER, "CertificateId").because(TWO)),
        }
    }
}

/// The key with tags.
#[derive(Debug)]
pub struct TaggedKey(Arc<Key>);

impl Subject for TaggedKey {
    type Fault = Fault;
    type Reference<'r> = Named<'r>;
    type Admitted = Admitted;

    fn find<M: Mode>(reference: Named<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        match reference {
            Named::Key(key) => Arc::<Key>::find(key, asks, view).map(Self),
            Named::Secret(name) => {
                let resources = vec![called(asks, view.place(), SECRET_PREFIX, &name.0)];
                Found { resources, outcome: Err((&fault::RESOURCE_NOT_FOUND).into()) }
            }
            Named::Certificate(id) => {
                let resources = vec![called(asks, view.place(), CERTIFICATE_PREFIX, &id.0)];
                Found { resources, outcome: Err((&fault::CERTIFICATE_NOT_FOUND).into()) }
            }
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
        states.admit(self.0, now)
    }
}

/// Things of one kind that have tags, as a request names them.
#[derive(Debug)]
pub enum Resources<'r> {
    Keys(Vec<KeyRef>),
    Secrets(&'r [String]),
}

/// The keys that are named, in the order of their ids, each once.
#[derive(Debug)]
pub struct TaggedKeys(Vec<Arc<Key>>);

impl Subject for TaggedKeys {
    type Fault = Fault;
    type Reference<'r> = Resources<'r>;
    type Admitted = Vec<Admitted>;

    fn find<M: Mode>(reference: Resources<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        match reference {
            Resources::Keys(keys) => find_all(&keys, asks, view),
            Resources::Secrets(names) => {
                let resources = names.iter().map(|name| called(asks, view.place(), SECRET_PREFIX, name)).collect();
                Found { resources, outcome: Err((&fault::RESOURCE_ID_NOT_FOUND).into()) }
            }
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Vec<Admitted>, keyring::Error> {
        self.0.into_iter().map(|key| states.admit(key, now)).collect()
    }
}

/// The things whose tags are to be listed: some, or all of a kind.
#[derive(Debug)]
pub enum Listed<'r> {
    Named(Resources<'r>),
    AllKeys,
    AllSecrets,
}

/// The keys whose tags are to be listed, in the order of their ids; `None` for all there are.
#[derive(Debug)]
pub struct ListedKeys(Option<Vec<Arc<Key>>>);

impl Subject for ListedKeys {
    type Fault = Fault;
    type Reference<'r> = Listed<'r>;
    type Admitted = Option<Vec<Arc<Key>>>;

    fn find<M: Mode>(reference: Listed<'_>, asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let whole =
            |kind, keys| Found { resources: vec![called(asks, view.place(), kind, "")], outcome: Ok(Self(keys)) };
        match reference {
            Listed::Named(resources) => TaggedKeys::find(resources, asks, view).map(|keys| Self(Some(keys.0))),
            Listed::AllKeys => whole("key", None),
            Listed::AllSecrets => whole("secret", Some(Vec::new())),
        }
    }

    fn admit(self, _states: &States, _now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        Ok(self.0)
    }
}

/// Permission is asked for every one of them before any is missed.
fn find_all<M: Mode>(keys: &[KeyRef], asks: Asks, view: &View<'_, M>) -> Found<TaggedKeys> {
    let mut all = Found { resources: Vec::with_capacity(keys.len()), outcome: Ok(Vec::with_capacity(keys.len())) };
    for key in keys {
        let found = Arc::<Key>::find(key, asks, view);
        all.resources.extend(found.resources);
        all.outcome = all.outcome.and_then(|mut keys: Vec<_>| {
            keys.push(found.outcome.map_err(named_by_resource_id)?);
            Ok(keys)
        });
    }
    let once = |mut keys: Vec<Arc<Key>>| {
        keys.sort_by(|one, other| one.id.cmp(&other.id));
        keys.dedup_by(|one, other| one.id == other.id);
        TaggedKeys(keys)
    };
    Found { resources: all.resources, outcome: all.outcome.map(once) }
}

fn named_by_resource_id(fault: Fault) -> Fault {
    if *fault.code == fault::KEY_NOT_FOUND { (&fault::RESOURCE_ID_NOT_FOUND).into() } else { fault }
}

/// `name` may itself be an ARN.
fn called(asks: Asks, place: &Place, prefix: &str, name: &str) -> Resource {
    resource(asks.first(), if name.starts_with("acs:") { name.to_owned() } else { arn(place, prefix, name) })
}
