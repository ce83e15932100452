//! What is always there and has no state: all there is of a kind, or nothing at all.

use std::marker::PhantomData;

use jiff::Timestamp;

use super::{Found, resource};
use crate::access::ANYTHING;
use crate::call::{Asks, Subject};
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::resource_names::arn;
use crate::keyring::{self, Place, States};
use crate::state::{Mode, View};

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

/// Any resource: permission is asked for `*`.
#[derive(Debug)]
pub struct AnyResource;

impl Kind for AnyResource {
    fn resource(_place: &Place) -> Option<String> {
        Some(ANYTHING.to_owned())
    }
}

/// Everybody may: permission is not asked for.
#[derive(Debug)]
pub struct Unasked;

impl Kind for Unasked {
    fn resource(_place: &Place) -> Option<String> {
        None
    }
}

impl<K: Kind> Subject for Whole<K> {
    type Fault = Fault;
    type Reference<'r> = ();
    type Admitted = ();

    fn find<M: Mode>((): (), asks: Asks, view: &View<'_, M>) -> Found<Self> {
        let resources = K::resource(view.place()).map(|name| resource(asks.first(), name));
        Found { resources: resources.into_iter().collect(), outcome: Ok(Self(PhantomData)) }
    }

    fn admit(self, _states: &States, _now: Timestamp) -> Result<(), keyring::Error> {
        Ok(())
    }
}
