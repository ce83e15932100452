//! Message authentication codes: the published ones, and what is none.

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sm3::Sm3;

use crate::support::samples::{PLAINTEXT, Sample};
use crate::support::{ACCOUNT, Reply, Service};

/// The specs with the lengths of their keys and codes in bytes.
const SPECS: [(&str, usize); 5] =
    [("HMAC_SHA_224", 28), ("HMAC_SHA_256", 32), ("HMAC_SHA_384", 48), ("HMAC_SHA_512", 64), ("HMAC_SM3", 32)];

/// A sandbox with one key, called `mac`.
fn service(spec: &str, secret: &[u8]) -> Service {
    let material = BASE64_STANDARD.encode(secret);
    Service::with_file(&format!(
        "version = 1\n[[account]]\nid = \"{ACCOUNT}\"\naccess_keys = [{{ id = \"yaoshi\", secret = \"yaoshi\" }}]\n\
         [[account.key]]\nid = \"mac\"\nspec = {spec:?}\naliases = [\"alias/mac\"]\n\
         versions = [{{ id = \"5e0c9a31-41d7-4c5e-9f00-000000000001\", material = {material:?} }}]\n"
    ))
}

fn call(service: &Service, action: &str, spec: &str, message: &[u8], more: &[(&str, &str)]) -> Reply {
    let message = BASE64_STANDARD.encode(message);
    let own = [("KeyId", "alias/mac"), ("Algorithm", spec), ("Message", &message)];
    service.call("yaoshi", action, &[&own, more].concat())
}

fn verified(service: &Service, spec: &str, message: &[u8], code: &[u8]) -> bool {
    let reply = call(service, "VerifyMac", spec, message, &[("Mac", &BASE64_STANDARD.encode(code))]).ok();
    assert_eq!((reply.text_at("KeyId").as_str(), reply.text_at("Algorithm").as_str()), ("mac", spec));
    reply.json()["Value"].as_bool().unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// RFC 4231, test cases 1 to 3: a key shorter than a block of the hash is the same with zeros behind it. SM3: GM/T
/// 0042-2015, D.3.
#[test]
fn published_codes() {
    const SM3_MESSAGE: &[u8] =
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopqabcdbcdecdefdefgefghfghighijhijki\
        jkljklmklmnlmnomnopnopq";
    let sm3_key: Vec<u8> = (1..=32).collect();
    for (key, message, codes) in [
        (
            &[0x0b; 20][..],
            &b"Hi There"[..],
            &[
                "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb6\
                 1f1702e696c203a126854",
            ][..],
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            &[
                "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4\
                 a6b4b636e070a38bce737",
            ],
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            &[
                "7fb3cb3588c6c1f6ffa9694d7d6ad2649365b0c1f65d69d1ec8333ea",
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
                "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
                "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee\
                 8942674278859e13292fb",
            ],
        ),
        (&sm3_key, SM3_MESSAGE, &["ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"]),
    ] {
        let specs = if codes.len() == 1 { &SPECS[4..] } else { &SPECS[..4] };
        for ((spec, length), code) in specs.iter().zip(codes) {
            let mut secret = key.to_vec();
            secret.resize(*length, 0);
            let service = service(spec, &secret);
            let made = call(&service, "GenerateMac", spec, message, &[]).ok();
            assert_eq!(made.text_at("Mac"), BASE64_STANDARD.encode(hex(code)), "{spec}");
            assert_eq!((made.text_at("KeyId").as_str(), made.text_at("Algorithm").as_str()), ("mac", *spec));
            assert!(verified(&service, spec, message, &hex(code)), "{spec}");
        }
    }
}

/// By the library, without Yaoshi; keys that fill their length, and messages around the blocks of the hashes.
#[test]
fn codes_are_those_of_the_library() {
    type Code = fn(&[u8], &[u8]) -> Vec<u8>;
    fn code<D: hmac::EagerHash>(secret: &[u8], message: &[u8]) -> Vec<u8> {
        Hmac::<D>::new_from_slice(secret).unwrap().chain_update(message).finalize().into_bytes().to_vec()
    }
    let by_library: [Code; 5] = [code::<Sha224>, code::<Sha256>, code::<Sha384>, code::<Sha512>, code::<Sm3>];
    for ((spec, length), code) in SPECS.into_iter().zip(by_library) {
        let secret: Vec<u8> = (1..=255).cycle().take(length).collect();
        let service = service(spec, &secret);
        for length in [1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 6144] {
            let message: Vec<u8> = (0..=250).cycle().take(length).collect();
            let made = call(&service, "GenerateMac", spec, &message, &[]).ok().text_at("Mac");
            assert_eq!(made, BASE64_STANDARD.encode(code(&secret, &message)), "{spec}, {length} bytes");
        }
    }
}

/// Cut, lengthened, changed, of another message: no error, and no code.
#[test]
fn what_is_no_code_is_false() {
    for (spec, length) in SPECS {
        let service = service(spec, &vec![7; length]);
        let made = call(&service, "GenerateMac", spec, b"message", &[]).ok().text_at("Mac");
        let code = BASE64_STANDARD.decode(made).unwrap();
        assert_eq!(code.len(), length, "{spec}");
        assert!(verified(&service, spec, b"message", &code));
        assert!(!verified(&service, spec, b"messagf", &code));
        assert!(!verified(&service, spec, b"message\0", &code));
        for at in 0..length {
            let mut changed = code.clone();
            changed[at] ^= 1;
            assert!(!verified(&service, spec, b"message", &changed), "{spec}, byte {at}");
        }
        let longer = [code.as_slice(), &[0]].concat();
        for none in [&code[..1], &code[..length / 2], &code[..length - 1], &code[1..], &longer, &[0; 1024]] {
            assert!(!verified(&service, spec, b"message", none), "{spec}, {} bytes", none.len());
        }
    }
    // The same message under another key of the same spec.
    let (one, other) = (service("HMAC_SM3", &[7; 32]), service("HMAC_SM3", &[8; 32]));
    let made = call(&one, "GenerateMac", "HMAC_SM3", b"message", &[]).ok().text_at("Mac");
    assert!(!verified(&other, "HMAC_SM3", b"message", &BASE64_STANDARD.decode(made).unwrap()));
}

#[test]
fn messages_and_codes_are_base64() {
    let service = Service::with_fixture();
    for (action, name) in [("GenerateMac", "Message"), ("VerifyMac", "Message"), ("VerifyMac", "Mac")] {
        let with = |value: &str| Sample::of(action).with(name, value).call(&service, "yaoshi");
        for wrong in ["?", "A", "AAAAA", "SGVs bG8=", "SGVsbG8=\n", "SGVsbG8==", "-_-_", "SGVsbG9=", "=", "===="] {
            with(wrong).invalid(name);
        }
        with("").missing(name);
        Sample::of(action).without(name).call(&service, "yaoshi").missing(name);
    }
    let too_long = BASE64_STANDARD.encode([0; 1025]);
    Sample::of("VerifyMac").with("Mac", too_long).call(&service, "yaoshi").invalid("Mac");
    // Padding may be left off, as everywhere.
    let code = |message: &str| Sample::of("GenerateMac").with("Message", message).call(&service, "yaoshi").ok();
    assert_eq!(code(PLAINTEXT).text_at("Mac"), code(PLAINTEXT.trim_end_matches('=')).text_at("Mac"));
}

/// A key that the service makes has material of its own.
#[test]
fn made_keys_differ() {
    let service = Service::with_fixture();
    for (spec, _) in SPECS {
        let code = || {
            let key = service.call("yaoshi", "CreateKey", &[("KeySpec", spec)]).ok().text_at("KeyMetadata.KeyId");
            let own = [("KeyId", key.as_str()), ("Algorithm", spec), ("Message", PLAINTEXT)];
            service.call("yaoshi", "GenerateMac", &own).ok().text_at("Mac")
        };
        assert_ne!(code(), code(), "{spec}");
    }
}
