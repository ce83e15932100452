//! Bytes to bytes: the primitives, in no service's words.

mod aead;
mod rsa;
mod sm2;

pub use aead::{Aead, Algorithm, IV_LENGTH, Inauthentic, TAG_LENGTH};
pub use rsa::{RsaKeyPair, RsaPadding};
pub use sm2::Sm2KeyPair;

/// What was to be decrypted was not encrypted so to this key. Why, is not told: whoever knew could decrypt by asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("decryption failed")]
pub struct Undecryptable;

/// The bytes write no private key of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a private key")]
pub struct MalformedPrivateKey;
