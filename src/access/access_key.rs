//! `AccessKey`s, and finding one by its id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::{IdentityError, Principal};

/// Every `AccessKey` there is, by id. Never changes; another set is another `Directory`.
#[derive(Debug, Default)]
pub struct Directory {
    keys: HashMap<Box<str>, Arc<AccessKey>>,
}

impl Directory {
    /// Errors: [`IdentityError::DuplicateAccessKey`] if an id stands twice.
    pub fn new(keys: impl IntoIterator<Item = AccessKey>) -> Result<Self, IdentityError> {
        let mut directory = Self::default();
        for key in keys {
            match directory.keys.entry(key.id().into()) {
                Entry::Occupied(taken) => {
                    return Err(IdentityError::DuplicateAccessKey(taken.key().to_string()));
                }
                Entry::Vacant(free) => free.insert(Arc::new(key)),
            };
        }
        Ok(directory)
    }

    /// The `AccessKey` of this id (case matters), inactive ones included: whether an inactive one
    /// is refused, and how, is for the caller.
    pub fn lookup(&self, id: &str) -> Option<&Arc<AccessKey>> {
        self.keys.get(id)
    }
}

/// A pair of id and secret with which a principal signs.
#[derive(Debug)]
pub struct AccessKey {
    id: Box<str>,
    secret: SecretString,
    active: bool,
    principal: Arc<Principal>,
}

impl AccessKey {
    /// An active key. `id`: 1 to 128 letters, digits, `.`, `-`, `_`; `secret`: not empty.
    /// Errors: [`IdentityError::AccessKeyId`], [`IdentityError::EmptySecret`].
    pub fn new(id: &str, secret: SecretString, principal: Arc<Principal>) -> Result<Self, IdentityError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if !(1..=128).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(IdentityError::AccessKeyId(id.to_owned()));
        }
        if secret.expose_secret().is_empty() {
            return Err(IdentityError::EmptySecret(id.to_owned()));
        }
        Ok(Self { id: id.into(), secret, active: true, principal })
    }

    /// The same key, active or switched off.
    #[must_use]
    pub fn with_active(self, active: bool) -> Self {
        Self { active, ..self }
    }

    /// The id, such as `LTAI5t…`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret, for checking signatures; its `Debug` is redacted.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Whether the key is switched on.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Who signs with it.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::access::AccountId;

    fn key(id: &str, secret: &str) -> Result<AccessKey, IdentityError> {
        let account = AccountId::parse("1").unwrap();
        AccessKey::new(id, secret.into(), Arc::new(Principal::root(account)))
    }

    #[test]
    fn keys_are_found_by_exact_id() {
        let off = key("LTAIoff", "s").unwrap().with_active(false);
        let directory = Directory::new([key("LTAIon", "s").unwrap(), off]).unwrap();
        assert!(directory.lookup("LTAIon").unwrap().is_active());
        assert!(!directory.lookup("LTAIoff").unwrap().is_active());
        assert!(directory.lookup("ltaion").is_none());
        assert!(directory.lookup("").is_none());
    }

    #[test]
    fn an_id_stands_once() {
        let twice = Directory::new([key("A", "s").unwrap(), key("A", "t").unwrap()]);
        assert_eq!(twice.unwrap_err(), IdentityError::DuplicateAccessKey("A".into()));
    }

    #[rstest]
    #[case("LTAI5tAbc", "s", true)]
    #[case("STS.NUabc_1-2", "s", true)]
    #[case("", "s", false)]
    #[case("a b", "s", false)]
    #[case("a\n", "s", false)]
    #[case("LTAI", "", false)]
    #[case(&"a".repeat(128), "s", true)]
    #[case(&"a".repeat(129), "s", false)]
    fn ids_are_plain_and_secrets_exist(#[case] id: &str, #[case] secret: &str, #[case] accepted: bool) {
        assert_eq!(key(id, secret).is_ok(), accepted);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", key("LTAI", "hush").unwrap()).contains("hush"));
    }
}
