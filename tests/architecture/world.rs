//! Where time and chance come from, and where code waits.

use super::check;
use super::source::{At, Source};

/// Where the time and chance come from: what ends so belongs to `world`.
const TIME_AND_CHANCE: &[&str] = &[
    "SystemTime::now",
    "std::time::Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "rand::rng",
    "rand::random",
    "thread_rng",
    "OsRng",
    "SysRng",
    "from_os_rng",
    "from_entropy",
    "getrandom::",
];

/// What hands out the real clock and the real random source, and who may ask for it.
const REAL_WORLD: &[&str] = &["World::real", "World::seeded", "SystemClock::start", "Chance::system"];
const MAY_HAND_OUT: &[&str] = &["main", "cli", "sandbox", "world"];

/// Where waiting is written with `async`; everything below is synchronous.
const ASYNCHRONOUS: &[&str] = &["server", "sandbox", "cli"];

fn is_at_end(path: &str, end: &str) -> bool {
    match end.strip_suffix("::") {
        Some(start) => path == start || path.starts_with(end),
        None => path == end || path.ends_with(&format!("::{end}")),
    }
}

/// Time and chance that do not come through `world`.
pub fn time_and_chance(source: &Source) -> Vec<String> {
    let layer = source.layer();
    let home: [(&[&str], &[&str]); 2] = [(TIME_AND_CHANCE, &["main", "world"]), (REAL_WORLD, MAY_HAND_OUT)];
    let mut found = Vec::new();
    for At { line, what: named } in source.paths.iter().filter(|path| !path.what.is_import) {
        for (banned, allowed) in home {
            if banned.iter().any(|end| is_at_end(&named.path, end)) && !allowed.contains(&layer) {
                found.push(source.at(*line, &format!("{} belongs to {allowed:?}", named.path)));
            }
        }
    }
    found
}

/// Waiting where nothing waits.
pub fn asynchronous(source: &Source) -> Vec<String> {
    let banned = ["async", "await", "tokio", "futures"];
    let is_waiting = |word: &&At<String>| banned.contains(&word.what.as_str());
    let waiting = source.words.iter().filter(is_waiting).filter(|_| !ASYNCHRONOUS.contains(&source.layer()));
    let told =
        |At { line, what }: &At<String>| source.at(*line, &format!("{what}: nothing below the server is asynchronous"));
    waiting.map(told).collect()
}

#[test]
fn time_and_chance_of_ones_own_are_seen() {
    check(
        time_and_chance,
        &[
            ("dialect/alibaba/mod.rs", "use std::time::Instant; fn f() { Instant::now(); }", true),
            ("server/mod.rs", "use tokio::time::{self, Instant}; fn f() { Instant::now(); }", false),
            ("server/mod.rs", "use std::time::Instant; fn f() { Instant::now(); }", true),
            ("server/mod.rs", "use std::time::Instant; mod tests { use super::*; fn f() { Instant::now(); } }", true),
            ("server/mod.rs", "fn f() { use std::time; g!(time::Instant::now()); }", true),
            ("server/mod.rs", "fn f() { std::time::SystemTime::now(); }", true),
            ("server/mod.rs", "fn f() { ::std::time::SystemTime::now(); }", true),
            ("keyring/key.rs", "use jiff::Timestamp as T; fn f() { T::now(); }", true),
            ("keyring/key.rs", "use jiff::Timestamp; fn f() { g(Timestamp::now) }", true),
            ("keyring/key.rs", "use jiff::Timestamp; fn f() { assert!(self.now() == Timestamp::MIN) }", false),
            ("keyring/key.rs", "use uuid::Uuid; fn f() { Uuid::new_v4(); }", true),
            ("keyring/key.rs", "fn f() { getrandom::fill(&mut []); }", true),
            ("keyring/key.rs", "fn f() { g!(self.getrandom) }", false),
            ("keyring/key.rs", "fn f() { g!(0..getrandom::u32()) }", true),
            ("keyring/key.rs", "fn f() { rand::rng(); }", true),
            ("keyring/key.rs", "use rand_core::OsRng; fn f() { OsRng.fill(); }", true),
            ("world/chance.rs", "fn f() { getrandom::fill(&mut []); }", false),
            ("dialect/alibaba/mod.rs", "use crate::world::World; fn f() { World::real(); }", true),
            ("cli/serve.rs", "use crate::world::World; fn f() { World::real(); }", false),
        ],
    );
}

#[test]
fn waiting_below_the_server_is_seen() {
    check(
        asynchronous,
        &[
            ("dialect/mod.rs", "async fn f() {}", true),
            ("dialect/mod.rs", "trait T { async fn f(); }", true),
            ("dialect/mod.rs", "fn f() { g(async move { 1 }) }", true),
            ("dialect/mod.rs", "fn f() { g(async || 1) }", true),
            ("keyring/mod.rs", "use tokio::sync::Mutex;", true),
            ("keyring/mod.rs", "fn f() { tokio::spawn(1); }", true),
            ("keyring/mod.rs", "fn f() { g().await }", true),
            ("keyring/mod.rs", "fn f() { h!(g().await) }", true),
            ("server/mod.rs", "async fn f() { g().await }", false),
            ("dialect/mod.rs", "// async\nfn f() -> &str { \"await\" }", false),
        ],
    );
}
