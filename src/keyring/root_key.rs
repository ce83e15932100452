//! The key that everything kept on disk is sealed under.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::world::Draw;

/// 32 secret bytes. They encrypt nothing themselves: each purpose has a secret of its own, derived from them.
pub struct RootKey(SecretBox<[u8; Self::LENGTH]>);

/// The text is not base64 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a root key is base64 of {} bytes", RootKey::LENGTH)]
pub struct MalformedRootKey;

impl RootKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    pub fn new(draw: &mut Draw) -> Self {
        Self(SecretBox::init_with_mut(|bytes: &mut [u8; Self::LENGTH]| draw.fill(bytes)))
    }

    /// The key that `text` writes in base64; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, MalformedRootKey> {
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(text.trim()).map_err(|_| MalformedRootKey)?);
        let bytes = bytes.as_slice().try_into().map_err(|_| MalformedRootKey)?;
        Ok(Self(SecretBox::new(Box::new(bytes))))
    }

    /// Base64.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(self.0.expose_secret()))
    }

    /// The secret for one `purpose`: HMAC-SHA256 of its name.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RootKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Chance;

    #[test]
    fn a_root_key_is_written_and_read() {
        let key = RootKey::new(&mut Chance::seeded(1).draw(""));
        let read = RootKey::parse(&format!(" {}\n", *key.to_text())).unwrap();
        assert_eq!(read.derive("a"), key.derive("a"));
        assert_ne!(key.derive("a"), key.derive("b"));
        for text in ["", "AAAA", "not base64", &"A".repeat(43), &"A".repeat(64)] {
            assert_eq!(RootKey::parse(text).err(), Some(MalformedRootKey), "{text}");
        }
    }
}
