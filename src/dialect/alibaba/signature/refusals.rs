//! Why what a request shows is refused.

use crate::dialect::alibaba::fault::{self, Fault};

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

pub(super) fn mismatch(string_to_sign: &str) -> Fault {
    Fault::about(&fault::SIGNATURE_DOES_NOT_MATCH, string_to_sign)
        .because("it was made with another secret, or over another string to sign than the answer shows")
}
