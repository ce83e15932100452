//! What became known of a call on its way: every stage fills in what it knows, and the last one files it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::Resource;
use crate::access::Principal;
use crate::journal;

/// All that the log will tell of a call beyond its answer.
#[derive(Debug, Default)]
pub struct Record {
    /// The stopwatch's reading when the call came.
    pub started: Duration,
    pub action: Cow<'static, str>,
    /// The name under which a call claims to be signed that nobody believes.
    pub claimed: Box<str>,
    /// Whoever calls, once that is verified.
    pub caller: Option<Arc<Principal>>,
    /// What the caller might have overlooked.
    pub notes: Vec<&'static str>,
    /// What permission was asked for, and the answers.
    pub asked: Vec<Resource>,
}

impl Record {
    /// Write it into the log. `outcome`: `OK` or the error code; `reason`: why the call was refused.
    pub fn file(&self, request_id: &str, status: u16, outcome: &str, reason: Option<&str>, took: Duration) {
        if !journal::is_read(status) {
            return;
        }
        let caller = match &self.caller {
            Some(caller) => caller.arn().to_owned(),
            None if self.claimed.is_empty() => String::new(),
            None => format!("AccessKey {} (not verified)", self.claimed),
        };
        journal::record(&journal::Entry {
            request_id,
            action: &self.action,
            caller: &caller,
            status,
            outcome,
            took,
            note: (!self.notes.is_empty()).then(|| self.notes.join("; ")).as_deref(),
            reason,
        });
    }
}
