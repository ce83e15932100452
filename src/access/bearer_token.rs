//! Bearer tokens: whoever shows one is its holder.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{IdentityError, Principal};

/// A token with which a principal calls without signing. The token itself is not kept, only its digest.
#[derive(Debug)]
pub struct BearerToken {
    digest: TokenDigest,
    principal: Arc<Principal>,
}

impl BearerToken {
    /// Shortest and longest token, in characters. A shorter one could be guessed.
    pub const LENGTH: std::ops::RangeInclusive<usize> = 16..=4096;

    /// `token`: 16 to 4,096 visible ASCII characters, so that it fits into a header.
    /// Errors: [`IdentityError::BearerToken`].
    pub fn new(token: &str, principal: Arc<Principal>) -> Result<Self, IdentityError> {
        if !Self::LENGTH.contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(IdentityError::BearerToken);
        }
        Ok(Self { digest: TokenDigest::of(token), principal })
    }

    /// Who holds it.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    pub(super) fn digest(&self) -> TokenDigest {
        self.digest
    }
}

/// SHA-256 of a token. Its `Debug` is redacted: a token that is easy to guess could be found by it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenDigest([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::access::AccountId;

    fn token(text: &str) -> Result<BearerToken, IdentityError> {
        BearerToken::new(text, Arc::new(Principal::root(AccountId::parse("1").unwrap())))
    }

    #[rstest]
    #[case("0123456789abcdef", true)]
    #[case("eyJhbGciOi.J9+/=~!", true)]
    #[case("0123456789abcde", false)]
    #[case("", false)]
    #[case("0123456789 abcdef", false)]
    #[case("0123456789abcdef\n", false)]
    #[case("0123456789abcdé", false)]
    #[case(&"a".repeat(4096), true)]
    #[case(&"a".repeat(4097), false)]
    fn tokens_are_long_and_fit_into_a_header(#[case] text: &str, #[case] accepted: bool) {
        assert_eq!(token(text).is_ok(), accepted);
    }

    #[test]
    fn neither_a_token_nor_its_digest_is_printed() {
        let printed = format!("{:?}", token("0123456789abcdef").unwrap());
        assert!(printed.contains("digest: TokenDigest([REDACTED])") && !printed.contains("0123"), "{printed}");
    }
}
