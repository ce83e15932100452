//! The key pair of the AccessKeys that sign with one. Both halves stand in the repository: it protects nothing.

use std::sync::LazyLock;

use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
use rsa::{Pkcs1v15Sign, PrivateKey};
use sha2::{Digest, Sha256};

static PAIR: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_pkcs8_pem(include_str!("../../fixtures/keys/rsa-2048.pem")).unwrap());

/// RSASSA-PKCS1-v1_5 with SHA-256.
pub fn sign(text: &str) -> Vec<u8> {
    PAIR.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(text)).unwrap()
}

/// SubjectPublicKeyInfo.
pub fn public_key_pem() -> String {
    PAIR.as_public_key().to_public_key_pem(LineEnding::LF).unwrap()
}

pub fn public_key_pkcs1_pem() -> String {
    PAIR.as_public_key().to_pkcs1_pem(LineEnding::LF).unwrap()
}

/// Lower-case, as V3 writes signatures.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
