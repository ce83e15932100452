//! How requests name tags and the things that have them.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::lists::{check_tag_key, check_tag_value};
use crate::dialect::alibaba::kms::reference::KeyRef;
use crate::dialect::alibaba::kms::subject::Resources;
use crate::dialect::alibaba::kms::types::{Several, from_json, from_text};

/// How many tags a list of them has at most. Source: TagResources, metadata of June 2024.
pub(super) const MOST_TAGS_LISTED: usize = 20;

/// The ids of up to 50 things, each sent as `ResourceId.N`.
pub(super) type ResourceIds = Several<String, 50>;

/// The kind of things that a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ResourceType {
    Key,
    Secret,
}

impl ResourceType {
    pub(super) const KEY_WORD: &'static str = "key";

    /// The things of this kind with these `ids`: ids or ARNs of keys, names of secrets. Errors: `InvalidParameter`.
    pub(super) fn named(self, ids: &ResourceIds) -> Result<Resources<'_>, Fault> {
        match self {
            Self::Key => ids
                .0
                .iter()
                .map(|id| KeyRef::parse(id, false))
                .collect::<Result<_, _>>()
                .map(Resources::Keys)
                .map_err(|error| Fault::about(&fault::INVALID_PARAMETER, "ResourceId").because(error)),
            Self::Secret => Ok(Resources::Secrets(&ids.0)),
        }
    }
}

/// An element of a list of tags, sent as `Tag.N.Key` and `Tag.N.Value`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: Option<String>,
}

/// A list of up to 20 tags.
pub(super) type TagList = Several<Tag, MOST_TAGS_LISTED>;

/// Tags that are looked for: names, and values where they matter.
pub(super) type Wanted = BTreeMap<String, Option<String>>;

impl TagList {
    /// The tags to be put on something; a value that is not sent is empty.
    ///
    /// Errors: `InvalidParameter.TagKey`, `InvalidParameter.TagValue`, `Duplicate.TagKey`.
    pub(super) fn to_put(&self) -> Result<BTreeMap<String, String>, Fault> {
        for Tag { key, value } in &self.0 {
            check_tag_key(key).map_err(|error| Fault::from(&fault::INVALID_TAG_KEY).because(error))?;
            check_tag_value(value.as_deref().unwrap_or_default())
                .map_err(|error| Fault::from(&fault::INVALID_TAG_VALUE).because(error))?;
        }
        Ok(self.wanted()?.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
    }

    /// The tags to be looked for: names, and values where they matter. Errors: `Duplicate.TagKey`.
    pub(super) fn wanted(&self) -> Result<Wanted, Fault> {
        let tags: Wanted = self.0.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        if tags.len() == self.0.len() { Ok(tags) } else { Err((&fault::DUPLICATE_TAG_KEY).into()) }
    }
}

/// A JSON list of 1 to 20 names of tags, each of 1 to 128 bytes.
#[derive(Debug)]
pub(super) struct TagKeys(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for TagKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_json(deserializer, |keys: Vec<String>| {
            if !(1..=MOST_TAGS_LISTED).contains(&keys.len()) {
                return Err(format!("{} names", keys.len()));
            }
            keys.iter().try_for_each(|key| check_length(key))?;
            Ok(Self(keys))
        })
    }
}

/// The name of a tag: 1 to 128 bytes.
#[derive(Debug)]
pub(super) struct TagKey(pub(super) String);

impl<'de> Deserialize<'de> for TagKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |key| check_length(key).map(|()| Self(key.to_owned())))
    }
}

fn check_length(key: &str) -> Result<(), String> {
    if (1..=128).contains(&key.len()) { Ok(()) } else { Err(format!("{} bytes, not 1 to 128", key.len())) }
}
