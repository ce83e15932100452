//! Bytes to bytes: the primitives, in no service's words.

mod aead;
mod ec;
mod key_pair;
mod mac;
mod rsa;
mod sm2;
#[cfg(test)]
mod test_data;

pub use aead::{Aead, Algorithm, IV_LENGTH, Inauthentic, TAG_LENGTH};
pub use key_pair::{EncryptionAlgorithm, KeyPair, KeyPairKind, PublicKey, Refusal, SignatureAlgorithm};
pub use mac::MacAlgorithm;
pub use rsa::{RsaPublicKey, RsaSignaturePadding};

/// What was to be decrypted was not encrypted so to this key. Why, is not told: whoever knew could decrypt by asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("decryption failed")]
pub struct Undecryptable;

/// The message is longer than what the key can encrypt at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is too long")]
pub struct TooLong;

/// The bytes write no private key of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a private key")]
pub struct MalformedPrivateKey;

/// The bytes write no public key of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a public key")]
pub struct MalformedPublicKey;
