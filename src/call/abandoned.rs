//! Whether anybody still waits for an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A look at whether the caller has gone, before each slow step: what nobody waits for any more is not done.
#[derive(Debug, Clone)]
pub struct Abandoned(Option<Arc<AtomicBool>>);

/// Held where the answer is waited for; dropped, it says that the caller has gone.
#[derive(Debug)]
pub struct Attendance(Arc<AtomicBool>);

impl Abandoned {
    /// A caller that stays, for calls within the process.
    pub const fn never() -> Self {
        Self(None)
    }

    pub fn is_gone(&self) -> bool {
        self.0.as_ref().is_some_and(|gone| gone.load(Ordering::Acquire))
    }
}

impl Attendance {
    /// Somebody waits, and a look at whether they still do.
    pub fn begin() -> (Self, Abandoned) {
        let gone = Arc::new(AtomicBool::new(false));
        (Self(Arc::clone(&gone)), Abandoned(Some(gone)))
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
