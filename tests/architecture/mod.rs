//! The shape of `src`: who may import whom, where time and chance come from, whose words are spoken where, how long
//! a file may be. Each law stands in a file with a test that it can be broken.

mod arrows;
mod graph;
mod size;
mod source;
mod wire;
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rstest::rstest;
use source::Source;
use yaoshi::dialect::alibaba::kms::ACTIONS;

type Law = fn(&Source) -> Vec<String>;

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    fn walk(folder: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    assert!(found.len() > 50, "src is there");
    found
});

fn root() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests")).join("src")
}

/// A law sees what it is there to see, and nothing else: by file, its code, and whether it breaks the law.
fn check(law: Law, cases: &[(&str, &str, bool)]) {
    for (name, code, is_broken) in cases {
        let found = law(&Source::new(name, code));
        assert_eq!(!found.is_empty(), *is_broken, "{name}: {code}\n{found:#?}");
    }
}

#[rstest]
#[case::imports_follow_the_arrows(arrows::law)]
#[case::time_and_chance_come_from_the_world(world::time_and_chance)]
#[case::nothing_below_the_server_waits(world::asynchronous)]
#[case::the_wire_is_not_known_below_the_dialects(wire::wire_names)]
#[case::words_of_a_dialect_stand_in_it(wire::foreign_texts)]
#[case::files_and_functions_are_short(size::law)]
fn every_file_keeps(#[case] law: Law) {
    let broken: Vec<_> = SOURCES.iter().flat_map(law).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[rstest]
#[case::no_circle(graph::circles)]
#[case::the_front_above_the_dialects(graph::front_imported_from_below)]
fn all_files_together_keep(#[case] law: fn(&[Source]) -> Vec<String>) {
    let broken = law(&SOURCES);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn an_actions_name_is_written_in_two_places() {
    for action in ACTIONS {
        let places = wire::places_of_action(action.name, &SOURCES);
        let is_list = |place: &String| place.starts_with("src/dialect/alibaba/kms/mod.rs");
        let right =
            places.len() == 2 && places.iter().any(is_list) && places.iter().any(|place| place.ends_with("text"));
        assert!(right, "{}: {places:#?}", action.name);
    }
}
