//! What each fuzz target does with the bytes it is given: it panics where Yaoshi breaks a promise.
//!
//! The tests of Yaoshi (`tests/corpus.rs`) run the same code over the committed corpus, without a fuzzer.

pub mod authorization;
pub mod blob;
pub mod pairs;
pub mod parameters;
pub mod policy;
pub mod records;
mod service;

/// A target by its name, which is that of its corpus too.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: &[Target] = &[
    ("authorization", authorization::run),
    ("blob", blob::run),
    ("pairs", pairs::run),
    ("parameters", parameters::run),
    ("policy", policy::run),
    ("records", records::run),
];

/// What stands before the first `separator`, and what stands behind it.
fn split(data: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == separator) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}
