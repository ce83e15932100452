//! Answers for an enclave.

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::{Map, Value};

use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::types::from_json;

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
        from_json(deserializer, |_: Map<String, Value>| Ok(Self))
    }
}
