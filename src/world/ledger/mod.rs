//! State as a value: many readers on consistent snapshots, writers one after another, nothing half done.
//!
//! A reader takes the newest durable state. A writer builds on everything that was written before it, durable or not,
//! and has its answer once its batch is durable: while one batch is on its way to the disk, the next one gathers. Where
//! a batch fails, all that was built on it fails.
//!
//! Where the engine is [shared](super::Bounds::shared), others move the state too. There a batch gathers on the newest
//! durable state, goes as a whole, and is seen once it comes back among everybody's changes, in their order.

mod durable;
mod follower;
mod group;
mod queue;
mod recorded;
mod shared;
mod transaction;

pub use durable::Ledger;
pub use queue::CommitError;
pub use recorded::{Draft, Recorded};
pub use transaction::Transaction;

#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod queue_tests;
#[cfg(test)]
mod shared_tests;
#[cfg(test)]
mod toys;
