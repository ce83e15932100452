//! Data keys that leave under a public key.

use base64::prelude::{BASE64_STANDARD, Engine};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use sha1::Sha1;
use sha2::Sha256;

use crate::support::blob::{Version, decode};
use crate::support::samples::{APP, APP_NEW, APP_OLD, PLAINTEXT, SM4, SM4_VERSION, Sample, allow, fixture_with, user};
use crate::support::wrap::Import;
use crate::support::{ACCOUNT, Service};

const ACTIONS: [&str; 2] = ["GenerateAndExportDataKey", "ExportDataKey"];

/// Each algorithm with the one spec that it goes with. Source: GenerateAndExportDataKey, metadata of June 2024.
const WRAPPINGS: [(&str, &str); 3] =
    [("RSAES_OAEP_SHA_1", "RSA_2048"), ("RSAES_OAEP_SHA_256", "RSA_2048"), ("SM2PKE", "EC_SM2")];

fn rsa_key(pem: &str) -> rsa::PrivateKey {
    rsa::PrivateKey::from_pkcs8_pem(pem).unwrap()
}

fn our_rsa_key() -> rsa::PrivateKey {
    rsa_key(include_str!("../fixtures/keys/rsa-2048.pem"))
}

fn our_sm2_key() -> sm2::SecretKey {
    sm2::SecretKey::from_slice(&[7; 32]).unwrap()
}

/// The public key, SubjectPublicKeyInfo in base64.
fn public_key(key: &impl EncodePublicKey) -> String {
    BASE64_STANDARD.encode(key.to_public_key_der().unwrap())
}

fn our_public_key(spec: &str) -> String {
    match spec {
        "RSA_2048" => public_key(our_rsa_key().as_public_key()),
        "EC_SM2" => public_key(&our_sm2_key().public_key()),
        other => panic!("no key of ours is {other}"),
    }
}

/// What `exported` holds: unwrapped by the private key, without Yaoshi.
fn unwrap(algorithm: &str, exported: &str) -> Vec<u8> {
    let (exported, mut rng) = (decode(exported), ChaCha20Rng::seed_from_u64(7));
    match algorithm {
        "RSAES_OAEP_SHA_1" => our_rsa_key().oaep_decrypt_with_rng::<Sha1, _>(&mut rng, &exported).unwrap(),
        "RSAES_OAEP_SHA_256" => our_rsa_key().oaep_decrypt_with_rng::<Sha256, _>(&mut rng, &exported).unwrap(),
        "SM2PKE" => sm2::pke::DecryptingKey::new(our_sm2_key()).decrypt(&exported).unwrap(),
        other => panic!("{other} is unknown"),
    }
}

/// The sample, to be wrapped for our private key.
fn exporting(action: &str, algorithm: &str, spec: &str) -> Sample {
    Sample::of(action)
        .with("PublicKeyBlob", our_public_key(spec))
        .with("WrappingKeySpec", spec)
        .with("WrappingAlgorithm", algorithm)
}

fn decrypted(service: &Service, blob: &str, context: &str) -> Vec<u8> {
    let parameters = [("CiphertextBlob", blob), ("EncryptionContext", context)];
    decode(&service.call("yaoshi", "Decrypt", &parameters).ok().text_at("Plaintext"))
}

const CONTEXT: &str = r#"{"app":"a"}"#;

#[test]
fn an_exported_data_key_is_the_sealed_one() {
    let service = Service::with_fixture();
    for (algorithm, spec) in WRAPPINGS {
        for (name, value, length) in [
            ("KeySpec", "", 32),
            ("KeySpec", "AES_256", 32),
            ("KeySpec", "AES_128", 16),
            ("NumberOfBytes", "1", 1),
            ("NumberOfBytes", "190", 190),
        ] {
            for context in ["", CONTEXT] {
                let sample = exporting("GenerateAndExportDataKey", algorithm, spec);
                let sample = sample.with("KeyId", "alias/app").with(name, value).with("EncryptionContext", context);
                let made = sample.call(&service, "yaoshi").ok();
                assert_eq!(made.text_at("KeyId"), APP);
                assert_eq!(made.text_at("KeyVersionId"), APP_NEW.id);
                assert!(made.json().get("Plaintext").is_none());
                let blob = made.text_at("CiphertextBlob");
                let data_key = decrypted(&service, &blob, context);
                assert_eq!(data_key.len(), length);
                assert_eq!(unwrap(algorithm, &made.text_at("ExportedDataKey")), data_key, "{algorithm} {value}");
                let again = exporting("ExportDataKey", algorithm, spec)
                    .with("CiphertextBlob", blob)
                    .with("EncryptionContext", context);
                let again = again.call(&service, "yaoshi").ok();
                assert_eq!(unwrap(algorithm, &again.text_at("ExportedDataKey")), data_key, "{algorithm} {value}");
                assert_ne!(again.text_at("ExportedDataKey"), made.text_at("ExportedDataKey"));
            }
        }
    }
}

/// Whatever sealed the blob: the data key's bytes, or the text that is no base64.
#[test]
fn whatever_a_blob_holds_is_exported() {
    let service = Service::with_fixture();
    for (version, key) in [(APP_OLD, APP), (APP_NEW, APP), (SM4_VERSION, SM4)] {
        for (text, expected) in [
            (PLAINTEXT, b"Hello world".as_slice()),
            (PLAINTEXT.trim_end_matches('='), b"Hello world"),
            ("not base64!", b"not base64!"),
            ("A", b"A"),
            ("钥匙", "钥匙".as_bytes()),
        ] {
            for (algorithm, spec) in WRAPPINGS {
                let blob = version.seal(text.as_bytes(), &[]);
                let made = exporting("ExportDataKey", algorithm, spec).with("CiphertextBlob", blob);
                let made = made.call(&service, "yaoshi").ok();
                let told = (made.text_at("KeyId"), made.text_at("KeyVersionId"));
                assert_eq!(told, (key.to_owned(), version.id.to_owned()));
                assert_eq!(unwrap(algorithm, &made.text_at("ExportedDataKey")), expected, "{text} {algorithm}");
            }
        }
    }
    let encrypted = service.call("yaoshi", "Encrypt", &[("KeyId", APP), ("Plaintext", "not base64!")]).ok();
    let exported = exporting("ExportDataKey", "SM2PKE", "EC_SM2");
    let exported = exported.with("CiphertextBlob", encrypted.text_at("CiphertextBlob")).call(&service, "yaoshi").ok();
    assert_eq!(unwrap("SM2PKE", &exported.text_at("ExportedDataKey")), b"not base64!");
}

#[test]
fn a_blob_is_exported_with_its_context_alone() {
    let service = Service::with_fixture();
    let export = |blob: &str, context: &str| {
        let sample = exporting("ExportDataKey", "SM2PKE", "EC_SM2").with("CiphertextBlob", blob);
        sample.with("EncryptionContext", context).call(&service, "yaoshi")
    };
    let (with, without) = (APP_NEW.seal(b"AAAA", &[("app", "a")]), APP_NEW.seal(b"AAAA", &[]));
    export(&with, CONTEXT).ok();
    export(&without, "").ok();
    for wrong in ["", "{}", r#"{"app":"b"}"#, r#"{"App":"a"}"#, r#"{"app":"a","b":"c"}"#] {
        export(&with, wrong).invalid("CiphertextBlob");
    }
    export(&without, CONTEXT).invalid("CiphertextBlob");
    for wrong in ["[]", "x", r#"{"app":1}"#] {
        export(&with, wrong).invalid("EncryptionContext");
    }
    let mut changed = decode(&with);
    changed[60] ^= 1;
    export(&BASE64_STANDARD.encode(changed), CONTEXT).invalid("CiphertextBlob");
    let nobodys = Version { id: "2ab1a983-0000-4bbc-a582-584b5bd80001", ..APP_NEW }.seal(b"AAAA", &[]);
    export(&nobodys, "").refused(404, "Forbidden.KeyNotFound");
}

/// RFC 8017, 7.1.1, and 1,024 bytes of a data key, which SM2 has room for.
#[test]
fn a_data_key_fits_its_wrapping() {
    let service = Service::with_fixture();
    for ((algorithm, spec), longest) in WRAPPINGS.into_iter().zip([214_usize, 190, 1024]) {
        let generate = |length: usize| {
            let sample = exporting("GenerateAndExportDataKey", algorithm, spec);
            sample.with("NumberOfBytes", length.to_string()).call(&service, "yaoshi")
        };
        let export = |length: usize| {
            let blob = APP_NEW.seal(BASE64_STANDARD.encode(vec![7; length]).as_bytes(), &[]);
            exporting("ExportDataKey", algorithm, spec).with("CiphertextBlob", blob).call(&service, "yaoshi")
        };
        generate(longest).ok();
        generate(longest + 1).invalid("NumberOfBytes");
        generate(0).invalid("NumberOfBytes");
        export(longest).ok();
        if spec == "RSA_2048" {
            export(longest + 1).invalid("CiphertextBlob");
        } else {
            // All that Encrypt takes.
            export(6144).ok();
        }
    }
}

/// An empty message, which RSA can encrypt, is a text like others until SM2, which cannot, is to wrap it.
#[test]
fn nothing_at_all_is_not_wrapped_with_sm2() {
    let service = Service::with_fixture();
    let empty = APP_NEW.seal(b"", &[]);
    let export = |algorithm: &str, spec: &str| {
        exporting("ExportDataKey", algorithm, spec).with("CiphertextBlob", empty.as_str()).call(&service, "yaoshi")
    };
    let exported = export("RSAES_OAEP_SHA_256", "RSA_2048").ok().text_at("ExportedDataKey");
    assert_eq!(unwrap("RSAES_OAEP_SHA_256", &exported), b"");
    export("SM2PKE", "EC_SM2").invalid("CiphertextBlob");
}

/// `INTEGER`s of an RSA public key as SubjectPublicKeyInfo.
fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> String {
    fn item(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }
    // rsaEncryption, with NULL.
    const ALGORITHM: &[u8] = &[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    fn shortest(tag: u8, content: &[u8]) -> Vec<u8> {
        if content.len() < 128 {
            [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
        } else {
            item(tag, content)
        }
    }
    let key = shortest(0x30, &[shortest(2, modulus), shortest(2, exponent)].concat());
    let key = shortest(3, &[&[0], key.as_slice()].concat());
    BASE64_STANDARD.encode(shortest(0x30, &[ALGORITHM, &key].concat()))
}

#[test]
fn a_public_key_blob_is_a_public_key_of_its_spec() {
    let service = Service::with_fixture();
    let rsa = our_public_key("RSA_2048");
    let sm2 = our_public_key("EC_SM2");
    let der = decode(&rsa);
    let pem = our_rsa_key().as_public_key().to_public_key_pem(pkcs8::LineEnding::LF).unwrap();
    let modulus = &der[der.len() - 5 - 257..der.len() - 5];
    assert_eq!(rsa_public_key(modulus, &[1, 0, 1]), rsa, "the test writes DER as everybody does");
    let mut even = modulus.to_vec();
    even[256] &= 0xfe;
    let mut off_the_curve = decode(&sm2);
    *off_the_curve.last_mut().unwrap() ^= 1;
    let at_infinity = [&[0x30, 0x18], &decode(&sm2)[2..23], &[3, 2, 0, 0]].concat();
    let wrong: Vec<(&str, String)> = vec![
        ("RSA_2048", "?".into()),
        ("RSA_2048", "AAAA".into()),
        ("RSA_2048", pem.clone()),
        ("RSA_2048", BASE64_STANDARD.encode(&pem)),
        ("RSA_2048", BASE64_STANDARD.encode(our_rsa_key().as_public_key().to_pkcs1_der().unwrap())),
        ("RSA_2048", BASE64_STANDARD.encode(&our_rsa_key().to_pkcs8_der().unwrap().as_bytes()[..1024])),
        ("RSA_2048", BASE64_STANDARD.encode(our_rsa_key().to_pkcs8_der().unwrap().as_bytes())),
        ("RSA_2048", BASE64_STANDARD.encode(&der[..der.len() - 1])),
        ("RSA_2048", BASE64_STANDARD.encode([der.as_slice(), &[0]].concat())),
        ("RSA_2048", BASE64_STANDARD.encode([der.as_slice(), &[0; 1024]].concat())),
        ("RSA_2048", public_key(rsa_key(include_str!("../fixtures/keys/rsa-3072.pem")).as_public_key())),
        ("RSA_2048", public_key(rsa_key(include_str!("../fixtures/keys/rsa-4096.pem")).as_public_key())),
        ("RSA_2048", rsa_public_key(&modulus[..129], &[1, 0, 1])),
        ("RSA_2048", rsa_public_key(&even, &[1, 0, 1])),
        ("RSA_2048", rsa_public_key(modulus, &[0])),
        ("RSA_2048", rsa_public_key(modulus, &[1])),
        ("RSA_2048", rsa_public_key(modulus, &[2])),
        ("RSA_2048", rsa_public_key(modulus, modulus)),
        ("RSA_2048", sm2.clone()),
        ("EC_SM2", rsa),
        ("EC_SM2", public_key(&p256::SecretKey::from_slice(&[7; 32]).unwrap().public_key())),
        ("EC_SM2", public_key(&k256::SecretKey::from_slice(&[7; 32]).unwrap().public_key())),
        ("EC_SM2", BASE64_STANDARD.encode(&decode(&sm2)[26..])),
        ("EC_SM2", BASE64_STANDARD.encode(off_the_curve)),
        ("EC_SM2", BASE64_STANDARD.encode(at_infinity)),
    ];
    for (spec, blob) in &wrong {
        let algorithm = if *spec == "EC_SM2" { "SM2PKE" } else { "RSAES_OAEP_SHA_256" };
        for action in ACTIONS {
            let reply = exporting(action, algorithm, spec).with("PublicKeyBlob", blob).call(&service, "yaoshi");
            assert_eq!(reply.outcome(), "InvalidParameter", "{action} {spec} {blob}: {}", reply.text);
            reply.invalid("PublicKeyBlob");
        }
    }
}

/// Every word for an algorithm with every word for a spec.
#[test]
fn an_algorithm_goes_with_its_spec() {
    let service = Service::with_fixture();
    let algorithms = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE", "RSAES_PKCS1_V1_5", "sm2pke", "ECIES"];
    for action in ACTIONS {
        for algorithm in algorithms {
            for spec in ["RSA_2048", "EC_SM2"] {
                let reply = exporting(action, algorithm, spec).call(&service, "yaoshi");
                if WRAPPINGS.contains(&(algorithm, spec)) {
                    reply.ok();
                } else {
                    reply.invalid("WrappingAlgorithm");
                }
            }
            let other = |spec: &str| exporting(action, algorithm, "RSA_2048").with("WrappingKeySpec", spec);
            for spec in ["RSA_3072", "EC_P256", "rsa_2048"] {
                other(spec).call(&service, "yaoshi").invalid("WrappingKeySpec");
            }
        }
    }
}

/// Permission is asked for the key that sealed the blob.
#[test]
fn the_key_of_the_blob_must_be_allowed() {
    let arn = |key: &str| format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{key}");
    let service = Service::with_file(&fixture_with(&user("exporter", &allow("kms:ExportDataKey", &arn(APP)))));
    let export = |version: Version| {
        let blob = version.seal(b"AAAA", &[]);
        exporting("ExportDataKey", "SM2PKE", "EC_SM2").with("CiphertextBlob", blob).call(&service, "exporter")
    };
    export(APP_OLD).ok();
    export(APP_NEW).ok();
    for (version, asked) in [
        (SM4_VERSION, SM4),
        (Version { id: "2ab1a983-0000-4bbc-a582-584b5bd80001", ..APP_NEW }, "2ab1a983-0000-4bbc-a582-584b5bd80001"),
    ] {
        let message = export(version).refused(403, "Forbidden.NoPermission").message();
        assert_eq!(message, format!("This operation for {} is forbidden by permission system.", arn(asked)));
    }
    // The right to decrypt is another one.
    Sample::of("Decrypt").call(&service, "exporter").refused(403, "Forbidden.NoPermission");
}

/// What a wrapped message is to the other side: Yaoshi decrypts what it wrapped for a key of its own.
#[test]
fn a_data_key_can_be_exported_to_a_key_of_the_service() {
    let service = Service::with_fixture();
    let key = [("KeyId", crate::support::samples::SM2), ("KeyVersionId", crate::support::samples::SM2_VERSION)];
    let pem = service.call("yaoshi", "GetPublicKey", &key).ok().text_at("PublicKey");
    let blob: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let made = exporting("GenerateAndExportDataKey", "SM2PKE", "EC_SM2").with("PublicKeyBlob", blob);
    let made = made.call(&service, "yaoshi").ok();
    let (sealed, exported) = (made.text_at("CiphertextBlob"), made.text_at("ExportedDataKey"));
    let parameters = [&key[..], &[("Algorithm", "SM2PKE"), ("CiphertextBlob", &exported)]].concat();
    let opened = service.call("yaoshi", "AsymmetricDecrypt", &parameters).ok();
    assert_eq!(decode(&opened.text_at("Plaintext")), decrypted(&service, &sealed, ""));
}

/// What somebody else wrapped for a key of ours, as a check of the test's own two halves.
#[test]
fn the_test_unwraps_what_the_test_wraps() {
    for (algorithm, spec) in WRAPPINGS {
        let public_key = decode(&our_public_key(spec));
        let import = Import { algorithm: algorithm.to_owned(), public_key, token: String::new() };
        let wrapped = if spec == "EC_SM2" { import.wrap_raw(b"key") } else { import.wrap(b"key") };
        assert_eq!(unwrap(algorithm, &wrapped), b"key");
    }
}
