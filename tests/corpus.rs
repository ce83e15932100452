//! What fuzzing has found and reached: every file of its corpus, through what the fuzz targets do with it.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn names(folder: &Path) -> BTreeSet<String> {
    files(folder).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_has_a_corpus_and_a_program() {
    let targets: BTreeSet<_> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&folder("corpus")), targets);
    assert_eq!(names(&folder("fuzz_targets")), targets);
}

/// Runs add thousands of files; what is committed is chosen.
#[test]
fn the_corpus_is_small() {
    let files = fuzz::TARGETS.iter().flat_map(|(name, _)| files(&folder("corpus").join(name)));
    let sizes: Vec<_> = files.map(|file| fs::metadata(file).unwrap().len()).collect();
    assert!(sizes.len() < 200 && sizes.iter().sum::<u64>() < 300_000, "{} files", sizes.len());
}

#[test]
fn the_corpus_breaks_no_promise() {
    for (name, run) in fuzz::TARGETS {
        let files = files(&folder("corpus").join(name));
        assert!(!files.is_empty(), "{name} has a corpus");
        for file in files {
            println!("{}", file.display());
            run(&fs::read(&file).unwrap());
        }
    }
}
