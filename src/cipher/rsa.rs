//! RSA (RFC 8017): encryption and signatures.

use std::fmt;

use crypto_primes::{Flavor, is_prime};
use rand_core::CryptoRng;
use rsa::hazmat::rsa_decrypt_and_check;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, Document, EncodePrivateKey, EncodePublicKey};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey, PublicKey};
use sha1::Sha1;
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};
use zeroize::Zeroizing;

use super::{MalformedPrivateKey, MalformedPublicKey, TooLong, Undecryptable};

/// How a message is padded before it is encrypted. MGF1 uses the same digest, and the label is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaPadding {
    Pkcs1V15,
    OaepSha1,
    OaepSha256,
}

/// How a SHA-256 digest is padded before it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaSignaturePadding {
    Pkcs1V15,
    /// MGF1 with SHA-256, and a salt of 32 bytes.
    Pss,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey(PublicKey);

impl RsaPublicKey {
    /// `der`: SubjectPublicKeyInfo.
    pub fn from_der(der: &[u8]) -> Result<Self, MalformedPublicKey> {
        PublicKey::from_public_key_der(der).map(Self).map_err(|_| MalformedPublicKey)
    }

    /// `pem`: SubjectPublicKeyInfo (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`).
    pub fn from_pem(pem: &str) -> Result<Self, MalformedPublicKey> {
        let (_, der) = Document::from_pem(pem).map_err(|_| MalformedPublicKey)?;
        let key = PublicKey::from_public_key_der(der.as_bytes());
        key.or_else(|_| PublicKey::from_pkcs1_der(der.as_bytes())).map(Self).map_err(|_| MalformedPublicKey)
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.0.n().bit_width() as usize
    }

    pub fn encrypt(&self, padding: RsaPadding, message: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, TooLong> {
        match padding {
            RsaPadding::Pkcs1V15 => self.0.pkcs1v15_encrypt_with_rng(rng, message),
            RsaPadding::OaepSha1 => self.0.oaep_encrypt_with_rng::<Sha1, _>(rng, message),
            RsaPadding::OaepSha256 => self.0.oaep_encrypt_with_rng::<Sha256, _>(rng, message),
        }
        .map_err(|_| TooLong)
    }

    /// Whether `signature` is one of `digest` by this key.
    pub fn verifies(&self, padding: RsaSignaturePadding, digest: &[u8], signature: &[u8]) -> bool {
        match padding {
            RsaSignaturePadding::Pkcs1V15 => self.0.verify(Pkcs1v15Sign::new::<Sha256>(), digest, signature),
            RsaSignaturePadding::Pss => self.0.pss_verify_prehash::<Sha256>(digest, signature),
        }
        .is_ok()
    }
}

/// A private key with its public one. The public exponent of one made here is 65537.
#[derive(Clone)]
pub struct RsaKeyPair(PrivateKey);

impl RsaKeyPair {
    /// `bits`: length of the modulus, at least 1,024. Takes tenths of a second for 2,048 of them.
    ///
    /// # Panics
    /// If there are fewer bits than that.
    pub fn generate(bits: usize, rng: &mut impl CryptoRng) -> Self {
        Self(PrivateKey::new(rng, bits).expect("the modulus is long enough, and the random source never fails"))
    }

    /// `der`: PKCS#8 or PKCS#1.
    pub fn from_private_key_der(der: &[u8]) -> Result<Self, MalformedPrivateKey> {
        let key = PrivateKey::from_pkcs8_der(der);
        key.or_else(|_| PrivateKey::from_pkcs1_der(der)).map(Self).map_err(|_| MalformedPrivateKey)
    }

    /// Whether the two factors of the modulus are prime: where they are not, the numbers of a key can fit each other, and
    /// it still does not sign. Takes hundredths of a second for 4,096 bits.
    pub fn has_prime_factors(&self) -> bool {
        self.0.primes().iter().all(|factor| is_prime(Flavor::Any, factor.as_ref()))
    }

    /// PKCS#8 in DER.
    pub fn private_key_der(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_pkcs8_der().expect("a private key has a DER form").to_bytes()
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> Vec<u8> {
        self.0.as_public_key().to_public_key_der().expect("a public key has a DER form").into_vec()
    }

    pub fn public_key(&self) -> RsaPublicKey {
        RsaPublicKey(self.0.to_public_key())
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.0.n().bit_width() as usize
    }

    /// A signature of `digest`, which has the 32 bytes of SHA-256. `rng` blinds the computation, and salts PSS.
    ///
    /// # Panics
    /// If the digest has another length.
    pub fn sign(&self, padding: RsaSignaturePadding, digest: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        match padding {
            RsaSignaturePadding::Pkcs1V15 => self.0.sign_with_rng(rng, Pkcs1v15Sign::new::<Sha256>(), digest),
            RsaSignaturePadding::Pss => self.0.pss_sign_prehash_with_rng::<Sha256, _>(rng, digest),
        }
        .expect("the digest has its length, a modulus of 1,024 bits has room for it and its salt, and the random source never fails")
    }

    /// The message in `ciphertext`. `rng` blinds the computation: time tells nothing of the key.
    pub fn decrypt(
        &self,
        padding: RsaPadding,
        ciphertext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        match padding {
            RsaPadding::Pkcs1V15 => self.decrypt_pkcs1_v15(ciphertext, rng),
            RsaPadding::OaepSha1 => {
                self.0.oaep_decrypt_with_rng::<Sha1, _>(rng, ciphertext).map(Zeroizing::new).map_err(|_| Undecryptable)
            }
            RsaPadding::OaepSha256 => self
                .0
                .oaep_decrypt_with_rng::<Sha256, _>(rng, ciphertext)
                .map(Zeroizing::new)
                .map_err(|_| Undecryptable),
        }
    }

    /// The library would answer a wrong padding with a made-up message, which might have the length of a key: better
    /// refused than taken for one.
    fn decrypt_pkcs1_v15(
        &self,
        ciphertext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        if ciphertext.len() != self.0.size() {
            return Err(Undecryptable);
        }
        let number = BoxedUint::from_be_slice(ciphertext, self.0.n_bits_precision()).map_err(|_| Undecryptable)?;
        let padded = rsa_decrypt_and_check(&self.0, Some(rng), &number).map_err(|_| Undecryptable)?;
        let padded = Zeroizing::new(padded.to_be_bytes());
        unpad_pkcs1_v15(&padded).map(|message| Zeroizing::new(message.to_vec()))
    }
}

impl fmt::Debug for RsaKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RsaKeyPair({} bits)", 8 * self.0.size())
    }
}

/// The message in 0 ‖ 2 ‖ at least 8 bytes that are not 0 ‖ 0 ‖ message. Looks at every byte, whatever it finds.
fn unpad_pkcs1_v15(padded: &[u8]) -> Result<&[u8], Undecryptable> {
    let (mut ended, mut start) = (Choice::from(0), 0_u32);
    for (after, byte) in (1_u32..).zip(padded).skip(2) {
        let ends = byte.ct_eq(&0) & !ended;
        start.conditional_assign(&after, ends);
        ended |= ends;
    }
    let begins = padded.get(..2).is_some_and(|first| first.ct_eq(&[0, 2]).into());
    let is_padded = Choice::from(u8::from(begins)) & ended & start.ct_gt(&10);
    if is_padded.into() { Ok(&padded[start as usize..]) } else { Err(Undecryptable) }
}

#[cfg(test)]
#[path = "rsa_tests.rs"]
mod tests;
