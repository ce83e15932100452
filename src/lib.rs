//! Yaoshi: a local Alibaba Cloud KMS.
//!
//! The layers, from the outside in; each imports only what stands below it, and everything may use [`world`]:
//!
//! * [`cli`]: the command line; [`Sandbox`]: the same as a value, for tests in Rust.
//! * [`config`]: options and the sandbox file, parsed and bounded once.
//! * [`certificates`]: the CA and the certificates that Yaoshi makes for itself.
//! * [`server`]: sockets to requests; gives a request to the dialect that claims it.
//! * [`dialect`]: how callers speak, and the front of all dialects; what Yaoshi itself answers is one of them.
//! * [`journal`]: what happened.
//! * [`access`]: who may do what. [`keyring`]: what is true of keys. They do not know each other.
//! * [`cipher`]: bytes to bytes.
//! * [`world`]: what we do not decide: time, chance, storage.
//!
//! The way of a request: [`server`] reads it; the [`Front`](dialect::front::Front) tells whose it is;
//! [`Gateway::take`](dialect::alibaba::Gateway) verifies who sent it and hands it to its action, which parses it, finds
//! what it is about, asks for permission, admits the key's state, runs, and renders the reply.

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
