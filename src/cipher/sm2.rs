//! SM2 (GB/T 32918): encryption and signatures.

use std::fmt;

use rand_core::CryptoRng;
use sm2::dsa::signature::hazmat::{PrehashVerifier, RandomizedPrehashSigner};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::Generate;
use sm2::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use sm2::pke::{DecryptingKey, EncryptingKey, Mode};
use sm2::{FieldBytes, PublicKey, Scalar, SecretKey};
use zeroize::Zeroizing;

use super::{MalformedPrivateKey, MalformedPublicKey, TooLong, Undecryptable};

/// What a curve point that is written in full begins with.
const UNCOMPRESSED: u8 = 4;

/// Length of a digest of SM3 in bytes.
const SM3_LENGTH: usize = 32;

/// Whose signature it is. It counts where a message is hashed, which is not done here.
const NOBODY: &str = "";
const SHORT_ENOUGH: &str = "nobody's name is short enough";

/// A public key, on the curve of GB/T 32918.5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sm2PublicKey(PublicKey);

impl Sm2PublicKey {
    /// `der`: SubjectPublicKeyInfo.
    pub fn from_der(der: &[u8]) -> Result<Self, MalformedPublicKey> {
        PublicKey::from_public_key_der(der).map(Self).map_err(|_| MalformedPublicKey)
    }

    /// `message` (at least a byte) as C1 ‖ C3 ‖ C2 (GB/T 32918.4, with SM3): C1 is a point written in full, and all of
    /// it 97 bytes longer than the message.
    pub fn encrypt(&self, message: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, TooLong> {
        EncryptingKey::new_with_mode(self.0, Mode::C1C3C2).encrypt(rng, message).map_err(|_| TooLong)
    }

    /// Whether `signature` is one of `digest` by this key.
    pub fn verifies(&self, digest: &[u8; SM3_LENGTH], signature: &[u8]) -> bool {
        let key = VerifyingKey::new(NOBODY, self.0).expect(SHORT_ENOUGH);
        Signature::from_der(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
    }
}

/// A private key with its public one.
#[derive(Clone)]
pub struct Sm2KeyPair(SecretKey);

impl Sm2KeyPair {
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretKey::generate_from_rng(rng))
    }

    /// `der`: PKCS#8 or SEC 1.
    pub fn from_private_key_der(der: &[u8]) -> Result<Self, MalformedPrivateKey> {
        SecretKey::from_der(der).map_err(|_| MalformedPrivateKey).and_then(Self::from_secret_key)
    }

    /// `number`: the private key alone, 32 bytes, big-endian.
    pub fn from_private_number(number: &[u8]) -> Result<Self, MalformedPrivateKey> {
        // The library would take a shorter one.
        let number = <&FieldBytes>::try_from(number).map_err(|_| MalformedPrivateKey)?;
        SecretKey::from_bytes(number).map_err(|_| MalformedPrivateKey).and_then(Self::from_secret_key)
    }

    /// A private key is at most n − 2: whoever signs divides by the number after it (GB/T 32918.1, 6.1).
    fn from_secret_key(key: SecretKey) -> Result<Self, MalformedPrivateKey> {
        let is_last = *key.to_nonzero_scalar() + Scalar::ONE == Scalar::ZERO;
        if is_last { Err(MalformedPrivateKey) } else { Ok(Self(key)) }
    }

    /// PKCS#8 in DER.
    pub fn private_key_der(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_pkcs8_der().expect("a private key has a DER form").to_bytes()
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> Vec<u8> {
        self.0.public_key().to_public_key_der().expect("a public key has a DER form").into_vec()
    }

    pub fn public_key(&self) -> Sm2PublicKey {
        Sm2PublicKey(self.0.public_key())
    }

    /// A signature, in DER, of `digest`: SM3 over Z(A) and the message (GB/T 32918.2).
    pub fn sign(&self, digest: &[u8; SM3_LENGTH], rng: &mut impl CryptoRng) -> Vec<u8> {
        let key = SigningKey::new(NOBODY, &self.0).expect(SHORT_ENOUGH);
        // The standard starts anew where the secret number happens to give a zero.
        let signature = std::iter::repeat_with(|| key.sign_prehash_with_rng(rng, digest)).find_map(Result::ok);
        signature.expect("an endless search ends with what it finds").to_der().to_vec()
    }

    /// The message in `ciphertext` (GB/T 32918.4, with SM3): C1 ‖ C3 ‖ C2, where C1 is a point written in full, or
    /// the same in DER as GM/T 0009 has it and OpenSSL writes it.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        let key = DecryptingKey::new_with_mode(self.0.to_nonzero_scalar(), Mode::C1C3C2);
        let message = match ciphertext.first() {
            Some(&UNCOMPRESSED) => key.decrypt(ciphertext),
            _ => key.decrypt_der(ciphertext),
        };
        message.map(Zeroizing::new).map_err(|_| Undecryptable)
    }
}

impl fmt::Debug for Sm2KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sm2KeyPair")
    }
}

#[cfg(test)]
#[path = "sm2_tests.rs"]
mod tests;
