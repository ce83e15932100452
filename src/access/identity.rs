//! Those who act: accounts themselves and their users.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::account::AccountId;
use super::arn::Arn;
use super::error::IdentityError;
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
