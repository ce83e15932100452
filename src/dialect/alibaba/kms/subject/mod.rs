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

use super::reference::{ALIAS_PREFIX, KEY_PREFIX};
use crate::call;
use crate::dialect::alibaba::fault::Fault;
use crate::keyring::{AliasName, Key, Place};

type Found<T> = call::Found<T, Fault>;

/// The resource of actions that are about no thing in particular.
pub const ANYTHING: &str = "*";

fn resource(action: &'static str, name: String) -> call::Resource {
    call::Resource { action, name, key: None }
}

fn key_resource(action: &'static str, key: &Arc<Key>) -> call::Resource {
    call::Resource { action, name: key_arn(key), key: Some(Arc::clone(key)) }
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
