//! The bytes of all bodies under way, which have a bound.
//!
//! They are charged as they come, not as they are announced, and by the memory that they take. Whatever has no room is
//! refused rather than left to wait: who waits for room waits for strangers, and a body that is not read holds its
//! connection. So that long bodies that never end shut out nobody else, a part of the room is kept for short ones, as
//! all usual ones are.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of a body that is short.
const SHORT: usize = 16 * 1024;

/// The room for bodies.
#[derive(Debug)]
pub(super) struct Bodies {
    free: AtomicUsize,
    kept_for_short: usize,
}

/// The room that one body has, free again when dropped.
#[derive(Debug)]
pub(super) struct Charge<'b> {
    bodies: &'b Bodies,
    bytes: usize,
}

/// There is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Bodies {
    pub(super) fn new(bytes: usize) -> Self {
        Self { free: AtomicUsize::new(bytes), kept_for_short: bytes / 4 }
    }

    /// For a body of which nothing has come yet.
    pub(super) fn charge(&self) -> Charge<'_> {
        Charge { bodies: self, bytes: 0 }
    }
}

impl Charge<'_> {
    /// Append `more` to what has `come`, which will be no longer than `longest`.
    pub(super) fn append(&mut self, come: &mut Vec<u8>, more: &[u8], longest: usize) -> Result<(), NoRoom> {
        let needed = come.len() + more.len();
        if needed > come.capacity() {
            let capacity = needed.max((2 * come.capacity()).min(longest));
            self.grow_to(capacity)?;
            come.reserve_exact(capacity - come.len());
        }
        come.extend_from_slice(more);
        Ok(())
    }

    fn grow_to(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let Some(more) = bytes.checked_sub(self.bytes) else { return Ok(()) };
        let kept = if bytes > SHORT { self.bodies.kept_for_short } else { 0 };
        let take = |free: usize| free.checked_sub(more).filter(|left| *left >= kept);
        let taken = self.bodies.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map_err(|_| NoRoom)?;
        self.bytes = bytes;
        Ok(())
    }

    /// Give the room back: the body is not kept.
    pub(super) fn release(&mut self) {
        let bytes = mem::take(&mut self.bytes);
        if bytes > 0 {
            self.bodies.free.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;

    /// A body of which `bytes` have come.
    fn come(bodies: &Bodies, bytes: usize) -> Result<(Charge<'_>, Vec<u8>), NoRoom> {
        let (mut charge, mut come) = (bodies.charge(), Vec::new());
        charge.append(&mut come, &vec![0; bytes], bytes)?;
        Ok((charge, come))
    }

    #[test]
    fn long_bodies_leave_a_quarter_to_short_ones() {
        let bodies = Bodies::new(400 * KIB);
        let mut long: Vec<_> = (0..3).map(|_| come(&bodies, 100 * KIB).unwrap().0).collect();
        assert_eq!(come(&bodies, SHORT + 1).unwrap_err(), NoRoom);
        let short: Vec<_> = (0..6).map(|_| come(&bodies, SHORT).unwrap().0).collect();
        assert_eq!(come(&bodies, SHORT).unwrap_err(), NoRoom);
        let last = come(&bodies, 4 * KIB).unwrap();
        assert_eq!(come(&bodies, 1).unwrap_err(), NoRoom);
        drop((short, last));
        assert_eq!(come(&bodies, SHORT + 1).unwrap_err(), NoRoom, "that is not for long ones");
        long[0].release();
        assert!(come(&bodies, 100 * KIB).is_ok());
        drop(long);
        assert_eq!(bodies.free.into_inner(), 400 * KIB, "all of it is free again");
    }

    /// In parts it takes no more memory than is charged, and not much more than has come.
    #[test]
    fn what_is_charged_is_what_is_taken() {
        let bodies = Bodies::new(400 * KIB);
        let (mut charge, mut come) = (bodies.charge(), Vec::new());
        for part in 1..=100 {
            charge.append(&mut come, &[7; KIB], 100 * KIB).unwrap();
            assert!(come.capacity() <= charge.bytes && charge.bytes <= (2 * part * KIB).min(100 * KIB), "{part}");
        }
        assert_eq!(come, vec![7; 100 * KIB]);
        assert_eq!(bodies.free.load(Ordering::Relaxed), 300 * KIB);
    }
}
