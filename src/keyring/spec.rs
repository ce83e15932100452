//! What keys are made of and made for.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::cipher::{Algorithm, KeyPairKind, MacAlgorithm};

/// What kind of key it is, which decides what it can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum KeySpec {
    #[default]
    Aes256,
    Sm4,
    Rsa2048,
    Rsa3072,
    Rsa4096,
    EcP256,
    EcP256K,
    EcSm2,
    HmacSha224,
    HmacSha256,
    HmacSha384,
    HmacSha512,
    HmacSm3,
}

/// What the material of a key is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primitive {
    Aead(Algorithm),
    KeyPair(KeyPairKind),
    Mac(MacAlgorithm),
}

impl KeySpec {
    pub const fn primitive(self) -> Primitive {
        match self {
            Self::Aes256 => Primitive::Aead(Algorithm::Aes256Gcm),
            Self::Sm4 => Primitive::Aead(Algorithm::Sm4Gcm),
            Self::Rsa2048 => Primitive::KeyPair(KeyPairKind::Rsa2048),
            Self::Rsa3072 => Primitive::KeyPair(KeyPairKind::Rsa3072),
            Self::Rsa4096 => Primitive::KeyPair(KeyPairKind::Rsa4096),
            Self::EcP256 => Primitive::KeyPair(KeyPairKind::P256),
            Self::EcP256K => Primitive::KeyPair(KeyPairKind::P256K),
            Self::EcSm2 => Primitive::KeyPair(KeyPairKind::Sm2),
            Self::HmacSha224 => Primitive::Mac(MacAlgorithm::HmacSha224),
            Self::HmacSha256 => Primitive::Mac(MacAlgorithm::HmacSha256),
            Self::HmacSha384 => Primitive::Mac(MacAlgorithm::HmacSha384),
            Self::HmacSha512 => Primitive::Mac(MacAlgorithm::HmacSha512),
            Self::HmacSm3 => Primitive::Mac(MacAlgorithm::HmacSm3),
        }
    }

    /// The uses that a key of this spec can be made for, one of them; the first unless another is asked for.
    pub const fn usages(self) -> &'static [KeyUsage] {
        match self.primitive() {
            Primitive::Aead(_) => &[KeyUsage::EncryptDecrypt],
            Primitive::Mac(_) => &[KeyUsage::GenerateVerifyMac],
            Primitive::KeyPair(KeyPairKind::P256 | KeyPairKind::P256K) => &[KeyUsage::SignVerify],
            Primitive::KeyPair(_) => &[KeyUsage::SignVerify, KeyUsage::EncryptDecrypt],
        }
    }

    /// Whether its keys encrypt what they decrypt themselves: these rotate by themselves and take imported material.
    pub const fn is_symmetric_encryption(self) -> bool {
        matches!(self.primitive(), Primitive::Aead(_))
    }

    /// Whether its material takes tenths of a second and more to make.
    pub const fn is_slow_to_make(self) -> bool {
        matches!(self.primitive(), Primitive::KeyPair(kind) if kind.is_slow_to_make())
    }

    /// Length of the key material in bytes, where all keys of the spec have the same.
    pub const fn material_length(self) -> Option<usize> {
        match self.primitive() {
            Primitive::Aead(algorithm) => Some(algorithm.key_length()),
            Primitive::Mac(algorithm) => Some(algorithm.length()),
            Primitive::KeyPair(_) => None,
        }
    }
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum KeyUsage {
    #[default]
    EncryptDecrypt,
    SignVerify,
    GenerateVerifyMac,
}

/// Where the key material comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum Origin {
    /// Made by the service.
    #[default]
    Service,
    /// Imported by its owner.
    External,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
pub enum ProtectionLevel {
    #[default]
    Software,
    Hsm,
}

/// What a key was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Encrypt, or decrypt what it encrypted itself.
    Encryption,
    /// Encrypt to its public key, or decrypt what somebody encrypted to it.
    PublicKeyEncryption,
    Signature,
    Mac,
    /// Show its public key.
    PublicKey,
}

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Encryption => "symmetric encryption",
            Self::PublicKeyEncryption => "encryption to its public key",
            Self::Signature => "signatures",
            Self::Mac => "authentication codes",
            Self::PublicKey => "showing a public key",
        })
    }
}
