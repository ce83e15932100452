//! The shared gateway: RPC over GET and POST, signed V1, V3 or V4, or with a bearer token.

pub mod answer;
mod arrival;
mod dry_run;
mod encoding;
mod entry;
pub mod fault;
mod gateway;
mod host;
pub mod kms;
mod parameter_names;
pub mod parameters;
mod parse;
mod regions;
mod service;
pub mod signature;
mod verification;
mod way;

pub use entry::Entry;
pub use gateway::{Gateway, Options};
pub use host::{is_region, service_names};
pub use regions::REGIONS;
pub use service::Service;
