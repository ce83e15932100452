//! Bytes to bytes: the primitives, in no service's words.

mod aead;

pub use aead::{Aead, Algorithm, IV_LENGTH, Inauthentic, TAG_LENGTH};
