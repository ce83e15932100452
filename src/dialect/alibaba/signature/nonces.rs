//! Nonces seen: a signed request counts once.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use siphasher::sip::SipHasher13;

/// How far the time of a request may be from ours. Source: alibaba-wire §7.1.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// How many nonces are remembered at the most.
const CAPACITY: usize = 4_000_000;

/// Parts with a lock each, so that callers seldom wait for one another and a growing table stalls few of them.
const SHARDS: usize = 16;

/// Remembers nonces until the requests that bore them are too old to be believed anyway.
///
/// A nonce is kept as a 64-bit keyed hash of (AccessKey id, nonce), up to its request's own timestamp plus the window.
#[derive(Debug)]
pub struct Nonces {
    key: [u8; 16],
    shards: [Mutex<Seen>; SHARDS],
}

#[derive(Debug, Default)]
struct Seen {
    /// The hashes are keyed and uniform already: no second hash.
    hashes: HashSet<u64, BuildHasherDefault<AsItIs>>,
    /// The hashes by the second that their requests were signed in, oldest first.
    generations: BTreeMap<i64, Vec<u64>>,
}

impl Nonces {
    /// `key`: secret, so that nobody can choose nonces that collide.
    pub fn new(key: [u8; 16]) -> Self {
        Self { key, shards: Default::default() }
    }

    /// Use up a nonce of a verified request that was signed at `time`. False if it was used before.
    ///
    /// Past 4 million the oldest generation is forgotten, with a warning in the log.
    pub fn spend(&self, access_key_id: &str, nonce: &str, time: Timestamp, now: Timestamp) -> bool {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        (access_key_id, nonce).hash(&mut hasher);
        let hash = hasher.finish();
        // The table inside uses the other bits.
        let shard = &self.shards[(hash >> 32) as usize % SHARDS];
        let mut seen = shard.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_before(now.as_second() - WINDOW.as_secs());
        if seen.hashes.len() >= CAPACITY / SHARDS {
            tracing::warn!("more than {CAPACITY} nonces in 15 minutes: the oldest are forgotten and could be replayed");
            seen.forget_oldest();
        }
        let fresh = seen.hashes.insert(hash);
        if fresh {
            seen.generations.entry(time.as_second()).or_default().push(hash);
        }
        fresh
    }
}

impl Seen {
    fn forget_before(&mut self, second: i64) {
        while self.generations.first_key_value().is_some_and(|(oldest, _)| *oldest < second) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        for hash in self.generations.pop_first().map(|(_, generation)| generation).unwrap_or_default() {
            self.hashes.remove(&hash);
        }
    }
}

/// A hasher for what is a hash.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only u64 is hashed");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn a_nonce_counts_once_an_access_key_until_its_request_is_too_old() {
        let nonces = Nonces::new([7; 16]);
        let now: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        assert!(nonces.spend("a", "n", now, now));
        assert!(!nonces.spend("a", "n", now, now));
        assert!(!nonces.spend("a", "n", now, now + 15.minutes()), "the window's last second");
        assert!(nonces.spend("b", "n", now, now), "another AccessKey");
        assert!(nonces.spend("a", "m", now, now), "another nonce");
        assert!(!nonces.spend("a", "n", now + 1.seconds(), now + 1.seconds()), "signed again, later");
        assert!(nonces.spend("a", "n", now + 901.seconds(), now + 901.seconds()), "too old to be believed");
    }
}
