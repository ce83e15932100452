use std::collections::BTreeMap;
use std::ops::Bound;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::Deserializer;

use super::parameters::{ResourceIds, ResourceType, TagList, Wanted};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Checked, Listed, ListedKeys, With};
use crate::dialect::alibaba::kms::types::{Text, from_text};
use crate::dialect::alibaba::kms::words::is_spoken;

/// List the tags of things, in the order of ids and of the tags' names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagResources {
    /// `key` or `secret`.
    resource_type: ResourceType,
    /// Key IDs or ARNs, up to 50; default all there are.
    resource_id: Option<ResourceIds>,
    /// Up to 20 tags that a thing must have, all of them, for its tags to be listed; without a value, any will do.
    tag: Option<TagList>,
    /// Where the last answer ended.
    next_token: Option<NextToken>,
    /// Read with the call's region.
    #[serde(rename = "RegionId")]
    _region_id: Option<Text<64>>,
}

/// How many tags one answer lists. Source: metadata of June 2024.
const PAGE: usize = 200;

/// The last tag that an answer listed, as base64 of `key id\0tag key`.
#[derive(Debug, PartialEq, Eq)]
struct NextToken {
    key_id: String,
    tag_key: String,
}

impl NextToken {
    fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (key_id, tag_key) = str::from_utf8(&bytes).ok()?.split_once('\0')?;
        Some(Self { key_id: key_id.to_owned(), tag_key: tag_key.to_owned() })
    }

    fn after(row: &Row) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([row.resource_id.as_str(), "\0", &row.tag_key].concat())
    }
}

impl<'de> Deserialize<'de> for NextToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| Self::parse(text).ok_or_else(|| format!("{text:?} is no token of ours")))
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer {
    tag_resources: Rows,
    /// Empty where nothing follows.
    next_token: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rows {
    tag_resource: Vec<Row>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    resource_id: KeyId,
    resource_type: &'static str,
    tag_key: String,
    tag_value: String,
}

impl Deed for ListTagResources {
    const NAME: &'static str = "ListTagResources";
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Checked<With<ListedKeys, Wanted>>;
    type Reply = Answer;

    fn subject(&self) -> Result<(Listed<'_>, Wanted), Fault> {
        let wanted = self.tag.as_ref().map(TagList::wanted).transpose()?.unwrap_or_default();
        let listed = match (&self.resource_id, self.resource_type) {
            (Some(ids), kind) => Listed::Named(kind.named(ids)?),
            (None, ResourceType::Key) => Listed::AllKeys,
            (None, ResourceType::Secret) => Listed::AllSecrets,
        };
        Ok((listed, wanted))
    }

    fn run(&self, (keys, wanted): (Option<Vec<Arc<Key>>>, Wanted), view: &mut View<'_, Read>) -> Result<Answer, Fault> {
        let has_tags = |key: &Key| {
            let mut wanted = wanted.iter();
            wanted.all(|(name, value)| {
                key.tags.get(name).is_some_and(|own| value.as_ref().is_none_or(|value| value == own))
            })
        };
        let rows = |keys: &mut dyn Iterator<Item = &Arc<Key>>| {
            let rows = keys.filter(|key| has_tags(key)).flat_map(|key| rows_after(key, self.next_token.as_ref()));
            rows.take(PAGE + 1).collect::<Vec<_>>()
        };
        let mut tag_resource = match &keys {
            Some(keys) => rows(&mut keys.iter()),
            None => rows(&mut view.keys().all().filter(|key| is_spoken(key))),
        };
        let has_more = tag_resource.len() > PAGE;
        tag_resource.truncate(PAGE);
        let next_token = tag_resource.last().filter(|_| has_more).map(NextToken::after).unwrap_or_default();
        Ok(Answer { tag_resources: Rows { tag_resource }, next_token })
    }
}

/// The tags of `key` that come after `token`.
fn rows_after<'k>(key: &'k Key, token: Option<&NextToken>) -> impl Iterator<Item = Row> + use<'k> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    let (tags, after) = match token {
        Some(token) if key.id.as_str() < token.key_id.as_str() => (&NONE, Bound::Unbounded),
        Some(token) if *key.id.as_str() == token.key_id => (&key.tags, Bound::Excluded(token.tag_key.clone())),
        _ => (&key.tags, Bound::Unbounded),
    };
    tags.range((after, Bound::Unbounded)).map(|(name, value)| Row {
        resource_id: key.id.clone(),
        resource_type: ResourceType::KEY_WORD,
        tag_key: name.clone(),
        tag_value: value.clone(),
    })
}
