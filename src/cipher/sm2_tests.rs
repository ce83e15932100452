//! SM2 as published, and as whoever means harm would have it.

use proptest::prelude::{any, prop_assert_eq, proptest};
use sm3::{Digest, Sm3};

use super::*;
use crate::cipher::test_data::{bytes, rng};

/// The encryption example of GB/T 32918.5-2017, appendix C, and GM/T 0003.5-2012, annex C: private key, C1 ‖ C3 ‖ C2.
const KEY: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const CIPHERTEXT: &str = "04\
     04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73\
     e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0\
     59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766\
     21886ca989ca9c7d58087307ca93092d651efa";
const MESSAGE: &[u8] = b"encryption standard";

fn pair() -> Sm2KeyPair {
    Sm2KeyPair::from_private_number(&bytes(KEY)).unwrap()
}

/// INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2 (GM/T 0009).
fn der(raw: &[u8]) -> Vec<u8> {
    fn item(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }
    fn integer(number: &[u8]) -> Vec<u8> {
        let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
        item(2, &if number[0] < 0x80 { number.to_vec() } else { [&[0], number].concat() })
    }
    let (x, y, hash, text) = (&raw[1..33], &raw[33..65], &raw[65..97], &raw[97..]);
    let content = [integer(x), integer(y), item(4, hash), item(4, text)].concat();
    item(0x30, &content)
}

#[test]
fn the_published_example_decrypts_in_both_forms() {
    let raw = bytes(CIPHERTEXT);
    assert_eq!(**pair().decrypt(&raw).unwrap(), *MESSAGE);
    assert_eq!(**pair().decrypt(&der(&raw)).unwrap(), *MESSAGE);
}

/// What the library writes in DER; OpenSSL's is tried in the test of interoperation.
#[test]
fn both_forms_decrypt_at_any_length() {
    for length in [1, 31, 32, 33, 6047] {
        let message = vec![7; length];
        let raw = pair().public_key().encrypt(&message, &mut rng(1)).unwrap();
        let der = EncryptingKey::new(pair().0.public_key()).encrypt_der(&mut rng(1), &message).unwrap();
        for ciphertext in [raw, der] {
            assert_eq!(**pair().decrypt(&ciphertext).unwrap(), message, "{length}");
        }
    }
}

#[test]
fn whatever_is_changed_does_not_decrypt() {
    let raw = bytes(CIPHERTEXT);
    for whole in [raw.clone(), der(&raw)] {
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert_eq!(pair().decrypt(&changed).err(), Some(Undecryptable), "{at}");
            assert_eq!(pair().decrypt(&whole[..at]).err(), Some(Undecryptable), "{at}");
        }
        assert_eq!(pair().decrypt(&[whole.as_slice(), &[0]].concat()).err(), Some(Undecryptable));
    }
    let other = Sm2KeyPair::generate(&mut rng(1));
    assert_eq!(other.decrypt(&raw).err(), Some(Undecryptable));
}

/// a, b, and x and y of the generator.
const CURVE: &str = "\
    fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc\
    28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93\
    32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7\
    bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0";

/// x and y of the public key to the key above.
const PUBLIC_KEY: &str = "\
    09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
    ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";

/// r and s of the signature example of GB/T 32918.5-2017, appendix A, and GM/T 0003.5-2012, annex A, with the key above.
const SIGNATURE: &str = "\
    f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
    b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

/// Z(A) and e are what whoever has a message signed computes.
#[test]
fn the_published_signature_verifies() {
    assert!(pair().public_key_der().ends_with(&[&[4], bytes(PUBLIC_KEY).as_slice()].concat()));
    let (signer, message) = (b"1234567812345678", b"message digest");
    let bits = u16::try_from(8 * signer.len()).unwrap().to_be_bytes();
    let z = Sm3::digest([&bits, signer.as_slice(), &bytes(CURVE), &bytes(PUBLIC_KEY)].concat());
    assert_eq!(z.as_slice(), bytes("b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"));
    let digest: [u8; SM3_LENGTH] = Sm3::digest([&z, message.as_slice()].concat()).into();
    assert_eq!(digest, *bytes("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"));

    let published = Signature::from_slice(&bytes(SIGNATURE)).unwrap().to_der().to_vec();
    assert!(pair().public_key().verifies(&digest, &published));
    assert!(!pair().public_key().verifies(&z.into(), &published));
    for seed in 0..8 {
        let signature = pair().sign(&digest, &mut rng(seed));
        assert!(pair().public_key().verifies(&digest, &signature), "{seed}");
        assert_ne!(signature, published);
    }
}

/// A signature has to be divided by the private key and one more.
#[test]
fn the_last_number_is_no_private_key() {
    const ORDER_BUT_LAST_BYTE: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d541";
    let number = |last: u8| [bytes(ORDER_BUT_LAST_BYTE).as_slice(), &[last]].concat();
    for (last, is_key) in [(0x21, true), (0x22, false), (0x23, false), (0x24, false)] {
        assert_eq!(Sm2KeyPair::from_private_number(&number(last)).is_ok(), is_key, "{last:x}");
    }
    let last = SecretKey::from_slice(&number(0x22)).unwrap();
    let does_sign = SigningKey::new(NOBODY, &last).unwrap().sign_prehash_with_rng(&mut rng(1), &[7; SM3_LENGTH]);
    assert!(does_sign.is_err());
    assert_eq!(Sm2KeyPair::from_private_key_der(&last.to_sec1_der().unwrap()).err(), Some(MalformedPrivateKey));
    let digest = [7; SM3_LENGTH];
    let pair = Sm2KeyPair::from_private_number(&number(0x21)).unwrap();
    assert!(pair.public_key().verifies(&digest, &pair.sign(&digest, &mut rng(1))));
}

#[test]
fn a_pair_survives_its_der_and_follows_from_the_seed() {
    let pair = |seed| Sm2KeyPair::generate(&mut rng(seed));
    let (one, der) = (pair(7), pair(7).private_key_der());
    assert_eq!(one.private_key_der(), der);
    assert_ne!(pair(8).private_key_der(), der);
    assert_eq!(Sm2KeyPair::from_private_key_der(&der).unwrap().public_key_der(), one.public_key_der());
    assert_eq!(Sm2KeyPair::from_private_key_der(&der[1..]).err(), Some(MalformedPrivateKey));
}

proptest! {
    /// Neither form makes the library stumble.
    #[test]
    fn noise_is_refused(form in any::<bool>(), noise in any::<Vec<u8>>()) {
        let first = if form { UNCOMPRESSED } else { 0x30 };
        prop_assert_eq!(pair().decrypt(&[&[first], noise.as_slice()].concat()).err(), Some(Undecryptable));
    }
}
