//! What commands end with beside success and failure.

/// Nothing listens there, or it does not answer as it should.
pub(super) const NO_ANSWER: u8 = 3;
