//! What is true of keys, in no protocol's words and no protocol's layouts: states, versions, aliases, rotation.
//!
//! A dialect opens a [`Ring`] for the place (account and region) that a caller stands in, looks keys up in it, asks
//! for permission, has a key's state admitted ([`Admitted`]) and only then can use it, or do to it what can be done to
//! keys: the deeds of [`Ring`], which keep the rules that hold whoever asks. What a key sealed ([`Sealed`]) each
//! dialect frames in its own way.

mod admitted;
mod alias;
mod deeds;
mod error;
mod import;
mod import_secret;
mod key;
mod kind;
mod lifecycle;
mod order;
mod prepared;
mod ring;
mod root_key;
mod shelves;
mod spec;
mod states;
#[cfg(test)]
pub(crate) mod test_keys;
mod version;

pub use admitted::{Admitted, Sealed};
pub use alias::{AliasName, AliasNameError};
pub use error::{Error, Impossible};
pub use import::{ImportParameters, Wrapping};
pub use import_secret::ImportSecret;
pub use key::{Key, KeyId, Place, Rotation};
pub use kind::Kind;
pub use lifecycle::{KeyState, Lifecycle};
pub use order::Order;
pub use prepared::Prepared;
pub use ring::{Ring, RingMut, Tools};
pub use root_key::{MalformedRootKey, RootKey};
pub use shelves::{Change, Keys};
pub use spec::{KeySpec, KeyUsage, Origin, Primitive, ProtectionLevel, Purpose};
pub use states::States;
pub use version::{KeyMaterial, KeyVersion, Material, VersionId};

pub use crate::cipher::{
    EncryptionAlgorithm, IV_LENGTH, KeyPairKind, MacAlgorithm, PublicKey, Refusal, SignatureAlgorithm, TAG_LENGTH,
};
