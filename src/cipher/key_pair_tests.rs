//! Key pairs as matrices: kind by algorithm, kind by kind, kind by what is written.

use proptest::prelude::{any, prop_assert_eq, proptest};

use super::EncryptionAlgorithm::{RsaOaepSha1, RsaOaepSha256, RsaPkcs1V15, Sm2Pke};
use super::KeyPairKind::{P256, P256K, Rsa2048, Rsa3072, Rsa4096, Sm2};
use super::SignatureAlgorithm::{EcdsaSha256, RsaPkcs1Sha256, RsaPssSha256, Sm2Dsa};
use super::*;
use crate::cipher::test_data::{bytes, rng, rsa_private_key};

const DIGEST: [u8; 32] = [7; 32];
const CURVES: [(KeyPairKind, SignatureAlgorithm); 3] = [(P256, EcdsaSha256), (P256K, EcdsaSha256), (Sm2, Sm2Dsa)];

fn pair(kind: KeyPairKind) -> KeyPair {
    match kind.rsa_bits() {
        Some(bits) => KeyPair::from_private_key(kind, &rsa_private_key(bits)).unwrap(),
        None => KeyPair::generate(kind, &mut rng(1)),
    }
}

const fn signature_algorithms(kind: KeyPairKind) -> &'static [SignatureAlgorithm] {
    match kind {
        Rsa2048 | Rsa3072 | Rsa4096 => &[RsaPssSha256, RsaPkcs1Sha256],
        P256 | P256K => &[EcdsaSha256],
        Sm2 => &[Sm2Dsa],
    }
}

#[test]
fn a_kind_signs_with_its_own_algorithms() {
    for &kind in KeyPairKind::ALL {
        let pair = pair(kind);
        for algorithm in [RsaPssSha256, RsaPkcs1Sha256, EcdsaSha256, Sm2Dsa] {
            let what = format!("{kind:?}, {algorithm:?}");
            let signed = pair.sign(algorithm, &DIGEST, &mut rng(2));
            let Ok(signature) = signed else {
                assert!(!signature_algorithms(kind).contains(&algorithm), "{what}");
                assert_eq!(signed, Err(Refusal::Unsuitable), "{what}");
                assert_eq!(pair.verifies(algorithm, &DIGEST, b""), Err(Refusal::Unsuitable), "{what}");
                continue;
            };
            assert!(signature_algorithms(kind).contains(&algorithm), "{what}");
            for verifying in signature_algorithms(kind) {
                let verified = pair.verifies(*verifying, &DIGEST, &signature);
                assert_eq!(verified, Ok(*verifying == algorithm), "{what}, {verifying:?}");
            }
            assert_eq!(pair.verifies(algorithm, &[8; 32], &signature), Ok(false), "{what}");
            assert_eq!(pair.verifies(algorithm, &DIGEST, b""), Ok(false), "{what}");
            let again = pair.sign(algorithm, &DIGEST, &mut rng(3)).unwrap();
            assert_eq!(again == signature, algorithm == RsaPkcs1Sha256, "{what}: chance goes into all the others");
        }
    }
    for (kind, algorithm) in CURVES {
        let signature = pair(kind).sign(algorithm, &DIGEST, &mut rng(2)).unwrap();
        let other = KeyPair::generate(kind, &mut rng(9));
        assert_eq!(other.verifies(algorithm, &DIGEST, &signature), Ok(false), "{kind:?}");
    }
}

/// With the longest message in bytes: k − 11, k − 42 and k − 66 for a modulus of k bytes (RFC 8017, 7.1.1 and 7.2.1).
/// SM2 has no limit here.
/// Whether the algorithm is the key's counts before the digest does.
#[test]
fn a_digest_has_the_length_of_its_algorithm() {
    for &kind in KeyPairKind::ALL {
        let pair = pair(kind);
        for &algorithm in SignatureAlgorithm::VARIANTS {
            let signature = pair.sign(algorithm, &DIGEST, &mut rng(2));
            for length in [0, 1, 20, 28, 31, 33, 48, 64] {
                let what = format!("{kind:?}, {algorithm:?}, {length}");
                let expected = if signature.is_ok() { Refusal::DigestLength } else { Refusal::Unsuitable };
                let digest = vec![7; length];
                assert_eq!(pair.sign(algorithm, &digest, &mut rng(2)), Err(expected), "{what}");
                let signature = signature.as_deref().unwrap_or_default();
                assert_eq!(pair.verifies(algorithm, &digest, signature), Err(expected), "{what}");
            }
        }
    }
}

#[test]
fn a_kind_encrypts_with_its_own_algorithms_up_to_its_limit() {
    let suitable = [
        (Rsa2048, RsaPkcs1V15, 245),
        (Rsa2048, RsaOaepSha1, 214),
        (Rsa2048, RsaOaepSha256, 190),
        (Rsa3072, RsaPkcs1V15, 373),
        (Rsa3072, RsaOaepSha1, 342),
        (Rsa3072, RsaOaepSha256, 318),
        (Rsa4096, RsaPkcs1V15, 501),
        (Rsa4096, RsaOaepSha1, 470),
        (Rsa4096, RsaOaepSha256, 446),
        (Sm2, Sm2Pke, usize::MAX),
    ];
    for &kind in KeyPairKind::ALL {
        let pair = pair(kind);
        let public_key = PublicKey::from_der(kind, &pair.public_key_der()).ok();
        for algorithm in [RsaPkcs1V15, RsaOaepSha1, RsaOaepSha256, Sm2Pke] {
            let what = format!("{kind:?}, {algorithm:?}");
            let limit = suitable.iter().find(|row| (row.0, row.1) == (kind, algorithm)).map(|row| row.2);
            let Some(limit) = limit else {
                assert_eq!(pair.encrypt(algorithm, b"message", &mut rng(2)), Err(Refusal::Unsuitable), "{what}");
                assert_eq!(pair.decrypt(algorithm, b"ciphertext", &mut rng(2)), Err(Refusal::Unsuitable), "{what}");
                if let Some(key) = &public_key {
                    assert_eq!(key.encrypt(algorithm, b"message", &mut rng(2)), Err(Refusal::Unsuitable), "{what}");
                }
                continue;
            };
            for length in [1, 32, limit.min(6_047)] {
                let message = vec![7; length];
                let ciphertext = pair.encrypt(algorithm, &message, &mut rng(2)).unwrap();
                assert_eq!(ciphertext.len(), kind.rsa_bits().map_or(length + 97, |bits| bits / 8), "{what}");
                let by_public_key = public_key.as_ref().unwrap().encrypt(algorithm, &message, &mut rng(2));
                assert_eq!(by_public_key.as_ref(), Ok(&ciphertext), "{what}");
                assert_eq!(**pair.decrypt(algorithm, &ciphertext, &mut rng(3)).unwrap(), *message, "{what}");
                assert_ne!(pair.encrypt(algorithm, &message, &mut rng(4)).unwrap(), ciphertext, "{what}");
            }
            // Nothing is too long for SM2, but nothing at all is not encrypted either: the standard has no such text.
            let beyond = if kind == Sm2 { 0 } else { limit + 1 };
            let refused = pair.encrypt(algorithm, &vec![7; beyond], &mut rng(2));
            assert_eq!(refused, Err(Refusal::TooLong(TooLong)), "{what}");
            let undecryptable = Err(Refusal::Undecryptable(Undecryptable));
            for noise in [&[] as &[u8], &[4], &[0x30], &[7; 256], &[0xff; 512]] {
                assert_eq!(pair.decrypt(algorithm, noise, &mut rng(2)), undecryptable, "{what}");
            }
        }
    }
}

#[test]
fn a_pair_survives_its_der_as_its_own_kind() {
    let pairs = KeyPairKind::ALL.iter().map(|kind| (*kind, pair(*kind))).collect::<Vec<_>>();
    for (kind, pair) in &pairs {
        let (private_key, public_key) = (pair.private_key_der(), pair.public_key_der());
        for &read_as in KeyPairKind::ALL {
            let what = format!("{kind:?} as {read_as:?}");
            let read = KeyPair::from_private_key(read_as, &private_key);
            assert_eq!(read.is_ok(), read_as == *kind, "{what}");
            if let Ok(read) = read {
                assert_eq!(read.private_key_der(), private_key, "{what}");
                assert_eq!(read.public_key_der(), public_key, "{what}");
            }
            let encrypts = !matches!(kind, P256 | P256K);
            let read = PublicKey::from_der(read_as, &public_key);
            assert_eq!(read.is_ok(), encrypts && read_as == *kind, "{what}");
        }
        for wrong in [&private_key[1..], &private_key[..private_key.len() - 1], &[&private_key[..], &[0]].concat()] {
            assert_eq!(KeyPair::from_private_key(*kind, wrong).err(), Some(MalformedPrivateKey), "{kind:?}");
        }
        for wrong in [&public_key[1..], &public_key[..public_key.len() - 1], &[&public_key[..], &[0]].concat()] {
            assert_eq!(PublicKey::from_der(*kind, wrong), Err(MalformedPublicKey), "{kind:?}");
        }
    }
}

#[test]
fn every_byte_of_a_signature_counts() {
    let rsa = [(Rsa2048, RsaPssSha256), (Rsa2048, RsaPkcs1Sha256)];
    for (kind, algorithm) in CURVES.into_iter().chain(rsa) {
        let pair = pair(kind);
        let signature = pair.sign(algorithm, &DIGEST, &mut rng(2)).unwrap();
        let verifies = |signature: &[u8]| pair.verifies(algorithm, &DIGEST, signature).unwrap();
        assert!(verifies(&signature));
        for at in 0..signature.len() {
            for bit in [0x01, 0x80] {
                let mut changed = signature.clone();
                changed[at] ^= bit;
                assert!(!verifies(&changed), "{kind:?}, {algorithm:?}, {at}");
            }
            assert!(!verifies(&signature[..at]), "{kind:?}, {algorithm:?}, {at}");
            assert!(!verifies(&signature[at + 1..]), "{kind:?}, {algorithm:?}, {at}");
        }
        assert!(!verifies(&[signature.as_slice(), &[0]].concat()), "{kind:?}, {algorithm:?}");
        assert!(!verifies(&[&[0], signature.as_slice()].concat()), "{kind:?}, {algorithm:?}");
    }
}

/// A DER item with fewer than 256 bytes in it.
fn item(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u8::try_from(content.len()).unwrap();
    let head: &[u8] = if length < 0x80 { &[tag, length] } else { &[tag, 0x81, length] };
    [head, &content].concat()
}

/// A signature has one form: two positive numbers below the order, in DER. `r` and `s` are the contents of the INTEGERs of
/// one that is right.
#[test]
fn a_signature_has_one_form() {
    for (kind, algorithm) in CURVES {
        let pair = pair(kind);
        // Both numbers without a leading zero: what is put before them shows.
        let plain = |signature: &Vec<u8>| signature[..4] == [0x30, 68, 2, 32] && signature[36..38] == [2, 32];
        let mut signatures = (0..).map(|seed| pair.sign(algorithm, &DIGEST, &mut rng(seed)).unwrap());
        let signature = signatures.find(plain).unwrap();
        let (r, s) = (&signature[4..36], &signature[38..]);
        let (order, zero, one) = (bytes(order(kind)), [0].as_slice(), [1].as_slice());
        let positive = |number: &[u8]| [&[0], number].concat();
        let integer = |number: &[u8]| item(2, &[number]);
        let numbers = |r: &[u8], s: &[u8]| item(0x30, &[&integer(r), &integer(s)]);
        let long = |tag: u8, content: &[u8]| [&[tag, 0x81, u8::try_from(content.len()).unwrap()], content].concat();
        let negated = |number: &[u8]| number.iter().map(|byte| !byte).collect::<Vec<_>>();
        let content = [integer(r), integer(s)].concat();
        let many_zeros = [&[0; 40], r].concat();
        let rows: [(&str, bool, Vec<u8>); 31] = [
            ("as it was made", true, numbers(r, s)),
            ("r and s the other way round", false, numbers(s, r)),
            ("r = 0", false, numbers(zero, s)),
            ("s = 0", false, numbers(r, zero)),
            ("r = s = 0", false, numbers(zero, zero)),
            ("r = s = 1", false, numbers(one, one)),
            ("r = n", false, numbers(&positive(&order), s)),
            ("s = n", false, numbers(r, &positive(&order))),
            ("r = 2^256 - 1", false, numbers(&positive(&[0xff; 32]), s)),
            ("r = 2^256 + 1", false, numbers(&[&[1], [0; 31].as_slice(), &[1]].concat(), s)),
            ("r is negative", false, numbers(&negated(r), s)),
            ("s is negative", false, numbers(r, &negated(s))),
            ("r is empty", false, numbers(&[], s)),
            ("s is empty", false, numbers(r, &[])),
            ("r has a zero too many", false, numbers(&positive(r), s)),
            ("s has a zero too many", false, numbers(r, &positive(s))),
            ("r has forty zeros too many", false, numbers(&many_zeros, s)),
            ("a long length (BER)", false, long(0x30, &content)),
            ("a long length of r (BER)", false, item(0x30, &[&long(2, r), &integer(s)])),
            ("an indefinite length (BER)", false, [&[0x30, 0x80], content.as_slice(), &[0, 0]].concat()),
            ("a length of 2^32 - 1", false, [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], content.as_slice()].concat()),
            ("a SET", false, item(0x31, &[&content])),
            ("an OCTET STRING for r", false, item(0x30, &[&item(4, &[r]), &integer(s)])),
            ("one number", false, item(0x30, &[&integer(r)])),
            ("three numbers", false, item(0x30, &[&content, &integer(one)])),
            ("a NULL at the end", false, item(0x30, &[&content, &[5, 0]])),
            ("a byte after it", false, [numbers(r, s).as_slice(), &[0]].concat()),
            ("a SEQUENCE of nothing", false, vec![0x30, 0]),
            ("nothing", false, vec![]),
            ("bare numbers (IEEE P1363)", false, [r, s].concat()),
            ("bare INTEGERs", false, content.clone()),
        ];
        for (name, is_one, signature) in rows {
            assert_eq!(pair.verifies(algorithm, &DIGEST, &signature), Ok(is_one), "{kind:?}: {name}");
        }
    }
}

proptest! {
    /// No noise is a signature, however much it looks like one, and none makes the library stumble.
    #[test]
    fn noise_is_no_signature(which in 0_usize..3, frame in 0_usize..3, noise in any::<Vec<u8>>(), s in any::<[u8; 32]>()) {
        let (kind, algorithm) = CURVES[which];
        let noise = match frame {
            0 => noise,
            1 => [&[0x30, u8::try_from(noise.len()).unwrap_or(0x80)], noise.as_slice()].concat(),
            _ => {
                let r = &noise[..noise.len().min(34)];
                item(0x30, &[&item(2, &[r]), &item(2, &[&s])])
            }
        };
        prop_assert_eq!(pair(kind).verifies(algorithm, &DIGEST, &noise), Ok(false));
    }

    #[test]
    fn noise_is_no_key(which in 0_usize..6, frame in any::<bool>(), noise in any::<Vec<u8>>()) {
        let kind = KeyPairKind::ALL[which];
        let head: &[u8] = if frame { &[0x30, 0x81, u8::try_from(noise.len()).unwrap_or(0xff)] } else { &[] };
        let noise = [head, &noise].concat();
        // On a curve, nearly all of 32 bytes are a key.
        let is_number = noise.len() == 32 && kind.rsa_bits().is_none();
        prop_assert_eq!(KeyPair::from_private_key(kind, &noise).is_ok(), is_number);
        prop_assert_eq!(PublicKey::from_der(kind, &noise).is_ok(), false);
    }
}

/// The order n of the curve's group (SEC 2, 2.4.1 and 2.4.2; GB/T 32918.5).
fn order(kind: KeyPairKind) -> &'static str {
    match kind {
        P256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        P256K => "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        _ => "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123",
    }
}

/// The curve's name as an OBJECT IDENTIFIER.
fn curve(kind: KeyPairKind) -> Vec<u8> {
    bytes(match kind {
        P256 => "06082a8648ce3d030107",
        P256K => "06052b8104000a",
        _ => "06082a811ccf5501822d",
    })
}

const EC_PUBLIC_KEY: &str = "06072a8648ce3d0201";
const RSA_ENCRYPTION: &str = "06092a864886f70d010101";

/// The private key that is written in many forms.
const NUMBER: [u8; 32] = [0x42; 32];

fn octets(number: &[u8]) -> Vec<u8> {
    item(4, &[number])
}

fn parameters(curve: &[u8]) -> Vec<u8> {
    item(0xa0, &[curve])
}

fn public(point: &[u8]) -> Vec<u8> {
    item(0xa1, &[&item(3, &[&[0], point])])
}

/// SEC 1 (RFC 5915).
fn sec1(number: &[u8], rest: &[&[u8]]) -> Vec<u8> {
    item(0x30, &[&[2, 1, 1], &octets(number), &rest.concat()])
}

/// PKCS#8 (RFC 5208).
fn pkcs8(name: &str, curve: &[u8], sec1: &[u8]) -> Vec<u8> {
    item(0x30, &[&[2, 1, 0], &item(0x30, &[&bytes(name), curve]), &octets(sec1)])
}

/// The uncompressed point of a private key's public key.
fn point(kind: KeyPairKind, number: &[u8]) -> Vec<u8> {
    let public_key = KeyPair::from_private_key(kind, number).unwrap().public_key_der();
    public_key[public_key.len() - 65..].to_vec()
}

/// PKCS#8, SEC 1, and the number itself, as others write them.
#[test]
fn a_private_key_on_a_curve_has_many_forms() {
    for (kind, _) in CURVES {
        let pair = KeyPair::from_private_key(kind, &NUMBER).unwrap();
        let (own, point) = (curve(kind), point(kind, &NUMBER));
        let compressed = [&[2 + point[64] % 2], &point[1..33]].concat();
        let rows: [(&str, Vec<u8>); 9] = [
            ("the number", NUMBER.to_vec()),
            ("SEC 1, the number alone", sec1(&NUMBER, &[])),
            ("SEC 1, with the curve", sec1(&NUMBER, &[&parameters(&own)])),
            ("SEC 1, with the public key", sec1(&NUMBER, &[&public(&point)])),
            ("SEC 1, with both", sec1(&NUMBER, &[&parameters(&own), &public(&point)])),
            ("SEC 1, with the public key compressed", sec1(&NUMBER, &[&public(&compressed)])),
            ("PKCS#8", pkcs8(EC_PUBLIC_KEY, &own, &sec1(&NUMBER, &[&public(&point)]))),
            ("PKCS#8, the number alone", pkcs8(EC_PUBLIC_KEY, &own, &sec1(&NUMBER, &[]))),
            ("as we write it", pair.private_key_der().to_vec()),
        ];
        for (name, der) in rows {
            let read =
                KeyPair::from_private_key(kind, &der).unwrap_or_else(|error| panic!("{kind:?}: {name}: {error:?}"));
            assert_eq!(read.public_key_der(), pair.public_key_der(), "{kind:?}: {name}");
        }
        // The number before the last is a key on each curve (on SM2 the last is none).
        let mut last = bytes(order(kind));
        *last.last_mut().unwrap() -= 2;
        assert!(KeyPair::from_private_key(kind, &last).is_ok(), "{kind:?}");
    }
}

/// The same forms as nobody should write them.
#[test]
fn what_is_no_private_key_on_a_curve_is_refused() {
    for (kind, _) in CURVES {
        let (own, other_curve) = (curve(kind), curve(if kind == P256 { P256K } else { P256 }));
        let (own_point, other_point) = (point(kind, &NUMBER), point(kind, &[0x43; 32]));
        let whole = sec1(&NUMBER, &[&public(&own_point)]);
        let one = [[0; 31].as_slice(), &[1]].concat();
        let on_no_curve = [&[4], &one[..], &one].concat();
        let rows: [(&str, Vec<u8>); 18] = [
            ("nothing", vec![]),
            ("a number of 31 bytes", NUMBER[1..].to_vec()),
            ("a number of 24 bytes", NUMBER[8..].to_vec()),
            ("a number of 33 bytes", [&[0], NUMBER.as_slice()].concat()),
            ("0", vec![0; 32]),
            ("n", bytes(order(kind))),
            ("2^256 - 1", vec![0xff; 32]),
            ("SEC 1 of 0", sec1(&[0; 32], &[])),
            ("SEC 1 of n", sec1(&bytes(order(kind)), &[])),
            ("SEC 1, with another curve", sec1(&NUMBER, &[&parameters(&other_curve)])),
            ("SEC 1, with another public key", sec1(&NUMBER, &[&public(&other_point)])),
            ("SEC 1, with a public key on no curve", sec1(&NUMBER, &[&public(&on_no_curve)])),
            ("SEC 1 of version 2", item(0x30, &[&[2, 1, 2], &octets(&NUMBER)])),
            ("SEC 1 and a byte", [sec1(&NUMBER, &[]).as_slice(), &[0]].concat()),
            ("PKCS#8, with another curve", pkcs8(EC_PUBLIC_KEY, &other_curve, &whole)),
            ("PKCS#8, with another public key", pkcs8(EC_PUBLIC_KEY, &own, &sec1(&NUMBER, &[&public(&other_point)]))),
            ("PKCS#8, as a key of RSA", pkcs8(RSA_ENCRYPTION, &[5, 0], &whole)),
            ("PKCS#8, without a curve", pkcs8(EC_PUBLIC_KEY, &[5, 0], &whole)),
        ];
        for (name, der) in rows {
            assert!(KeyPair::from_private_key(kind, &der).is_err(), "{kind:?}: {name}");
        }
    }
}
