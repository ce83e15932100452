//! Keys and what can be told of them.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use strum::VariantArray;

use super::{AliasName, Error, KeyState, KeyVersion, Kind, VersionId};
use crate::cipher::{Algorithm, KeyPairKind, MacAlgorithm};
use crate::world::Source;

/// Where a key lives: one region of one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub account: Arc<str>,
    pub region: Arc<str>,
}

/// Identifies a key within its place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Arc<str>);

impl KeyId {
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What kind of key it is, which decides what it can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum KeySpec {
    #[default]
    Aes256,
    Sm4,
    Rsa2048,
    Rsa3072,
    Rsa4096,
    EcP256,
    EcP256K,
    EcSm2,
    HmacSha224,
    HmacSha256,
    HmacSha384,
    HmacSha512,
    HmacSm3,
}

/// What the material of a key is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primitive {
    Aead(Algorithm),
    KeyPair(KeyPairKind),
    Mac(MacAlgorithm),
}

impl KeySpec {
    pub const fn primitive(self) -> Primitive {
        match self {
            Self::Aes256 => Primitive::Aead(Algorithm::Aes256Gcm),
            Self::Sm4 => Primitive::Aead(Algorithm::Sm4Gcm),
            Self::Rsa2048 => Primitive::KeyPair(KeyPairKind::Rsa2048),
            Self::Rsa3072 => Primitive::KeyPair(KeyPairKind::Rsa3072),
            Self::Rsa4096 => Primitive::KeyPair(KeyPairKind::Rsa4096),
            Self::EcP256 => Primitive::KeyPair(KeyPairKind::P256),
            Self::EcP256K => Primitive::KeyPair(KeyPairKind::P256K),
            Self::EcSm2 => Primitive::KeyPair(KeyPairKind::Sm2),
            Self::HmacSha224 => Primitive::Mac(MacAlgorithm::HmacSha224),
            Self::HmacSha256 => Primitive::Mac(MacAlgorithm::HmacSha256),
            Self::HmacSha384 => Primitive::Mac(MacAlgorithm::HmacSha384),
            Self::HmacSha512 => Primitive::Mac(MacAlgorithm::HmacSha512),
            Self::HmacSm3 => Primitive::Mac(MacAlgorithm::HmacSm3),
        }
    }

    /// The uses that a key of this spec can be made for, one of them; the first unless another is asked for.
    pub const fn usages(self) -> &'static [KeyUsage] {
        match self.primitive() {
            Primitive::Aead(_) => &[KeyUsage::EncryptDecrypt],
            Primitive::Mac(_) => &[KeyUsage::GenerateVerifyMac],
            Primitive::KeyPair(KeyPairKind::P256 | KeyPairKind::P256K) => &[KeyUsage::SignVerify],
            Primitive::KeyPair(_) => &[KeyUsage::SignVerify, KeyUsage::EncryptDecrypt],
        }
    }

    /// Whether its keys encrypt what they decrypt themselves: these rotate by themselves and take imported material.
    pub const fn is_symmetric_encryption(self) -> bool {
        matches!(self.primitive(), Primitive::Aead(_))
    }

    /// Whether its material takes tenths of a second and more to make.
    pub const fn is_slow_to_make(self) -> bool {
        matches!(self.primitive(), Primitive::KeyPair(kind) if kind.is_slow_to_make())
    }

    /// Length of the key material in bytes, where all keys of the spec have the same.
    pub const fn material_length(self) -> Option<usize> {
        match self.primitive() {
            Primitive::Aead(algorithm) => Some(algorithm.key_length()),
            Primitive::Mac(algorithm) => Some(algorithm.length()),
            Primitive::KeyPair(_) => None,
        }
    }
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum KeyUsage {
    #[default]
    EncryptDecrypt,
    SignVerify,
    GenerateVerifyMac,
}

/// Where the key material comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum Origin {
    /// Made by the service.
    #[default]
    Service,
    /// Imported by its owner.
    External,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum ProtectionLevel {
    #[default]
    Software,
    Hsm,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifecycle {
    #[default]
    Enabled,
    Disabled,
    PendingImport,
    Unavailable,
    /// From `delete_at` on, the key no longer exists.
    PendingDeletion {
        delete_at: Timestamp,
        /// Whether the key had no material, or none any more, when its deletion was planned.
        awaits_import: bool,
    },
}

/// How often a key gets new material by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    pub interval: SignedDuration,
}

/// A key: its description for people, its state and its versions.
#[derive(Debug, Clone)]
pub struct Key {
    pub id: KeyId,
    pub place: Place,
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub origin: Origin,
    pub source: Source,
    pub protection_level: ProtectionLevel,
    pub description: Box<str>,
    pub created: Timestamp,
    pub lifecycle: Lifecycle,
    pub rotation: Option<Rotation>,
    /// Why the key must not be deleted; `None` where it may be.
    pub deletion_protection: Option<Box<str>>,
    /// From when on imported material can no longer be used.
    pub material_expires_at: Option<Timestamp>,
    pub tags: BTreeMap<String, String>,
    pub aliases: BTreeSet<AliasName>,
    /// From the oldest to the primary one. Without any, or while import is pending, there is nothing to encrypt with.
    pub versions: Vec<Arc<KeyVersion>>,
}

/// How long after a version there is no other. Source: the service's page on new versions (2021).
const LEAST_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Key {
    pub fn kind(&self) -> Kind {
        Kind::of(self.spec, self.usage, self.origin)
    }

    /// Whether it may get a further version at `now`.
    ///
    /// Errors: [`Error::ImportedHasOneVersion`], [`Error::MacHasOneVersion`], [`Error::LastVersionTooYoung`].
    pub fn takes_further_version(&self, now: Timestamp) -> Result<(), Error> {
        if self.origin == Origin::External {
            return Err(Error::ImportedHasOneVersion);
        }
        if self.usage == KeyUsage::GenerateVerifyMac {
            return Err(Error::MacHasOneVersion);
        }
        if self.primary_version().is_some_and(|last| now.duration_since(last.created) < LEAST_AGE) {
            return Err(Error::LastVersionTooYoung);
        }
        Ok(())
    }

    /// Whether its owner brings its material. Errors: [`Error::NotImported`].
    pub fn takes_imported_material(&self) -> Result<(), Error> {
        match self.origin {
            Origin::External => Ok(()),
            Origin::Service => Err(Error::NotImported),
        }
    }

    /// The state at `now`: a key whose material has expired waits for it to be imported again.
    pub fn state(&self, now: Timestamp) -> KeyState {
        match self.lifecycle {
            Lifecycle::Enabled | Lifecycle::Disabled if self.material_has_expired(now) => KeyState::PendingImport,
            Lifecycle::Enabled => KeyState::Enabled,
            Lifecycle::Disabled => KeyState::Disabled,
            Lifecycle::PendingImport => KeyState::PendingImport,
            Lifecycle::Unavailable => KeyState::Unavailable,
            Lifecycle::PendingDeletion { .. } => KeyState::PendingDeletion,
        }
    }

    /// The version that encrypts: the newest.
    pub fn primary_version(&self) -> Option<&Arc<KeyVersion>> {
        self.versions.last()
    }

    pub fn version(&self, id: VersionId) -> Option<&Arc<KeyVersion>> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// When the key ceases, if that is planned.
    pub fn delete_at(&self) -> Option<Timestamp> {
        match self.lifecycle {
            Lifecycle::PendingDeletion { delete_at, .. } => Some(delete_at),
            _ => None,
        }
    }

    /// Whether the key has no material to be used at `now`, though perhaps some that was deleted or has expired.
    pub fn awaits_import(&self, now: Timestamp) -> bool {
        matches!(self.lifecycle, Lifecycle::PendingImport | Lifecycle::PendingDeletion { awaits_import: true, .. })
            || self.material_has_expired(now)
    }

    fn material_has_expired(&self, now: Timestamp) -> bool {
        self.material_expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether the key's deletion date has passed.
    pub fn is_gone(&self, now: Timestamp) -> bool {
        self.delete_at().is_some_and(|delete_at| delete_at <= now)
    }

    /// The next instant at which the key rotates by itself.
    pub fn next_rotation(&self) -> Option<Timestamp> {
        self.primary_version()?.created.checked_add(self.rotation?.interval).ok()
    }

    /// The latest instant up to `now` at which the key should have rotated, if it has not.
    ///
    /// However many intervals have passed, one rotation is due. Only an enabled key rotates.
    pub fn rotation_due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.lifecycle != Lifecycle::Enabled || self.next_rotation()? > now {
            return None;
        }
        let (last, interval) = (self.primary_version()?.created, self.rotation?.interval.as_secs());
        let whole_intervals = now.duration_since(last).as_secs() / interval;
        last.checked_add(SignedDuration::from_secs(whole_intervals * interval)).ok()
    }
}
