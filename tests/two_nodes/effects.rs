//! What the changes of one call come to, in words, and which of them a wish can explain.

use std::collections::HashMap;

use yaoshi::keyring::{self, Key, Lifecycle};
use yaoshi::state::{Change, State};

use super::cluster::{KEYS, later, ring};
use super::wishes::{WINDOW, Wish, alias, interval};

/// What one call did to a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// By the wish of a caller.
    Wished(String),
    /// A due rotation.
    Settled,
    /// Nothing but erasures of what was overdue.
    Cleared,
    /// The people and keys of the sandbox file.
    Stocked,
}

/// The effect of a call on the state that it was built on. Panics where it is nothing that a call may do.
pub fn effect(before: &State, call: &[Change]) -> Effect {
    let known: HashMap<_, _> = ring(&before.keys).into_iter().map(|key| (key.id.clone(), key)).collect();
    let mut told = Vec::new();
    for change in call {
        match change {
            Change::Person(_) => return Effect::Stocked,
            Change::Key(keyring::Change::Erase(_, id)) => {
                let delete_at = known[id].delete_at().expect("only a key whose deletion is planned is erased");
                assert!(delete_at <= later(16), "{id} is erased too early");
            }
            Change::Key(keyring::Change::Put(key)) => match known.get(&key.id) {
                Some(old) if is_settled(old, key) => return Effect::Settled,
                Some(old) => told.push(difference(old, key)),
                None if key.description.is_empty() => return Effect::Stocked,
                None => told.push(format!("new {}", key.description)),
            },
            other => panic!("{other:?}"),
        }
    }
    told.sort_unstable();
    if told.is_empty() { Effect::Cleared } else { Effect::Wished(told.join(", ")) }
}

/// Whether nothing but a rotation was done to the key, at an instant when it was due.
fn is_settled(old: &Key, new: &Key) -> bool {
    let Some((last, others)) = new.versions.split_last() else { return false };
    if others.len() != old.versions.len() {
        return false;
    }
    assert_eq!(old.rotation_due(last.created), Some(last.created), "{} was not due", old.id);
    assert!((old.lifecycle, &old.tags, &old.aliases) == (new.lifecycle, &new.tags, &new.aliases));
    assert_eq!(old.rotation, new.rotation);
    true
}

fn difference(old: &Key, new: &Key) -> String {
    assert_eq!(old.versions.len(), new.versions.len(), "versions come and go by rotation alone");
    let mut told = Vec::new();
    told.extend(new.aliases.difference(&old.aliases).map(|name| format!("+{}", name.as_str())));
    told.extend(old.aliases.difference(&new.aliases).map(|name| format!("-{}", name.as_str())));
    told.extend(
        new.tags.iter().filter(|tag| old.tags.get(tag.0) != Some(tag.1)).map(|(key, value)| format!("{key}={value}")),
    );
    if old.rotation != new.rotation {
        told.push(format!("every {}", new.rotation.expect("nobody ends a rotation").interval.as_secs()));
    }
    if old.lifecycle != new.lifecycle || told.is_empty() {
        told.push(format!("{} → {}", word(old.lifecycle), word(new.lifecycle)));
    }
    format!("{}: {}", number(new.id.as_str()), told.join(" "))
}

fn word(lifecycle: Lifecycle) -> String {
    match lifecycle {
        Lifecycle::PendingDeletion { delete_at, .. } => format!("deleted at {delete_at}"),
        other => format!("{other:?}"),
    }
}

fn number(key: &str) -> usize {
    KEYS.iter().position(|id| *id == key).expect("it is one of the file")
}

impl Wish {
    /// What it can come to, by the call with this number so many days after the beginning.
    pub fn effects(self, thread: usize, serial: usize, day: i64) -> Vec<String> {
        let name = |number: usize| alias(number).replacen("alias/", "", 1);
        let from =
            |states: &[&str], key: usize, to: &str| states.iter().map(|from| format!("{key}: {from} → {to}")).collect();
        match self {
            Self::Create => vec![format!("new {serial}")],
            Self::Claim(alias, key) => vec![format!("{key}: +{}", name(alias))],
            Self::Release(alias) => (0..KEYS.len()).map(|key| format!("{key}: -{}", name(alias))).collect(),
            Self::Move(alias, to) => {
                let others = (0..KEYS.len()).filter(|from| *from != to);
                let both = others.map(|from| {
                    let mut both = [format!("{from}: -{}", name(alias)), format!("{to}: +{}", name(alias))];
                    both.sort_unstable();
                    both.join(", ")
                });
                both.collect()
            }
            Self::Disable(key) => from(&["Enabled", "Disabled"], key, "Disabled"),
            Self::Enable(key) => from(&["Enabled", "Disabled"], key, "Enabled"),
            Self::Tag(key) => vec![format!("{key}: t{thread}={serial}")],
            Self::Delete(key) => from(&["Enabled", "Disabled"], key, &format!("deleted at {}", later(day + WINDOW))),
            Self::Keep(key) => (0..=day / 8)
                .map(|phase| format!("{key}: deleted at {} → Enabled", later(8 * phase + WINDOW)))
                .collect(),
            Self::Rotate(key) => vec![format!("{key}: every {}", interval(serial))],
            Self::Encrypt(_) | Self::Decrypt(_) => Vec::new(),
        }
    }
}
