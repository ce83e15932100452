//! How often a caller may call.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::Refusal;
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

/// A documented limit, of what one principal may make of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    None,
    /// 1,000 calls a second. Source: Decrypt page, 2025-07-29 (750 in the metadata of 2024).
    Symmetric,
    /// 200 calls a second. Source: metadata of 2024.
    Asymmetric,
}

impl Limit {
    /// The budget of a second.
    const BUDGET: NonZeroU32 = NonZeroU32::new(1000).unwrap();

    /// What a call takes of it.
    const fn cost(self) -> Option<NonZeroU32> {
        match self {
            Self::None => None,
            Self::Symmetric => NonZeroU32::new(1),
            Self::Asymmetric => NonZeroU32::new(5),
        }
    }
}

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
            Limits::Documented => Some(limiter(Limit::BUDGET, true)),
            Limits::Each(per_second) => Some(limiter(per_second, false)),
        };
        Self { limiter, swept: AtomicU64::new(0) }
    }

    /// Count a call of `action` by `principal`. Errors: [`Refusal::Throttled`].
    pub fn count(&self, principal: &str, action: &'static str, limit: Limit) -> Result<(), Refusal> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        let cost = if limiter.documented_only { limit.cost() } else { Some(NonZeroU32::MIN) };
        let Some(cost) = cost else { return Ok(()) };
        self.sweep(limiter);
        match limiter.calls.check_key_n(&(principal.to_owned(), action), cost) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Refusal::Throttled),
        }
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
            throttle.count(caller, "an action", Limit::Symmetric).unwrap();
        }
        assert_eq!(throttle.remembered(), 3);
        clock.set(start + 61.seconds());
        throttle.count("d", "an action", Limit::Symmetric).unwrap();
        assert_eq!(throttle.remembered(), 1);
    }
}
