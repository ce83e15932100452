//! What callers want of two nodes.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::cluster::{KEYS, LETTERS, material, version_of};
use crate::support::blob::Version;
use crate::support::samples::PLAINTEXT;
use crate::support::{Reply, Service};

/// What a call wants. Keys are numbers of [`KEYS`], aliases have numbers too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Create,
    Claim(usize, usize),
    Move(usize, usize),
    Release(usize),
    Disable(usize),
    Enable(usize),
    Tag(usize),
    Delete(usize),
    Keep(usize),
    Rotate(usize),
    Encrypt(usize),
    Decrypt(usize),
}

/// The deletion dates that callers ask for, in days.
pub const WINDOW: i64 = 7;

/// The seconds after which a key rotates by the wish of the call with this number.
pub fn interval(serial: usize) -> i64 {
    8 * 24 * 3600 + i64::try_from(serial).unwrap()
}

pub fn alias(name: usize) -> String {
    format!("alias/name-{name}")
}

impl Wish {
    /// Call for it. `serial` tells this call from every other; `thread` is who calls.
    pub fn call(self, node: &Service, thread: usize, serial: usize) -> Reply {
        let call = |action: &str, parameters: &[(&str, &str)]| node.call("yaoshi", action, parameters);
        match self {
            Self::Create => call("CreateKey", &[("Description", &serial.to_string())]),
            Self::Claim(name, key) => call("CreateAlias", &[("AliasName", &alias(name)), ("KeyId", KEYS[key])]),
            Self::Move(name, key) => call("UpdateAlias", &[("AliasName", &alias(name)), ("KeyId", KEYS[key])]),
            Self::Release(name) => call("DeleteAlias", &[("AliasName", &alias(name))]),
            Self::Disable(key) => call("DisableKey", &[("KeyId", KEYS[key])]),
            Self::Enable(key) => call("EnableKey", &[("KeyId", KEYS[key])]),
            Self::Tag(key) => {
                let tags = format!(r#"[{{"TagKey":"t{thread}","TagValue":"{serial}"}}]"#);
                call("TagResource", &[("KeyId", KEYS[key]), ("Tags", &tags)])
            }
            Self::Delete(key) => {
                let window = WINDOW.to_string();
                call("ScheduleKeyDeletion", &[("KeyId", KEYS[key]), ("PendingWindowInDays", &window)])
            }
            Self::Keep(key) => call("CancelKeyDeletion", &[("KeyId", KEYS[key])]),
            Self::Rotate(key) => {
                let interval = format!("{}s", interval(serial));
                let rotation = [("EnableAutomaticRotation", "true"), ("RotationInterval", interval.as_str())];
                call("UpdateRotationPolicy", &[&[("KeyId", KEYS[key])], &rotation[..]].concat())
            }
            Self::Encrypt(key) => call("Encrypt", &[("KeyId", KEYS[key]), ("Plaintext", PLAINTEXT)]),
            Self::Decrypt(key) => call("Decrypt", &[("CiphertextBlob", &sealed_at_first(key))]),
        }
    }

    pub fn is_read(self) -> bool {
        matches!(self, Self::Encrypt(_) | Self::Decrypt(_))
    }
}

/// What the version of the sandbox file sealed.
fn sealed_at_first(key: usize) -> String {
    let (id, material) = (version_of(KEYS[key]), material(LETTERS[key]));
    Version { id: id.leak(), material: material.leak() }.seal(b"Hello world", &[])
}

/// Of few keys and aliases, so that calls meet.
pub fn wishes(keys: usize) -> impl Strategy<Value = Wish> {
    let (key, name) = (|| 0..keys, || 0..2usize);
    Union::new_weighted(vec![
        (1, Just(Wish::Create).boxed()),
        (3, (name(), key()).prop_map(|(name, key)| Wish::Claim(name, key)).boxed()),
        (2, (name(), key()).prop_map(|(name, key)| Wish::Move(name, key)).boxed()),
        (2, name().prop_map(Wish::Release).boxed()),
        (2, key().prop_map(Wish::Disable).boxed()),
        (3, key().prop_map(Wish::Enable).boxed()),
        (3, key().prop_map(Wish::Tag).boxed()),
        (1, key().prop_map(Wish::Delete).boxed()),
        (2, key().prop_map(Wish::Keep).boxed()),
        (2, key().prop_map(Wish::Rotate).boxed()),
        (4, key().prop_map(Wish::Encrypt).boxed()),
        (1, key().prop_map(Wish::Decrypt).boxed()),
    ])
}
