//! The encryption context: what must be said again to decrypt.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Names and values that a ciphertext is bound to. Two contexts are the same when they are equal as maps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    pub fn new(entries: BTreeMap<String, String>) -> Self {
        Self(entries)
    }

    /// The associated data that a ciphertext is sealed with: SHA-256 of `name=value&name=value`, names in the order
    /// of their UTF-8 bytes; nothing for an empty context.
    ///
    /// Source: the documented ciphertext layout as the service's own SDKs build it. Two contexts that differ only by
    /// where `&` and `=` stand share this value: a property of that layout.
    pub fn associated_data(&self) -> Option<[u8; 32]> {
        if self.0.is_empty() {
            return None;
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
        Some(digest.finalize().into())
    }
}
