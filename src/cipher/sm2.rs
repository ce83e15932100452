//! SM2 (GB/T 32918): key pairs, and decryption of what was encrypted to them.

use std::fmt;

use rand_core::CryptoRng;
use sm2::SecretKey;
use sm2::elliptic_curve::Generate;
use sm2::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use sm2::pke::{DecryptingKey, Mode};
use zeroize::Zeroizing;

use super::{MalformedPrivateKey, Undecryptable};

/// What a curve point that is written in full begins with.
const UNCOMPRESSED: u8 = 4;

/// A private key with its public one, on the curve of GB/T 32918.5.
pub struct Sm2KeyPair(SecretKey);

impl Sm2KeyPair {
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretKey::generate_from_rng(rng))
    }

    /// `der`: PKCS#8.
    pub fn from_private_key_der(der: &[u8]) -> Result<Self, MalformedPrivateKey> {
        SecretKey::from_pkcs8_der(der).map(Self).map_err(|_| MalformedPrivateKey)
    }

    /// PKCS#8 in DER.
    pub fn private_key_der(&self) -> Zeroizing<Vec<u8>> {
        self.0.to_pkcs8_der().expect("a private key has a DER form").to_bytes()
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> Vec<u8> {
        self.0.public_key().to_public_key_der().expect("a public key has a DER form").into_vec()
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
