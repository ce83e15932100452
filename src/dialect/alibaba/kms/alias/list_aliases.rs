use super::listed::{Aliases, Listed};
use crate::dialect::alibaba::kms::lists::{Page, PageNumber, PageSize};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{AllAliases, Whole};
use crate::dialect::alibaba::kms::words::{is_every_key_spoken, is_spoken};

/// List the aliases of the region, in the order of their names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAliases {
    /// From 1; default 1.
    #[serde(default)]
    page_number: PageNumber,
    /// Aliases a page; default 10; 0 gives the count alone.
    #[serde(default)]
    page_size: PageSize<0, 100>,
}

impl Deed for ListAliases {
    const NAME: &'static str = "ListAliases";
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Whole<AllAliases>;
    type Reply = Listed;

    fn subject(&self) {}

    fn run(&self, (): (), view: &mut View<'_, Read>) -> Result<Listed, Fault> {
        let total = is_every_key_spoken().then(|| view.keys().count_aliases());
        let spoken = view.keys().aliases().filter(|(_, key)| is_spoken(key));
        let aliases = spoken.map(|(name, key)| (name, &**key));
        let (alias, page) = Page::of(aliases, total, self.page_number, self.page_size.get(), Into::into);
        Ok(Listed { aliases: Aliases { alias }, page })
    }
}
