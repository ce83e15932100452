//! Finding out who calls: by the id of an `AccessKey`, or by a bearer token.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::bearer_token::TokenDigest;
use super::{AccessKey, BearerToken, IdentityError, Principal};

/// Every `AccessKey` and bearer token there is. Never changes; another set is another `Directory`.
#[derive(Debug, Default)]
pub struct Directory {
    keys: HashMap<Box<str>, Arc<AccessKey>>,
    tokens: HashMap<TokenDigest, Arc<Principal>>,
}

impl Directory {
    /// Errors: [`IdentityError::DuplicateAccessKey`] if an id stands twice, [`IdentityError::DuplicateBearerToken`] if
    /// a token does.
    pub fn new(
        keys: impl IntoIterator<Item = AccessKey>,
        tokens: impl IntoIterator<Item = BearerToken>,
    ) -> Result<Self, IdentityError> {
        let mut directory = Self::default();
        for key in keys {
            match directory.keys.entry(key.id().into()) {
                Entry::Occupied(taken) => {
                    return Err(IdentityError::DuplicateAccessKey(taken.key().to_string()));
                }
                Entry::Vacant(free) => free.insert(Arc::new(key)),
            };
        }
        for token in tokens {
            match directory.tokens.entry(token.digest()) {
                Entry::Occupied(_) => return Err(IdentityError::DuplicateBearerToken),
                Entry::Vacant(free) => free.insert(Arc::clone(token.principal())),
            };
        }
        Ok(directory)
    }

    /// The `AccessKey` of this id (case matters), inactive ones included: whether an inactive one
    /// is refused, and how, is for the caller.
    pub fn lookup(&self, id: &str) -> Option<&Arc<AccessKey>> {
        self.keys.get(id)
    }

    /// Who holds this bearer token. The token's digest is looked for, so that the time this takes tells nothing of the
    /// tokens there are.
    pub fn holder(&self, token: &str) -> Option<&Arc<Principal>> {
        self.tokens.get(&TokenDigest::of(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{AccountId, Verifier};

    fn root() -> Arc<Principal> {
        Arc::new(Principal::root(AccountId::parse("1").unwrap()))
    }

    fn key(id: &str, secret: &str) -> AccessKey {
        AccessKey::new(id, Verifier::Secret(secret.into()), root()).unwrap()
    }

    fn token(text: &str) -> BearerToken {
        BearerToken::new(text, root()).unwrap()
    }

    #[test]
    fn keys_are_found_by_exact_id() {
        let off = key("LTAIoff", "s").with_active(false);
        let directory = Directory::new([key("LTAIon", "s"), off], []).unwrap();
        assert!(directory.lookup("LTAIon").unwrap().is_active());
        assert!(!directory.lookup("LTAIoff").unwrap().is_active());
        assert!(directory.lookup("ltaion").is_none());
        assert!(directory.lookup("").is_none());
    }

    #[test]
    fn holders_are_found_by_exact_token() {
        let directory = Directory::new([], [token("token-of-somebody")]).unwrap();
        assert!(directory.holder("token-of-somebody").unwrap().is_root());
        for wrong in ["", "token-of-somebodY", "token-of-somebody ", "token-of-somebod"] {
            assert!(directory.holder(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn an_id_and_a_token_stand_once() {
        let twice = Directory::new([key("A", "s"), key("A", "t")], []);
        assert_eq!(twice.unwrap_err(), IdentityError::DuplicateAccessKey("A".into()));
        let twice = Directory::new([], [token("token-of-somebody"), token("token-of-somebody")]);
        assert_eq!(twice.unwrap_err(), IdentityError::DuplicateBearerToken);
    }
}
