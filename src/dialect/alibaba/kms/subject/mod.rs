//! What actions act on, by the names that requests give it.

mod alias;
mod data_key;
mod key;
mod tagged;
mod whole;

pub use alias::{BoundAlias, Move, MovedAlias, NewAlias};
pub use data_key::KeptDataKey;
pub use key::{Opening, OpeningRef, Sealing};
pub use tagged::{Listed, ListedKeys, Named, ResourceName, Resources, TaggedKey, TaggedKeys};
pub use whole::{AllAliases, AllKeys, AnyResource, Unasked, Whole};

pub use crate::call::{Checked, Ordered, With};

use std::sync::Arc;

use super::resource_names::key_arn;
use super::words::is_spoken;
use crate::call;
use crate::dialect::alibaba::fault::Fault;
use crate::keyring::{self, Key};

type Found<T> = call::Found<T, Fault>;

fn resource(action: &'static str, name: String) -> call::Resource {
    call::Resource::new(action, name)
}

fn key_resource(action: &'static str, key: &Arc<Key>) -> call::Resource {
    call::Resource::of_key(action, key_arn(key), key)
}

/// A key of which some word cannot be said does not exist here.
fn spoken(key: Arc<Key>) -> Result<Arc<Key>, keyring::Error> {
    if is_spoken(&key) { Ok(key) } else { Err(keyring::Error::KeyNotFound) }
}
