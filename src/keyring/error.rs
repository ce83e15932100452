//! Why the keyring refuses.

use super::{KeySpec, KeyState, KeyUsage, Purpose};
use crate::cipher::TooLong;

/// Why a key cannot be found, used or changed. Each dialect has its own words for these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no such key")]
    KeyNotFound,
    #[error("no such alias")]
    AliasNotFound,
    #[error("the alias is taken")]
    AliasTaken,
    /// The key's state does not allow this use of it.
    #[error("the key is {0:?}")]
    NotUsable(KeyState),
    /// The key's state does not allow this change of it.
    #[error("a key that is {0:?} cannot be changed so")]
    NotChangeable(KeyState),
    #[error("the key has no such version")]
    VersionNotFound,
    /// The key's spec, or what it was made for, does not allow this use of it.
    #[error("a key of {spec:?} for {usage:?} is not made for {purpose}")]
    NotFor { purpose: Purpose, spec: KeySpec, usage: KeyUsage },
    #[error("the algorithm is none of a key of {0:?}")]
    UnsuitableAlgorithm(KeySpec),
    /// No such key can be made.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    #[error("the key is protected from deletion")]
    ProtectedFromDeletion,
    #[error("only a symmetric key whose material the service makes rotates by itself")]
    NeverRotates,
    #[error("a key with imported material has one version")]
    ImportedHasOneVersion,
    #[error("codes do not name a version: a MAC key has one")]
    MacHasOneVersion,
    #[error("the last version is less than 7 days old")]
    LastVersionTooYoung,
    /// The service makes the key's material; nobody imports any.
    #[error("the key takes no imported material")]
    NotImported,
    #[error("the digest is not as long as those of the algorithm")]
    DigestLength,
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The ciphertext does not open: tampered with, sealed under another context, or encrypted to another key.
    #[error("the ciphertext does not open")]
    Inauthentic,
    /// The import token is none of ours, or that of another key.
    #[error("the import token does not open")]
    InvalidImportToken,
    #[error("the import token has expired")]
    ExpiredImportToken,
    /// What is to be imported would have expired before.
    #[error("it has passed")]
    ExpiryHasPassed,
    /// It was not wrapped with the token's key, or has a wrong length, or is not what the key had before.
    #[error("the key material is not right")]
    InvalidMaterial,
}

/// Why there is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    #[error("no key of this spec is made for it")]
    Usage,
    #[error("a key of this spec has no imported material")]
    Origin,
    #[error("such a key does not rotate by itself")]
    Rotation,
}
