//! Why the keyring refuses.

use super::KeyState;
use crate::world::StoreError;

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
    /// The ciphertext does not open: tampered with, or sealed under another context.
    #[error("the ciphertext does not open")]
    Inauthentic,
    #[error(transparent)]
    Store(#[from] StoreError),
}
