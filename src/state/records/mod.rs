//! The state as records on disk: what may be read by everybody as JSON, secrets sealed.
//!
//! A record's id is its kind and what is unique within the kind: `key/<account>/<region>/<id>`,
//! `data-key/<account>/<region>/<name>`, `clock/<account>`. Its content is the length of the JSON (4 bytes, big-endian),
//! the JSON, an IV, and what is secret, sealed. The seal covers id and JSON too: whatever is changed in a record keeps
//! it from opening.
//!
//! Schema 1 knew keys alone, under ids without a kind: they begin with a digit.

mod data_key;
mod key;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Change, ClockChange, State};
use crate::cipher::{Aead, Algorithm, IV_LENGTH, TAG_LENGTH};
use crate::keyring::{self, KeyId, Place, RootKey};
use crate::secrets;
use crate::world::{Chance, Recorded, Records};

/// What stands before the id of a key.
const KEY: &str = "key/";
const DATA_KEY: &str = "data-key/";
const CLOCK: &str = "clock/";

/// Writes changes as records and reads them, under a root key.
#[derive(Debug)]
pub struct Vault {
    aead: Aead,
    /// Tells the root key from others without giving it away.
    owner: [u8; 32],
    chance: Arc<Chance>,
    /// The place of the last record read: those of one place come one after the other, and share it.
    place: Mutex<Option<Place>>,
}

impl Vault {
    /// `chance`: where IVs come from. It must never repeat itself.
    pub fn new(root_key: &RootKey, chance: Arc<Chance>) -> Self {
        let aead = Aead::new(Algorithm::Aes256Gcm, &*root_key.derive("records"));
        Self { aead, owner: *root_key.derive("owner of the records"), chance, place: Mutex::default() }
    }
}

/// The clock of an account.
#[derive(Serialize, Deserialize)]
struct PlainClock {
    offset: SignedDuration,
}

impl Records<Change> for Vault {
    const SCHEMA: u32 = 2;

    fn owner(&self) -> &[u8] {
        &self.owner
    }

    fn write(&self, change: &Change) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let id = State::record_id(change);
        let content = match change {
            Change::Key(keyring::Change::Put(key)) => {
                let material = joined(key.versions.iter().map(|version| key::sealed_of(version)));
                Some(self.seal(&id, &json(&key::Plain::of(key)), material))
            }
            Change::Key(keyring::Change::Erase(..)) => None,
            Change::Secret(secrets::Change::DataKey(data_key)) => {
                let material = joined(data_key.versions.iter().map(|version| version.material.expose_secret()));
                Some(self.seal(&id, &json(&data_key::Plain::of(data_key)), material))
            }
            Change::Clock(ClockChange { offset, .. }) if offset.is_zero() => None,
            Change::Clock(ClockChange { offset, .. }) => {
                Some(self.seal(&id, &json(&PlainClock { offset: *offset }), Zeroizing::default()))
            }
            // They come from the sandbox file, at every start.
            Change::Person(_) => return None,
        };
        Some((id, content))
    }

    fn read(&self, id: &[u8], content: &[u8]) -> Result<Change, String> {
        let (json, material) = self.open(id, content)?;
        let id = str::from_utf8(id).map_err(|error| error.to_string())?;
        if let Some(id) = id.strip_prefix(KEY) {
            let (place, id) = self.placed(id)?;
            let key = parsed::<key::Plain>(json)?.into_key(KeyId::new(id), place, &material)?;
            Ok(Change::Key(keyring::Change::Put(Arc::new(key))))
        } else if let Some(name) = id.strip_prefix(DATA_KEY) {
            let (place, name) = self.placed(name)?;
            let data_key = parsed::<data_key::Plain>(json)?.into_data_key(name, place, &material)?;
            Ok(Change::Secret(secrets::Change::DataKey(Arc::new(data_key))))
        } else if let Some(account) = id.strip_prefix(CLOCK) {
            Ok(Change::Clock(ClockChange { account: account.into(), offset: parsed::<PlainClock>(json)?.offset }))
        } else {
            Err("its kind is not known".to_owned())
        }
    }

    /// Ids of schema 1 begin with the account, which is a number.
    fn legacy(&self) -> Option<Range<Vec<u8>>> {
        Some(b"0".to_vec()..b":".to_vec())
    }

    fn migrate(&self, id: &[u8], content: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (json, material) = self.open(id, content)?;
        let new_id = [KEY.as_bytes(), id].concat();
        let content = self.seal(&new_id, json, material);
        Ok((new_id, content))
    }
}

impl Vault {
    fn seal(&self, id: &[u8], json: &[u8], mut secret: Zeroizing<Vec<u8>>) -> Vec<u8> {
        let length = u32::try_from(json.len()).expect("what a record tells in plain sight is bounded");
        let mut content = [&length.to_be_bytes(), json].concat();
        let iv: [u8; IV_LENGTH] = self.chance.draw("").bytes();
        self.aead.seal(&iv, &[id, &content].concat(), &mut secret);
        content.extend_from_slice(&iv);
        content.extend_from_slice(&secret);
        content
    }

    /// The JSON, and what was sealed.
    fn open<'c>(&self, id: &[u8], content: &'c [u8]) -> Result<(&'c [u8], Zeroizing<Vec<u8>>), String> {
        const TOO_SHORT: &str = "it is too short";
        let (length, rest) = content.split_first_chunk().ok_or(TOO_SHORT)?;
        let (json, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(TOO_SHORT)?;
        let (iv, sealed) = rest.split_first_chunk::<IV_LENGTH>().ok_or(TOO_SHORT)?;
        let mut secret = Zeroizing::new(sealed.to_vec());
        let associated_data = [id, &content[..length.len() + json.len()]].concat();
        self.aead.open(iv, &associated_data, &mut secret).map_err(|_| "its seal is broken")?;
        Ok((json, secret))
    }

    /// The place in an id, and what is behind it.
    fn placed<'i>(&self, id: &'i str) -> Result<(Place, &'i str), String> {
        let mut parts = id.splitn(3, '/');
        let (Some(account), Some(region), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("its id is not <kind>/<account>/<region>/<name>".to_owned());
        };
        let mut last = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match last.as_ref() {
            Some(place) if *place.account == *account && *place.region == *region => place.clone(),
            _ => last.insert(Place { account: account.into(), region: region.into() }).clone(),
        };
        Ok((place, name))
    }
}

/// One after the other, with room for the tag: what grew would leave copies of itself behind.
fn joined<'s>(parts: impl Iterator<Item = &'s [u8]> + Clone) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.clone().map(<[u8]>::len).sum();
    let mut joined = Zeroizing::new(Vec::with_capacity(length + TAG_LENGTH));
    parts.for_each(|part| joined.extend_from_slice(part));
    joined
}

fn json(plain: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(plain).expect("a record is made of texts, numbers, maps and lists")
}

fn parsed<P: DeserializeOwned>(json: &[u8]) -> Result<P, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
