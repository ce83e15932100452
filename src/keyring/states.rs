//! Which states of a key admit what.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Admitted, Error, Key, KeyState};

/// The states of a key that an operation admits, and how it refuses the others.
#[derive(Debug, Clone, Copy)]
pub struct States {
    admitted: u8,
    refusal: fn(KeyState) -> Error,
}

impl States {
    /// Any state.
    pub const ANY: Self = Self::of(KeyState::ALL);

    /// The one state in which a key works.
    pub const ENABLED: Self = Self::of(&[KeyState::Enabled]);

    /// These states; the others are refused as [`Error::NotUsable`].
    pub const fn of(states: &[KeyState]) -> Self {
        let mut admitted = 0;
        let mut index = 0;
        while index < states.len() {
            admitted |= 1 << states[index] as u8;
            index += 1;
        }
        Self { admitted, refusal: Error::NotUsable }
    }

    /// Refuse the others as [`Error::NotChangeable`].
    #[must_use]
    pub const fn else_not_changeable(self) -> Self {
        Self { refusal: Error::NotChangeable, ..self }
    }

    /// `key`, for use, if its state at `now` is one of these.
    pub fn admit(&self, key: Arc<Key>, now: Timestamp) -> Result<Admitted, Error> {
        let state = key.state(now);
        if self.admitted & (1 << state as u8) == 0 { Err((self.refusal)(state)) } else { Ok(Admitted::new(key)) }
    }
}
