//! What encryption gives out: version id ‖ IV ‖ ciphertext ‖ tag.

use super::VersionId;
use crate::cipher::{IV_LENGTH, TAG_LENGTH};

const HEADER_LENGTH: usize = VersionId::LENGTH + IV_LENGTH;

/// A sealed text: the id of the key version that sealed it (36 bytes of text), the IV (12 bytes), the encrypted
/// bytes, and the tag (16 bytes). SM4-GCM uses the same layout as AES-256-GCM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ciphertext {
    version: VersionId,
    bytes: Vec<u8>,
}

/// The bytes have no ciphertext's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ciphertext")]
pub struct Malformed;

impl Ciphertext {
    pub(super) fn new(version: VersionId, iv: [u8; IV_LENGTH], sealed: &[u8]) -> Self {
        Self { version, bytes: [version.to_text().as_slice(), &iv, sealed].concat() }
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Malformed> {
        if bytes.len() < HEADER_LENGTH + TAG_LENGTH {
            return Err(Malformed);
        }
        let version = VersionId::parse(&bytes[..VersionId::LENGTH]).ok_or(Malformed)?;
        Ok(Self { version, bytes })
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key version that sealed it.
    pub fn version(&self) -> VersionId {
        self.version
    }

    pub(super) fn iv(&self) -> &[u8; IV_LENGTH] {
        self.bytes[VersionId::LENGTH..].first_chunk().expect("a ciphertext is longer than its header")
    }

    /// The encrypted bytes and the tag.
    pub(super) fn sealed(&self) -> &[u8] {
        &self.bytes[HEADER_LENGTH..]
    }
}
