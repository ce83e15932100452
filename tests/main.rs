//! What Yaoshi promises, one module a subject. The official SDKs judge in `sdk.rs`.

mod architecture;
mod dry_run;
mod permissions;
mod states;
mod support;
