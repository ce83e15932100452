//! How often a caller may call.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::fault::{self, Fault};

/// How many calls a second one principal may make of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// As documented: what each action declares.
    Documented,
    /// No limit.
    Off,
    /// This many of every action.
    Each(NonZeroU32),
}

/// The documented limit of symmetric cryptographic calls.
/// Source: Decrypt page, 2025-07-29 (750 in the metadata of 2024).
pub const SYMMETRIC_CALLS: Option<NonZeroU32> = NonZeroU32::new(1000);

/// How often callers that have been silent long enough are forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Counts calls, with the real clock.
#[derive(Debug)]
pub struct Throttle {
    limiter: Option<Limiter>,
    /// Seconds of the last sweep, on the caller's stopwatch.
    swept: AtomicU64,
}

#[derive(Debug)]
struct Limiter {
    calls: DefaultKeyedRateLimiter<(String, &'static str)>,
    documented_only: bool,
}

impl Throttle {
    pub fn new(limits: Limits) -> Self {
        let limiter = |per_second, documented_only| {
            Some(Limiter { calls: RateLimiter::keyed(Quota::per_second(per_second)), documented_only })
        };
        let limiter = match limits {
            Limits::Off => None,
            Limits::Documented => SYMMETRIC_CALLS.and_then(|per_second| limiter(per_second, true)),
            Limits::Each(per_second) => limiter(per_second, false),
        };
        Self { limiter, swept: AtomicU64::new(0) }
    }

    /// Count a call of `action` by `principal`. Errors: `Rejected.Throttling`.
    pub fn count(
        &self,
        principal: &str,
        action: &'static str,
        is_limited: bool,
        elapsed: Duration,
    ) -> Result<(), Fault> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if limiter.documented_only && !is_limited {
            return Ok(());
        }
        let swept = self.swept.load(Ordering::Relaxed);
        if elapsed.as_secs() >= swept + SWEEP_INTERVAL.as_secs() {
            self.swept.store(elapsed.as_secs(), Ordering::Relaxed);
            limiter.calls.retain_recent();
        }
        limiter.calls.check_key(&(principal.to_owned(), action)).map_err(|_| Fault::from(&fault::THROTTLING))
    }
}
