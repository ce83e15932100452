//! What Yaoshi promises, one module a subject. The official SDKs judge in `sdk.rs`.

mod actions;
mod architecture;
mod catalogue;
mod dry_run;
mod encryption;
mod permissions;
mod rotation;
mod sandbox_file;
mod seed;
mod states;
mod support;
