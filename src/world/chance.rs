//! Randomness: the operating system's, or, for repeatable tests, streams that follow from a seed.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rand_chacha::{ChaCha8Rng, ChaCha20Rng};
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The source of all chance in a running service.
///
/// Key material, IVs and ids come from [`Chance::draw`]. Request ids, of which nothing secret depends, come from a
/// cheaper generator.
#[derive(Debug)]
pub struct Chance {
    streams: Option<Streams>,
    request_ids: Mutex<ChaCha8Rng>,
}

/// One stream an account, made when first used.
#[derive(Debug)]
struct Streams {
    seed: u64,
    by_account: Mutex<HashMap<String, Arc<Slot>>>,
}

impl Chance {
    /// The operating system's random source.
    pub fn system() -> Self {
        let mut seed = [0; 32];
        fill_from_system(&mut seed);
        Self { streams: None, request_ids: Mutex::new(ChaCha8Rng::from_seed(seed)) }
    }

    /// Streams that follow from `seed`: the same sequence of calls gives the same answers. Insecure, for tests.
    pub fn seeded(seed: u64) -> Self {
        let streams = Streams { seed, by_account: Mutex::default() };
        Self {
            request_ids: Mutex::new(ChaCha8Rng::from_seed(stream_seed(seed, "request ids"))),
            streams: Some(streams),
        }
    }

    /// Whether all of it can be foretold.
    pub fn is_seeded(&self) -> bool {
        self.streams.is_some()
    }

    /// What one call may draw in the name of `account`.
    ///
    /// With a seed, calls of one account take turns: a second one waits here until the first has settled or dropped
    /// its draw.
    pub fn draw(&self, account: &str) -> Draw {
        let Some(streams) = &self.streams else { return Draw { kind: Kind::System } };
        let slot = Arc::clone(lock(&streams.by_account).entry(account.to_owned()).or_insert_with(|| {
            let stream = ChaCha20Rng::from_seed(stream_seed(streams.seed, account));
            Arc::new(Slot { stream: Mutex::new(Some(stream)), free: Condvar::new() })
        }));
        let stream = slot.take();
        Draw { kind: Kind::Seeded(Box::new(Fork { before: stream.clone(), stream, slot })) }
    }

    /// A secret of the service's own, for one `purpose`: nobody outside can foretell it.
    pub fn service_secret<const N: usize>(&self, purpose: &str) -> Zeroizing<[u8; N]> {
        let mut secret = Zeroizing::new([0; N]);
        match &self.streams {
            None => fill_from_system(&mut *secret),
            Some(streams) => {
                ChaCha20Rng::from_seed(stream_seed(streams.seed, purpose)).fill_bytes(&mut *secret);
            }
        }
        secret
    }

    /// A fresh id for a request: a random (version 4) UUID.
    pub fn request_id(&self) -> Uuid {
        let mut bytes = [0; 16];
        lock(&self.request_ids).fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// Random bytes for one call. Dropped without [`Draw::settle`], it leaves a seeded stream where it was.
#[derive(Debug)]
pub struct Draw {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    System,
    Seeded(Box<Fork>),
}

#[derive(Debug)]
struct Fork {
    before: ChaCha20Rng,
    stream: ChaCha20Rng,
    slot: Arc<Slot>,
}

impl Draw {
    pub fn fill(&mut self, bytes: &mut [u8]) {
        match &mut self.kind {
            Kind::System => fill_from_system(bytes),
            Kind::Seeded(fork) => fork.stream.fill_bytes(bytes),
        }
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Bytes that meet nothing but `about`, though a seeded stream repeats itself: under a seed they depend on it too.
    pub fn bytes_for<const N: usize>(&mut self, about: &[&[u8]]) -> [u8; N] {
        if let Kind::System = self.kind {
            return self.bytes();
        }
        let mut digest = Sha256::new().chain_update(self.bytes::<32>());
        for part in about {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut bytes = [0; N];
        ChaCha20Rng::from_seed(digest.finalize().into()).fill_bytes(&mut bytes);
        bytes
    }

    /// A random (version 4) UUID.
    pub fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// Keep what was drawn: the call counts.
    pub fn settle(mut self) {
        if let Kind::Seeded(fork) = &mut self.kind {
            fork.before = fork.stream.clone();
        }
    }
}

/// For algorithms that draw as they go.
impl TryRng for Draw {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Draw {}

impl Drop for Fork {
    fn drop(&mut self) {
        self.slot.put(self.before.clone());
    }
}

/// Holds a stream while no call uses it.
#[derive(Debug)]
struct Slot {
    stream: Mutex<Option<ChaCha20Rng>>,
    free: Condvar,
}

impl Slot {
    fn take(&self) -> ChaCha20Rng {
        let mut stream = lock(&self.stream);
        loop {
            if let Some(taken) = stream.take() {
                return taken;
            }
            stream = self.free.wait(stream).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn put(&self, stream: ChaCha20Rng) {
        *lock(&self.stream) = Some(stream);
        self.free.notify_one();
    }
}

fn stream_seed(seed: u64, name: &str) -> [u8; 32] {
    Sha256::new().chain_update(seed.to_be_bytes()).chain_update(name).finalize().into()
}

#[expect(clippy::disallowed_methods, reason = "this is the random source's home")]
fn fill_from_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settled_draw_moves_the_stream_and_a_dropped_one_does_not() {
        let (one, other) = (Chance::seeded(7), Chance::seeded(7));
        let mut dropped = one.draw("1");
        let first: [u8; 8] = dropped.bytes();
        drop(dropped);

        let mut settled = one.draw("1");
        assert_eq!(settled.bytes(), first, "a dropped draw leaves no trace");
        settled.settle();
        let second: [u8; 8] = one.draw("1").bytes();
        assert_ne!(second, first);

        let mut same_seed = other.draw("1");
        assert_eq!(same_seed.bytes(), first);
        assert_ne!(other.draw("2").bytes(), first, "accounts have streams of their own");
        assert_eq!(one.request_id(), other.request_id());
    }

    #[test]
    fn bytes_for_something_depend_on_it_and_on_the_stream() {
        let drawn = |seed, about: &[&[u8]]| Chance::seeded(seed).draw("1").bytes_for::<12>(about);
        let first = drawn(7, &[b"a", b"b"]);
        assert_eq!(first, drawn(7, &[b"a", b"b"]));
        let others: [&[&[u8]]; 4] = [&[b"ab", b""], &[b"", b"ab"], &[b"ab"], &[b"a", b"c"]];
        assert!(others.iter().all(|about| drawn(7, about) != first));
        assert_ne!(drawn(8, &[b"a", b"b"]), first);
        let mut same_draw = Chance::seeded(7).draw("1");
        assert_ne!(same_draw.bytes_for::<12>(&[b"a"]), same_draw.bytes_for::<12>(&[b"a"]));
        let mut system = Chance::system().draw("1");
        assert_ne!(system.bytes_for::<12>(&[b"a"]), system.bytes_for::<12>(&[b"a"]));
    }

    #[test]
    fn the_system_source_does_not_repeat() {
        let chance = Chance::system();
        assert_ne!(chance.draw("1").bytes::<16>(), chance.draw("1").bytes::<16>());
        assert_ne!(chance.request_id(), chance.request_id());
    }
}
