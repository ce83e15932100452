//! Keys and what can be told of them.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};

use super::{AliasName, KeySpec, KeyState, KeyUsage, KeyVersion, Lifecycle, Origin, ProtectionLevel, VersionId};
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

impl Key {
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
