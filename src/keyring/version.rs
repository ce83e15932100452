//! Key versions: the material that a key had from some moment on.

use std::fmt;
use std::hash::Hasher;
use std::sync::OnceLock;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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
    material: Material,
    /// Computed at first use, so that a key nobody uses costs no key schedule.
    aead: OnceLock<Aead>,
}

/// What a version encrypts with, or what is left of it.
#[derive(Debug)]
pub(super) enum Material {
    Present(SecretSlice<u8>),
    /// It was deleted. Enough is left to know it again, and nothing to compute it from: SHA-256 of the version's id and
    /// the material.
    Deleted(Box<[u8; Self::DIGEST_LENGTH]>),
}

impl Material {
    /// Length in bytes of what is left of deleted material.
    pub(super) const DIGEST_LENGTH: usize = 32;
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
        Ok(Self::with(id, created, Material::Present(material)))
    }

    /// The version `id` with what is kept of it.
    pub(super) fn with(id: VersionId, created: Timestamp, material: Material) -> Self {
        Self { id, created, material, aead: OnceLock::new() }
    }

    pub(super) fn material(&self) -> &Material {
        &self.material
    }

    /// The version without its material, which it will know again.
    #[must_use]
    pub fn deleted(&self) -> Self {
        Self::with(self.id, self.created, Material::Deleted(Box::new(self.digest())))
    }

    /// Whether `other` is the same version with the same material, be it deleted or not.
    pub fn is_same(&self, other: &Self) -> bool {
        self.digest().ct_eq(&other.digest()).into()
    }

    /// The version with `material`, if that is what it had or has.
    pub(super) fn restored(&self, material: SecretSlice<u8>) -> Option<Self> {
        let is_same = self.digest().ct_eq(&digest(self.id, material.expose_secret()));
        bool::from(is_same).then(|| Self::with(self.id, self.created, Material::Present(material)))
    }

    /// `None` where the material was deleted.
    pub(super) fn aead(&self, spec: KeySpec) -> Option<&Aead> {
        match &self.material {
            Material::Present(material) => {
                Some(self.aead.get_or_init(|| Aead::new(spec.algorithm(), material.expose_secret())))
            }
            Material::Deleted(_) => None,
        }
    }

    fn digest(&self) -> [u8; Material::DIGEST_LENGTH] {
        match &self.material {
            Material::Present(material) => digest(self.id, material.expose_secret()),
            Material::Deleted(digest) => **digest,
        }
    }
}

fn digest(id: VersionId, material: &[u8]) -> [u8; Material::DIGEST_LENGTH] {
    Sha256::new().chain_update(id.to_text()).chain_update(material).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_without_material_knows_it_again() {
        let id = |last: u8| VersionId::new(Uuid::from_bytes([last; 16]));
        let version = |id, material: &[u8]| {
            KeyVersion::new(id, Timestamp::UNIX_EPOCH, KeySpec::Sm4, material.to_vec().into()).unwrap()
        };
        let present = version(id(1), &[7; 16]);
        let deleted = present.deleted();
        assert!(deleted.aead(KeySpec::Sm4).is_none());
        assert!(!format!("{:?}", deleted.material).contains("[7, 7"));
        for known in [&present, &deleted, &deleted.deleted()] {
            let restored = known.restored(vec![7; 16].into()).unwrap();
            assert_eq!(restored.id, id(1));
            assert!(restored.aead(KeySpec::Sm4).is_some());
            for other in [vec![8; 16], vec![7; 15], vec![7; 17], Vec::new(), [vec![7; 16], vec![0]].concat()] {
                assert!(known.restored(other.into()).is_none());
            }
        }
        assert_ne!(version(id(2), &[7; 16]).digest(), present.digest(), "two versions do not show that they are alike");
    }
}
