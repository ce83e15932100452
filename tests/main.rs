//! What Yaoshi promises, one module a subject. The official SDKs judge in `sdk.rs`.

mod architecture;
mod support;
