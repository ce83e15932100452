//! What we do not decide: the time, chance, and what survives a restart.
//!
//! Everything else receives these as arguments. Only `main.rs` and [`Sandbox`](crate::Sandbox) hand out the real
//! clock and the real random source.

mod chance;
mod clock;
mod ledger;
mod store;

pub use chance::{Chance, Draw};
pub use clock::{Clock, ManualClock, SystemClock};
pub use ledger::{Ledger, Recorded, Transaction};
pub use store::{Memory, Store, StoreError};
