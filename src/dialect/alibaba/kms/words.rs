//! The service's words for what the keyring knows.

use serde::de::{Deserialize, Deserializer};

use super::types::from_text;
use crate::keyring::{
    EncryptionAlgorithm, KeyPairKind, KeySpec, KeyState, KeyUsage, MacAlgorithm, Origin, ProtectionLevel,
    SignatureAlgorithm, Wrapping,
};

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

/// Source: CreateKey page (2021) and SDK 3.3.1; `RSA_4096` is documented for instances only. No page that we know names
/// the specs of MAC keys: each is called as its one algorithm.
impl Word for KeySpec {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Aes256, "Aliyun_AES_256"),
        (Self::Sm4, "Aliyun_SM4"),
        (Self::Rsa2048, "RSA_2048"),
        (Self::Rsa3072, "RSA_3072"),
        (Self::Rsa4096, "RSA_4096"),
        (Self::EcP256, "EC_P256"),
        (Self::EcP256K, "EC_P256K"),
        (Self::EcSm2, "EC_SM2"),
        (Self::HmacSha224, "HMAC_SHA_224"),
        (Self::HmacSha256, "HMAC_SHA_256"),
        (Self::HmacSha384, "HMAC_SHA_384"),
        (Self::HmacSha512, "HMAC_SHA_512"),
        (Self::HmacSm3, "HMAC_SM3"),
    ];
}

/// No page that we know names the use of MAC keys: the word follows the two others.
impl Word for KeyUsage {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::EncryptDecrypt, "ENCRYPT/DECRYPT"),
        (Self::SignVerify, "SIGN/VERIFY"),
        (Self::GenerateVerifyMac, "GENERATE/VERIFY_MAC"),
    ];
}

impl Word for SignatureAlgorithm {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::RsaPssSha256, "RSA_PSS_SHA_256"),
        (Self::RsaPkcs1Sha256, "RSA_PKCS1_SHA_256"),
        (Self::EcdsaSha256, "ECDSA_SHA_256"),
        (Self::Sm2Dsa, "SM2DSA"),
    ];
}

impl Word for MacAlgorithm {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::HmacSha224, "HMAC_SHA_224"),
        (Self::HmacSha256, "HMAC_SHA_256"),
        (Self::HmacSha384, "HMAC_SHA_384"),
        (Self::HmacSha512, "HMAC_SHA_512"),
        (Self::HmacSm3, "HMAC_SM3"),
    ];
}

/// How a message is encrypted to a public key. Material to import may be wrapped in one way more ([`Wrapping`]).
impl Word for EncryptionAlgorithm {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::RsaOaepSha1, "RSAES_OAEP_SHA_1"),
        (Self::RsaOaepSha256, "RSAES_OAEP_SHA_256"),
        (Self::Sm2Pke, "SM2PKE"),
    ];
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
