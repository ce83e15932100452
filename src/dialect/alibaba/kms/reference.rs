//! How a request names a key: id, alias, or the ARN of either.

use serde::de::{Deserialize, Deserializer};

use super::resource_names::{ALIAS_PREFIX, KEY_PREFIX};
use super::types::from_text;
use crate::access::Arn;
use crate::keyring::AliasName;

/// A key as the caller names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRef {
    /// Where an ARN says the key is: region and account.
    pub elsewhere: Option<(String, String)>,
    pub name: KeyName,
    /// Whether the action takes an alias for a key.
    pub alias_allowed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyName {
    Id(String),
    /// Without the prefix; it need not be the name that any alias can have.
    Alias(String),
}

impl KeyRef {
    /// Errors: an ARN that is neither a key's nor an alias's.
    pub fn parse(text: &str, alias_allowed: bool) -> Result<Self, String> {
        if !text.starts_with("acs:") {
            let name = match text.strip_prefix(ALIAS_PREFIX) {
                Some(alias) => KeyName::Alias(alias.to_owned()),
                None => KeyName::Id(text.to_owned()),
            };
            return Ok(Self { elsewhere: None, name, alias_allowed });
        }
        let malformed = || format!("{text:?} is not the ARN of a key or an alias");
        let arn = Arn::parse(text).filter(|arn| arn.service == "kms").ok_or_else(malformed)?;
        let name = if let Some(id) = arn.relative.strip_prefix(KEY_PREFIX) {
            KeyName::Id(id.to_owned())
        } else {
            KeyName::Alias(arn.relative.strip_prefix(ALIAS_PREFIX).ok_or_else(malformed)?.to_owned())
        };
        Ok(Self { elsewhere: Some((arn.region.to_owned(), arn.account.to_owned())), name, alias_allowed })
    }
}

impl<'de> Deserialize<'de> for KeyRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| Self::parse(text, true))
    }
}

/// A key named by id or key ARN, where the service takes no alias.
#[derive(Debug, Clone)]
pub struct KeyIdRef(pub KeyRef);

impl<'de> Deserialize<'de> for KeyIdRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| KeyRef::parse(text, false).map(Self))
    }
}

/// The name of an alias that a request makes or deletes, sent with its prefix.
#[derive(Debug, Clone)]
pub struct AliasParameter(pub AliasName);

impl<'de> Deserialize<'de> for AliasParameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let name = text.strip_prefix(ALIAS_PREFIX).ok_or("an alias begins with alias/")?;
            AliasName::new(name).map(Self).map_err(|error| error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let id = |id: &str| KeyName::Id(id.into());
        let alias = |name: &str| KeyName::Alias(name.into());
        let at = |region: &str, account: &str| Some((region.to_owned(), account.to_owned()));
        for (text, expected) in [
            ("202b9877", Some((None, id("202b9877")))),
            ("alias/app", Some((None, alias("app")))),
            ("acs:kms:cn-beijing:12:key/k", Some((at("cn-beijing", "12"), id("k")))),
            ("acs:kms:cn-beijing:12:alias/a/b", Some((at("cn-beijing", "12"), alias("a/b")))),
            ("acs:kms:cn-beijing:12:secret/s", None),
            ("acs:oss:cn-beijing:12:key/k", None),
            ("acs:kms:cn-beijing", None),
        ] {
            let parsed = KeyRef::parse(text, true).ok().map(|key| (key.elsewhere, key.name));
            assert_eq!(parsed, expected, "{text}");
        }
    }
}
