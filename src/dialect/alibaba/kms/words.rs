//! The service's words for what the keyring knows.

use serde::de::{Deserialize, Deserializer};

use super::types::from_text;
use crate::keyring::{KeySpec, KeyState, KeyUsage, Origin, ProtectionLevel, Wrapping};

/// A value that has a word on the wire. Words are case-sensitive.
pub trait Word: Copy + PartialEq + 'static {
    const WORDS: &'static [(Self, &'static str)];

    fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(value, _)| *value == self);
        found.map(|(_, word)| *word).expect("every value has a word")
    }

    /// Errors tell which words there are.
    fn from_word(word: &str) -> Result<Self, String> {
        let found = Self::WORDS.iter().find(|(_, own)| *own == word);
        found.map(|(value, _)| *value).ok_or_else(|| {
            let words: Vec<_> = Self::WORDS.iter().map(|(_, own)| *own).collect();
            format!("{word:?} is not one of {}", words.join(", "))
        })
    }
}

impl Word for KeySpec {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Aes256, "Aliyun_AES_256"), (Self::Sm4, "Aliyun_SM4")];
}

/// The documented specs of keys that are not built yet. Source: CreateKey page (2021) and SDK 3.3.1.
const KEY_SPECS_NOT_BUILT: [&str; 11] = [
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_P256",
    "EC_P256K",
    "EC_SM2",
    "HMAC_SHA_224",
    "HMAC_SHA_256",
    "HMAC_SHA_384",
    "HMAC_SHA_512",
    "HMAC_SM3",
];

/// A key spec that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySpecWord {
    Known(KeySpec),
    NotBuilt,
}

impl<'de> Deserialize<'de> for KeySpecWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |word| match KeySpec::from_word(word) {
            Ok(spec) => Ok(Self::Known(spec)),
            Err(_) if KEY_SPECS_NOT_BUILT.contains(&word) => Ok(Self::NotBuilt),
            Err(error) => Err(error),
        })
    }
}

impl Word for KeyUsage {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::EncryptDecrypt, "ENCRYPT/DECRYPT")];
}

impl Word for Origin {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Service, "Aliyun_KMS"), (Self::External, "EXTERNAL")];
}

impl Word for ProtectionLevel {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Software, "SOFTWARE"), (Self::Hsm, "HSM")];
}

impl Word for KeyState {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Enabled, "Enabled"),
        (Self::Disabled, "Disabled"),
        (Self::PendingDeletion, "PendingDeletion"),
        (Self::PendingImport, "PendingImport"),
        (Self::Unavailable, "Unavailable"),
    ];
}

impl Word for Wrapping {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::RsaPkcs1V15, "RSAES_PKCS1_V1_5"),
        (Self::RsaOaepSha1, "RSAES_OAEP_SHA_1"),
        (Self::RsaOaepSha256, "RSAES_OAEP_SHA_256"),
        (Self::Sm2, "SM2PKE"),
    ];
}

/// What kind of key wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Word for WrappingKeySpec {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Rsa2048, "RSA_2048"), (Self::Sm2, "EC_SM2")];
}

/// A parameter that is one of the words of `W`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worded<W>(pub W);

impl<'de, W: Word> Deserialize<'de> for Worded<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |word| W::from_word(word).map(Worded))
    }
}
