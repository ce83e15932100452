//! What happened: one line a request, and the log that they are written to. Secrets never come here.

mod line;
mod log;

use std::time::Duration;

pub use line::Style;
pub use log::{Ending, Log, Lost};

/// A request that was answered.
#[derive(Debug)]
pub struct Entry<'e> {
    pub request_id: &'e str,
    pub action: &'e str,
    pub caller: &'e str,
    pub status: u16,
    /// `OK`, or the error code.
    pub outcome: &'e str,
    pub took: Duration,
    /// What the caller might have overlooked.
    pub note: Option<&'e str>,
    /// Why it was refused.
    pub reason: Option<&'e str>,
}

/// Whether anybody reads what [`record`] would write of an answer with this `status`.
pub fn is_read(status: u16) -> bool {
    if status >= 500 {
        tracing::enabled!(target: "yaoshi::request", tracing::Level::ERROR)
    } else {
        tracing::enabled!(target: "yaoshi::request", tracing::Level::INFO)
    }
}

/// Write the line of a request into the log. What failed on our side is an error there.
pub fn record(entry: &Entry<'_>) {
    let micros = u64::try_from(entry.took.as_micros()).unwrap_or(u64::MAX);
    if entry.status >= 500 {
        tracing::error!(
            target: "yaoshi::request", action = entry.action, caller = entry.caller, outcome = entry.outcome,
            status = entry.status, micros, request_id = entry.request_id, note = entry.note, reason = entry.reason,
        );
    } else {
        tracing::info!(
            target: "yaoshi::request", action = entry.action, caller = entry.caller, outcome = entry.outcome,
            status = entry.status, micros, request_id = entry.request_id, note = entry.note, reason = entry.reason,
        );
    }
}
