use jiff::Timestamp;

use crate::dialect::alibaba::kms::lists::{Filters, Page, PageNumber, PageSize, Property};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::resource_names::key_arn;
use crate::dialect::alibaba::kms::subject::{AllKeys, Whole};
use crate::dialect::alibaba::kms::words::{is_every_key_spoken, is_spoken};

/// List the keys of the region, in the order of their ids.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListKeys {
    /// From 1; default 1.
    #[serde(default)]
    page_number: PageNumber,
    /// Keys a page; default 10.
    #[serde(default)]
    page_size: PageSize<1, 100>,
    /// Which keys to list; default all.
    #[serde(default)]
    filters: Filters,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listed {
    keys: Keys,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    key: Vec<ListedKey>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListedKey {
    key_id: String,
    key_arn: String,
}

impl Deed for ListKeys {
    const NAME: &'static str = "ListKeys";
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Whole<AllKeys>;
    type Reply = Listed;

    fn subject(&self) {}

    fn run(&self, (): (), view: &mut View<'_, Read>) -> Result<Listed, Fault> {
        let now = view.now();
        let total = (self.filters.admit_all() && is_every_key_spoken()).then(|| view.keys().count());
        let is_listed = |key: &Key| is_spoken(key) && self.filters.admit(|property| word_of(key, property, now));
        let keys = view.keys().all().filter(|key| is_listed(key));
        let listed = |key: &Key| ListedKey { key_id: key.id.to_string(), key_arn: key_arn(key) };
        let (key, page) = Page::of(keys, total, self.page_number, self.page_size.get(), |key| listed(key));
        Ok(Listed { keys: Keys { key }, page })
    }
}

/// The word that a filter on `property` sees. Every key was made by a user, and none lives in an instance.
fn word_of(key: &Key, property: Property, now: Timestamp) -> Option<&'static str> {
    match property {
        Property::KeyState => key.state(now).word(),
        Property::KeySpec => key.spec.word(),
        Property::KeyUsage => key.usage.word(),
        Property::ProtectionLevel => key.protection_level.word(),
        Property::CreatorType => Some("User"),
        Property::InstanceId => None,
    }
}
