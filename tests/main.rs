//! What Yaoshi promises, one module a subject. The official SDKs judge in `sdk.rs`.

mod actions;
mod architecture;
mod catalogue;
mod command_line;
mod corpus;
mod crash;
mod data_folder;
mod dry_run;
mod encryption;
mod gateway;
mod material;
mod parameters;
mod permissions;
mod readme;
mod rotation;
mod sandbox_file;
mod seed;
mod server;
mod signature_mutations;
mod signatures;
mod states;
mod storage;
mod support;
mod tls;
