use super::listed::{Aliases, Listed};
use crate::dialect::alibaba::kms::lists::{Page, PageNumber, PageSize};
use crate::dialect::alibaba::kms::prelude::*;

/// List the aliases of a key, in the order of their names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAliasesByKeyId {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// From 1; default 1.
    #[serde(default)]
    page_number: PageNumber,
    /// Aliases a page; default 10; 0 gives the count alone.
    #[serde(default)]
    page_size: PageSize<0, 101>,
}

impl Deed for ListAliasesByKeyId {
    const NAME: &'static str = "ListAliasesByKeyId";
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Listed;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Listed, Fault> {
        let aliases = key.aliases.iter().map(|name| (name, &*key));
        let (alias, page) =
            Page::of(aliases, Some(key.aliases.len()), self.page_number, self.page_size.get(), Into::into);
        Ok(Listed { aliases: Aliases { alias }, page })
    }
}
