//! What keys and aliases are called in full.

use crate::keyring::{AliasName, Key, Place};

/// What stands before the name in an alias.
pub const ALIAS_PREFIX: &str = "alias/";

/// What stands before the id in the ARN of a key.
pub const KEY_PREFIX: &str = "key/";

/// `acs:kms:<region>:<account>:key/<id>`.
pub fn key_arn(key: &Key) -> String {
    arn(&key.place, KEY_PREFIX, key.id.as_str())
}

/// `acs:kms:<region>:<account>:alias/<name>`.
pub fn alias_arn(place: &Place, name: &AliasName) -> String {
    arn(place, ALIAS_PREFIX, name.as_str())
}

/// `acs:kms:<region>:<account>:<kind><name>`.
pub fn arn(place: &Place, kind: &str, name: &str) -> String {
    elsewhere_arn(&place.region, &place.account, kind, name)
}

/// The same, of a place that need not be one here.
pub fn elsewhere_arn(region: &str, account: &str, kind: &str, name: &str) -> String {
    ["acs:kms:", region, ":", account, ":", kind, name].concat()
}
