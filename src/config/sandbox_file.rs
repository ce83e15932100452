//! The sandbox file: TOML that says who there is and which keys.
//!
//! ```toml
//! version = 1
//! [[account]]
//! id = "1234567890123456"
//! access_keys = [{ id = "yaoshi", secret = "yaoshi" }]
//! ```
//!
//! This module knows the file's form. What it means, and whether it fits together, is for [`load`](super::load()).

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{self, Deserializer};
use toml::Spanned;

/// The only version of the form there is.
const VERSION: u32 = 1;

/// A file of the right form.
#[derive(Clone)]
pub struct SandboxFile {
    name: Arc<str>,
    text: Arc<str>,
    pub(super) accounts: Arc<[Spanned<Account>]>,
}

/// What is wrong with a file, and where: `<file>:<line>:<column>: <what>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {what}")]
pub struct SandboxFileError {
    pub file: Arc<str>,
    pub line: usize,
    pub column: usize,
    pub what: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Spanned<u32>,
    #[serde(default)]
    account: Vec<Spanned<Account>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) id: String,
    #[serde(default)]
    pub(super) access_keys: Vec<Spanned<AccessKey>>,
    #[serde(default)]
    pub(super) bearer_tokens: Vec<Spanned<Secret>>,
    #[serde(default)]
    pub(super) user: Vec<Spanned<User>>,
    #[serde(default)]
    pub(super) policy: Vec<Spanned<Policy>>,
    #[serde(default)]
    pub(super) key: Vec<Spanned<Key>>,
    #[serde(default)]
    pub(super) data_key: Vec<Spanned<DataKey>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessKey {
    pub(super) id: String,
    /// Either this or a public key.
    pub(super) secret: Option<Secret>,
    /// PEM.
    pub(super) public_key: Option<String>,
    #[serde(default)]
    pub(super) status: AccessKeyStatus,
}

/// A text that no error tells, not even where it is none.
#[derive(Debug, Clone)]
pub(super) struct Secret(pub(super) SecretString);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self(text.into())),
            _ => Err(de::Error::custom("a secret is a text in quotes")),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum AccessKeyStatus {
    #[default]
    Active,
    Inactive,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) name: String,
    #[serde(default)]
    pub(super) access_keys: Vec<Spanned<AccessKey>>,
    #[serde(default)]
    pub(super) bearer_tokens: Vec<Spanned<Secret>>,
    #[serde(default)]
    pub(super) policies: Vec<Spanned<String>>,
    /// Condition keys and the values that policies see, whatever the connection shows.
    #[serde(default)]
    pub(super) context: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) document: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) region: Option<String>,
    pub(super) spec: Option<String>,
    pub(super) usage: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) protection_level: Option<String>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) state: Option<String>,
    pub(super) delete_at: Option<Date>,
    pub(super) created: Option<Date>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    /// From the oldest to the primary one.
    #[serde(default)]
    pub(super) versions: Vec<Spanned<Version>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) created: Option<Date>,
    /// Base64, hex or PEM: what the key's spec wants.
    pub(super) material: Secret,
}

/// A managed data key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataKey {
    pub(super) name: String,
    pub(super) region: Option<String>,
    /// The id of the key that it is kept under.
    pub(super) key: String,
    /// From the first to the latest.
    pub(super) versions: Vec<Spanned<DataKeyVersion>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataKeyVersion {
    pub(super) id: String,
    /// Base64 of 1 to 1,024 bytes.
    pub(super) material: Secret,
}

/// A moment: RFC 3339, as a TOML date-time or in quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Date(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => text,
            toml::Value::Datetime(date) => date.to_string(),
            _ => return Err(de::Error::custom("a date is RFC 3339, as 2026-11-22T07:03:49Z")),
        };
        let date =
            text.parse().map_err(|_| de::Error::custom(format!("{text:?} is not RFC 3339, with Z or an offset")))?;
        Ok(Self(date))
    }
}

impl SandboxFile {
    /// Read and parse the file at `path`.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ReadError::Unreadable(path.display().to_string(), error))?;
        Ok(Self::parse(&path.display().to_string(), &text)?)
    }

    /// Parse `text`; `name` is what errors call it.
    pub fn parse(name: &str, text: &str) -> Result<Self, SandboxFileError> {
        let at = |span: Range<usize>, what: String| SandboxFileError::at(name, text, span, what);
        let document: Document =
            toml::from_str(text).map_err(|error| at(error.span().unwrap_or_default(), one_line(error.message())))?;
        if *document.version.get_ref() != VERSION {
            let what =
                format!("version {} of the sandbox file is not known, only {VERSION} is", document.version.get_ref());
            return Err(at(document.version.span(), what));
        }
        Ok(Self { name: name.into(), text: text.into(), accounts: document.account.into() })
    }

    /// The error that what stands at `span` is wrong.
    pub(super) fn error(&self, span: Range<usize>, what: impl fmt::Display) -> SandboxFileError {
        SandboxFileError::at(&self.name, &self.text, span, what.to_string())
    }
}

/// The name alone: the text holds secrets.
impl fmt::Debug for SandboxFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SandboxFile").field(&self.name).finish()
    }
}

/// The file cannot be read, or is not right.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read {0}: {1}")]
    Unreadable(String, std::io::Error),
    #[error(transparent)]
    Wrong(#[from] SandboxFileError),
}

impl SandboxFileError {
    fn at(file: &str, text: &str, span: Range<usize>, what: String) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            file: file.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            what,
        }
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}
