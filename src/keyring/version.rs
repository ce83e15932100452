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
use zeroize::Zeroizing;

use super::{KeySpec, Primitive};
use crate::cipher::{Aead, KeyPair};
use crate::world::Draw;

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

/// A version of a key.
#[derive(Debug)]
pub struct KeyVersion {
    pub id: VersionId,
    pub created: Timestamp,
    material: Material,
    /// Computed at first use, so that a key nobody uses costs nothing.
    tool: OnceLock<Option<Tool>>,
}

/// What a version does its work with, or what is left of it.
#[derive(Debug)]
pub enum Material {
    /// The key itself; of a key pair, PKCS#8 in DER.
    Present(SecretSlice<u8>),
    /// It was deleted. Enough is left to know it again, and nothing to compute it from: SHA-256 of the version's id and
    /// the material.
    Deleted(Box<[u8; Self::DIGEST_LENGTH]>),
}

/// Material made ready for use.
#[derive(Debug)]
enum Tool {
    Aead(Aead),
    KeyPair(KeyPair),
}

impl Material {
    /// Length in bytes of what is left of deleted material.
    pub const DIGEST_LENGTH: usize = 32;
}

/// Key material, right for a spec.
#[derive(Debug)]
pub enum KeyMaterial {
    Secret(SecretSlice<u8>),
    KeyPair(KeyPair),
}

impl KeyMaterial {
    /// Random material for a key of `spec`. A key pair of RSA takes tenths of a second and more.
    pub fn generate(spec: KeySpec, draw: &mut Draw) -> Self {
        match spec.primitive() {
            Primitive::Aead(algorithm) => Self::random(algorithm.key_length(), draw),
            Primitive::Mac(algorithm) => Self::random(algorithm.length(), draw),
            Primitive::KeyPair(kind) => Self::KeyPair(KeyPair::generate(kind, draw)),
        }
    }

    fn random(length: usize, draw: &mut Draw) -> Self {
        let mut secret = Zeroizing::new(vec![0; length]);
        draw.fill(&mut secret);
        Self::Secret(std::mem::take(&mut *secret).into())
    }

    /// `bytes`: as many as `spec` wants ([`KeySpec::material_length`]), or a private key in one of the forms of
    /// [`KeyPair::from_private_key`]. `None` for any others.
    pub fn from_bytes(spec: KeySpec, bytes: SecretSlice<u8>) -> Option<Self> {
        match spec.primitive() {
            Primitive::KeyPair(kind) => KeyPair::from_private_key(kind, bytes.expose_secret()).ok().map(Self::KeyPair),
            Primitive::Aead(_) | Primitive::Mac(_) => {
                (Some(bytes.expose_secret().len()) == spec.material_length()).then_some(Self::Secret(bytes))
            }
        }
    }
}

impl KeyVersion {
    pub fn new(id: VersionId, created: Timestamp, material: KeyMaterial) -> Self {
        match material {
            KeyMaterial::Secret(secret) => Self::with(id, created, Material::Present(secret)),
            KeyMaterial::KeyPair(pair) => {
                let material = Material::Present(pair.private_key_der().to_vec().into());
                Self { id, created, material, tool: OnceLock::from(Some(Tool::KeyPair(pair))) }
            }
        }
    }

    /// The version `id` with what is kept of it.
    pub fn with(id: VersionId, created: Timestamp, material: Material) -> Self {
        Self { id, created, material, tool: OnceLock::new() }
    }

    pub fn material(&self) -> &Material {
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

    /// `None` where the material was deleted, or is not for that.
    pub(super) fn aead(&self, spec: KeySpec) -> Option<&Aead> {
        match self.tool(spec)? {
            Tool::Aead(aead) => Some(aead),
            Tool::KeyPair(_) => None,
        }
    }

    /// As [`Self::aead`].
    pub(super) fn key_pair(&self, spec: KeySpec) -> Option<&KeyPair> {
        match self.tool(spec)? {
            Tool::KeyPair(pair) => Some(pair),
            Tool::Aead(_) => None,
        }
    }

    /// The material itself, unless it was deleted.
    pub(super) fn secret(&self) -> Option<&[u8]> {
        match &self.material {
            Material::Present(material) => Some(material.expose_secret()),
            Material::Deleted(_) => None,
        }
    }

    fn tool(&self, spec: KeySpec) -> Option<&Tool> {
        self.tool.get_or_init(|| Tool::of(spec, self.secret()?)).as_ref()
    }

    fn digest(&self) -> [u8; Material::DIGEST_LENGTH] {
        match &self.material {
            Material::Present(material) => digest(self.id, material.expose_secret()),
            Material::Deleted(digest) => **digest,
        }
    }
}

impl Tool {
    fn of(spec: KeySpec, material: &[u8]) -> Option<Self> {
        match spec.primitive() {
            Primitive::Aead(algorithm) => Some(Self::Aead(Aead::new(algorithm, material))),
            Primitive::KeyPair(kind) => KeyPair::from_own_private_key(kind, material).ok().map(Self::KeyPair),
            Primitive::Mac(_) => None,
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
            let material = KeyMaterial::from_bytes(KeySpec::Sm4, material.to_vec().into()).unwrap();
            KeyVersion::new(id, Timestamp::UNIX_EPOCH, material)
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
