//! Key pairs of every kind, and the algorithms that they go with.

use k256::Secp256k1;
use p256::NistP256;
use rand_core::CryptoRng;
use strum::VariantArray;
use zeroize::Zeroizing;

use super::ec::EcKeyPair;
use super::rsa::{RsaKeyPair, RsaPadding, RsaPublicKey, RsaSignaturePadding};
use super::sm2::{Sm2KeyPair, Sm2PublicKey};
use super::{MalformedPrivateKey, MalformedPublicKey, TooLong, Undecryptable};

/// What a key pair is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum KeyPairKind {
    Rsa2048,
    Rsa3072,
    Rsa4096,
    /// secp256r1.
    P256,
    /// secp256k1.
    P256K,
    Sm2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum SignatureAlgorithm {
    /// RSASSA-PSS: SHA-256, MGF1 with SHA-256, a salt of 32 bytes.
    RsaPssSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// ECDSA with SHA-256; signatures are in DER.
    EcdsaSha256,
    /// GB/T 32918.2 with SM3; signatures are in DER.
    Sm2Dsa,
}

/// An algorithm that encrypts to a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum EncryptionAlgorithm {
    /// RSAES-PKCS1-v1_5.
    RsaPkcs1V15,
    /// RSAES-OAEP: SHA-1, MGF1 with SHA-1, as the next with SHA-256.
    RsaOaepSha1,
    RsaOaepSha256,
    /// GB/T 32918.4 with SM3.
    Sm2Pke,
}

/// Why a key does not do what it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the algorithm is none of this key's")]
    Unsuitable,
    #[error("the digest is not as long as those of the algorithm")]
    DigestLength,
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error(transparent)]
    Undecryptable(#[from] Undecryptable),
}

impl KeyPairKind {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Length of the modulus in bits, of an RSA key.
    const fn rsa_bits(self) -> Option<usize> {
        match self {
            Self::Rsa2048 => Some(2048),
            Self::Rsa3072 => Some(3072),
            Self::Rsa4096 => Some(4096),
            Self::P256 | Self::P256K | Self::Sm2 => None,
        }
    }

    /// Whether a pair takes tenths of a second and more to make.
    pub const fn is_slow_to_make(self) -> bool {
        self.rsa_bits().is_some()
    }
}

/// A private key with its public one.
#[derive(Debug, Clone)]
pub enum KeyPair {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcKeyPair<NistP256>>),
    P256K(Box<EcKeyPair<Secp256k1>>),
    Sm2(Box<Sm2KeyPair>),
}

impl KeyPair {
    /// A new pair. One of RSA takes tenths of a second and more.
    pub fn generate(kind: KeyPairKind, rng: &mut impl CryptoRng) -> Self {
        match kind {
            KeyPairKind::Rsa2048 => Self::Rsa(Box::new(RsaKeyPair::generate(2048, rng))),
            KeyPairKind::Rsa3072 => Self::Rsa(Box::new(RsaKeyPair::generate(3072, rng))),
            KeyPairKind::Rsa4096 => Self::Rsa(Box::new(RsaKeyPair::generate(4096, rng))),
            KeyPairKind::P256 => Self::P256(Box::new(EcKeyPair::generate(rng))),
            KeyPairKind::P256K => Self::P256K(Box::new(EcKeyPair::generate(rng))),
            KeyPairKind::Sm2 => Self::Sm2(Box::new(Sm2KeyPair::generate(rng))),
        }
    }

    /// `der`: PKCS#8; PKCS#1 or SEC 1; or, on a curve, the private number alone.
    pub fn from_private_key(kind: KeyPairKind, der: &[u8]) -> Result<Self, MalformedPrivateKey> {
        match Self::from_own_private_key(kind, der)? {
            Self::Rsa(pair) if !pair.has_prime_factors() => Err(MalformedPrivateKey),
            pair => Ok(pair),
        }
    }

    /// `der`: what [`Self::private_key_der`] wrote. As [`Self::from_private_key`], but factors are taken for primes: to
    /// see that they are takes far longer than all the rest.
    pub fn from_own_private_key(kind: KeyPairKind, der: &[u8]) -> Result<Self, MalformedPrivateKey> {
        match kind {
            KeyPairKind::Rsa2048 | KeyPairKind::Rsa3072 | KeyPairKind::Rsa4096 => {
                let pair = RsaKeyPair::from_private_key_der(der)?;
                if kind.rsa_bits() == Some(pair.bits()) {
                    Ok(Self::Rsa(Box::new(pair)))
                } else {
                    Err(MalformedPrivateKey)
                }
            }
            KeyPairKind::P256 => EcKeyPair::from_private_key_der(der)
                .or_else(|_| EcKeyPair::from_private_number(der))
                .map(|pair| Self::P256(Box::new(pair))),
            KeyPairKind::P256K => EcKeyPair::from_private_key_der(der)
                .or_else(|_| EcKeyPair::from_private_number(der))
                .map(|pair| Self::P256K(Box::new(pair))),
            KeyPairKind::Sm2 => Sm2KeyPair::from_private_key_der(der)
                .or_else(|_| Sm2KeyPair::from_private_number(der))
                .map(|pair| Self::Sm2(Box::new(pair))),
        }
    }

    /// PKCS#8 in DER.
    pub fn private_key_der(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Rsa(pair) => pair.private_key_der(),
            Self::P256(pair) => pair.private_key_der(),
            Self::P256K(pair) => pair.private_key_der(),
            Self::Sm2(pair) => pair.private_key_der(),
        }
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => pair.public_key_der(),
            Self::P256(pair) => pair.public_key_der(),
            Self::P256K(pair) => pair.public_key_der(),
            Self::Sm2(pair) => pair.public_key_der(),
        }
    }

    /// A signature of `digest`. `rng` keeps the computation from telling of the key.
    ///
    /// Errors: [`Refusal::Unsuitable`], [`Refusal::DigestLength`].
    pub fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Refusal> {
        match (self, algorithm) {
            (Self::Rsa(pair), algorithm) => {
                let padding = algorithm.rsa_padding().ok_or(Refusal::Unsuitable)?;
                Ok(pair.sign(padding, algorithm.own(digest)?, rng))
            }
            (Self::P256(pair), SignatureAlgorithm::EcdsaSha256) => Ok(pair.sign(algorithm.own(digest)?, rng)),
            (Self::P256K(pair), SignatureAlgorithm::EcdsaSha256) => Ok(pair.sign(algorithm.own(digest)?, rng)),
            (Self::Sm2(pair), SignatureAlgorithm::Sm2Dsa) => {
                Ok(pair.sign(digest.try_into().map_err(|_| Refusal::DigestLength)?, rng))
            }
            _ => Err(Refusal::Unsuitable),
        }
    }

    /// Whether `signature` is one of `digest` by this pair. Errors: [`Refusal::Unsuitable`],
    /// [`Refusal::DigestLength`].
    pub fn verifies(&self, algorithm: SignatureAlgorithm, digest: &[u8], signature: &[u8]) -> Result<bool, Refusal> {
        match (self, algorithm) {
            (Self::Rsa(pair), algorithm) => {
                let padding = algorithm.rsa_padding().ok_or(Refusal::Unsuitable)?;
                Ok(pair.public_key().verifies(padding, algorithm.own(digest)?, signature))
            }
            (Self::P256(pair), SignatureAlgorithm::EcdsaSha256) => {
                Ok(pair.public_key().verifies(algorithm.own(digest)?, signature))
            }
            (Self::P256K(pair), SignatureAlgorithm::EcdsaSha256) => {
                Ok(pair.public_key().verifies(algorithm.own(digest)?, signature))
            }
            (Self::Sm2(pair), SignatureAlgorithm::Sm2Dsa) => {
                let digest = digest.try_into().map_err(|_| Refusal::DigestLength)?;
                Ok(pair.public_key().verifies(digest, signature))
            }
            _ => Err(Refusal::Unsuitable),
        }
    }

    /// `message` encrypted to the public key. Errors: [`Refusal::Unsuitable`], [`Refusal::TooLong`].
    pub fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        message: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Refusal> {
        self.public_key().ok_or(Refusal::Unsuitable)?.encrypt(algorithm, message, rng)
    }

    /// The message in `ciphertext`. Errors: [`Refusal::Unsuitable`], [`Refusal::Undecryptable`].
    pub fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        match self {
            Self::Rsa(pair) => {
                Ok(pair.decrypt(algorithm.rsa_padding().ok_or(Refusal::Unsuitable)?, ciphertext, rng)?)
            }
            Self::Sm2(pair) if algorithm == EncryptionAlgorithm::Sm2Pke => Ok(pair.decrypt(ciphertext)?),
            _ => Err(Refusal::Unsuitable),
        }
    }

    /// The public key, if one can encrypt to it.
    fn public_key(&self) -> Option<PublicKey> {
        match self {
            Self::Rsa(pair) => Some(PublicKey::Rsa(pair.public_key())),
            Self::Sm2(pair) => Some(PublicKey::Sm2(pair.public_key())),
            Self::P256(_) | Self::P256K(_) => None,
        }
    }
}

/// A public key that one can encrypt to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    Rsa(RsaPublicKey),
    Sm2(Sm2PublicKey),
}

impl PublicKey {
    /// `der`: the SubjectPublicKeyInfo of a key of this `kind`.
    pub fn from_der(kind: KeyPairKind, der: &[u8]) -> Result<Self, MalformedPublicKey> {
        match kind.rsa_bits() {
            Some(bits) => match RsaPublicKey::from_der(der)? {
                key if key.bits() == bits => Ok(Self::Rsa(key)),
                _ => Err(MalformedPublicKey),
            },
            None if kind == KeyPairKind::Sm2 => Sm2PublicKey::from_der(der).map(Self::Sm2),
            None => Err(MalformedPublicKey),
        }
    }

    /// Errors: [`Refusal::Unsuitable`], [`Refusal::TooLong`].
    pub fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        message: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Rsa(key) => Ok(key.encrypt(algorithm.rsa_padding().ok_or(Refusal::Unsuitable)?, message, rng)?),
            Self::Sm2(key) if algorithm == EncryptionAlgorithm::Sm2Pke => Ok(key.encrypt(message, rng)?),
            Self::Sm2(_) => Err(Refusal::Unsuitable),
        }
    }
}

impl SignatureAlgorithm {
    /// Length in bytes of the digests that it signs.
    pub const fn digest_length(self) -> usize {
        match self {
            Self::RsaPssSha256 | Self::RsaPkcs1Sha256 | Self::EcdsaSha256 | Self::Sm2Dsa => 32,
        }
    }

    /// `digest`, if it can be one of its own.
    fn own(self, digest: &[u8]) -> Result<&[u8], Refusal> {
        if digest.len() == self.digest_length() { Ok(digest) } else { Err(Refusal::DigestLength) }
    }

    const fn rsa_padding(self) -> Option<RsaSignaturePadding> {
        match self {
            Self::RsaPssSha256 => Some(RsaSignaturePadding::Pss),
            Self::RsaPkcs1Sha256 => Some(RsaSignaturePadding::Pkcs1V15),
            Self::EcdsaSha256 | Self::Sm2Dsa => None,
        }
    }
}

impl EncryptionAlgorithm {
    const fn rsa_padding(self) -> Option<RsaPadding> {
        match self {
            Self::RsaPkcs1V15 => Some(RsaPadding::Pkcs1V15),
            Self::RsaOaepSha1 => Some(RsaPadding::OaepSha1),
            Self::RsaOaepSha256 => Some(RsaPadding::OaepSha256),
            Self::Sm2Pke => None,
        }
    }
}

#[cfg(test)]
#[path = "key_pair_tests.rs"]
mod tests;
