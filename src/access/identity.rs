//! Accounts and those who act in them.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::arn::Arn;
use super::policy::{ConditionKey, Policy, Seen};

/// A caller: an account itself (root) or one of its RAM users.
#[derive(Debug, Clone)]
pub struct Principal {
    account: AccountId,
    kind: Kind,
    arn: Box<str>,
    context: Vec<(ConditionKey, Box<str>)>,
}

/// What decides how far a caller's rights go.
#[derive(Debug, Clone)]
enum Kind {
    Root,
    User { name: Box<str>, id: Box<str>, policies: Vec<Arc<Policy>> },
}

impl Principal {
    /// The account itself, which may do everything in its account whatever the policies say.
    pub fn root(account: AccountId) -> Self {
        let arn = Arn::ram(&account, "root").text().into();
        Self { account, kind: Kind::Root, arn, context: Vec::new() }
    }

    /// A RAM user with no policy attached, and a user id derived from account and name, so that
    /// it is the same on every start.
    ///
    /// `name`: 1 to 64 letters, digits, `.`, `-`, `_`. Errors: [`IdentityError::UserName`].
    /// Source: `UserName` of RAM's `CreateUser`.
    pub fn user(account: AccountId, name: &str) -> Result<Self, IdentityError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(IdentityError::UserName(name.to_owned()));
        }
        let arn = Arn::ram(&account, &format!("user/{name}")).text().into();
        let id = derived_user_id(&account, name).into();
        let kind = Kind::User { name: name.into(), id, policies: Vec::new() };
        Ok(Self { account, kind, arn, context: Vec::new() })
    }

    /// Attaches policies to a user, after those attached already. On root they have no effect:
    /// RAM evaluates none for it.
    #[must_use]
    pub fn with_policies(mut self, attached: impl IntoIterator<Item = Arc<Policy>>) -> Self {
        if let Kind::User { policies, .. } = &mut self.kind {
            policies.extend(attached);
        }
        self
    }

    /// Sets condition keys to values that stand before what a request shows, as in
    /// `("acs:SourceIp", "203.0.113.7")`. Any key may be set, `acs:MFAPresent`, `acs:SourceVpc`
    /// and `kms:tag/<key>` included.
    ///
    /// Errors: [`IdentityError::ContextKey`] for a key without a service prefix or given twice,
    /// [`IdentityError::ContextValue`] where a documented key has a value not of its type.
    pub fn with_context<K: AsRef<str>, V: AsRef<str>>(
        mut self,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, IdentityError> {
        for (key, value) in values {
            let (key, value) = (key.as_ref(), value.as_ref());
            let refused = || IdentityError::ContextKey(key.to_owned());
            let parsed = ConditionKey::parse(key).ok_or_else(refused)?;
            if self.context.iter().any(|(known, _)| *known == parsed) {
                return Err(refused());
            }
            if let Some(expected) = parsed.value_expected(&Seen::Text(value)) {
                let (key, value) = (key.to_owned(), value.to_owned());
                return Err(IdentityError::ContextValue { key, value, expected });
            }
            self.context.push((parsed, value.into()));
        }
        Ok(self)
    }

    /// The account that is, or owns, this principal.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Whether this is the account itself.
    pub fn is_root(&self) -> bool {
        matches!(self.kind, Kind::Root)
    }

    /// `acs:ram::<account>:root` or `acs:ram::<account>:user/<name>`.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// What a log calls it: the user's name, or `root`.
    pub fn display_name(&self) -> &str {
        match &self.kind {
            Kind::Root => "root",
            Kind::User { name, .. } => name,
        }
    }

    /// The numeric UID: a user's own id, or the account's for root.
    pub fn id(&self) -> &str {
        match &self.kind {
            Kind::Root => self.account.as_str(),
            Kind::User { id, .. } => id,
        }
    }

    /// The policies attached, in that order; none for root.
    pub fn policies(&self) -> &[Arc<Policy>] {
        match &self.kind {
            Kind::Root => &[],
            Kind::User { policies, .. } => policies,
        }
    }

    /// The value set for `key` by [`Principal::with_context`].
    pub(super) fn context(&self, key: &ConditionKey) -> Option<&str> {
        self.context.iter().find(|(known, _)| known == key).map(|(_, value)| &**value)
    }
}

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

/// Why an account, a caller or an `AccessKey` could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not 1 to 20 digits.
    #[error("account id {0:?} is not 1 to 20 digits")]
    AccountId(String),
    /// Not a RAM user name.
    #[error("user name {0:?} is not 1 to 64 letters, digits, '.', '-' or '_'")]
    UserName(String),
    /// A condition key without a service prefix, or one given twice.
    #[error("condition key {0:?} is not of the form acs:<name> or <service>:<name>, or stands twice")]
    ContextKey(String),
    /// A value that is not of its condition key's type.
    #[error("condition key {key:?} cannot be {value:?}: {expected} is expected")]
    ContextValue {
        /// The key as given.
        key: String,
        /// The value as given.
        value: String,
        /// What the key holds.
        expected: &'static str,
    },
    /// Not an `AccessKey` id.
    #[error("AccessKey id {0:?} is not 1 to 128 letters, digits, '.', '-' or '_'")]
    AccessKeyId(String),
    /// An `AccessKey` without a secret, which anyone could sign with.
    #[error("AccessKey {0} has an empty secret")]
    EmptySecret(String),
    /// A public key that is too short to be safe, or longer than any in use.
    #[error("AccessKey {0} has a public key of {1} bits; 2048 to 4096 are accepted")]
    PublicKeyLength(String, usize),
    /// A bearer token that could be guessed, or that no header can hold.
    #[error("a bearer token has 16 to 4096 visible ASCII characters")]
    BearerToken,
    /// Two bearer tokens that are the same.
    #[error("a bearer token stands twice")]
    DuplicateBearerToken,
    /// Two `AccessKey`s of one id.
    #[error("AccessKey {0} stands twice")]
    DuplicateAccessKey(String),
}

fn is_numeric_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Eighteen digits that begin with 2, as RAM's own user ids do.
fn derived_user_id(account: &AccountId, name: &str) -> String {
    const SPAN: u64 = 100_000_000_000_000_000;
    let digest = Sha256::digest(format!("{account}/{name}"));
    let number = digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    (2 * SPAN + number % SPAN).to_string()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn account() -> AccountId {
        AccountId::parse("1234567890123456").unwrap()
    }

    fn alice() -> Principal {
        Principal::user(account(), "alice").unwrap()
    }

    #[test]
    fn root_and_user_say_who_they_are() {
        let root = Principal::root(account());
        assert!(root.is_root());
        assert_eq!(root.arn(), "acs:ram::1234567890123456:root");
        assert_eq!((root.display_name(), root.id()), ("root", "1234567890123456"));

        assert!(!alice().is_root());
        assert_eq!(alice().arn(), "acs:ram::1234567890123456:user/alice");
        assert_eq!(alice().display_name(), "alice");
    }

    #[test]
    fn a_derived_user_id_is_stable_and_looks_like_ram() {
        // First 8 bytes of SHA-256("1234567890123456/alice"), modulo 10^17, plus 2 * 10^17.
        assert_eq!(alice().id(), "214686772806034866");
        assert_ne!(alice().id(), Principal::user(account(), "bob").unwrap().id());
    }

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

    #[rstest]
    #[case("alice.b-c_1", true)]
    #[case("", false)]
    #[case("a/b", false)]
    #[case("a*", false)]
    #[case("a:b", false)]
    #[case("爱丽丝", false)]
    #[case(&"a".repeat(64), true)]
    #[case(&"a".repeat(65), false)]
    fn user_names_are_plain(#[case] name: &str, #[case] accepted: bool) {
        assert_eq!(Principal::user(account(), name).is_ok(), accepted);
    }

    #[rstest]
    #[case(&[("acs:SourceIp", "203.0.113.7"), ("acs:SecureTransport", "true")], "")]
    #[case(&[("acs:PrincipalARN", "anything"), ("kms:tag/Env", ""), ("x:y", "1")], "")]
    #[case(&[("kms:tag/Env", "a"), ("kms:tag/env", "b")], "")]
    #[case(&[("acs:SourceIp", "1.2.3.4"), ("ACS:sourceip", "1.2.3.4")], "stands twice")]
    #[case(&[("SourceIp", "1.2.3.4")], "not of the form")]
    #[case(&[("acs:SourceIp", "10.0.0.0/8")], "an IPv4 or IPv6 address is expected")]
    #[case(&[("acs:vpcsourceip", "here")], "an IPv4 or IPv6 address is expected")]
    #[case(&[("acs:SecureTransport", "yes")], "true or false is expected")]
    #[case(&[("acs:MFAPresent", "True")], "true or false is expected")]
    #[case(&[("acs:CurrentTime", "noon")], "a date such as 2012-11-11T23:59:59Z")]
    fn context_is_checked_as_it_is_set(#[case] values: &[(&str, &str)], #[case] refusal: &str) {
        match alice().with_context(values.iter().copied()) {
            Ok(_) => assert_eq!(refusal, ""),
            Err(error) => {
                let text = error.to_string();
                assert!(!refusal.is_empty() && text.contains(refusal), "{text}");
            }
        }
    }
}
