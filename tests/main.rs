//! What Yaoshi promises, one module a subject. The official SDKs judge in `sdk.rs`.

mod architecture;
mod actions;
mod catalogue;
mod dry_run;
mod encryption;
mod permissions;
mod states;
mod support;
