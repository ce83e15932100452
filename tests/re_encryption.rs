//! ReEncrypt of blobs that were encrypted to a public key.

use std::fmt::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine};
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey};

use crate::support::blob::{Version, decode};
use crate::support::samples::{
    APP, APP_NEW, APP_OLD, SIGNER, SIGNER_VERSION, SM2, SM2_VERSION, SM4, SM4_VERSION, Sample, allow, fixture_with,
    user,
};
use crate::support::wrap::Import;
use crate::support::{ACCOUNT, Service};

const RSA: &str = "key-rsa";
pub const RSA_VERSION: &str = "5e0c9a31-41d7-4c5e-9f00-000000000001";
const RSA_PEM: &str = include_str!("../fixtures/keys/rsa-2048.pem");

/// The algorithms, each with a key that decrypts so, and its version.
const SOURCES: [(&str, &str, &str); 3] =
    [("RSAES_OAEP_SHA_1", RSA, RSA_VERSION), ("RSAES_OAEP_SHA_256", RSA, RSA_VERSION), ("SM2PKE", SM2, SM2_VERSION)];

/// The fixture with an RSA key, called `alias/rsa`.
pub fn fixture_with_rsa(more: &str) -> String {
    let mut blocks = more.to_owned();
    writeln!(
        blocks,
        "[[account.key]]\nid = {RSA:?}\nspec = \"RSA_2048\"\nusage = \"ENCRYPT/DECRYPT\"\naliases = [\"alias/rsa\"]\n\
         versions = [{{ id = {RSA_VERSION:?}, material = '''{RSA_PEM}''' }}]"
    )
    .unwrap();
    fixture_with(&blocks)
}

/// The public key of the RSA key: SubjectPublicKeyInfo in DER.
pub fn rsa_public_key() -> Vec<u8> {
    let key = rsa::PrivateKey::from_pkcs8_pem(RSA_PEM).unwrap();
    key.as_public_key().to_public_key_der().unwrap().into_vec()
}

/// `message`, encrypted to the public key of the source by somebody else.
fn encrypted(service: &Service, (algorithm, key, version): (&str, &str, &str), message: &[u8]) -> String {
    let public_key = if key == RSA {
        rsa_public_key()
    } else {
        let shown = service.call("yaoshi", "GetPublicKey", &[("KeyId", key), ("KeyVersionId", version)]).ok();
        let pem = shown.text_at("PublicKey");
        decode(&pem.lines().filter(|line| !line.starts_with('-')).collect::<String>())
    };
    Import { algorithm: algorithm.to_owned(), public_key, token: String::new() }.wrap(message)
}

/// A call that succeeds.
fn sample(service: &Service, source: (&str, &str, &str)) -> Sample {
    let (algorithm, key, version) = source;
    Sample::of("ReEncrypt")
        .with("CiphertextBlob", encrypted(service, source, b"Hello world"))
        .with("SourceEncryptionAlgorithm", algorithm)
        .with("SourceKeyId", key)
        .with("SourceKeyVersionId", version)
}

/// What Decrypt answers is what AsymmetricDecrypt would have: a choice.
#[test]
fn what_was_encrypted_to_a_public_key_is_sealed() {
    let service = Service::with_file(&fixture_with_rsa(""));
    for source in SOURCES {
        for length in [1, 32, 190] {
            let message: Vec<u8> = (0..=255).cycle().take(length).collect();
            for (destination, version) in [(APP, APP_NEW), ("alias/app", APP_NEW), (SM4, SM4_VERSION)] {
                for (context, pairs) in [("", &[][..]), (r#"{"b":"2","a":"1"}"#, &[("a", "1"), ("b", "2")])] {
                    let moved = sample(&service, source)
                        .with("CiphertextBlob", encrypted(&service, source, &message))
                        .with("DestinationKeyId", destination)
                        .with("DestinationEncryptionContext", context)
                        .call(&service, "yaoshi")
                        .ok();
                    assert_eq!(
                        (moved.text_at("KeyId").as_str(), moved.text_at("KeyVersionId").as_str()),
                        (source.1, source.2)
                    );
                    let sealed = version.open(&moved.text_at("CiphertextBlob"), pairs);
                    assert_eq!(sealed, Some(BASE64_STANDARD.encode(&message).into_bytes()), "{source:?}");
                }
            }
        }
    }
}

/// The longest that SM2 encrypts is more text than Encrypt takes; and what holds nothing.
#[test]
fn the_longest_and_the_shortest_message() {
    let service = Service::with_file(&fixture_with_rsa(""));
    let decrypted = |sample: Sample| {
        let blob = sample.call(&service, "yaoshi").ok().text_at("CiphertextBlob");
        let opened = service.call("yaoshi", "Decrypt", &[("CiphertextBlob", &blob)]).ok();
        decode(&opened.text_at("Plaintext"))
    };
    let longest = vec![7; 6047];
    let plaintext = BASE64_STANDARD.encode(&longest);
    let own = [("KeyId", SM2), ("KeyVersionId", SM2_VERSION), ("Algorithm", "SM2PKE"), ("Plaintext", &plaintext)];
    let blob = service.call("yaoshi", "AsymmetricEncrypt", &own).ok().text_at("CiphertextBlob");
    assert_eq!(decrypted(sample(&service, SOURCES[2]).with("CiphertextBlob", blob)), longest);
    for source in &SOURCES[..2] {
        let empty = encrypted(&service, *source, b"");
        assert_eq!(decrypted(sample(&service, *source).with("CiphertextBlob", empty)), b"", "{source:?}");
    }
}

/// An alias, and the full names of key and alias.
#[test]
fn the_source_is_named_as_any_key() {
    let service = Service::with_file(&fixture_with_rsa(""));
    let sample = sample(&service, SOURCES[1]);
    let arn = |resource: &str| format!("acs:kms:cn-hangzhou:{ACCOUNT}:{resource}");
    for name in ["alias/rsa", &arn("key/key-rsa"), &arn("alias/rsa")] {
        let moved = sample.clone().with("SourceKeyId", name).call(&service, "yaoshi").ok();
        assert_eq!(moved.text_at("KeyId"), RSA, "{name}");
    }
    for (name, code) in [("key-none", "Forbidden.KeyNotFound"), ("alias/none", "Forbidden.AliasNotFound")] {
        sample.clone().with("SourceKeyId", name).call(&service, "yaoshi").refused(404, code);
        sample.clone().with("DestinationKeyId", name).call(&service, "yaoshi").refused(404, code);
    }
}

#[test]
fn with_an_algorithm_key_and_version_are_needed() {
    let service = Service::with_file(&fixture_with_rsa(""));
    for source in SOURCES {
        let sample = sample(&service, source);
        for name in ["SourceKeyId", "SourceKeyVersionId", "CiphertextBlob", "DestinationKeyId"] {
            sample.clone().without(name).call(&service, "yaoshi").missing(name);
            // Nothing is told of keys before the parameters fit together.
            sample.clone().without(name).call(&service, "nobody").missing(name);
        }
        for version in [SIGNER_VERSION, APP_NEW.id, "5e0c9a31-41d7-4c5e-9f00-000000000002", "v1"] {
            let refused = sample.clone().with("SourceKeyVersionId", version).call(&service, "yaoshi");
            refused.refused(404, "Forbidden.KeyVersionNotFound");
        }
    }
}

/// Without an algorithm they are not looked at: the blob says what sealed it.
#[test]
fn without_an_algorithm_the_blob_names_its_key() {
    let service = Service::with_file(&fixture_with_rsa(""));
    let sealed = Sample::of("ReEncrypt").with("CiphertextBlob", APP_OLD.seal(b"AAAA", &[]));
    for (key, version) in [(RSA, RSA_VERSION), ("key-none", "v1"), ("alias/none", APP_NEW.id), (APP, "")] {
        let sample = sealed.clone().with("SourceKeyId", key).with("SourceKeyVersionId", version);
        let moved = sample.call(&service, "yaoshi").ok();
        assert_eq!((moved.text_at("KeyId").as_str(), moved.text_at("KeyVersionId").as_str()), (APP, APP_OLD.id));
    }
    for source in SOURCES {
        sample(&service, source)
            .without("SourceEncryptionAlgorithm")
            .call(&service, "yaoshi")
            .invalid("CiphertextBlob");
    }
}

#[test]
fn the_algorithm_is_one_of_the_source() {
    let service = Service::with_file(&fixture_with_rsa(""));
    for source in SOURCES {
        let sample = sample(&service, source);
        let with =
            |algorithm: &str| sample.clone().with("SourceEncryptionAlgorithm", algorithm).call(&service, "yaoshi");
        for (algorithm, key, _) in SOURCES {
            if algorithm == source.0 {
                with(algorithm).ok();
            } else if key == source.1 {
                with(algorithm).invalid("CiphertextBlob");
            } else {
                with(algorithm).invalid("SourceEncryptionAlgorithm");
            }
        }
        for algorithm in ["RSAES_PKCS1_V1_5", "RSA_PSS_SHA_256", "sm2pke", "AES_256_GCM", "ECIES"] {
            with(algorithm).invalid("SourceEncryptionAlgorithm");
        }
        // Keys that are not made for it: as AsymmetricDecrypt.
        for (key, version) in [(SIGNER, SIGNER_VERSION), (APP, APP_NEW.id)] {
            let by = sample.clone().with("SourceKeyId", key).with("SourceKeyVersionId", version);
            by.call(&service, "yaoshi").refused(400, "Rejected.UnsupportedOperation");
        }
        let to_pair = sample.clone().with("DestinationKeyId", RSA).call(&service, "yaoshi");
        to_pair.refused(400, "UnsupportedOperation");
    }
}

#[test]
fn what_does_not_decrypt_is_not_moved() {
    let service = Service::with_file(&fixture_with_rsa(""));
    for source in SOURCES {
        let sample = sample(&service, source);
        let bytes = decode(&encrypted(&service, source, b"Hello world"));
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        let sealed = decode(&APP_NEW.seal(b"AAAA", &[]));
        let longer = [bytes.as_slice(), &[0]].concat();
        for wrong in [&changed, &bytes[1..], &bytes[..bytes.len() - 1], &longer, &sealed, &[0; 256], &[4]] {
            let wrong = BASE64_STANDARD.encode(wrong);
            sample.clone().with("CiphertextBlob", wrong).call(&service, "yaoshi").invalid("CiphertextBlob");
        }
        sample.clone().with("CiphertextBlob", "?").call(&service, "yaoshi").invalid("CiphertextBlob");
        // A context has no place in such a blob, and is not looked at.
        sample.clone().with("SourceEncryptionContext", r#"{"a":"b"}"#).call(&service, "yaoshi").ok();
    }
}

/// kms:ReEncryptFrom on the source, kms:ReEncryptTo on the destination. Source: the authorisation page.
#[test]
fn both_permissions_are_needed() {
    let arn = |key: &str| format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{key}");
    let (from, to) = (allow("kms:ReEncryptFrom", &arn(RSA)), allow("kms:ReEncryptTo", &arn(SM4)));
    let users = [
        user("both", &format!("{from},{to}")),
        user("from", &from),
        user("to", &to),
        user("crossed", &format!("{},{}", allow("kms:ReEncryptFrom", &arn(SM4)), allow("kms:ReEncryptTo", &arn(RSA)))),
        user("decrypts", &allow("kms:AsymmetricDecrypt", &arn(RSA))),
    ];
    let service = Service::with_file(&fixture_with_rsa(&users.concat()));
    let sample = sample(&service, SOURCES[1]);
    sample.call(&service, "both").ok();
    for (access_key, lacks) in [("from", SM4), ("to", RSA), ("crossed", RSA), ("decrypts", RSA), ("nobody", RSA)] {
        let message = sample.call(&service, access_key).refused(403, "Forbidden.NoPermission").message();
        assert_eq!(message, format!("This operation for {} is forbidden by permission system.", arn(lacks)));
        let dry = sample.clone().with("DryRun", "true").call(&service, access_key);
        dry.refused(403, "AccessDeniedError");
    }
    // Both are asked for before anything is told of either.
    sample.clone().with("SourceKeyVersionId", "v1").call(&service, "from").refused(403, "Forbidden.NoPermission");
    sample.clone().with("DestinationKeyId", "key-none").call(&service, "both").refused(403, "Forbidden.NoPermission");
    let sealed = Version { ..APP_NEW }.seal(b"AAAA", &[]);
    let sealed = Sample::of("ReEncrypt").with("CiphertextBlob", sealed);
    sealed.call(&service, "both").refused(403, "Forbidden.NoPermission");
}

#[test]
fn a_dry_run_tells_what_it_would_come_to() {
    let service = Service::with_file(&fixture_with_rsa(""));
    for source in SOURCES {
        let dry = sample(&service, source).with("DryRun", "true");
        dry.call(&service, "yaoshi").refused(400, "DryRunOperationError");
        for (name, value) in
            [("CiphertextBlob", "AAAA"), ("SourceKeyVersionId", ""), ("SourceEncryptionAlgorithm", "x")]
        {
            let message =
                dry.clone().with(name, value).call(&service, "yaoshi").refused(400, "ValidationError").message();
            assert!(message.contains(&format!("  {name}  ")), "{message}");
        }
        dry.clone().with("SourceKeyId", "none").call(&service, "yaoshi").refused(404, "Forbidden.KeyNotFound");
    }
}
