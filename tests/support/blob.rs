//! Ciphertext blobs made and opened without Yaoshi: the layout of alibaba-errors §6, written down a second time.

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;
use aes_gcm::{Aes256Gcm, AesGcm, KeyInit};
use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};
use sm4::Sm4;

/// Bytes before the encrypted ones: key version id and IV.
pub const HEADER: usize = 36 + 12;

pub const TAG: usize = 16;

/// A key version whose material the test knows.
#[derive(Debug, Clone, Copy)]
pub struct Version {
    pub id: &'static str,
    /// Base64: 32 bytes for AES-256, 16 for SM4.
    pub material: &'static str,
}

impl Version {
    /// A blob with a fixed IV.
    pub fn seal(&self, plaintext: &[u8], context: &[(&str, &str)]) -> String {
        let (iv, mut buffer) = ([7; 12], plaintext.to_vec());
        let (key, data) = (decode(self.material), associated_data(context));
        match key.len() {
            32 => Aes256Gcm::new_from_slice(&key).unwrap().encrypt_in_place(&iv.into(), &data, &mut buffer),
            16 => sm4_gcm(&key).encrypt_in_place(&iv.into(), &data, &mut buffer),
            length => panic!("no cipher has keys of {length} bytes"),
        }
        .unwrap();
        BASE64_STANDARD.encode([self.id.as_bytes(), &iv, &buffer].concat())
    }

    /// What `blob` holds, if this version sealed it with this context.
    pub fn open(&self, blob: &str, context: &[(&str, &str)]) -> Option<Vec<u8>> {
        let bytes = decode(blob);
        let (version, rest) = bytes.split_at(36);
        let (iv, sealed) = rest.split_at(12);
        let iv: [u8; 12] = iv.try_into().unwrap();
        let (key, data, mut buffer) = (decode(self.material), associated_data(context), sealed.to_vec());
        if version != self.id.as_bytes() {
            return None;
        }
        match key.len() {
            32 => Aes256Gcm::new_from_slice(&key).unwrap().decrypt_in_place(&iv.into(), &data, &mut buffer),
            16 => sm4_gcm(&key).decrypt_in_place(&iv.into(), &data, &mut buffer),
            length => panic!("no cipher has keys of {length} bytes"),
        }
        .ok()
        .map(|()| buffer)
    }
}

/// SHA-256 of `k=v&k=v` in the order of the names' bytes; nothing without a context.
fn associated_data(context: &[(&str, &str)]) -> Vec<u8> {
    if context.is_empty() {
        return Vec::new();
    }
    let mut pairs = context.to_vec();
    pairs.sort_unstable();
    let text: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Sha256::digest(text.join("&")).to_vec()
}

fn sm4_gcm(key: &[u8]) -> AesGcm<Sm4, U12> {
    AesGcm::new_from_slice(key).unwrap()
}

pub fn decode(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}
