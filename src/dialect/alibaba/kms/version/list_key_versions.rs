use super::Metadata;
use crate::dialect::alibaba::kms::lists::{Page, PageNumber, PageSize};
use crate::dialect::alibaba::kms::prelude::*;

/// List the versions of a key, from the oldest to the primary one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListKeyVersions {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// From 1; default 1.
    #[serde(default)]
    page_number: PageNumber,
    /// Versions a page; default 10; 0 gives the count alone.
    #[serde(default)]
    page_size: PageSize<0, 101>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listed {
    key_versions: KeyVersions,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeyVersions {
    key_version: Vec<Metadata>,
}

impl Deed for ListKeyVersions {
    const NAME: &'static str = "ListKeyVersions";
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Listed;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Listed, Fault> {
        let (key_version, page) = Page::of(
            key.versions.iter(),
            Some(key.versions.len()),
            self.page_number,
            self.page_size.get(),
            |version| Metadata::of(&key.id, version),
        );
        Ok(Listed { key_versions: KeyVersions { key_version }, page })
    }
}
