//! A key as a record: all but the material of its versions in plain sight.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::keyring::{
    AliasName, Key, KeyId, KeySpec, KeyUsage, KeyVersion, Lifecycle, Material, Origin, Place, ProtectionLevel,
    Rotation, VersionId,
};
use crate::world::Source;

/// What stands in a record in plain sight; what is as with most keys goes without saying.
#[derive(Serialize, Deserialize)]
pub(super) struct Plain {
    #[serde(default, skip_serializing_if = "is_default")]
    source: Source,
    #[serde(default, skip_serializing_if = "is_default")]
    spec: KeySpec,
    #[serde(default, skip_serializing_if = "is_default")]
    usage: KeyUsage,
    #[serde(default, skip_serializing_if = "is_default")]
    origin: Origin,
    #[serde(default, skip_serializing_if = "is_default")]
    protection: ProtectionLevel,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    description: Box<str>,
    created: Timestamp,
    #[serde(default, skip_serializing_if = "is_default")]
    lifecycle: Lifecycle,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rotation: Option<Rotation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletion_protection: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    material_expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    aliases: BTreeSet<AliasName>,
    versions: Vec<PlainVersion>,
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Serialize, Deserialize)]
struct PlainVersion {
    id: VersionId,
    /// Where it is not that of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    /// Of what is sealed, in bytes, where it is not that of all material of the key's spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
    /// Whether the material was deleted: what it is known again by is sealed in its stead.
    #[serde(default, skip_serializing_if = "is_default")]
    is_deleted: bool,
}

impl Plain {
    pub(super) fn of(key: &Key) -> Self {
        let versions = key.versions.iter().map(|version| PlainVersion {
            id: version.id,
            created: Some(version.created).filter(|created| *created != key.created),
            length: Some(sealed_of(version).len()).filter(|length| Some(*length) != key.spec.material_length()),
            is_deleted: matches!(version.material(), Material::Deleted(_)),
        });
        Self {
            source: key.source,
            spec: key.spec,
            usage: key.usage,
            origin: key.origin,
            protection: key.protection_level,
            description: key.description.clone(),
            created: key.created,
            lifecycle: key.lifecycle,
            rotation: key.rotation,
            deletion_protection: key.deletion_protection.clone(),
            material_expires_at: key.material_expires_at,
            tags: key.tags.clone(),
            aliases: key.aliases.clone(),
            versions: versions.collect(),
        }
    }

    pub(super) fn into_key(self, id: KeyId, place: Place, mut material: &[u8]) -> Result<Key, String> {
        if self.rotation.is_some_and(|rotation| rotation.interval < SignedDuration::from_secs(1)) {
            return Err("it rotates without end".to_owned());
        }
        let mut versions: Vec<Arc<KeyVersion>> = Vec::with_capacity(self.versions.len());
        for version in self.versions {
            let length = version.length.or(self.spec.material_length()).ok_or("the length of material is missing")?;
            let own = material.split_off(..length).ok_or("material is missing")?;
            let (id, created) = (version.id, version.created.unwrap_or(self.created));
            if versions.iter().any(|other| other.id == id) {
                return Err(format!("version {id} stands twice"));
            }
            let material = if version.is_deleted {
                own.try_into().ok().map(|digest| Material::Deleted(Box::new(digest)))
            } else {
                let is_right = self.spec.material_length().is_none_or(|wanted| wanted == own.len());
                is_right.then(|| Material::Present(own.to_vec().into()))
            };
            let material = material.ok_or_else(|| format!("the material of version {id} has a wrong length"))?;
            versions.push(Arc::new(KeyVersion::with(id, created, material)));
        }
        Ok(Key {
            id,
            place,
            source: self.source,
            spec: self.spec,
            usage: self.usage,
            origin: self.origin,
            protection_level: self.protection,
            description: self.description,
            created: self.created,
            lifecycle: self.lifecycle,
            rotation: self.rotation,
            deletion_protection: self.deletion_protection,
            material_expires_at: self.material_expires_at,
            tags: self.tags,
            aliases: self.aliases,
            versions,
        })
    }
}

/// What is kept of a version and not for everybody to read.
pub(super) fn sealed_of(version: &KeyVersion) -> &[u8] {
    match version.material() {
        Material::Present(material) => material.expose_secret(),
        Material::Deleted(digest) => digest.as_slice(),
    }
}
