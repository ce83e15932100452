//! Why the keyring refuses.

use super::{KeyState, Purpose};
use crate::cipher::{Refusal, TooLong};
use crate::world::StoreError;

/// Why a key cannot be found, used or changed. Each dialect has its own words for these.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no such key")]
    KeyNotFound,
    #[error("no such alias")]
    AliasNotFound,
    #[error("no such data key")]
    DataKeyNotFound,
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
    #[error("the key is not made for {0:?}")]
    NotFor(Purpose),
    #[error("the algorithm is none of the key's")]
    UnsuitableAlgorithm,
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
    /// It was not wrapped with the token's key, or has a wrong length, or is not what the key had before.
    #[error("the key material is not right")]
    InvalidMaterial,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unsuitable => Self::UnsuitableAlgorithm,
            Refusal::TooLong(error) => error.into(),
            Refusal::Undecryptable(_) => Self::Inauthentic,
        }
    }
}
