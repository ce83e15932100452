//! What the sandbox file says of keys, data keys and people, put where it belongs.

use std::sync::Arc;

use jiff::Timestamp;

use crate::access;
use crate::keyring::{Key, Place, RingMut};
use crate::secrets::DataKey;
use crate::state::{Holdings, View, Write};
use crate::world::{Chance, CommitError, Draft};

/// Keys that are written at once.
const BATCH: usize = 50_000;

/// What the file says cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StockError(#[from] CommitError);

/// Fills a sandbox as its file says.
pub struct Stocker<'s> {
    pub holdings: &'s Holdings,
    pub chance: &'s Chance,
    pub now: Timestamp,
}

impl Stocker<'_> {
    /// Let `people` be there.
    pub fn people(&self, people: &[access::Change]) -> Result<(), StockError> {
        loop {
            let mut transaction = self.holdings.begin()?;
            let (state, changes) = transaction.parts();
            let mut draft = Draft::new(&mut state.people, &mut changes.people);
            for change in people {
                draft.record(change.clone());
            }
            match transaction.commit() {
                Err(CommitError::Conflict) => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Create those of `keys` that are absent. What exists stays as it is: the warnings tell where the file says
    /// otherwise.
    ///
    /// `progress` hears now and then how many of how many are done.
    pub fn keys(&self, mut keys: Vec<Key>, progress: &mut dyn FnMut(u64, u64)) -> Result<Vec<String>, StockError> {
        let (total, mut done, mut warnings) = (keys.len() as u64, 0, Vec::new());
        // In the order of records: they are written fastest and lie closest so.
        keys.sort_unstable_by(|one, other| (&one.place, &one.id).cmp(&(&other.place, &other.id)));
        for siblings in keys.chunk_by(|one, other| one.place == other.place) {
            for batch in siblings.chunks(BATCH) {
                let place = &batch[0].place;
                warnings.extend(self.write(place, |view| {
                    batch.iter().filter_map(|key| put(key.clone(), &mut view.keys_mut())).collect()
                })?);
                done += batch.len() as u64;
                progress(done, total);
            }
        }
        Ok(warnings)
    }

    /// Create those of `data_keys` that are absent. What exists stays as it is: the warnings tell where the file says
    /// otherwise.
    pub fn data_keys(&self, data_keys: Vec<DataKey>) -> Result<Vec<String>, StockError> {
        let mut warnings = Vec::new();
        for data_key in data_keys {
            let (place, data_key) = (data_key.place.clone(), Arc::new(data_key));
            warnings.extend(self.write(&place, |view| {
                let Some(kept) = view.find_data_key(&data_key.name).cloned() else {
                    view.put_data_key(Arc::clone(&data_key));
                    return Vec::new();
                };
                let name = format!("data key {:?} in {}", data_key.name, place.region);
                kept_as_it_is(&name, &data_key.differences(&kept)).into_iter().collect()
            })?);
        }
        Ok(warnings)
    }

    /// Write in `place`, again where somebody else was quicker.
    fn write(
        &self,
        place: &Place,
        edit: impl Fn(&mut View<'_, Write>) -> Vec<String>,
    ) -> Result<Vec<String>, StockError> {
        loop {
            let draw = self.chance.draw(&place.account);
            let mut view = self.holdings.view::<Write>(place.clone(), self.now, draw, None)?;
            let warnings = edit(&mut view);
            match view.commit() {
                Err(CommitError::Conflict) => {}
                outcome => return outcome.map(|()| warnings).map_err(StockError::from),
            }
        }
    }
}

fn kept_as_it_is(name: &str, differences: &[&str]) -> Option<String> {
    let told = || format!("{name} is kept as it is stored; the file says otherwise of: {}", differences.join(", "));
    (!differences.is_empty()).then(told)
}

/// Create `key` unless it exists. What is wrong with that is told.
fn put(mut key: Key, ring: &mut RingMut<'_>) -> Option<String> {
    let name = format!("key {:?} in {}", key.id.as_str(), key.place.region);
    if let Ok(kept) = ring.ring().find(key.id.as_str()) {
        return kept_as_it_is(&name, &differences(&key, &kept));
    }
    if let Some(version) = key.versions.iter().find(|version| ring.ring().has_version(version.id)) {
        return Some(format!("{name} is not created: another key has its version {}", version.id));
    }
    if key.versions.is_empty() && !key.awaits_import(ring.now()) {
        key.versions.push(Arc::new(ring.new_version(key.spec, key.created)));
    }
    let mut taken = Vec::new();
    key.aliases.retain(|alias| {
        let is_free = ring.ring().find_alias(alias).is_err();
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
