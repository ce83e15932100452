//! What time it is for an account: the wall clock, and how far the account's own is from it.

use std::sync::Arc;

use imbl::OrdMap;
use jiff::{SignedDuration, Timestamp};

use crate::world::{Recorded, Scope};

/// How far the clocks of accounts are from the wall clock. Those that are not named are right.
#[derive(Debug, Clone, Default)]
pub struct Clocks(OrdMap<Arc<str>, SignedDuration>);

/// The clock of an account set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockChange {
    pub account: Arc<str>,
    /// Ahead of the wall clock, or behind it.
    pub offset: SignedDuration,
}

impl Clocks {
    /// The account's time when the wall clock says `wall`; the last moment that can be told where it runs beyond it.
    pub fn now(&self, account: &str, wall: Timestamp) -> Timestamp {
        let Some(offset) = self.0.get(account) else { return wall };
        wall.saturating_add(*offset).unwrap_or(wall)
    }
}

impl Recorded for Clocks {
    type Change = ClockChange;
    type Changes = Vec<ClockChange>;

    fn apply(&mut self, change: &ClockChange) {
        if change.offset.is_zero() {
            self.0.remove(&change.account);
        } else {
            self.0.insert(Arc::clone(&change.account), change.offset);
        }
    }

    fn record_id(change: &ClockChange) -> Vec<u8> {
        format!("clock/{}", change.account).into_bytes()
    }

    fn scopes(&self, change: &ClockChange) -> Vec<Scope> {
        vec![Scope::new(Self::record_id(change))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_own_time() {
        let mut clocks = Clocks::default();
        let wall: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        let set =
            |account: &str, hours| ClockChange { account: account.into(), offset: SignedDuration::from_hours(hours) };
        clocks.apply(&set("2", 400 * 24));
        assert_eq!(clocks.now("1", wall), wall);
        assert_eq!(clocks.now("2", wall).to_string(), "2027-12-27T07:00:00Z");
        clocks.apply(&set("2", -1));
        assert_eq!(clocks.now("2", wall).to_string(), "2026-11-22T06:00:00Z");
        clocks.apply(&set("2", 0));
        assert_eq!(clocks.now("2", wall), wall);
        clocks.apply(&set("2", i64::from(i32::MAX)));
        assert_eq!(clocks.now("2", wall), Timestamp::MAX, "no panic beyond what can be told");
    }
}
