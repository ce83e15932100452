//! The encryption context: what must be said again to decrypt.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use sha2::{Digest, Sha256};

/// A JSON object of texts in one parameter of up to 8,192 characters, or flattened into parameters of their own
/// (`EncryptionContext.name=value`, as the Node SDK writes a map). No name may stand twice; two contexts are the same when
/// they are equal as maps.
#[derive(Debug, Default)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// Largest size in characters. Source: EncryptionContext page (2021).
    const MAX: usize = 8192;

    /// The associated data that a blob is sealed with: SHA-256 of `name=value&name=value`, names in the order of their
    /// UTF-8 bytes; nothing for an empty context.
    ///
    /// Source: the documented ciphertext layout as the service's own SDKs build it. Two contexts that differ only by
    /// where `&` and `=` stand share this value: a property of that layout.
    pub fn associated_data(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut digest = Sha256::new();
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                digest.update(b"&");
            }
            digest.update(name);
            digest.update(b"=");
            digest.update(value);
        }
        digest.finalize().to_vec()
    }
}

impl<'de> Deserialize<'de> for EncryptionContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ContextVisitor).map(Self)
    }
}

/// Takes the JSON text, the object in it, or the flattened entries.
struct ContextVisitor;

impl<'de> Visitor<'de> for ContextVisitor {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object of texts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let length = text.chars().count();
        if length > EncryptionContext::MAX {
            return Err(E::invalid_length(length, &"up to 8192 characters"));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let entries = json.deserialize_map(self).map_err(E::custom)?;
        json.end().map_err(E::custom)?;
        Ok(entries)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut entries, mut length) = (BTreeMap::new(), 0);
        while let Some((name, value)) = map.next_entry::<String, String>()? {
            length += name.chars().count() + value.chars().count();
            if entries.insert(name, value).is_some() {
                return Err(de::Error::custom("a name stands twice"));
            }
        }
        if length > EncryptionContext::MAX {
            return Err(de::Error::invalid_length(length, &"up to 8192 characters"));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(text: &str) -> Result<BTreeMap<String, String>, String> {
        ContextVisitor.visit_str::<serde_json::Error>(text).map_err(|error| error.to_string())
    }

    #[test]
    fn contexts_are_objects_of_texts() {
        let pair = |name: &str, value: &str| Ok(BTreeMap::from([(name.to_owned(), value.to_owned())]));
        assert_eq!(context("{}"), Ok(BTreeMap::new()));
        assert_eq!(context(r#" {"a b" : "\u00fc"} "#), pair("a b", "ü"));
        assert_eq!(context(r#"{"a":"1","b":"2"}"#), context(r#"{"b":"2", "a":"\u0031"}"#));
        for text in [
            "",
            "x",
            "null",
            "[]",
            r#"{"a":1}"#,
            r#"{"a":null}"#,
            r#"{"a":["b"]}"#,
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":"b"}x"#,
            r#"{"a":"1","a":"2"}"#,
            r#"{"a":"1","\u0061":"1"}"#,
        ] {
            assert!(context(text).is_err(), "{text}");
        }
        let text = |length: usize| format!(r#"{{"a":"{}"}}"#, "ü".repeat(length - 8));
        assert!(context(&text(8192)).is_ok());
        assert!(context(&text(8193)).is_err());
    }

    #[test]
    fn the_associated_data_is_a_digest_of_names_and_values_in_order() {
        let data = |entries: &[(&str, &str)]| {
            let owned = entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            EncryptionContext(owned.collect()).associated_data()
        };
        assert_eq!(data(&[]), b"");
        assert_eq!(data(&[("b", "2"), ("a", "1")]), Sha256::digest("a=1&b=2").as_slice());
        assert_eq!(data(&[("ü", ""), ("z", "1")]), Sha256::digest("z=1&ü=").as_slice());
    }
}
