use crate::dialect::alibaba::kms::prelude::*;

/// List the tags of a key, in the order of their names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListResourceTags {
    /// Key ID or ARN.
    key_id: KeyIdRef,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listed {
    tags: ListedTags,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListedTags {
    tag: Vec<Tag>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key_id: KeyId,
    tag_key: String,
    tag_value: String,
}

impl Deed for ListResourceTags {
    const NAME: &'static str = "ListResourceTags";
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Listed;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Listed, Fault> {
        let tag = key.tags.iter().map(|(name, value)| Tag {
            key_id: key.id.clone(),
            tag_key: name.clone(),
            tag_value: value.clone(),
        });
        Ok(Listed { tags: ListedTags { tag: tag.collect() } })
    }
}
