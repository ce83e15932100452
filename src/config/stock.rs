//! The keys of the sandbox file, put where there are none of their ids yet.

use std::sync::Arc;

use jiff::Timestamp;

use crate::keyring::{self, Key, Keyring, Ring, Write};
use crate::world::Chance;

/// Keys that are written at once.
const BATCH: usize = 50_000;

/// The store behind the keyring failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StockError(#[from] keyring::Error);

/// Create those of `keys` that are absent. What exists stays as it is: the warnings tell where the file says otherwise.
///
/// `progress` hears now and then how many of how many are done.
pub fn stock(
    keyring: &Keyring,
    mut keys: Vec<Key>,
    chance: &Chance,
    now: Timestamp,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<String>, StockError> {
    let (total, mut done, mut warnings) = (keys.len() as u64, 0, Vec::new());
    // In the order of records: they are written fastest and lie closest so.
    keys.sort_unstable_by(|one, other| (&one.place, &one.id).cmp(&(&other.place, &other.id)));
    let mut keys = keys.into_iter().peekable();
    while let Some(first) = keys.peek() {
        let place = first.place.clone();
        let mut ring = keyring.ring(place.clone(), now, chance.draw(&place.account));
        let mut room = BATCH;
        while let Some(key) = keys.next_if(|key| key.place == place && room > 0) {
            warnings.extend(put(key, &mut ring));
            room -= 1;
        }
        ring.commit()?;
        done += (BATCH - room) as u64;
        progress(done, total);
    }
    Ok(warnings)
}

/// Create `key` unless it exists. What is wrong with that is told.
fn put(mut key: Key, ring: &mut Ring<'_, Write>) -> Option<String> {
    let name = format!("key {:?} in {}", key.id.as_str(), key.place.region);
    if let Ok(kept) = ring.find(key.id.as_str()) {
        let differences = differences(&key, &kept);
        let told = || format!("{name} is kept as it is stored; the file says otherwise of: {}", differences.join(", "));
        return (!differences.is_empty()).then(told);
    }
    if let Some(version) = key.versions.iter().find(|version| ring.has_version(version.id)) {
        return Some(format!("{name} is not created: another key has its version {}", version.id));
    }
    if key.versions.is_empty() && !key.awaits_import(ring.now()) {
        key.versions.push(Arc::new(ring.new_version(key.spec, key.created)));
    }
    let mut taken = Vec::new();
    key.aliases.retain(|alias| {
        let is_free = ring.find_alias(alias).is_err();
        if !is_free {
            taken.push(format!("{:?}", alias.as_str()));
        }
        is_free
    });
    ring.adopt(key);
    (!taken.is_empty()).then(|| format!("{name} goes without aliases that other keys have: {}", taken.join(", ")))
}

/// The names of the fields in which `described` differs from what is `kept`. Versions count where the file gives some.
fn differences(described: &Key, kept: &Key) -> Vec<&'static str> {
    let versions_differ = !described.versions.is_empty()
        && (described.versions.len() != kept.versions.len()
            || !described.versions.iter().zip(&kept.versions).all(|(one, other)| one.is_same(other)));
    [
        ("spec", described.spec != kept.spec),
        ("usage", described.usage != kept.usage),
        ("origin", described.origin != kept.origin),
        ("protection_level", described.protection_level != kept.protection_level),
        ("description", described.description != kept.description),
        ("state", described.lifecycle != kept.lifecycle),
        ("aliases", described.aliases != kept.aliases),
        ("tags", described.tags != kept.tags),
        ("versions", versions_differ),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}
