//! Yaoshi: a local Alibaba Cloud KMS.
//!
//! # Map
//!
//! The layers, from the outside in; each imports only what stands below it, and everything may use [`world`]:
//!
//! * [`cli`]: the command line; [`Sandbox`]: the same as a value, for tests in Rust.
//! * [`config`]: options and the sandbox file, parsed and bounded once.
//! * [`certificates`]: the CA and the certificates that Yaoshi makes for itself.
//! * [`server`]: sockets to requests; carries out an answer's fate.
//! * [`dialect`]: how callers speak. The [front](dialect::front) tells whose a request is; `dialect::alibaba` is the RPC
//!   gateway, `dialect::console` what Yaoshi itself answers.
//! * [`call`]: the way of a call, written once for all dialects.
//! * [`state`]: all that a sandbox holds, as one value, and what it looks like on disk.
//! * [`access`]: who may do what. [`secrets`]: data kept for those who may ask. [`keyring`]: what is true of keys. Access
//!   and keyring do not know each other.
//! * [`journal`]: what happened.
//! * [`cipher`]: bytes to bytes.
//! * [`world`]: what we do not decide: time, chance, storage.
//!
//! # The way of a request
//!
//! [`server`] reads it; the [`Front`](dialect::front::Front) tells whose it is and turns web pages away; the dialect
//! verifies who sent it and parses it into a [`Deed`](call::Deed); [`call::take`] leads that through its stages; the
//! dialect renders the reply.
//!
//! # Glossary
//!
//! | word | meaning |
//! | --- | --- |
//! | Place | one region of one account: where a key lives |
//! | Key version, material | a key's secret from some moment on, and the secret itself |
//! | [`Deed`](call::Deed) | what a call asks for: its fields are the request, `run` does it |
//! | [`Subject`](call::Subject) | what a deed acts on: found, permitted, admitted |
//! | [`Turn`](call::Turn) | who calls, where and when |
//! | [`Refusal`](call::Refusal), fault | why a call is refused, in nobody's words and in a dialect's |
//! | [`Record`](call::Record) | what became known of a call on its way, for the log |
//! | [`Decision`](access::Decision) | whether a caller may, and what that rests on |
//! | [`Holdings`](state::Holdings), [`State`](state::State) | a sandbox's state with the way to change it, and the value at one moment |
//! | [`View`](state::View) | everything as one call sees it |
//! | [`Ring`](keyring::Ring), [`RingMut`](keyring::RingMut) | the keys of a place at one moment, to be read and to be changed |
//! | [`Admitted`](keyring::Admitted) | a key whose state admits what is about to be done |
//! | [`Prepared`](keyring::Prepared) | a key pair that is made before anything is held that others wait for |
//! | [`Ledger`](world::Ledger), [`Draft`](world::Draft) | state under group commit, and a part of it under change |
//! | [`Chance`](world::Chance), [`Draw`](world::Draw) | the source of randomness, and what one call takes of it |
//! | Settle | to make the version that a rotation should have made, by the call that meets it |
//! | Dry run | the whole way is walked, and nothing is kept |
#![warn(clippy::print_stdout, clippy::print_stderr)] // they end a process to which nobody listens

pub mod access;
pub mod call;
pub mod certificates;
pub mod cipher;
pub mod cli;
pub mod config;
pub mod dialect;
pub mod journal;
pub mod keyring;
pub mod sandbox;
pub mod secrets;
pub mod server;
pub mod state;
pub mod world;

pub use sandbox::Sandbox;
