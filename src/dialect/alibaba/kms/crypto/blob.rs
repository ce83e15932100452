//! What encryption gives out, in base64: version id ‖ IV ‖ ciphertext ‖ tag.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::context::EncryptionContext;
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::types::{BASE64, from_text};
use crate::keyring::{self, Admitted, IV_LENGTH, Sealed, TAG_LENGTH, VersionId};

const HEADER_LENGTH: usize = VersionId::LENGTH + IV_LENGTH;

/// A sealed text: the id of the key version that sealed it (36 bytes of text), the IV (12 bytes), the encrypted
/// bytes, and the tag (16 bytes). SM4-GCM uses the same layout as AES-256-GCM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiphertextBlob {
    version: VersionId,
    bytes: Vec<u8>,
}

impl CiphertextBlob {
    /// The blob that `bytes` are; they come back where they are none.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Vec<u8>> {
        match bytes.get(..VersionId::LENGTH).and_then(VersionId::parse) {
            Some(version) if bytes.len() >= HEADER_LENGTH + TAG_LENGTH => Ok(Self { version, bytes }),
            _ => Err(bytes),
        }
    }

    /// The blob of what was sealed, in base64.
    pub fn encode(sealed: &Sealed) -> String {
        BASE64_STANDARD.encode([sealed.version.to_text().as_slice(), &sealed.iv, &sealed.body].concat())
    }

    /// What `key` sealed in it in this context. Errors as [`Admitted::open`].
    pub(super) fn open(
        &self,
        key: &Admitted,
        context: &EncryptionContext,
    ) -> Result<Zeroizing<Vec<u8>>, keyring::Error> {
        key.open(self.version, self.iv(), &context.associated_data(), self.body())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key version that sealed it.
    pub fn version(&self) -> VersionId {
        self.version
    }

    fn iv(&self) -> &[u8; IV_LENGTH] {
        self.bytes[VersionId::LENGTH..].first_chunk().expect("a blob is longer than its header")
    }

    /// The encrypted bytes and the tag.
    fn body(&self) -> &[u8] {
        &self.bytes[HEADER_LENGTH..]
    }
}

impl<'de> Deserialize<'de> for CiphertextBlob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let bytes = BASE64.decode(text).map_err(|error| error.to_string())?;
            Self::from_bytes(bytes).map_err(|_| "not a ciphertext".to_owned())
        })
    }
}

/// What encryption under a key or to a public key gave out, in base64.
#[derive(Debug)]
pub enum AnyCiphertext {
    Sealed(CiphertextBlob),
    /// It has not the form of a sealed text.
    Other(Vec<u8>),
}

impl AnyCiphertext {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Sealed(blob) => blob.as_bytes(),
            Self::Other(bytes) => bytes,
        }
    }

    /// The ciphertext as one that a symmetric key sealed. Errors: `InvalidParameter` naming `CiphertextBlob`.
    pub fn sealed(&self) -> Result<&CiphertextBlob, Fault> {
        match self {
            Self::Sealed(blob) => Ok(blob),
            Self::Other(_) => Err(Fault::about(&fault::INVALID_PARAMETER, "CiphertextBlob")
                .because("it has not the form of a sealed text")),
        }
    }
}

impl<'de> Deserialize<'de> for AnyCiphertext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let bytes = BASE64.decode(text).map_err(|error| error.to_string())?;
            Ok(CiphertextBlob::from_bytes(bytes).map_or_else(Self::Other, Self::Sealed))
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const VERSION: &str = "2ab1a983-7072-4bbc-a582-584b5bd80000";

    #[test]
    fn a_blob_is_version_iv_ciphertext_and_tag() {
        let version = VersionId::new(Uuid::parse_str(VERSION).unwrap());
        let sealed = Sealed { version, iv: [7; IV_LENGTH], body: [vec![1; 3], vec![2; TAG_LENGTH]].concat() };
        let bytes = BASE64_STANDARD.decode(CiphertextBlob::encode(&sealed)).unwrap();
        assert_eq!(bytes, [VERSION.as_bytes(), &[7; 12], &[1; 3], &[2; 16]].concat());
        let blob = CiphertextBlob::from_bytes(bytes.clone()).unwrap();
        assert_eq!((blob.version(), blob.iv(), blob.body()), (version, &sealed.iv, sealed.body.as_slice()));
        assert_eq!(blob.as_bytes(), bytes);
    }

    #[test]
    fn what_is_no_blob_comes_back() {
        let of = |version: &str, rest: usize| [version.as_bytes(), &vec![0; rest]].concat();
        assert!(CiphertextBlob::from_bytes(of(VERSION, 28)).is_ok(), "of an empty text");
        for bytes in [vec![], of(VERSION, 27), of("", 36), of(&VERSION.to_uppercase(), 28), of(&VERSION[1..], 100)] {
            assert_eq!(CiphertextBlob::from_bytes(bytes.clone()), Err(bytes));
        }
    }
}
