//! Who calls: whoever signed the request, with V1 in the parameters or V3 and V4 in the headers, or in place of a
//! signature whoever shows a bearer token.
//!
//! [`Credentials::read`] takes from a request what it claims with the proof of it, [`Credentials::demand_complete`] sees
//! that nothing a signature needs is absent or unsigned, and [`Credentials::verify`] that the holder of an AccessKey made
//! it. Whether the time is right, the
//! AccessKey or the token known and the nonce fresh is for the [`Gateway`](super::Gateway) to ask.

mod algorithm;
mod bearer;
mod claim;
mod credentials;
pub mod headers;
mod names;
pub mod nonces;
mod refusals;
pub mod sign;
mod time;
pub mod v1;

pub use algorithm::{Algorithm, HmacAlgorithm};
pub use claim::Claim;
pub use credentials::Credentials;
