//! Account ids.

use std::fmt;
use std::sync::Arc;

use super::error::IdentityError;

/// An account id: 1 to 20 digits (Alibaba's own have 16).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Errors: [`IdentityError::AccountId`].
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        if is_numeric_id(text) { Ok(Self(text.into())) } else { Err(IdentityError::AccountId(text.to_owned())) }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits, shared rather than copied.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn is_numeric_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", false)]
    #[case("7", true)]
    #[case("12345678901234567890", true)]
    #[case("123456789012345678901", false)]
    #[case("12a", false)]
    #[case("-1", false)]
    #[case("１２", false)]
    fn ids_are_digits(#[case] text: &str, #[case] accepted: bool) {
        assert_eq!(AccountId::parse(text).is_ok(), accepted);
    }
}
