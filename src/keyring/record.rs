//! Keys as records on disk: what may be read by everybody as JSON, material sealed.
//!
//! A record's id is `account/region/key id`. Its content is the length of the JSON (4 bytes, big-endian), the JSON, an
//! IV, and the sealed material of all versions, one after the other. The seal covers id and JSON too: whatever is
//! changed in a record keeps it from opening.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::shelves::Change;
use super::version::Material;
use super::{
    AliasName, Key, KeyId, KeySpec, KeyUsage, KeyVersion, Lifecycle, Origin, Place, ProtectionLevel, RootKey, Rotation,
    Source, VersionId,
};
use crate::cipher::{Aead, Algorithm, IV_LENGTH, TAG_LENGTH};
use crate::world::{Chance, Records};

/// Writes keys as records and reads them, under a root key.
#[derive(Debug)]
pub struct Vault {
    aead: Aead,
    /// Tells the root key from others without giving it away.
    owner: [u8; 32],
    chance: Arc<Chance>,
    /// The place of the last key read: those of one place come one after the other, and share it.
    place: Mutex<Option<Place>>,
}

impl Vault {
    /// `chance`: where IVs come from. It must never repeat itself.
    pub fn new(root_key: &RootKey, chance: Arc<Chance>) -> Self {
        let aead = Aead::new(Algorithm::Aes256Gcm, &*root_key.derive("records"));
        Self { aead, owner: *root_key.derive("owner of the records"), chance, place: Mutex::default() }
    }
}

/// What stands in a record in plain sight; what is as with most keys goes without saying.
#[derive(Serialize, Deserialize)]
struct Plain {
    #[serde(default, skip_serializing_if = "is_default")]
    spec: KeySpec,
    #[serde(default, skip_serializing_if = "is_default")]
    usage: KeyUsage,
    #[serde(default, skip_serializing_if = "is_default")]
    origin: Origin,
    #[serde(default, skip_serializing_if = "is_default")]
    source: Source,
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
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

impl Records<Change> for Vault {
    const SCHEMA: u32 = 1;

    fn owner(&self) -> &[u8] {
        &self.owner
    }

    fn write(&self, change: &Change) -> (Vec<u8>, Option<Vec<u8>>) {
        match change {
            Change::Put(key) => {
                let id = record_id(&key.place, &key.id);
                let content = self.seal(&id, key);
                (id, Some(content))
            }
            Change::Erase(place, id) => (record_id(place, id), None),
        }
    }

    fn read(&self, id: &[u8], content: &[u8]) -> Result<Change, String> {
        self.open(id, content).map(|key| Change::Put(Arc::new(key)))
    }
}

impl Vault {
    fn seal(&self, id: &[u8], key: &Key) -> Vec<u8> {
        let json = serde_json::to_vec(&Plain::of(key)).expect("a key is made of texts, numbers, maps and lists");
        let length = u32::try_from(json.len()).expect("a key's description and tags are bounded");
        let mut content = [&length.to_be_bytes(), json.as_slice()].concat();
        let parts = || key.versions.iter().map(|version| sealed_of(version));
        // With room for all and the tag: what is encrypted in place leaves no copy behind.
        let length = parts().map(<[u8]>::len).sum::<usize>() + TAG_LENGTH;
        let mut material = Zeroizing::new(Vec::with_capacity(length));
        parts().for_each(|part| material.extend_from_slice(part));
        let iv: [u8; IV_LENGTH] = self.chance.draw("").bytes();
        self.aead.seal(&iv, &[id, &content].concat(), &mut material);
        content.extend_from_slice(&iv);
        content.extend_from_slice(&material);
        content
    }

    fn open(&self, id: &[u8], content: &[u8]) -> Result<Key, String> {
        const TOO_SHORT: &str = "it is too short";
        let (length, rest) = content.split_first_chunk().ok_or(TOO_SHORT)?;
        let (json, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(TOO_SHORT)?;
        let (iv, sealed) = rest.split_first_chunk::<IV_LENGTH>().ok_or(TOO_SHORT)?;
        let mut material = Zeroizing::new(sealed.to_vec());
        let associated_data = [id, &content[..length.len() + json.len()]].concat();
        self.aead.open(iv, &associated_data, &mut material).map_err(|_| "its seal is broken")?;
        let plain: Plain = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let id = str::from_utf8(id).map_err(|error| error.to_string())?;
        let mut parts = id.splitn(3, '/');
        let (Some(account), Some(region), Some(id)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("its id is not account/region/key".to_owned());
        };
        plain.into_key(KeyId::new(id), self.place(account, region), &material)
    }

    fn place(&self, account: &str, region: &str) -> Place {
        let mut last = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref() {
            Some(place) if *place.account == *account && *place.region == *region => place.clone(),
            _ => last.insert(Place { account: account.into(), region: region.into() }).clone(),
        }
    }
}

impl Plain {
    fn of(key: &Key) -> Self {
        let versions = key.versions.iter().map(|version| PlainVersion {
            id: version.id,
            created: Some(version.created).filter(|created| *created != key.created),
            length: Some(sealed_of(version).len()).filter(|length| Some(*length) != key.spec.material_length()),
            is_deleted: matches!(version.material(), Material::Deleted(_)),
        });
        Self {
            spec: key.spec,
            usage: key.usage,
            origin: key.origin,
            source: key.source,
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

    fn into_key(self, id: KeyId, place: Place, mut material: &[u8]) -> Result<Key, String> {
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
            spec: self.spec,
            usage: self.usage,
            origin: self.origin,
            source: self.source,
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
fn sealed_of(version: &KeyVersion) -> &[u8] {
    match version.material() {
        Material::Present(material) => material.expose_secret(),
        Material::Deleted(digest) => digest.as_slice(),
    }
}

fn record_id(place: &Place, id: &KeyId) -> Vec<u8> {
    [&place.account, "/", &place.region, "/", id.as_str()].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::test_keys::{key, place};
    use super::*;

    fn vault() -> Vault {
        let root_key = RootKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        Vault::new(&root_key, Arc::new(Chance::seeded(7)))
    }

    /// A record without the member is one of a time when it was not kept.
    #[test]
    fn where_a_key_is_from_stands_in_its_record_if_it_is_the_file() {
        for source in [Source::File, Source::Call] {
            let written = Key { source, ..key(&place("1", "r"), "k", 1, None, &[]) };
            let (id, content) = vault().write(&Change::Put(Arc::new(written)));
            let content = content.unwrap();
            let json = String::from_utf8_lossy(&content).contains(r#""source":"File""#);
            assert_eq!(json, source == Source::File);
            assert!(!String::from_utf8_lossy(&content).contains("Call"));
            let Ok(Change::Put(read)) = vault().read(&id, &content) else { panic!("{source:?} is not read") };
            assert_eq!(read.source, source);
        }
    }

    /// Nothing is moved while it is encrypted: the material of all versions and the tag have room.
    #[test]
    fn material_of_many_versions_comes_back() {
        let mut written = key(&place("1", "r"), "k", 1, None, &[]);
        written.versions =
            (1..=50).map(|last| Arc::clone(&key(&written.place, "k", last, None, &[]).versions[0])).collect();
        let written = Arc::new(written);
        let (id, content) = vault().write(&Change::Put(Arc::clone(&written)));
        let Ok(Change::Put(read)) = vault().read(&id, &content.unwrap()) else { panic!("it is not read") };
        assert_eq!(read.versions.len(), 50);
        assert!(read.versions.iter().zip(&written.versions).all(|(one, other)| one.is_same(other)));
    }
}
