use super::listed::{Aliases, Listed};
use crate::dialect::alibaba::kms::lists::{Page, PageNumber};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{AllAliases, Whole};
use crate::dialect::alibaba::kms::types::Within;

/// List the aliases of the region, in the order of their names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAliases {
    /// From 1; default 1.
    #[serde(default)]
    page_number: PageNumber,
    /// Aliases a page; default 10; 0 gives the count alone.
    #[serde(default = "ten")]
    page_size: Within<0, 100>,
}

const fn ten() -> Within<0, 100> {
    Within::of(10)
}

impl Deed for ListAliases {
    const NAME: &'static str = "ListAliases";
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Whole<AllAliases>;
    type Reply = Listed;

    fn subject(&self) {}

    fn run(&self, (): (), view: &mut View<'_, Read>) -> Result<Listed, Fault> {
        let aliases = view.keys().aliases().map(|(name, key)| (name, &**key));
        let (alias, page) = Page::of(aliases, self.page_number, self.page_size.get(), Into::into);
        Ok(Listed { aliases: Aliases { alias }, page })
    }
}
