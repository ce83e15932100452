//! What Yaoshi promises, one module a subject. The official SDKs judge in `sdk.rs`.

mod architecture;
mod gateway;
mod parameters;
mod server;
mod signature_mutations;
mod signatures;
mod support;
