//! Pages, filters and tags.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use super::types::{Within, from_json};

/// The number of a page, from 1, which is the default.
#[derive(Debug, Clone, Copy, DeriveDeserialize)]
pub struct PageNumber(Within<1, { i32::MAX.unsigned_abs() }>);

impl Default for PageNumber {
    fn default() -> Self {
        Self(Within::of(1))
    }
}

/// How many elements a page has: from `MIN` to `MAX`, and `DEFAULT` where a request does not say.
#[derive(Debug, Clone, Copy, DeriveDeserialize)]
pub struct PageSize<const MIN: u32, const MAX: u32, const DEFAULT: u32 = 10>(Within<MIN, MAX>);

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> PageSize<MIN, MAX, DEFAULT> {
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Default for PageSize<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Self(const { Within::of(DEFAULT) })
    }
}

/// Where in a list the answer stands. All three are numbers on the wire.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Page {
    total_count: usize,
    page_number: u32,
    page_size: u32,
}

impl Page {
    /// One page of `items`, each as `listed` has it. `total`: how many items there are, where that is known; else they
    /// are counted, each of them.
    pub fn of<I, T>(
        items: impl Iterator<Item = I>,
        total: Option<usize>,
        number: PageNumber,
        size: u32,
        listed: impl Fn(I) -> T,
    ) -> (Vec<T>, Self) {
        let (mut items, number) = (items.fuse(), number.0.get());
        let first = (u64::from(number) - 1) * u64::from(size);
        // A page behind the end is empty, however many items would have to be skipped to see that.
        let first = usize::try_from(first).ok().filter(|first| total.is_none_or(|total| *first < total));
        let (mut page, mut walked) = (Vec::new(), 0);
        if let Some(first) = first {
            walked = items.by_ref().take(first).count();
            page.extend(items.by_ref().take(size as usize).map(listed));
            walked += page.len();
        }
        let total_count = total.unwrap_or_else(|| walked + items.count());
        (page, Self { total_count, page_number: number, page_size: size })
    }
}

/// Which keys to list: a JSON list of up to 10 properties with up to 10 values each. A key is listed if it has, for
/// each property named, one of its values; a property named twice has the values of both.
/// Source: ListKeys, metadata of June 2024.
#[derive(Debug, Default)]
pub struct Filters(BTreeMap<Property, Vec<String>>);

/// What can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, DeriveDeserialize)]
pub enum Property {
    KeyState,
    KeySpec,
    KeyUsage,
    ProtectionLevel,
    CreatorType,
    #[serde(rename = "DKMSInstanceId")]
    InstanceId,
}

#[derive(DeriveDeserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: Property,
    #[serde(default)]
    values: Vec<String>,
}

impl Filters {
    const MAX: usize = 10;

    /// Whether everything passes.
    pub fn admit_all(&self) -> bool {
        self.0.values().all(Vec::is_empty)
    }

    /// Whether something with these words passes. `word` gives the word for a property, if there is one.
    pub fn admit(&self, word: impl Fn(Property) -> Option<&'static str>) -> bool {
        self.0.iter().all(|(property, values)| {
            values.is_empty() || word(*property).is_some_and(|word| values.iter().any(|value| value == word))
        })
    }
}

impl<'de> Deserialize<'de> for Filters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_json(deserializer, |filters: Vec<Filter>| {
            if filters.len() > Self::MAX || filters.iter().any(|filter| filter.values.len() > Self::MAX) {
                return Err(format!("more than {} filters or values", Self::MAX));
            }
            let mut merged = BTreeMap::<Property, Vec<String>>::new();
            for filter in filters {
                merged.entry(filter.key).or_default().extend(filter.values);
            }
            Ok(Self(merged))
        })
    }
}

/// A JSON list of up to `MAX` tags. Keys have 1 to 128 characters, values up to 128: letters, digits and
/// `/ \\ _ - . + = : @`; a key does not begin with `aliyun` or `acs:` and stands once.
/// Source: CreateKey, metadata of June 2024.
#[derive(Debug)]
pub struct Tags<const MAX: usize>(pub BTreeMap<String, String>);

#[derive(DeriveDeserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    tag_key: String,
    #[serde(default)]
    tag_value: String,
}

impl<'de, const MAX: usize> Deserialize<'de> for Tags<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_json(deserializer, |tags: Vec<Tag>| {
            if tags.len() > MAX {
                return Err(format!("{} tags, more than {MAX}", tags.len()));
            }
            let mut by_key = BTreeMap::new();
            for Tag { tag_key, tag_value } in tags {
                check_tag(&tag_key, &tag_value)?;
                if let Some(value) = by_key.insert(tag_key, tag_value) {
                    return Err(format!("a tag key stands twice, once with {value:?}"));
                }
            }
            Ok(Self(by_key))
        })
    }
}

/// Errors tell what is wrong with the tag.
pub fn check_tag(key: &str, value: &str) -> Result<(), String> {
    check_tag_key(key)?;
    check_tag_value(value).map_err(|error| format!("tag {key:?}: {error}"))
}

/// Errors tell what is wrong with the key of a tag.
pub fn check_tag_key(key: &str) -> Result<(), String> {
    if key.is_empty() || key.len() > 128 {
        Err(format!("tag {key:?}: a key has 1 to 128 characters"))
    } else if !is_plain(key) {
        Err(format!("tag {key:?}: keys are made of letters, digits and / \\ _ - . + = : @"))
    } else if key.starts_with("aliyun") || key.starts_with("acs:") {
        Err(format!("tag {key:?}: keys that begin with aliyun or acs: are reserved"))
    } else {
        Ok(())
    }
}

/// Errors tell what is wrong with the value of a tag.
pub fn check_tag_value(value: &str) -> Result<(), String> {
    if value.len() > 128 {
        Err("a value has up to 128 characters".to_owned())
    } else if !is_plain(value) {
        Err("values are made of letters, digits and / \\ _ - . + = : @".to_owned())
    } else {
        Ok(())
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/\\_-.+=:@".contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn pages() {
        for (number, size, expected) in [
            (1, 2, vec![0, 1]),
            (2, 2, vec![2, 3]),
            (3, 2, vec![4]),
            (4, 2, vec![]),
            (1, 5, vec![0, 1, 2, 3, 4]),
            (1, 0, vec![]),
            (u32::MAX >> 1, 100, vec![]),
        ] {
            for total in [None, Some(5)] {
                let (items, page) = Page::of(0..5, total, PageNumber(Within::of(number)), size, |item| item);
                let (on_wire, what) =
                    ((page.page_number, page.page_size), format!("page {number} of {size}, {total:?}"));
                assert_eq!((items, page.total_count, on_wire), (expected.clone(), 5, (number, size)), "{what}");
            }
        }
    }

    /// Where the total is known nothing is looked at behind the page, nor at all for one behind the end.
    #[test]
    fn a_known_total_is_not_counted() {
        for (number, looked_at) in [(1, 3), (2, 6), (100, 300), (101, 0), (u32::MAX >> 1, 0)] {
            let seen = Cell::new(0);
            let items = (0..300).inspect(|_| seen.set(seen.get() + 1));
            let (_, page) = Page::of(items, Some(300), PageNumber(Within::of(number)), 3, |item| item);
            assert_eq!((page.total_count, seen.get()), (300, looked_at), "page {number}");
        }
    }

    #[test]
    fn a_page_has_ten_elements_unless_a_request_says_otherwise() {
        assert_eq!((PageSize::<0, 101>::default().get(), PageSize::<1, 5, 5>::default().get()), (10, 5));
    }

    fn filters(json: &str) -> Result<Filters, serde_json::Error> {
        Filters::deserialize(serde_json::Value::String(json.to_owned()))
    }

    #[test]
    fn filters_are_and_between_properties_and_or_between_values() {
        let enabled_aes = |property| match property {
            Property::KeyState => Some("Enabled"),
            Property::KeySpec => Some("Aliyun_AES_256"),
            _ => None,
        };
        for (json, expected) in [
            ("[]", true),
            (r#"[{"Key":"KeyState","Values":["Enabled","Disabled"]}]"#, true),
            (r#"[{"Key":"KeyState","Values":["Disabled"]}]"#, false),
            (r#"[{"Key":"KeyState","Values":["Disabled"]},{"Key":"KeyState","Values":["Enabled"]}]"#, true),
            (r#"[{"Key":"KeyState","Values":["Enabled"]},{"Key":"KeySpec","Values":["Aliyun_SM4"]}]"#, false),
            (r#"[{"Key":"KeySpec","Values":[]}]"#, true),
            (r#"[{"Key":"DKMSInstanceId","Values":["kst-1"]}]"#, false),
        ] {
            assert_eq!(filters(json).unwrap().admit(enabled_aes), expected, "{json}");
        }
        let eleven = format!("[{}]", [r#"{"Key":"KeyState"}"#; 11].join(","));
        for json in ["", "{}", r#"[{"Key":"Color","Values":[]}]"#, r#"[{"Values":[]}]"#, eleven.as_str()] {
            assert!(filters(json).is_err(), "{json}");
        }
    }

    #[test]
    fn tag_grammar() {
        let longest = "a".repeat(128);
        for (key, value, is_right) in [
            ("env", "dev", true),
            ("a/b\\c_d-e.f+g=h:i@j", "", true),
            (longest.as_str(), longest.as_str(), true),
            ("", "v", false),
            ("aliyun-x", "v", false),
            ("acs:x", "v", false),
            ("a b", "v", false),
            ("k", "ü", false),
        ] {
            assert_eq!(check_tag(key, value).is_ok(), is_right, "{key} {value}");
        }
    }
}
