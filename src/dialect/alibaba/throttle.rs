//! How often a caller may call.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::fault::{self, Fault};
use crate::world::Clock;

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
const SYMMETRIC_CALLS: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// How often callers that have been silent long enough are forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Counts calls.
pub struct Throttle {
    limiter: Option<Limiter>,
    /// Seconds of the last sweep, on the stopwatch.
    swept: AtomicU64,
}

struct Limiter {
    /// By principal and action.
    calls: RateLimiter<Caller, DashMapStateStore<Caller>, Stopwatch, NoOpMiddleware<Duration>>,
    stopwatch: Stopwatch,
    documented_only: bool,
}

type Caller = (String, &'static str);

/// The real clock's, whatever the time of an account.
#[derive(Clone)]
struct Stopwatch(Arc<dyn Clock>);

impl governor::clock::Clock for Stopwatch {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Throttle {
    pub fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let stopwatch = Stopwatch(clock);
        let limiter = |per_second, documented_only| Limiter {
            calls: RateLimiter::dashmap_with_clock(Quota::per_second(per_second), stopwatch.clone()),
            stopwatch: stopwatch.clone(),
            documented_only,
        };
        let limiter = match limits {
            Limits::Off => None,
            Limits::Documented => Some(limiter(SYMMETRIC_CALLS, true)),
            Limits::Each(per_second) => Some(limiter(per_second, false)),
        };
        Self { limiter, swept: AtomicU64::new(0) }
    }

    /// Count a call of `action` by `principal`. Errors: `Rejected.Throttling`.
    pub fn count(&self, principal: &str, action: &'static str, is_limited: bool) -> Result<(), Fault> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if limiter.documented_only && !is_limited {
            return Ok(());
        }
        self.sweep(limiter);
        limiter.calls.check_key(&(principal.to_owned(), action)).map_err(|_| Fault::from(&fault::THROTTLING))
    }

    /// Now and then, forget the callers that have been silent long enough.
    fn sweep(&self, limiter: &Limiter) {
        let (now, swept) = (limiter.stopwatch.0.elapsed().as_secs(), self.swept.load(Ordering::Relaxed));
        if now >= swept + SWEEP_INTERVAL.as_secs() {
            self.swept.store(now, Ordering::Relaxed);
            limiter.calls.retain_recent();
        }
    }

    /// How many callers are remembered.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.limiter.as_ref().map_or(0, |limiter| limiter.calls.len())
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Throttle").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan};

    use super::*;
    use crate::world::ManualClock;

    #[test]
    fn silent_callers_are_forgotten() {
        let start: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let throttle = Throttle::new(Limits::Documented, Arc::clone(&clock) as _);
        for caller in ["a", "b", "c"] {
            throttle.count(caller, "an action", true).unwrap();
        }
        assert_eq!(throttle.remembered(), 3);
        clock.set(start + 61.seconds());
        throttle.count("d", "an action", true).unwrap();
        assert_eq!(throttle.remembered(), 1);
    }
}
