//! Who may import whom.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use super::source::{At, Source};
use super::{check, root};

/// Who may import whom, drawn downwards: a row names only what stands below it. Every layer may import itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["sandbox", "config", "certificates", "server", "dialect", "call", "journal", "world"]),
    ("sandbox", &["config", "certificates", "server", "dialect", "call", "state", "journal", "world"]),
    ("config", &["dialect", "call", "state", "access", "secrets", "keyring", "world"]),
    ("server", &["dialect", "world"]),
    ("dialect", &["certificates", "call", "state", "journal", "access", "secrets", "keyring", "world"]),
    ("certificates", &["world"]),
    ("call", &["state", "journal", "access", "secrets", "keyring", "world"]),
    ("state", &["access", "secrets", "keyring", "cipher", "world"]),
    ("journal", &["access", "world"]),
    ("access", &["cipher", "world"]),
    ("secrets", &["keyring", "cipher", "world"]),
    ("keyring", &["cipher", "world"]),
    ("cipher", &[]),
    ("world", &[]),
];

/// Where an arrow carries only this: the limits, which are options of a sandbox; ids and places; how people are kept,
/// but no clock and no chance.
const CARRIED: &[(&str, &str, &[&str])] = &[
    ("cli", "call", &["Limits"]),
    ("config", "call", &["Limits"]),
    ("secrets", "keyring", &["KeyId", "Place", "VersionId"]),
    ("access", "world", &["Recorded", "Scope"]),
];

/// Who may name a dialect; all others know only that there are dialects. A dialect names itself.
const MAY_NAME_A_DIALECT: &[&str] = &["cli", "sandbox", "config"];

/// The folders of `src/dialect`, and one more that there is none of, so that the law can be tested.
static DIALECTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let folders = fs::read_dir(root().join("dialect")).unwrap().map(|entry| entry.unwrap().path());
    let names = folders.filter(|path| path.is_dir()).map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    names.chain(["imaginary".to_owned()]).collect()
});

/// The dialect that a file belongs to.
pub fn dialect_of(source: &Source) -> Option<&str> {
    let mut parts = source.name.split('/');
    parts.next().filter(|first| *first == "dialect")?;
    parts.next().filter(|name| DIALECTS.contains(*name))
}

/// Imports against the arrows, and dialects named by those who must not.
pub fn law(source: &Source) -> Vec<String> {
    let layer = source.layer();
    if source.name == "lib.rs" {
        return Vec::new(); // the map
    }
    let Some((_, allowed)) = ARROWS.iter().find(|(own, _)| *own == layer) else {
        return vec![source.at(1, "a layer that the table of arrows does not know")];
    };
    let mut found = Vec::new();
    for At { line, what: named } in &source.paths {
        let mut parts = named.path.split("::");
        let is_ours = parts.next().is_some_and(|first| first == "crate" || (layer == "main" && first == "yaoshi"));
        let Some(other) = parts.next().filter(|_| is_ours) else { continue };
        // What `lib.rs` gives out again.
        let other = if other == "Sandbox" { "sandbox" } else { other };
        let item = parts.next();
        if other != layer && !allowed.contains(&other) {
            found.push(source.at(*line, &format!("{layer} must not know {other}: {}", named.path)));
        }
        let carried = CARRIED.iter().find(|(from, to, _)| (*from, *to) == (layer, other));
        if let (Some((_, _, carried)), Some(item)) = (carried, item)
            && !carried.contains(&item)
        {
            found.push(source.at(*line, &format!("{layer} may know of {other} only {carried:?}: {}", named.path)));
        }
        if let Some(dialect) = item.filter(|name| other == "dialect" && DIALECTS.contains(*name))
            && dialect_of(source) != Some(dialect)
            && !MAY_NAME_A_DIALECT.contains(&layer)
        {
            found.push(source.at(*line, &format!("the dialect {dialect} is named: {}", named.path)));
        }
    }
    found
}

#[test]
fn the_table_is_drawn_downwards() {
    for (at, (layer, allowed)) in ARROWS.iter().enumerate() {
        let below: Vec<_> = ARROWS[at + 1..].iter().map(|(layer, _)| layer).collect();
        let is_up = allowed.iter().find(|other| !below.contains(other));
        assert_eq!(is_up, None, "{layer}");
    }
}

#[test]
fn imports_against_the_arrows_are_seen() {
    check(
        law,
        &[
            ("server/mod.rs", "use crate::keyring::Keys;", true),
            ("server/mod.rs", "use crate::{dialect::Dialect, access};", true),
            ("server/mod.rs", "use crate::{dialect::Dialect, world};", false),
            ("server/mod.rs", "fn f() { crate::access::Arn::x() }", true),
            ("server/mod.rs", "fn f() { g!(1, crate::access::Arn::x()) }", true),
            ("server/mod.rs", "#[derive(crate::access::Arn)] struct A;", true),
            ("server/mod.rs", "fn f(a: &[Box<dyn crate::access::A>]) {}", true),
            ("server/mod.rs", "use crate as ours; fn f() { ours::access::g() }", true),
            ("server/mod.rs", "use super::{dialect, access as a}; fn f() { a::g() }", true),
            (
                "server/mod.rs",
                "/// [`crate::access`]\n// use crate::access;\nconst A: &str = \"crate::access\";",
                false,
            ),
            ("access/mod.rs", "use super::keyring::Key;", true),
            ("access/policy/key.rs", "use super::super::super::keyring::Key;", true),
            ("access/policy/key.rs", "use super::super::arn::Arn;", false),
            ("access/policy/key_tests.rs", "use super::super::super::arn::Arn;", false),
            ("access/arn.rs", "mod tests { use super::super::identity::A; }", false),
            ("access/arn.rs", "#[cfg(test)] mod tests { use super::super::super::keyring::A; }", true),
            ("access/arn.rs", "mod tests { fn f() {} } use super::super::keyring::A;", true),
            ("access/access_key.rs", "use crate::cipher::RsaPublicKey;", false),
            ("access/access_key.rs", "use crate::world::Clock;", true),
            ("access/people.rs", "use crate::world::{Recorded, Scope};", false),
            ("access/people.rs", "use crate::world; fn f(clock: &dyn world::Clock) {}", true),
            ("keyring/key.rs", "use crate::access::Arn;", true),
            ("keyring/key.rs", "use crate::state::State;", true),
            ("keyring/key.rs", "use crate::cipher::Aead;", false),
            ("secrets/secret.rs", "use crate::keyring::{KeyId, Place};", false),
            ("secrets/secret.rs", "use crate::keyring; fn f(id: keyring::KeyId) {}", false),
            ("secrets/secret.rs", "use crate::keyring; fn f(key: keyring::Key) {}", true),
            ("secrets/secret.rs", "use crate::keyring::*;", true),
            ("secrets/secret.rs", "use crate::access::Principal;", true),
            ("cipher/aead.rs", "use crate::world::Draw;", true),
            ("state/mod.rs", "use crate::{access, keyring, secrets, world};", false),
            ("state/mod.rs", "use crate::call::Turn;", true),
            ("call/mod.rs", "use crate::{access, journal, keyring, state};", false),
            ("call/mod.rs", "use crate::dialect::Answer;", true),
            ("journal/mod.rs", "use crate::access::Decision;", false),
            ("journal/mod.rs", "use crate::keyring::Key;", true),
            ("journal/mod.rs", "use crate::dialect::Answer;", true),
            ("cli/call.rs", "use crate::keyring::Key;", true),
            ("cli/call.rs", "use crate::Sandbox;", false),
            ("cli/call.rs", "use crate::call::Limits;", false),
            ("cli/call.rs", "use crate::call::Premises;", true),
            ("config/load.rs", "use crate::Sandbox;", true),
            ("config/load.rs", "use crate::call::Limits;", false),
            ("config/load.rs", "use crate::call; fn f(turn: &call::Turn) {}", true),
            ("main.rs", "fn main() { yaoshi::cli::run() }", false),
            ("main.rs", "fn main() { yaoshi::server::serve() }", true),
            ("helpers/mod.rs", "", true),
        ],
    );
}

#[test]
fn a_named_dialect_is_seen() {
    check(
        law,
        &[
            ("dialect/alibaba/mod.rs", "use crate::dialect::imaginary::A;", true),
            ("dialect/imaginary/mod.rs", "use super::alibaba::Gateway;", true),
            ("dialect/alibaba/kms/mod.rs", "use crate::dialect::alibaba::fault;", false),
            ("dialect/alibaba/kms/mod.rs", "use crate::dialect::{Answer, bounds};", false),
            ("dialect/mod.rs", "pub mod alibaba;", false),
            ("dialect/mod.rs", "pub mod alibaba; pub use alibaba::Gateway;", true),
            ("dialect/front.rs", "use super::alibaba::Gateway;", true),
            ("server/mod.rs", "use crate::dialect::alibaba::Gateway;", true),
            ("config/mod.rs", "use crate::dialect::alibaba::Limits;", false),
        ],
    );
}
