//! The algorithms of V3 and V4.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sm3::Sm3;

use crate::dialect::alibaba::encoding::hex;

/// The hash of the body that nearly every request has: none.
const EMPTY_SHA256: &[u8; 64] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A signature algorithm as an `Authorization` header names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// With a secret.
    Hmac(HmacAlgorithm),
    /// With a key pair: RSASSA-PKCS1-v1_5 and SHA-256.
    Acs3RsaSha256,
}

/// An algorithm that signs with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HmacAlgorithm {
    Acs3Sha256,
    Acs3Sm3,
    Acs4Sha256,
}

impl Algorithm {
    pub const ACS3_HMAC_SHA256: Self = Self::Hmac(HmacAlgorithm::Acs3Sha256);
    pub const ACS3_HMAC_SM3: Self = Self::Hmac(HmacAlgorithm::Acs3Sm3);
    pub const ACS4_HMAC_SHA256: Self = Self::Hmac(HmacAlgorithm::Acs4Sha256);

    pub const ALL: [Self; 4] =
        [Self::ACS3_HMAC_SHA256, Self::ACS3_HMAC_SM3, Self::ACS4_HMAC_SHA256, Self::Acs3RsaSha256];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ACS3_HMAC_SHA256 => "ACS3-HMAC-SHA256",
            Self::ACS3_HMAC_SM3 => "ACS3-HMAC-SM3",
            Self::ACS4_HMAC_SHA256 => "ACS4-HMAC-SHA256",
            Self::Acs3RsaSha256 => "ACS3-RSA-SHA256",
        }
    }

    /// Lower-case hex of the algorithm's hash.
    pub fn hash(self, bytes: &[u8]) -> [u8; 64] {
        match self {
            Self::ACS3_HMAC_SM3 => hex(&Sm3::digest(bytes).into()),
            _ if bytes.is_empty() => *EMPTY_SHA256,
            _ => hex(&Sha256::digest(bytes).into()),
        }
    }
}

impl HmacAlgorithm {
    pub(super) fn mac(self, key: &[u8], text: &[u8]) -> [u8; 32] {
        match self {
            Self::Acs3Sha256 | Self::Acs4Sha256 => hmac_sha256(key, text),
            Self::Acs3Sm3 => {
                let mut mac = Hmac::<Sm3>::new_from_slice(key).expect("HMAC takes keys of any length");
                mac.update(text);
                mac.finalize().into_bytes().into()
            }
        }
    }
}

pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_nothing() {
        assert_eq!(hex(&Sha256::digest(b"").into()), *EMPTY_SHA256);
    }
}
