//! Answers for an enclave.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::types::from_text;

/// Bytes of a recipient at the most: many times what a proof takes.
const LONGEST: usize = 32 * 1024;

/// An enclave that the answer is to be encrypted to: a JSON object with the proof of what it is. There is nothing here
/// to verify such a proof with.
#[derive(Debug)]
pub struct Recipient;

/// Better no answer than one that everybody can read. Errors: `UnsupportedOperation`.
pub fn refuse_recipient(recipient: Option<&Recipient>) -> Result<(), Fault> {
    match recipient {
        None => Ok(()),
        Some(Recipient) => Err(Fault::from(&fault::UNSUPPORTED_OPERATION)
            .because("Recipient: an enclave's attestation cannot be verified here, so nothing is encrypted to it")),
    }
}

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| match text.len() {
            length if length > LONGEST => Err(format!("{length} bytes, more than {LONGEST}")),
            _ => serde_json::from_str(text).map(|AnyObject| Self).map_err(|error| error.to_string()),
        })
    }
}

/// A JSON object of which nothing is kept.
struct AnyObject;

impl<'de> Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnyObject)
    }
}

impl<'de> Visitor<'de> for AnyObject {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self, M::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}
