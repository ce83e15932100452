//! HMAC (RFC 2104) over SHA-2 (FIPS 180-4) and SM3 (GB/T 32905).

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sm3::Sm3;
use subtle::ConstantTimeEq;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacAlgorithm {
    HmacSha224,
    HmacSha256,
    HmacSha384,
    HmacSha512,
    HmacSm3,
}

impl MacAlgorithm {
    /// Length of a code in bytes; keys have the same.
    pub const fn length(self) -> usize {
        match self {
            Self::HmacSha224 => 28,
            Self::HmacSha256 | Self::HmacSm3 => 32,
            Self::HmacSha384 => 48,
            Self::HmacSha512 => 64,
        }
    }

    /// The code of `message` under `key`.
    pub fn code(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::HmacSha224 => code::<Sha224>(key, message),
            Self::HmacSha256 => code::<Sha256>(key, message),
            Self::HmacSha384 => code::<Sha384>(key, message),
            Self::HmacSha512 => code::<Sha512>(key, message),
            Self::HmacSm3 => code::<Sm3>(key, message),
        }
    }

    /// Whether `code` is that of `message` under `key`. How much of it is right does not show in the time it takes.
    pub fn verifies(self, key: &[u8], message: &[u8], code: &[u8]) -> bool {
        self.code(key, message).ct_eq(code).into()
    }
}

fn code<D: EagerHash>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<D>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}
