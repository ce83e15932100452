//! Key versions: the material that a key had from some moment on.

use std::fmt;
use std::hash::Hasher;
use std::sync::OnceLock;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::KeySpec;
use crate::cipher::Aead;

/// Identifies a key version: a lower-case UUID of 36 characters, which every ciphertext begins with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VersionId(Uuid);

impl VersionId {
    /// Length of the text form in bytes.
    pub const LENGTH: usize = 36;

    pub fn new(id: Uuid) -> Self {
        Self(id)
    }

    /// The id that `text` writes in the one form used: lower case, hyphenated.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != Self::LENGTH || text.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        Uuid::try_parse_ascii(text).ok().map(Self)
    }

    pub fn to_text(self) -> [u8; Self::LENGTH] {
        let mut text = [0; Self::LENGTH];
        self.0.hyphenated().encode_lower(&mut text);
        text
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl fmt::Debug for VersionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Takes the id itself: its halves, folded. Ids are random, or chosen by who runs the service.
#[derive(Debug, Default)]
pub(super) struct VersionIdHasher(u64);

impl Hasher for VersionIdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for half in bytes.chunks_exact(8) {
            self.0 ^= u64::from_le_bytes(half.try_into().expect("a half has 8 bytes"));
        }
    }

    /// The length, which all ids share.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A version of a symmetric key.
#[derive(Debug)]
pub struct KeyVersion {
    pub id: VersionId,
    pub created: Timestamp,
    material: SecretSlice<u8>,
    /// Computed at first use, so that a key nobody uses costs no key schedule.
    aead: OnceLock<Aead>,
}

impl KeyVersion {
    /// `material`: as many bytes as `spec` wants ([`KeySpec::material_length`]); any other number is given back.
    pub fn new(
        id: VersionId,
        created: Timestamp,
        spec: KeySpec,
        material: SecretSlice<u8>,
    ) -> Result<Self, SecretSlice<u8>> {
        if material.expose_secret().len() != spec.material_length() {
            return Err(material);
        }
        Ok(Self { id, created, material, aead: OnceLock::new() })
    }

    /// Whether `other` has the same material.
    pub fn has_material_of(&self, other: &Self) -> bool {
        self.material().ct_eq(other.material()).into()
    }

    pub(super) fn material(&self) -> &[u8] {
        self.material.expose_secret()
    }

    pub(super) fn aead(&self, spec: KeySpec) -> &Aead {
        self.aead.get_or_init(|| Aead::new(spec.algorithm(), self.material.expose_secret()))
    }
}
