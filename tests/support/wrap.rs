//! The owner's side of an import: material wrapped as the service's answer asks, without Yaoshi's own code.

use base64::prelude::{BASE64_STANDARD, Engine};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use sha1::Sha1;
use sha2::Sha256;

use super::Service;
use super::blob::decode;

/// The wrapping algorithms, each with its one spec.
pub const WRAPPINGS: [(&str, &str); 4] = [
    ("RSAES_PKCS1_V1_5", "RSA_2048"),
    ("RSAES_OAEP_SHA_1", "RSA_2048"),
    ("RSAES_OAEP_SHA_256", "RSA_2048"),
    ("SM2PKE", "EC_SM2"),
];

/// What GetParametersForImport answered.
#[derive(Debug, Clone)]
pub struct Import {
    pub algorithm: String,
    /// SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    pub token: String,
}

impl Import {
    #[track_caller]
    pub fn ask(service: &Service, key: &str, algorithm: &str, spec: &str) -> Self {
        let parameters = [("KeyId", key), ("WrappingAlgorithm", algorithm), ("WrappingKeySpec", spec)];
        let reply = service.call("yaoshi", "GetParametersForImport", &parameters).ok();
        Self {
            algorithm: algorithm.to_owned(),
            public_key: decode(&reply.text_at("PublicKey")),
            token: reply.text_at("ImportToken"),
        }
    }

    /// Base64.
    pub fn wrap(&self, material: &[u8]) -> String {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        BASE64_STANDARD.encode(match self.algorithm.as_str() {
            "RSAES_PKCS1_V1_5" => self.rsa().pkcs1v15_encrypt_with_rng(&mut rng, material).unwrap(),
            "RSAES_OAEP_SHA_1" => self.rsa().oaep_encrypt_with_rng::<Sha1, _>(&mut rng, material).unwrap(),
            "RSAES_OAEP_SHA_256" => self.rsa().oaep_encrypt_with_rng::<Sha256, _>(&mut rng, material).unwrap(),
            "SM2PKE" => self.sm2().encrypt_der(&mut rng, material).unwrap(),
            other => panic!("{other} is unknown"),
        })
    }

    /// The other form of an SM2 ciphertext, C1 ‖ C3 ‖ C2; base64.
    pub fn wrap_raw(&self, material: &[u8]) -> String {
        BASE64_STANDARD.encode(self.sm2().encrypt(&mut ChaCha20Rng::seed_from_u64(7), material).unwrap())
    }

    fn rsa(&self) -> rsa::PublicKey {
        let key = rsa::PublicKey::from_public_key_der(&self.public_key).unwrap();
        assert_eq!(key.size(), 2048 / 8);
        key
    }

    fn sm2(&self) -> sm2::pke::EncryptingKey {
        sm2::pke::EncryptingKey::new(sm2::PublicKey::from_public_key_der(&self.public_key).unwrap())
    }
}
