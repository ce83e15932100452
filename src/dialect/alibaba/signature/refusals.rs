//! Why what a request shows is refused.

use std::borrow::Cow;

use crate::dialect::alibaba::fault::{self, Fault};

/// Of a string to sign, in bytes: ten times what an ordinary call has.
const LONGEST_SHOWN: usize = 16 * 1024;

pub(super) fn missing(name: &str) -> Fault {
    Fault::about(&fault::MISSING_PARAMETER, name)
}

/// An AccessKey with a secret signs by HMAC, one with a public key by RSA: whoever knows the public key must not be able
/// to use it as a secret.
pub(super) fn of_another_kind() -> Fault {
    Fault::from(&fault::INVALID_SIGNATURE_METHOD)
        .because("the AccessKey has a key pair and the method wants a secret, or the other way round")
}

pub(super) fn incomplete(cause: impl Into<String>) -> Fault {
    Fault::from(&fault::INCOMPLETE_SIGNATURE).because(cause)
}

/// The answer shows what was to be signed, so that a client can be mended; of what is longer, its beginning.
pub(super) fn mismatch(string_to_sign: &str) -> Fault {
    let shown = &string_to_sign[..string_to_sign.floor_char_boundary(LONGEST_SHOWN)];
    let subject: Cow<'_, str> = match string_to_sign.len() - shown.len() {
        0 => shown.into(),
        missing => format!("{shown}…({missing} more)").into(),
    };
    Fault::about(&fault::SIGNATURE_DOES_NOT_MATCH, &subject)
        .because("it was made with another secret, or over another string to sign than the answer shows")
}
