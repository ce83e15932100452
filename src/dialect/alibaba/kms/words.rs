//! The service's words for what the keyring knows.

use serde::de::{Deserialize, Deserializer};
use strum::VariantArray;

use super::types::from_text;
use crate::keyring::{
    EncryptionAlgorithm, Key, KeyPairKind, KeySpec, KeyState, KeyUsage, MacAlgorithm, Origin, ProtectionLevel,
    SignatureAlgorithm, Wrapping,
};

/// A value that may have a word on the wire. Words are case-sensitive.
pub trait Word: VariantArray + Copy {
    /// `None` for a value that this dialect has no word for: nobody can ask for it here.
    fn word(self) -> Option<&'static str>;

    /// Errors tell which words there are.
    fn from_word(word: &str) -> Result<Self, String> {
        let found = Self::VARIANTS.iter().copied().find(|value| value.word() == Some(word));
        found.ok_or_else(|| {
            let words: Vec<_> = Self::VARIANTS.iter().filter_map(|value| value.word()).collect();
            format!("{word:?} is not one of {}", words.join(", "))
        })
    }

    /// The word for people to read.
    fn told(self) -> &'static str {
        self.word().unwrap_or("(without a word)")
    }
}

/// Whether all that `key` is has a word: to this dialect a key that is something else does not exist.
pub fn is_spoken(key: &Key) -> bool {
    key.spec.word().is_some()
        && key.usage.word().is_some()
        && key.origin.word().is_some()
        && key.protection_level.word().is_some()
}

/// Whether [`is_spoken`] is true of whatever key there may be, so that it need not be asked of each.
pub fn is_every_key_spoken() -> bool {
    fn all<W: Word>() -> bool {
        W::VARIANTS.iter().all(|value| value.word().is_some())
    }
    all::<KeySpec>() && all::<KeyUsage>() && all::<Origin>() && all::<ProtectionLevel>()
}

/// Source: CreateKey page (2021) and SDK 3.3.1; `RSA_4096` is documented for instances only. No page that we know names
/// the specs of MAC keys: each is called as its one algorithm.
impl Word for KeySpec {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Aes256 => Some("Aliyun_AES_256"),
            Self::Sm4 => Some("Aliyun_SM4"),
            Self::Rsa2048 => Some("RSA_2048"),
            Self::Rsa3072 => Some("RSA_3072"),
            Self::Rsa4096 => Some("RSA_4096"),
            Self::EcP256 => Some("EC_P256"),
            Self::EcP256K => Some("EC_P256K"),
            Self::EcSm2 => Some("EC_SM2"),
            Self::HmacSha224 => Some("HMAC_SHA_224"),
            Self::HmacSha256 => Some("HMAC_SHA_256"),
            Self::HmacSha384 => Some("HMAC_SHA_384"),
            Self::HmacSha512 => Some("HMAC_SHA_512"),
            Self::HmacSm3 => Some("HMAC_SM3"),
        }
    }
}

/// No page that we know names the use of MAC keys: the word follows the two others.
impl Word for KeyUsage {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::EncryptDecrypt => Some("ENCRYPT/DECRYPT"),
            Self::SignVerify => Some("SIGN/VERIFY"),
            Self::GenerateVerifyMac => Some("GENERATE/VERIFY_MAC"),
        }
    }
}

impl Word for SignatureAlgorithm {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::RsaPssSha256 => Some("RSA_PSS_SHA_256"),
            Self::RsaPkcs1Sha256 => Some("RSA_PKCS1_SHA_256"),
            Self::EcdsaSha256 => Some("ECDSA_SHA_256"),
            Self::Sm2Dsa => Some("SM2DSA"),
        }
    }
}

impl Word for MacAlgorithm {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::HmacSha224 => Some("HMAC_SHA_224"),
            Self::HmacSha256 => Some("HMAC_SHA_256"),
            Self::HmacSha384 => Some("HMAC_SHA_384"),
            Self::HmacSha512 => Some("HMAC_SHA_512"),
            Self::HmacSm3 => Some("HMAC_SM3"),
        }
    }
}

/// How a message is encrypted to a public key. Material to import may be wrapped in one way more ([`Wrapping`]).
impl Word for EncryptionAlgorithm {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::RsaPkcs1V15 => None,
            Self::RsaOaepSha1 => Some("RSAES_OAEP_SHA_1"),
            Self::RsaOaepSha256 => Some("RSAES_OAEP_SHA_256"),
            Self::Sm2Pke => Some("SM2PKE"),
        }
    }
}

impl Word for Origin {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Service => Some("Aliyun_KMS"),
            Self::External => Some("EXTERNAL"),
        }
    }
}

impl Word for ProtectionLevel {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Software => Some("SOFTWARE"),
            Self::Hsm => Some("HSM"),
        }
    }
}

impl Word for KeyState {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Enabled => Some("Enabled"),
            Self::Disabled => Some("Disabled"),
            Self::PendingDeletion => Some("PendingDeletion"),
            Self::PendingImport => Some("PendingImport"),
            Self::Unavailable => Some("Unavailable"),
        }
    }
}

impl Word for Wrapping {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::RsaPkcs1V15 => Some("RSAES_PKCS1_V1_5"),
            Self::RsaOaepSha1 => Some("RSAES_OAEP_SHA_1"),
            Self::RsaOaepSha256 => Some("RSAES_OAEP_SHA_256"),
            Self::Sm2 => Some("SM2PKE"),
        }
    }
}

/// What kind of key wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum WrappingKeySpec {
    Rsa2048,
    Sm2,
}

impl WrappingKeySpec {
    /// The one kind that `wrapping` goes with.
    pub const fn of(wrapping: Wrapping) -> Self {
        match wrapping {
            Wrapping::RsaPkcs1V15 | Wrapping::RsaOaepSha1 | Wrapping::RsaOaepSha256 => Self::Rsa2048,
            Wrapping::Sm2 => Self::Sm2,
        }
    }
}

impl WrappingKeySpec {
    pub const fn key_pair(self) -> KeyPairKind {
        match self {
            Self::Rsa2048 => KeyPairKind::Rsa2048,
            Self::Sm2 => KeyPairKind::Sm2,
        }
    }

    /// Whether one can encrypt so to a key of this kind.
    pub fn goes_with(self, algorithm: EncryptionAlgorithm) -> bool {
        (self == Self::Sm2) == (algorithm == EncryptionAlgorithm::Sm2Pke)
    }
}

impl Word for WrappingKeySpec {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Rsa2048 => Some("RSA_2048"),
            Self::Sm2 => Some("EC_SM2"),
        }
    }
}

/// A parameter that is one of the words of `W`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worded<W>(pub W);

impl<'de, W: Word> Deserialize<'de> for Worded<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |word| W::from_word(word).map(Worded))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Debug;

    use super::*;

    /// Each word leads back to its value, and nothing else does. Gives back what has no word.
    fn wordless<W: Word + Debug + PartialEq>() -> Vec<W> {
        let mut words = BTreeSet::new();
        for value in W::VARIANTS {
            let Some(word) = value.word() else { continue };
            assert!(words.insert(word), "{word} stands twice");
            assert_eq!(W::from_word(word), Ok(*value));
            assert!(W::from_word(&word.to_lowercase()).is_err() || word.to_lowercase() == word);
        }
        let refusal = W::from_word("").unwrap_err();
        assert!(words.iter().all(|word| refusal.contains(word)), "{refusal}");
        W::VARIANTS.iter().copied().filter(|value| value.word().is_none()).collect()
    }

    #[test]
    fn words_are_one_to_one() {
        assert_eq!(wordless::<KeySpec>(), []);
        assert_eq!(wordless::<KeyUsage>(), []);
        assert_eq!(wordless::<KeyState>(), []);
        assert_eq!(wordless::<Origin>(), []);
        assert_eq!(wordless::<ProtectionLevel>(), []);
        assert_eq!(wordless::<SignatureAlgorithm>(), []);
        assert_eq!(wordless::<MacAlgorithm>(), []);
        assert_eq!(wordless::<Wrapping>(), []);
        assert_eq!(wordless::<WrappingKeySpec>(), []);
        // It wraps material, and encrypts nothing else.
        assert_eq!(wordless::<EncryptionAlgorithm>(), [EncryptionAlgorithm::RsaPkcs1V15]);
        assert!(is_every_key_spoken());
    }
}
