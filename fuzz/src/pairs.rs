//! Key pairs: bytes as a private key, a public key, a signature and a ciphertext. None makes the libraries stumble; what
//! is read as a private key is written, and read the same again; nothing verifies that was not signed.

use std::sync::LazyLock;

use yaoshi::cipher::{EncryptionAlgorithm, KeyPair, KeyPairKind, PublicKey, SignatureAlgorithm};
use yaoshi::world::Chance;

/// A pair of each kind but RSA, and an RSA one of a fixture.
static PAIRS: LazyLock<Vec<KeyPair>> = LazyLock::new(|| {
    let mut draw = Chance::seeded(1).draw("");
    let pem = include_str!("../../fixtures/keys/rsa-2048.pem");
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, base64).expect("a PEM holds base64");
    let rsa = KeyPair::from_private_key(KeyPairKind::Rsa2048, &der).expect("it is a key of this kind");
    let others = [KeyPairKind::P256, KeyPairKind::P256K, KeyPairKind::Sm2];
    [rsa].into_iter().chain(others.map(|kind| KeyPair::generate(kind, &mut draw))).collect()
});

const SIGNATURES: [SignatureAlgorithm; 4] = [
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::EcdsaSha256,
    SignatureAlgorithm::Sm2Dsa,
];

const ENCRYPTIONS: [EncryptionAlgorithm; 4] = [
    EncryptionAlgorithm::RsaPkcs1V15,
    EncryptionAlgorithm::RsaOaepSha1,
    EncryptionAlgorithm::RsaOaepSha256,
    EncryptionAlgorithm::Sm2Pke,
];

pub fn run(data: &[u8]) {
    let mut draw = Chance::seeded(1).draw("");
    for &kind in KeyPairKind::ALL {
        if let Ok(pair) = KeyPair::from_private_key(kind, data) {
            let der = pair.private_key_der();
            let again = KeyPair::from_private_key(kind, &der).expect("what was written is read");
            assert_eq!(again.private_key_der(), der);
            assert_eq!(again.public_key_der(), pair.public_key_der());
        }
        if let Ok(key) = PublicKey::from_der(kind, data) {
            for algorithm in ENCRYPTIONS {
                // Refused or encrypted; who can tell what the key is.
                drop(key.encrypt(algorithm, b"a message", &mut draw));
            }
        }
    }
    for pair in PAIRS.iter() {
        for algorithm in SIGNATURES {
            assert_ne!(pair.verifies(algorithm, &[7; 32], data), Ok(true), "{pair:?} {algorithm:?}");
        }
        for algorithm in ENCRYPTIONS {
            // Padding that is right by chance is rare, but not impossible.
            drop(pair.decrypt(algorithm, data, &mut draw));
        }
    }
}
