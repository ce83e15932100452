//! What an action acts on: found, permitted, admitted, in this order and no other.

mod alias;
mod data_key;
mod tagged;

use std::marker::PhantomData;
use std::sync::Arc;

use jiff::Timestamp;

use crate::access::{Circumstances, Principal, Request, Tags, decide};
use crate::dialect::alibaba::fault::{self, AccessDeniedDetail, Fault};
use crate::keyring::{self, Admitted, AliasName, Key, Mode, Place, Ring, States, VersionId};

use super::reference::{ALIAS_PREFIX, KEY_PREFIX, KeyName, KeyRef};

pub use alias::{BoundAlias, Move, MovedAlias, NewAlias};
pub use data_key::KeptDataKey;
pub use tagged::{Listed, ListedKeys, Named, ResourceName, Resources, TaggedKey, TaggedKeys};

/// What an action acts on.
pub trait Subject: Sized {
    /// How a request names it.
    type Reference<'r>;
    /// What it becomes when its state admits the action.
    type Admitted;

    fn find<M: Mode>(reference: Self::Reference<'_>, ring: &Ring<'_, M>) -> Found<Self>;

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error>;
}

/// The outcome of a search, with the resources that permission must be asked for before it may be told.
#[derive(Debug)]
pub struct Found<T> {
    resources: Vec<Resource>,
    outcome: Result<T, Fault>,
}

/// The resource of actions that are about no thing in particular.
const ANYTHING: &str = "*";

/// A thing that permissions are about.
#[derive(Debug)]
struct Resource {
    arn: String,
    /// The key whose tags conditions can see.
    key: Option<Arc<Key>>,
}

impl Tags for Resource {
    fn value(&self, key: &str) -> Option<&str> {
        self.key.as_ref()?.tags.get(key).map(String::as_str)
    }
}

/// What was found, and may be acted on by the caller.
#[derive(Debug)]
pub struct Permitted<T>(T);

impl<T: Subject> Found<T> {
    /// Ask whether `principal` may do `actions` (one for each resource, or one for all) here; only then tell what was
    /// found.
    ///
    /// Errors: `Forbidden.NoPermission` with the ARN that failed; then whatever the search found wrong.
    pub fn permit(
        self,
        actions: &[&str],
        principal: &Principal,
        circumstances: &Circumstances,
    ) -> Result<Permitted<T>, Fault> {
        for (resource, action) in self.resources.iter().zip(actions.iter().cycle()) {
            let action = ["kms:", action].concat();
            let request = Request { action: &action, resource: &resource.arn, tags: resource, circumstances };
            decide(principal, &request).map_err(|denial| {
                let detail = AccessDeniedDetail::of(&denial);
                let fault = match resource.arn.as_str() {
                    ANYTHING => Fault::from(&fault::NO_PERMISSION_AT_ALL),
                    arn => Fault::about(&fault::NO_PERMISSION, arn),
                };
                Fault { access_denied_detail: Some(Box::new(detail)), ..fault.because(denial.explain()) }
            })?;
        }
        self.outcome.map(Permitted)
    }

    /// What was found, seen as something else.
    fn map<U>(self, seen: impl FnOnce(T) -> U) -> Found<U> {
        Found { resources: self.resources, outcome: self.outcome.map(seen) }
    }

    /// The keys that the action is about.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.resources.iter().filter_map(|resource| resource.key.as_ref())
    }
}

impl<T: Subject> Permitted<T> {
    pub fn admit(self, states: &States, now: Timestamp) -> Result<T::Admitted, Fault> {
        self.0.admit(states, now).map_err(Fault::from)
    }
}

/// One key, named by the caller.
impl Subject for Arc<Key> {
    type Reference<'r> = &'r KeyRef;
    type Admitted = Admitted;

    fn find<M: Mode>(reference: &KeyRef, ring: &Ring<'_, M>) -> Found<Self> {
        let place = ring.place();
        if let Some((region, account)) = &reference.elsewhere
            && (*region != *place.region || *account != *place.account)
        {
            return absent(reference, region, account);
        }
        let outcome = match &reference.name {
            KeyName::Id(id) => ring.find(id).map_err(Fault::from),
            KeyName::Alias(_) if !reference.alias_allowed => Err((&fault::UNSUPPORTED_ALIAS).into()),
            KeyName::Alias(name) => AliasName::new(name)
                .map_err(|_| keyring::Error::AliasNotFound)
                .and_then(|name| ring.find_alias(&name))
                .map_err(Fault::from),
        };
        match outcome {
            Ok(key) => Found { resources: vec![key_resource(&key)], outcome: Ok(key) },
            Err(fault) => Found { outcome: Err(fault), ..absent(reference, &place.region, &place.account) },
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
        states.admit(self, now)
    }
}

/// A key that is not here. Permission is asked for what the caller named.
fn absent(reference: &KeyRef, region: &str, account: &str) -> Found<Arc<Key>> {
    let (kind, name, code) = match &reference.name {
        KeyName::Id(id) => (KEY_PREFIX, id, &fault::KEY_NOT_FOUND),
        KeyName::Alias(name) => (ALIAS_PREFIX, name, &fault::ALIAS_NOT_FOUND),
    };
    let arn = elsewhere_arn(region, account, kind, name);
    Found { resources: vec![Resource { arn, key: None }], outcome: Err(code.into()) }
}

/// The key that sealed a ciphertext, by its version.
#[derive(Debug)]
pub struct Sealing(Arc<Key>);

impl Subject for Sealing {
    type Reference<'r> = VersionId;
    type Admitted = Admitted;

    fn find<M: Mode>(version: VersionId, ring: &Ring<'_, M>) -> Found<Self> {
        match ring.find_sealing(version) {
            Ok(key) => Found { resources: vec![key_resource(&key)], outcome: Ok(Self(key)) },
            Err(error) => {
                let version = version.to_string();
                let cause = format!("no key here has the version {version} that the blob names");
                let resource = Resource { arn: arn(ring.place(), KEY_PREFIX, &version), key: None };
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
    type Reference<'r> = OpeningRef<'r>;
    type Admitted = Admitted;

    fn find<M: Mode>(reference: OpeningRef<'_>, ring: &Ring<'_, M>) -> Found<Self> {
        match reference {
            OpeningRef::Sealed(version) => Sealing::find(version, ring).map(|sealing| Self(sealing.0)),
            OpeningRef::Named(reference) => <Arc<Key>>::find(reference, ring).map(Self),
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
        states.admit(self.0, now)
    }
}

/// Two subjects at once.
impl<A: Subject, B: Subject> Subject for (A, B) {
    type Reference<'r> = (A::Reference<'r>, B::Reference<'r>);
    type Admitted = (A::Admitted, B::Admitted);

    fn find<M: Mode>((one, other): Self::Reference<'_>, ring: &Ring<'_, M>) -> Found<Self> {
        let (one, other) = (A::find(one, ring), B::find(other, ring));
        let resources = one.resources.into_iter().chain(other.resources).collect();
        Found { resources, outcome: one.outcome.and_then(|one| Ok((one, other.outcome?))) }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        Ok((self.0.admit(states, now)?, self.1.admit(states, now)?))
    }
}

/// A subject that is named only by parameters that fit together: where they do not, the reference says so, and nothing
/// is looked for.
#[derive(Debug)]
pub struct Checked<T>(T);

impl<T: Subject> Subject for Checked<T> {
    type Reference<'r> = Result<T::Reference<'r>, Fault>;
    type Admitted = T::Admitted;

    fn find<M: Mode>(reference: Self::Reference<'_>, ring: &Ring<'_, M>) -> Found<Self> {
        match reference {
            Ok(reference) => T::find(reference, ring).map(Self),
            Err(fault) => Found { resources: Vec::new(), outcome: Err(fault) },
        }
    }

    fn admit(self, states: &States, now: Timestamp) -> Result<Self::Admitted, keyring::Error> {
        self.0.admit(states, now)
    }
}

/// What is always there and has no state: all there is of a kind, or nothing at all.
#[derive(Debug)]
pub struct Whole<K>(PhantomData<K>);

/// Which resource stands for a whole.
pub trait Kind {
    /// The resource's full name; `None` where no permission is needed.
    fn resource(place: &Place) -> Option<String>;
}

/// All keys of the place.
#[derive(Debug)]
pub struct AllKeys;

impl Kind for AllKeys {
    fn resource(place: &Place) -> Option<String> {
        Some(arn(place, "key", ""))
    }
}

/// All aliases of the place.
#[derive(Debug)]
pub struct AllAliases;

impl Kind for AllAliases {
    fn resource(place: &Place) -> Option<String> {
        Some(arn(place, "alias", ""))
    }
}

/// The service itself, as an account has it.
#[derive(Debug)]
pub struct TheService;

impl Kind for TheService {
    fn resource(_place: &Place) -> Option<String> {
        Some(ANYTHING.to_owned())
    }
}

/// Nothing that permissions are about.
#[derive(Debug)]
pub struct Nothing;

impl Kind for Nothing {
    fn resource(_place: &Place) -> Option<String> {
        None
    }
}

impl<K: Kind> Subject for Whole<K> {
    type Reference<'r> = ();
    type Admitted = ();

    fn find<M: Mode>((): (), ring: &Ring<'_, M>) -> Found<Self> {
        let resource = K::resource(ring.place()).map(|arn| Resource { arn, key: None });
        Found { resources: resource.into_iter().collect(), outcome: Ok(Self(PhantomData)) }
    }

    fn admit(self, _states: &States, _now: Timestamp) -> Result<(), keyring::Error> {
        Ok(())
    }
}

fn key_resource(key: &Arc<Key>) -> Resource {
    Resource { arn: key_arn(key), key: Some(Arc::clone(key)) }
}

/// `acs:kms:<region>:<account>:key/<id>`.
pub fn key_arn(key: &Key) -> String {
    arn(&key.place, KEY_PREFIX, key.id.as_str())
}

/// `acs:kms:<region>:<account>:alias/<name>`.
pub fn alias_arn(place: &Place, name: &AliasName) -> String {
    arn(place, ALIAS_PREFIX, name.as_str())
}

/// `acs:kms:<region>:<account>:<kind><name>`.
fn arn(place: &Place, kind: &str, name: &str) -> String {
    elsewhere_arn(&place.region, &place.account, kind, name)
}

fn elsewhere_arn(region: &str, account: &str, kind: &str, name: &str) -> String {
    ["acs:kms:", region, ":", account, ":", kind, name].concat()
}
