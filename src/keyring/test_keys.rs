//! Keys for the tests of several parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    AliasName, ImportSecret, Key, KeyId, KeyMaterial, KeySpec, KeyUsage, KeyVersion, Keys, Lifecycle, Origin, Place,
    ProtectionLevel, Ring, RingMut, Tools, VersionId,
};
use crate::world::{Chance, Draft, Source};

pub const START: Timestamp = Timestamp::UNIX_EPOCH;

pub fn day(day: i64) -> Timestamp {
    START + SignedDuration::from_hours(24 * day)
}

pub fn place(account: &str, region: &str) -> Place {
    Place { account: account.into(), region: region.into() }
}

pub fn alias(name: &str) -> AliasName {
    AliasName::new(name).unwrap()
}

/// A key with the version that `last` numbers, gone from the day `gone` on.
pub fn key(place: &Place, id: &str, last: u8, gone: Option<i64>, aliases: &[&str]) -> Key {
    let material = KeyMaterial::from_bytes(KeySpec::Sm4, vec![last; 16].into()).unwrap();
    let version = KeyVersion::new(VersionId::new(Uuid::from_bytes([last; 16])), START, material);
    let planned = |gone| Lifecycle::PendingDeletion { delete_at: day(gone), awaits_import: false };
    Key {
        id: KeyId::new(id),
        place: place.clone(),
        source: Source::Call,
        spec: KeySpec::Sm4,
        usage: KeyUsage::EncryptDecrypt,
        origin: Origin::Service,
        protection_level: ProtectionLevel::Software,
        description: "".into(),
        created: START,
        lifecycle: gone.map_or(Lifecycle::Enabled, planned),
        rotation: None,
        deletion_protection: None,
        material_expires_at: None,
        tags: BTreeMap::new(),
        aliases: aliases.iter().map(|name| alias(name)).collect(),
        versions: vec![Arc::new(version)],
    }
}

/// All keys, and what new material is made with.
pub struct Bench {
    keys: Keys,
    import_secret: ImportSecret,
    chance: Chance,
}

impl Bench {
    pub fn new() -> Self {
        Self { keys: Keys::default(), import_secret: ImportSecret::new(&[7; 32]), chance: Chance::seeded(7) }
    }

    /// Change the keys of `place` at `now`.
    pub fn write<T>(&mut self, place: &Place, now: Timestamp, run: impl FnOnce(&mut RingMut<'_>) -> T) -> T {
        let (mut changes, mut prepared) = (Vec::new(), None);
        let mut draw = self.chance.draw(&place.account);
        let tools = Tools { import_secret: &self.import_secret, draw: &mut draw, prepared: &mut prepared };
        let done = run(&mut RingMut::new(Draft::new(&mut self.keys, &mut changes), place, now, tools));
        draw.settle();
        done
    }

    /// What every write does before all else.
    pub fn erase_overdue(&mut self, place: &Place, now: Timestamp) {
        self.write(place, now, |ring| {
            ring.erase_overdue();
        });
    }

    /// The keys of `place` at `now`.
    pub fn ring<'b>(&'b self, place: &'b Place, now: Timestamp) -> Ring<'b> {
        Ring::new(&self.keys, place, now)
    }
}
