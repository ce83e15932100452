//! Sandboxes that share an engine, and what a state is in words.

use std::fmt::Write;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::keyring::{Key, KeyVersion, Keys, Lifecycle, Material, Place, Ring};
use yaoshi::state::{Change, State};
use yaoshi::world::{Appended, Batch, Bounds, Clock, Followed, ManualClock, Recorded, Revision, Store, StoreError};

use crate::support::engine::{Engine, Entry, Faults};
use crate::support::pair::hex;
use crate::support::{ACCOUNT, NOW, Service};

/// The keys of the sandbox file, by number.
pub const KEYS: [&str; 3] = [
    "202b9877-5a25-46e3-a763-e20791b5000a",
    "202b9877-5a25-46e3-a763-e20791b5000b",
    "202b9877-5a25-46e3-a763-e20791b5000c",
];

/// What a sandbox file says of who there is.
const PEOPLE: &str = r#"
version = 1
[[account]]
id = "1234567890123456"
access_keys = [{ id = "yaoshi", secret = "yaoshi" }]
"#;

/// What nodes are started with: the [`KEYS`], and `more` keys.
fn options(limits: Limits, more: &str) -> Options {
    let mut text = PEOPLE.to_owned();
    for (key, letter) in KEYS.iter().zip(LETTERS) {
        let (version, material) = (version_of(key), material(letter));
        write!(
            text,
            "[[account.key]]\nid = {key:?}\ncreated = {NOW}\n\
             versions = [{{ id = {version:?}, created = {NOW}, material = {material:?} }}]\n"
        )
        .unwrap();
    }
    with_file(&(text + more), limits)
}

fn with_file(text: &str, limits: Limits) -> Options {
    let file = SandboxFile::parse("nodes.toml", text).unwrap_or_else(|error| panic!("{error}"));
    Options { file: Some(file), limits, ..Options::default() }
}

/// What the material of each key is made of.
pub const LETTERS: [&str; 3] = ["A", "B", "C"];

/// 32 bytes in base64.
pub fn material(letter: &str) -> String {
    letter.repeat(42) + "A="
}

/// The version that the sandbox file gives a key.
pub fn version_of(key: &str) -> String {
    key.replacen("202b", "302b", 1)
}

/// Two sandboxes over one engine.
pub struct Cluster {
    pub engine: Engine<State>,
    pub nodes: [Arc<Service>; 2],
    pub clock: Arc<ManualClock>,
}

impl Cluster {
    /// Nothing goes wrong yet. `dress`: what stands between each node and the engine.
    pub fn new(dress: impl Fn(usize, Box<dyn Store<Change>>) -> Box<dyn Store<Change>>) -> Self {
        Self::with(Limits::Off, "", dress)
    }

    /// `limits`: those of the first node. `more`: what stands in the sandbox file beside the keys.
    pub fn with(
        limits: Limits,
        more: &str,
        dress: impl Fn(usize, Box<dyn Store<Change>>) -> Box<dyn Store<Change>>,
    ) -> Self {
        let engine = Engine::new(Faults::default());
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        let nodes = [(0, limits), (1, Limits::Off)].map(|(node, limits)| {
            let store = dress(node, engine.node());
            Arc::new(Service::over(&options(limits, more), Arc::clone(&clock), store))
        });
        assert!(nodes.iter().all(|node| node.warnings.is_empty()), "the same file says the same");
        Self { engine, nodes, clock }
    }

    /// Let the keys rotate every seven days, and a second or two.
    pub fn rotate(&self) {
        for (index, key) in KEYS.iter().enumerate() {
            let interval = format!("{}s", 7 * 24 * 3600 + index);
            let policy = [("KeyId", *key), ("EnableAutomaticRotation", "true"), ("RotationInterval", &interval)];
            self.nodes[index % 2].call("yaoshi", "UpdateRotationPolicy", &policy).ok();
        }
    }

    pub fn turn_clock(&self, days: i64) {
        self.clock.set(later(days));
    }

    /// The state that each node knows once it has asked.
    pub fn pictures(&self) -> [String; 2] {
        self.nodes.each_ref().map(|node| {
            node.call("yaoshi", "ListKeys", &[]).ok();
            picture(&node.premises.holdings.state())
        })
    }
}

/// So many days after the beginning.
pub fn later(days: i64) -> Timestamp {
    NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * days)
}

/// The states that an engine went through, call by call, each with its revision, and the changes that led there.
pub struct History {
    pub states: Vec<(Revision, State)>,
    /// What led from each state to the next.
    pub calls: Vec<(Revision, Vec<Change>)>,
}

impl History {
    pub fn of(log: &[Entry<Change>]) -> Self {
        let mut states = vec![(Revision::default(), State::default())];
        let mut calls = Vec::new();
        for Entry { revision, changes, calls: built, .. } in log {
            let mut whole = states.last().unwrap().1.clone();
            for call in built {
                let mut next = states.last().unwrap().1.clone();
                for change in call {
                    next.apply(change);
                }
                states.push((*revision, next));
                calls.push((*revision, call.clone()));
            }
            for change in changes {
                whole.apply(change);
            }
            assert_eq!(picture(&whole), picture(&states.last().unwrap().1), "in any order");
        }
        Self { states, calls }
    }

    pub fn last(&self) -> &State {
        &self.states.last().unwrap().1
    }

    /// The states that may have been seen by a call between these revisions.
    pub fn between(&self, from: Revision, to: Revision) -> &[(Revision, State)] {
        let first = self.states.iter().rposition(|(revision, _)| *revision <= from).unwrap();
        let behind = self.states.iter().position(|(revision, _)| *revision > to.max(from));
        &self.states[first..behind.unwrap_or(self.states.len())]
    }
}

fn place() -> Place {
    Place { account: ACCOUNT.into(), region: "cn-hangzhou".into() }
}

/// The keys of the place as they are on the shelf, gone or not.
pub fn ring(keys: &Keys) -> Vec<Arc<Key>> {
    Ring::new(keys, &place(), Timestamp::UNIX_EPOCH).all().cloned().collect()
}

/// Everything that a state holds of keys, in words. Two states that differ in anything but what is computed have
/// different ones; a state whose parts do not fit together has none.
pub fn picture(state: &State) -> String {
    let mut picture = String::new();
    for key in ring(&state.keys) {
        let Key { id, lifecycle, rotation, aliases, tags, description, created, versions, .. } = &*key;
        writeln!(picture, "{id} {lifecycle:?} {rotation:?} {aliases:?} {tags:?} {description:?} {created}").unwrap();
        for version in versions {
            writeln!(picture, "  {} {} {}", version.id, version.created, material_of(version)).unwrap();
        }
    }
    check_shelf(&state.keys);
    picture
}

fn material_of(version: &KeyVersion) -> String {
    let bytes = match version.material() {
        Material::Present(material) => material.expose_secret(),
        Material::Deleted(digest) => digest.as_slice(),
    };
    hex(bytes)
}

/// Whatever leads to a key leads to one that has it, and to one alone.
fn check_shelf(keys: &Keys) {
    let place = place();
    let (shelf, all) = (Ring::new(keys, &place, Timestamp::UNIX_EPOCH), ring(keys));
    let aliases: Vec<_> = all.iter().flat_map(|key| key.aliases.iter().map(|name| (name, &key.id))).collect();
    let led: Vec<_> = shelf.aliases().map(|(name, key)| (name, &key.id)).collect();
    assert_eq!(led.len(), aliases.len(), "an alias stands for two keys: {aliases:?}");
    assert!(aliases.iter().all(|alias| led.contains(alias)));
    for (key, version) in all.iter().flat_map(|key| key.versions.iter().map(move |version| (key, version))) {
        assert_eq!(shelf.find_sealing(version.id).unwrap().id, key.id);
        let alike = key.versions.iter().filter(|other| other.created == version.created);
        assert_eq!(alike.count(), 1, "{} rotated twice at {}", key.id, version.created);
    }
    let planned = all.iter().filter(|key| matches!(key.lifecycle, Lifecycle::PendingDeletion { .. })).count();
    assert_eq!(Ring::new(keys, &place, later(4000)).count(), all.len() - planned, "the calendar is wrong");
}

/// What the sandbox says whose whole state this is, and who has it for itself alone.
pub fn alone(state: &[Change], clock: &ManualClock) -> Service {
    let clock = Arc::new(ManualClock::at(clock.now()));
    // Without keys in the file: those that are gone would be made again.
    Service::over(&with_file(PEOPLE, Limits::Off), clock, Box::new(Given(state.to_vec())))
}

/// The changes that lead to a state from nothing.
pub fn changes(history: &History, upto: usize) -> Vec<Change> {
    history.calls[..upto].iter().flat_map(|(_, call)| call).cloned().collect()
}

/// Keeps what it was given, and nothing else.
struct Given(Vec<Change>);

impl Store<Change> for Given {
    fn count(&self) -> Result<u64, StoreError> {
        Ok(self.0.len() as u64)
    }

    fn load(&self, take: &mut dyn FnMut(Vec<Change>)) -> Result<Revision, StoreError> {
        take(self.0.clone());
        Ok(Revision::default())
    }

    fn append(&self, _batch: &Batch<Change>) -> Appended {
        Appended::Done(Revision::default())
    }

    fn follow(&self, after: Revision) -> Result<Followed<Change>, StoreError> {
        Ok(Followed::Current(after))
    }

    fn current(&self) -> Result<Revision, StoreError> {
        Ok(Revision::default())
    }

    fn bounds(&self) -> Bounds {
        Bounds::NONE
    }
}
