//! Names that stand for keys.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The name of an alias without its `alias/` prefix.
///
/// 1 to 255 characters: letters, digits, `_`, `-`, `/`. Names that begin with `acs` are reserved for services.
/// Source: CreateAlias page (2021) and metadata of June 2024.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasName(Arc<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AliasNameError {
    #[error("an alias has 1 to 255 characters after its prefix")]
    Length,
    #[error("an alias is made of letters, digits, '_', '-' and '/'")]
    Character,
    #[error("aliases that begin with 'acs' are reserved")]
    Reserved,
}

impl AliasName {
    pub fn new(name: &str) -> Result<Self, AliasNameError> {
        if name.is_empty() || name.len() > 255 {
            return Err(AliasNameError::Length);
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte)) {
            return Err(AliasNameError::Character);
        }
        if name.starts_with("acs") {
            return Err(AliasNameError::Reserved);
        }
        Ok(Self(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for AliasName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AliasName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).map_err(de::Error::custom)
    }
}

impl Borrow<str> for AliasName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AliasName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        let longest = "a".repeat(255);
        let too_long = "a".repeat(256);
        for (name, expected) in [
            ("app", Ok(())),
            ("a/b_c-D9", Ok(())),
            (longest.as_str(), Ok(())),
            (too_long.as_str(), Err(AliasNameError::Length)),
            ("", Err(AliasNameError::Length)),
            ("acs", Err(AliasNameError::Reserved)),
            ("acs/oss", Err(AliasNameError::Reserved)),
            ("acme", Ok(())),
            ("a b", Err(AliasNameError::Character)),
            ("a.b", Err(AliasNameError::Character)),
            ("ключ", Err(AliasNameError::Character)),
        ] {
            assert_eq!(AliasName::new(name).map(drop), expected, "{name}");
        }
    }
}
