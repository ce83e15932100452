//! What keys of every spec can do, and with which algorithms.

use std::fmt::Write as _;
use std::thread;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::support::blob::Version;
use crate::support::samples::{APP, APP_NEW, DIGEST, PLAINTEXT, SM2_PUBLIC_KEY, Sample, fixture_with};
use crate::support::wrap::Import;
use crate::support::{Reply, Service};

/// Every spec, the uses that its keys can have, and material in base64, hex or PEM.
pub const SPECS: [(&str, &[&str], &str); 13] = [
    ("Aliyun_AES_256", &[ENCRYPT], "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("Aliyun_SM4", &[ENCRYPT], "AAECAwQFBgcICQoLDA0ODw=="),
    ("RSA_2048", &[SIGN, ENCRYPT], include_str!("../fixtures/keys/rsa-2048.pem")),
    ("RSA_3072", &[SIGN, ENCRYPT], include_str!("../fixtures/keys/rsa-3072.pem")),
    ("RSA_4096", &[SIGN, ENCRYPT], include_str!("../fixtures/keys/rsa-4096.pem")),
    ("EC_P256", &[SIGN], "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
    ("EC_P256K", &[SIGN], "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
    ("EC_SM2", &[SIGN, ENCRYPT], "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"),
    ("HMAC_SHA_224", &[MAC], "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="),
    ("HMAC_SHA_256", &[MAC], "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("HMAC_SHA_384", &[MAC], "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4P"),
    (
        "HMAC_SHA_512",
        &[MAC],
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==",
    ),
    ("HMAC_SM3", &[MAC], "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
];

pub const ENCRYPT: &str = "ENCRYPT/DECRYPT";
pub const SIGN: &str = "SIGN/VERIFY";
pub const MAC: &str = "GENERATE/VERIFY_MAC";

/// Source: AsymmetricSign, metadata of June 2024; RSA_4096 as the two shorter ones.
const SIGNATURES: [(&str, &[&str]); 4] = [
    ("RSA_PSS_SHA_256", &["RSA_2048", "RSA_3072", "RSA_4096"]),
    ("RSA_PKCS1_SHA_256", &["RSA_2048", "RSA_3072", "RSA_4096"]),
    ("ECDSA_SHA_256", &["EC_P256", "EC_P256K"]),
    ("SM2DSA", &["EC_SM2"]),
];

/// Source: AsymmetricEncrypt, metadata of June 2024.
const ENCRYPTIONS: [(&str, &[&str]); 3] = [
    ("RSAES_OAEP_SHA_256", &["RSA_2048", "RSA_3072", "RSA_4096"]),
    ("RSAES_OAEP_SHA_1", &["RSA_2048", "RSA_3072", "RSA_4096"]),
    ("SM2PKE", &["EC_SM2"]),
];

/// Source: GenerateMac, SDK 3.3.1; which goes with which spec is a choice.
const MACS: [(&str, &[&str]); 5] = [
    ("HMAC_SHA_224", &["HMAC_SHA_224"]),
    ("HMAC_SHA_256", &["HMAC_SHA_256"]),
    ("HMAC_SHA_384", &["HMAC_SHA_384"]),
    ("HMAC_SHA_512", &["HMAC_SHA_512"]),
    ("HMAC_SM3", &["HMAC_SM3"]),
];

/// What no action takes: an algorithm of imports, others' names, another case.
const NO_ALGORITHMS: [&str; 5] = ["RSAES_PKCS1_V1_5", "RSA_PSS_SHA_512", "ECIES", "sm2dsa", "ecdsa_sha_256"];

/// What is expected of a call: success, or status and code, and which parameter is named.
type Expected = Result<(), (u16, &'static str, Option<&'static str>)>;

const UNSUPPORTED: Expected = Err((400, "UnsupportedOperation", None));
const REJECTED: Expected = Err((400, "Rejected.UnsupportedOperation", None));
const WRONG_ALGORITHM: Expected = Err((400, "InvalidParameter", Some("Algorithm")));

/// A key of the file: spec, use, id, version.
#[derive(Debug)]
struct TestKey {
    spec: &'static str,
    usage: &'static str,
    id: String,
    version: String,
}

impl TestKey {
    /// Whether it is for `usage`, and `algorithm` is one of its own: in this order.
    fn can(
        &self,
        usage: &str,
        table: &[(&'static str, &[&'static str])],
        algorithm: &str,
        unsuitable: Expected,
    ) -> Expected {
        let Some((_, specs)) = table.iter().find(|(own, _)| *own == algorithm) else { return WRONG_ALGORITHM };
        let is_pair = ["RSA", "EC_"].iter().any(|kind| self.spec.starts_with(kind));
        if self.usage != usage || (usage == ENCRYPT && !is_pair) {
            unsuitable
        } else if specs.contains(&self.spec) {
            Ok(())
        } else {
            WRONG_ALGORITHM
        }
    }

    fn is_symmetric(&self) -> bool {
        self.spec.starts_with("Aliyun_")
    }

    fn call(&self, service: &Service, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let own = [("KeyId", self.id.as_str()), ("KeyVersionId", self.version.as_str())];
        service.call("yaoshi", action, &[&own, parameters].concat())
    }
}

/// The fixture, with a key of each spec in each use.
fn service() -> (Service, Vec<TestKey>) {
    let (mut blocks, mut keys) = (String::new(), Vec::new());
    for (spec, usages, material) in SPECS {
        for usage in usages {
            let number = keys.len();
            let (id, version) = (format!("key-{number}"), format!("5e0c9a31-41d7-4c5e-9f00-{number:012}"));
            writeln!(
                blocks,
                "[[account.key]]\nid = {id:?}\nspec = {spec:?}\nusage = {usage:?}\ncreated = 2026-01-01T00:00:00Z\n\
                 versions = [{{ id = {version:?}, material = '''{material}''' }}]"
            )
            .unwrap();
            keys.push(TestKey { spec, usage, id, version });
        }
    }
    (Service::with_file(&fixture_with(&blocks)), keys)
}

#[track_caller]
fn comes_to(reply: Reply, expected: Expected, what: &str) -> Reply {
    match expected {
        Ok(()) => assert_eq!((reply.status, reply.outcome().as_str()), (200, "OK"), "{what}: {}", reply.text),
        Err((status, code, parameter)) => {
            assert_eq!((reply.status, reply.outcome().as_str()), (status, code), "{what}: {}", reply.text);
            if let Some(parameter) = parameter {
                assert_eq!(reply.message(), format!("The specified parameter  {parameter}  is not valid."), "{what}");
            }
        }
    }
    reply
}

fn all_algorithms() -> impl Iterator<Item = &'static str> {
    let named = SIGNATURES.iter().chain(&ENCRYPTIONS).chain(&MACS).map(|(algorithm, _)| *algorithm);
    named.chain(NO_ALGORITHMS)
}

/// Key spec × use × algorithm × action: what is not documented as allowed is refused, with one code for each reason.
#[test]
fn every_key_with_every_algorithm() {
    let (service, keys) = service();
    assert_eq!(keys.len(), 17);
    for key in &keys {
        for algorithm in all_algorithms() {
            let what = |action: &str| format!("{action} with {algorithm} by a key of {} for {}", key.spec, key.usage);
            let call = |action: &str, parameters: &[(&str, &str)]| {
                key.call(&service, action, &[&[("Algorithm", algorithm)], parameters].concat())
            };
            let expected = key.can(SIGN, &SIGNATURES, algorithm, UNSUPPORTED);
            let signed = comes_to(call("AsymmetricSign", &[("Digest", DIGEST)]), expected, &what("AsymmetricSign"));
            let value = if expected.is_ok() { signed.text_at("Value") } else { "AAAA".to_owned() };
            let verified = call("AsymmetricVerify", &[("Digest", DIGEST), ("Value", &value)]);
            let verified = comes_to(verified, expected, &what("AsymmetricVerify"));
            assert!(expected.is_err() || verified.json()["Value"] == true, "{}", what("AsymmetricVerify"));

            let expected = key.can(ENCRYPT, &ENCRYPTIONS, algorithm, REJECTED);
            let sealed = call("AsymmetricEncrypt", &[("Plaintext", PLAINTEXT)]);
            let sealed = comes_to(sealed, expected, &what("AsymmetricEncrypt"));
            let blob = if expected.is_ok() { sealed.text_at("CiphertextBlob") } else { "AAAA".to_owned() };
            let opened = call("AsymmetricDecrypt", &[("CiphertextBlob", &blob)]);
            let opened = comes_to(opened, expected, &what("AsymmetricDecrypt"));
            assert!(expected.is_err() || opened.text_at("Plaintext") == PLAINTEXT, "{}", what("AsymmetricDecrypt"));

            let expected = key.can(MAC, &MACS, algorithm, UNSUPPORTED);
            let made = comes_to(call("GenerateMac", &[("Message", PLAINTEXT)]), expected, &what("GenerateMac"));
            let mac = if expected.is_ok() { made.text_at("Mac") } else { "AAAA".to_owned() };
            let verified = call("VerifyMac", &[("Message", PLAINTEXT), ("Mac", &mac)]);
            let verified = comes_to(verified, expected, &what("VerifyMac"));
            assert!(expected.is_err() || verified.json()["Value"] == true, "{}", what("VerifyMac"));
        }
    }
}

/// Key spec × use × action, of actions without a choice of algorithm.
#[test]
fn every_key_with_every_other_action() {
    let (service, keys) = service();
    for key in &keys {
        let what = |action: &str| format!("{action} by a key of {} for {}", key.spec, key.usage);
        let symmetric = if key.is_symmetric() { Ok(()) } else { UNSUPPORTED };
        let wrapping =
            [("PublicKeyBlob", SM2_PUBLIC_KEY), ("WrappingKeySpec", "EC_SM2"), ("WrappingAlgorithm", "SM2PKE")];
        comes_to(key.call(&service, "Encrypt", &[("Plaintext", PLAINTEXT)]), symmetric, &what("Encrypt"));
        for action in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateAndExportDataKey"] {
            comes_to(key.call(&service, action, &wrapping), symmetric, &what(action));
        }
        let from = APP_NEW.seal(PLAINTEXT.as_bytes(), &[]);
        let to = [("CiphertextBlob", from.as_str()), ("DestinationKeyId", key.id.as_str())];
        comes_to(service.call("yaoshi", "ReEncrypt", &to), symmetric, &what("ReEncrypt to"));
        // A blob that names a version of the key, whoever made it.
        let blob = if key.is_symmetric() {
            key.call(&service, "Encrypt", &[("Plaintext", PLAINTEXT)]).ok().text_at("CiphertextBlob")
        } else {
            let version: &'static str = key.version.clone().leak();
            Version { id: version, ..APP_NEW }.seal(PLAINTEXT.as_bytes(), &[])
        };
        let blob = [("CiphertextBlob", blob.as_str()), ("DestinationKeyId", APP)];
        for action in ["Decrypt", "ExportDataKey", "ReEncrypt"] {
            let parameters = [blob.as_slice(), wrapping.as_slice()].concat();
            comes_to(service.call("yaoshi", action, &parameters), symmetric, &what(action));
        }
        let is_pair = key.usage != MAC && !key.is_symmetric();
        let pair = if is_pair { Ok(()) } else { UNSUPPORTED };
        let shown = comes_to(key.call(&service, "GetPublicKey", &[]), pair, &what("GetPublicKey"));
        if is_pair {
            let pem = shown.text_at("PublicKey");
            assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.ends_with("-----END PUBLIC KEY-----\n"));
        }
        let rotates = if key.is_symmetric() { Ok(()) } else { REJECTED };
        let policy = [("EnableAutomaticRotation", "true"), ("RotationInterval", "365d")];
        comes_to(key.call(&service, "UpdateRotationPolicy", &policy), rotates, &what("UpdateRotationPolicy"));
        let import = [("WrappingAlgorithm", "SM2PKE"), ("WrappingKeySpec", "EC_SM2")];
        let no_import = Err((400, "Unsupported.Origin", None));
        comes_to(key.call(&service, "GetParametersForImport", &import), no_import, &what("GetParametersForImport"));
        // Making another RSA pair takes long: one length stands for all.
        if !["RSA_3072", "RSA_4096"].contains(&key.spec) {
            let versions = if key.usage == MAC { REJECTED } else { Ok(()) };
            comes_to(key.call(&service, "CreateKeyVersion", &[]), versions, &what("CreateKeyVersion"));
        }
    }
}

/// CreateKey of every spec in every use, those that it cannot have included.
#[test]
fn keys_are_made_for_what_their_spec_can_do() {
    let service = Service::with_fixture();
    for (spec, usages, _) in SPECS {
        for usage in [ENCRYPT, SIGN, MAC] {
            let wrong: Expected = Err((400, "InvalidParameter", Some("KeyUsage")));
            let expected = if usages.contains(&usage) { Ok(()) } else { wrong };
            // Making RSA pairs takes long: each length is made once, and the longest with its first use alone.
            if expected.is_ok() && spec.starts_with("RSA") && usage != usages[0] && spec != "RSA_2048" {
                continue;
            }
            let made = service.call("yaoshi", "CreateKey", &[("KeySpec", spec), ("KeyUsage", usage)]);
            let made = comes_to(made, expected, &format!("{spec} for {usage}"));
            if expected.is_ok() {
                assert_eq!(made.text_at("KeyMetadata.KeySpec"), spec);
                assert_eq!(made.text_at("KeyMetadata.KeyUsage"), usage);
                assert_eq!(made.text_at("KeyMetadata.KeyState"), "Enabled");
            }
        }
        if !spec.starts_with("RSA") {
            let made = service.call("yaoshi", "CreateKey", &[("KeySpec", spec)]).ok();
            assert_eq!(made.text_at("KeyMetadata.KeyUsage"), usages[0], "{spec}: signatures first");
        }
    }
}

/// Whoever makes key pairs or other keys beside them: all of them are there. That none waits for another's pair is
/// told by a test beside the state.
#[test]
fn key_pairs_are_made_beside_other_keys() {
    const EACH: usize = 4;
    let service = Service::with_fixture();
    let count = |spec: &str| {
        let filter = format!(r#"[{{"Key":"KeySpec","Values":["{spec}"]}}]"#);
        service.call("yaoshi", "ListKeys", &[("Filters", &filter)]).ok().json()["TotalCount"].as_u64().unwrap()
    };
    let specs = ["RSA_2048", "Aliyun_AES_256"];
    let before = specs.map(count);
    thread::scope(|scope| {
        for spec in specs.repeat(EACH) {
            let service = &service;
            scope.spawn(move || service.call("yaoshi", "CreateKey", &[("KeySpec", spec)]).ok());
        }
    });
    assert_eq!(specs.map(count), before.map(|count| count + EACH as u64));
}

fn base64(length: usize) -> String {
    BASE64_STANDARD.encode(vec![7; length])
}

/// Source: AsymmetricEncrypt, metadata of June 2024; RFC 8017 for RSA_4096.
#[test]
fn a_message_is_as_long_as_documented() {
    let (service, keys) = service();
    for (spec, algorithm, longest, ciphertext) in [
        ("RSA_2048", "RSAES_OAEP_SHA_256", 190, 256),
        ("RSA_2048", "RSAES_OAEP_SHA_1", 214, 256),
        ("RSA_3072", "RSAES_OAEP_SHA_256", 318, 384),
        ("RSA_3072", "RSAES_OAEP_SHA_1", 342, 384),
        ("RSA_4096", "RSAES_OAEP_SHA_256", 446, 512),
        ("RSA_4096", "RSAES_OAEP_SHA_1", 470, 512),
        ("EC_SM2", "SM2PKE", 6047, 6144),
    ] {
        let key = keys.iter().find(|key| key.spec == spec && key.usage == ENCRYPT).unwrap();
        let call = |action: &str, name: &str, value: &str| {
            key.call(&service, action, &[("Algorithm", algorithm), (name, value)])
        };
        let encrypt = |length: usize| call("AsymmetricEncrypt", "Plaintext", &base64(length));
        let refused = Err((400, "InvalidParameter", Some("Plaintext")));
        comes_to(encrypt(longest + 1), refused, &format!("{spec} {algorithm}"));
        let blob = encrypt(longest).ok().text_at("CiphertextBlob");
        let bytes = BASE64_STANDARD.decode(&blob).unwrap();
        assert_eq!(bytes.len(), ciphertext);
        let decrypt = |bytes: &[u8]| call("AsymmetricDecrypt", "CiphertextBlob", &BASE64_STANDARD.encode(bytes));
        assert_eq!(decrypt(&bytes).ok().text_at("Plaintext"), base64(longest));
        let mut changed = bytes.clone();
        changed[ciphertext / 2] ^= 1;
        let longer = [bytes.as_slice(), &[0]].concat();
        for wrong in [&bytes[1..], &bytes[..ciphertext - 1], &longer, &changed, &bytes[..1], &[0; 256], &[0xff; 384]] {
            let refused = Err((400, "InvalidParameter", Some("CiphertextBlob")));
            comes_to(decrypt(wrong), refused, &format!("{spec} {algorithm}, {} bytes", wrong.len()));
        }
    }
}

#[test]
fn a_digest_has_32_bytes_and_a_signature_any_form() {
    let (service, keys) = service();
    for key in keys.iter().filter(|key| key.usage == SIGN) {
        let algorithm = SIGNATURES.iter().find(|(_, specs)| specs.contains(&key.spec)).unwrap().0;
        let call = |action: &str, digest: &str, value: &str| {
            key.call(&service, action, &[("Algorithm", algorithm), ("Digest", digest), ("Value", value)])
        };
        for wrong in [base64(31), base64(33), base64(64), base64(1), "?".to_owned(), "c2FtcGxl".to_owned()] {
            for action in ["AsymmetricSign", "AsymmetricVerify"] {
                let refused = Err((400, "InvalidParameter", Some("Digest")));
                comes_to(call(action, &wrong, "AAAA"), refused, &format!("{action} by {}", key.spec));
            }
        }
        let value = call("AsymmetricSign", DIGEST, "").ok().text_at("Value");
        let verified = |digest: &str, value: &str| call("AsymmetricVerify", digest, value).ok().json()["Value"].clone();
        assert_eq!(verified(DIGEST, &value), true, "{}", key.spec);
        assert_eq!(verified(&base64(32), &value), false, "{}: of another digest", key.spec);
        for none in ["AAAA", "MAYCAQACAQA=", "MAA=", &base64(256), &base64(512), &base64(64)] {
            assert_eq!(verified(DIGEST, none), false, "{}: {none}", key.spec);
        }
        for (value, code) in [("?", "InvalidParameter"), ("", "MissingParameter")] {
            call("AsymmetricVerify", DIGEST, value).refused(400, code);
        }
    }
}

#[test]
fn data_is_base64() {
    let service = Service::with_fixture();
    for (action, name) in [
        ("AsymmetricSign", "Digest"),
        ("AsymmetricVerify", "Digest"),
        ("AsymmetricVerify", "Value"),
        ("AsymmetricEncrypt", "Plaintext"),
        ("AsymmetricDecrypt", "CiphertextBlob"),
    ] {
        for wrong in ["?", "A", "AAAAA", "SGVs bG8=", "SGVsbG8=\n", "SGVsbG8==", "-_-_", "SGVsbG9=", "=", "===="] {
            Sample::of(action).with(name, wrong).call(&service, "yaoshi").invalid(name);
        }
        Sample::of(action).with(name, "").call(&service, "yaoshi").missing(name);
        Sample::of(action).without(name).call(&service, "yaoshi").missing(name);
    }
}

/// GM/T 0009's DER is longer than the message by 101 to 112 bytes; the limit counts all of it.
#[test]
fn a_ciphertext_in_der_is_as_long_as_documented() {
    let service = Service::with_fixture();
    let public_key = BASE64_STANDARD.decode(SM2_PUBLIC_KEY).unwrap();
    let import = Import { algorithm: "SM2PKE".to_owned(), public_key, token: String::new() };
    let (mut opened, mut refused) = (0, 0);
    for length in 6144 - 115..6144 - 100 {
        let blob = import.wrap(&vec![7; length]);
        let reply = Sample::of("AsymmetricDecrypt").with("CiphertextBlob", &blob).call(&service, "yaoshi");
        if BASE64_STANDARD.decode(&blob).unwrap().len() <= 6144 {
            assert_eq!(reply.ok().text_at("Plaintext"), base64(length));
            opened += 1;
        } else {
            reply.invalid("CiphertextBlob");
            refused += 1;
        }
    }
    assert!(opened > 0 && refused > 0, "{opened} and {refused}");
}
