//! Key material in the sandbox file: every spec in every form, and what is none of its own.

use base64::prelude::{BASE64_STANDARD, Engine};
use ecdsa::elliptic_curve::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use pkcs8::der::pem;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use yaoshi::config::{DEFAULT_REGION, SandboxFile, load};

use crate::asymmetric::{ENCRYPT, MAC, SIGN, SPECS};
use crate::support::blob::Version;
use crate::support::samples::{DIGEST, PLAINTEXT};
use crate::support::{NOW, Service};

const VERSION: &str = "5e0c9a31-41d7-4c5e-9f00-000000000001";

/// What stands before the blocks under test; they begin in line 5.
const HEAD: &str = "version = 1\n[[account]]\nid = \"12\"\naccess_keys = [{ id = \"yaoshi\", secret = \"yaoshi\" }]\n";

/// The file with one key, called `k`, and its one version in line 9.
fn file(spec: &str, usage: &str, material: &str) -> String {
    format!(
        "{HEAD}[[account.key]]\nid = \"k\"\nspec = {spec:?}\nusage = {usage:?}\n[[account.key.versions]]\n\
         id = {VERSION:?}\nmaterial = '''{material}'''\n"
    )
}

/// What loading `text` is refused with, but for the file's name.
#[track_caller]
fn refusal(text: &str) -> String {
    let loaded = SandboxFile::parse("f.toml", text)
        .and_then(|file| load(Some(&file), DEFAULT_REGION, NOW.parse().unwrap()).map(|_| ()));
    let error = loaded.map_or_else(|error| error.to_string(), |()| "f.toml:nothing is wrong".to_owned());
    error.strip_prefix("f.toml:").unwrap().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Base64 and hex, plain and broken into lines.
fn writings(bytes: &[u8]) -> Vec<String> {
    let lines = |text: String| {
        let lines: Vec<_> = text.as_bytes().chunks(60).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("\n{}\n", lines.join("\n"))
    };
    let (base64, hex) = (BASE64_STANDARD.encode(bytes), hex(bytes));
    vec![lines(base64.clone()), base64, hex.to_uppercase(), lines(hex.clone()), hex]
}

fn block(label: &str, der: &[u8]) -> String {
    pem::encode_string(label, LineEnding::LF, der).unwrap()
}

/// A key pair of the test's own.
struct Pair {
    spec: &'static str,
    pkcs8: Vec<u8>,
    /// PKCS#1 or SEC 1, and the label of its PEM.
    traditional: (&'static str, Vec<u8>),
    /// The private number, and a block with the parameters of the curve, which OpenSSL writes before the key.
    number: Option<([u8; 32], &'static str)>,
    /// SubjectPublicKeyInfo in PEM.
    public_key: String,
}

fn rsa_pair(spec: &'static str) -> Pair {
    let (.., pem) = SPECS.into_iter().find(|(other, ..)| *other == spec).unwrap();
    let key = rsa::PrivateKey::from_pkcs8_pem(pem).unwrap();
    Pair {
        spec,
        pkcs8: key.to_pkcs8_der().unwrap().as_bytes().to_vec(),
        traditional: ("RSA PRIVATE KEY", key.to_pkcs1_der().unwrap().as_bytes().to_vec()),
        number: None,
        public_key: key.as_public_key().to_public_key_pem(LineEnding::LF).unwrap(),
    }
}

macro_rules! curve_pair {
    ($spec:literal, $library:ident, $parameters:literal) => {{
        let number = [7; 32];
        let key = $library::SecretKey::from_slice(&number).unwrap();
        Pair {
            spec: $spec,
            pkcs8: key.to_pkcs8_der().unwrap().as_bytes().to_vec(),
            traditional: ("EC PRIVATE KEY", key.to_sec1_der().unwrap().to_vec()),
            number: Some((number, $parameters)),
            public_key: key.public_key().to_public_key_pem(LineEnding::LF).unwrap(),
        }
    }};
}

fn pairs() -> [Pair; 6] {
    [
        rsa_pair("RSA_2048"),
        rsa_pair("RSA_3072"),
        rsa_pair("RSA_4096"),
        curve_pair!("EC_P256", p256, "BggqhkjOPQMBBw=="),
        curve_pair!("EC_P256K", k256, "BgUrgQQACg=="),
        curve_pair!("EC_SM2", sm2, "BggqgRzPVQGCLQ=="),
    ]
}

impl Pair {
    fn forms(&self) -> Vec<String> {
        let (label, traditional) = &self.traditional;
        let pem = [block("PRIVATE KEY", &self.pkcs8), block(label, traditional)];
        let mut forms: Vec<_> =
            pem.iter().flat_map(|pem| [pem.clone(), format!("\n\n{pem}\n"), pem.trim().into()]).collect();
        forms.extend(pem.iter().map(|pem| pem.replace('\n', "\r\n")));
        forms.extend([&self.pkcs8, traditional].into_iter().flat_map(|der| writings(der)));
        if let Some((number, parameters)) = &self.number {
            let parameters = format!("-----BEGIN EC PARAMETERS-----\n{parameters}\n-----END EC PARAMETERS-----\n");
            forms.extend(pem.iter().map(|pem| parameters.clone() + pem));
            forms.extend(writings(number));
        }
        forms
    }
}

fn signature_algorithm(spec: &str) -> &'static str {
    match spec {
        "EC_SM2" => "SM2DSA",
        spec if spec.starts_with("EC_") => "ECDSA_SHA_256",
        _ => "RSA_PSS_SHA_256",
    }
}

/// Check that the key `k` is this one: it has the public key, and what its private half signs verifies.
#[track_caller]
fn works(service: &Service, spec: &str, public_key: &str, what: &str) {
    let own = [("KeyId", "k"), ("KeyVersionId", VERSION), ("Algorithm", signature_algorithm(spec)), ("Digest", DIGEST)];
    let shown = service.call("yaoshi", "GetPublicKey", &own[..2]).ok();
    assert_eq!(shown.text_at("PublicKey"), public_key, "{what}");
    let signed = service.call("yaoshi", "AsymmetricSign", &own).ok().text_at("Value");
    let verified = service.call("yaoshi", "AsymmetricVerify", &[&own[..], &[("Value", &signed)]].concat()).ok();
    assert_eq!(verified.json()["Value"], true, "{what}");
}

#[test]
fn key_pairs_come_in_every_form() {
    for pair in pairs() {
        for form in pair.forms() {
            let service = Service::with_file(&file(pair.spec, SIGN, &form));
            works(&service, pair.spec, &pair.public_key, &form);
        }
    }
}

#[test]
fn secrets_come_in_base64_and_hex() {
    for (spec, length) in [("Aliyun_AES_256", 32_u8), ("Aliyun_SM4", 16)] {
        let secret: Vec<u8> = (1..=length).collect();
        let material: &'static str = BASE64_STANDARD.encode(&secret).leak();
        let blob = Version { id: VERSION, material }.seal(PLAINTEXT.as_bytes(), &[]);
        for form in writings(&secret) {
            let service = Service::with_file(&file(spec, ENCRYPT, &form));
            let opened = service.call("yaoshi", "Decrypt", &[("CiphertextBlob", &blob)]).ok();
            assert_eq!(opened.text_at("Plaintext"), PLAINTEXT, "{spec} {form}");
        }
    }
    for (spec, length) in
        [("HMAC_SHA_224", 28), ("HMAC_SHA_256", 32), ("HMAC_SHA_384", 48), ("HMAC_SHA_512", 64), ("HMAC_SM3", 32_u8)]
    {
        let secret: Vec<u8> = (1..=length).collect();
        let codes = writings(&secret).into_iter().map(|form| {
            let service = Service::with_file(&file(spec, MAC, &form));
            let own = [("KeyId", "k"), ("Algorithm", spec), ("Message", PLAINTEXT)];
            service.call("yaoshi", "GenerateMac", &own).ok().text_at("Mac")
        });
        let mut codes: Vec<_> = codes.collect();
        assert_eq!(codes.len(), 5);
        codes.dedup();
        assert_eq!(codes.len(), 1, "{spec}: the same secret, the same code");
    }
}

/// From 1 to the order of the curve less 1 (SEC 1, 3.2.1), on SM2's less 2 (GB/T 32918.1, 6.1): a signature there
/// divides by one more than the number.
#[test]
fn a_private_number_is_below_the_order_of_its_curve() {
    for (spec, order, greatest) in [
        ("EC_P256", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "50"),
        ("EC_P256K", "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "40"),
        ("EC_SM2", "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123", "21"),
    ] {
        let ending_in = |byte: &str| format!("{}{byte}", &order[..62]);
        let one = format!("{:0>64}", 1);
        for number in [one.as_str(), &ending_in(greatest)] {
            let service = Service::with_file(&file(spec, SIGN, number));
            let own = [("KeyId", "k"), ("KeyVersionId", VERSION)];
            let public_key = service.call("yaoshi", "GetPublicKey", &own).ok().text_at("PublicKey");
            works(&service, spec, &public_key, number);
        }
        let mut none = vec!["0".repeat(64), order.to_owned(), "f".repeat(64)];
        if spec == "EC_SM2" {
            none.push(ending_in("22"));
        }
        // Of another length; the first is base64 as well, of 24 bytes.
        none.extend([24, 31, 33, 64].map(|length| "01".repeat(length)));
        none.push(BASE64_STANDARD.encode([1; 24]));
        for number in none {
            let error = refusal(&file(spec, SIGN, &number));
            let expected = format!("is not a private key of {spec}");
            // Zero and the orders of the longer curves apart, a number may be one of another curve.
            assert!(error.ends_with(&expected) || error.ends_with(&format!(", not of {spec}")), "{number}: {error}");
        }
    }
}

/// In one line, with the place of the version.
#[test]
fn what_is_no_material_of_the_spec_is_told() {
    let [rsa_2048, rsa_3072, rsa_4096, p256, p256k, sm2] = pairs();
    let pkcs8 = |pair: &Pair| block("PRIVATE KEY", &pair.pkcs8);
    let rsa_1024 = rsa::PrivateKey::new(&mut ChaCha20Rng::seed_from_u64(1), 1024).unwrap().to_pkcs8_der().unwrap();
    let secret = |length: usize| BASE64_STANDARD.encode(vec![0xab; length]);
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let whole = pkcs8(&rsa_2048);
    let legacy = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,\
                  0123456789ABCDEF0123456789ABCDEF\n\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n";
    let rows: Vec<(&str, String, &str)> = vec![
        // Lengths.
        ("Aliyun_AES_256", secret(31), "has 31 bytes, Aliyun_AES_256 wants 32"),
        ("Aliyun_AES_256", secret(33), "has 33 bytes, Aliyun_AES_256 wants 32"),
        ("Aliyun_SM4", secret(32), "has 32 bytes, Aliyun_SM4 wants 16"),
        ("HMAC_SHA_224", secret(32), "has 32 bytes, HMAC_SHA_224 wants 28"),
        ("HMAC_SHA_256", secret(64), "has 64 bytes, HMAC_SHA_256 wants 32"),
        ("HMAC_SHA_384", secret(47), "has 47 bytes, HMAC_SHA_384 wants 48"),
        // Base64 of 48 bytes, if it were not hex.
        ("HMAC_SHA_384", "00".repeat(32), "has 32 bytes, HMAC_SHA_384 wants 48"),
        ("HMAC_SHA_512", secret(65), "has 65 bytes, HMAC_SHA_512 wants 64"),
        ("HMAC_SM3", secret(28), "has 28 bytes, HMAC_SM3 wants 32"),
        ("HMAC_SM3", pkcs8(&p256), "has 138 bytes, HMAC_SM3 wants 32"),
        // Keys of another kind or length.
        ("RSA_2048", pkcs8(&p256), "is a private key of EC_P256, not of RSA_2048"),
        ("RSA_2048", pkcs8(&rsa_3072), "is a private key of RSA_3072, not of RSA_2048"),
        ("RSA_3072", pkcs8(&rsa_4096), "is a private key of RSA_4096, not of RSA_3072"),
        ("RSA_4096", pkcs8(&rsa_2048), "is a private key of RSA_2048, not of RSA_4096"),
        ("RSA_2048", block("PRIVATE KEY", rsa_1024.as_bytes()), "is not a private key of RSA_2048"),
        ("RSA_2048", hex(rsa_1024.as_bytes()), "is not a private key of RSA_2048"),
        ("EC_P256", pkcs8(&p256k), "is a private key of EC_P256K, not of EC_P256"),
        ("EC_P256", block("EC PRIVATE KEY", &p256k.traditional.1), "is a private key of EC_P256K, not of EC_P256"),
        ("EC_P256K", pkcs8(&sm2), "is a private key of EC_SM2, not of EC_P256K"),
        ("EC_SM2", pkcs8(&p256), "is a private key of EC_P256, not of EC_SM2"),
        ("EC_SM2", pkcs8(&rsa_2048), "is a private key of RSA_2048, not of EC_SM2"),
        ("EC_SM2", secret(31), "is not a private key of EC_SM2"),
        // No private keys.
        ("RSA_2048", rsa_2048.public_key.clone(), "is PUBLIC KEY, not a private key"),
        ("EC_P256", p256.public_key.clone(), "is PUBLIC KEY, not a private key"),
        ("EC_P256", certificate.clone(), "is CERTIFICATE, not a private key"),
        ("RSA_2048", format!("{whole}{certificate}"), "is CERTIFICATE, not a private key"),
        ("RSA_2048", format!("{}{whole}", pkcs8(&rsa_3072)), "holds more than one private key"),
        ("EC_P256", format!("{}\r\n{}", pkcs8(&p256), pkcs8(&p256)), "holds more than one private key"),
        ("RSA_2048", block("ENCRYPTED PRIVATE KEY", &rsa_2048.pkcs8), "is encrypted: write it without a password"),
        ("RSA_2048", block("OPENSSH PRIVATE KEY", &[0x30, 0]), "is not a private key of RSA_2048"),
        ("RSA_2048", block("PRIVATE KEY", &rsa_2048.traditional.1[1..]), "is not PEM: "),
        ("RSA_2048", block("PRIVATE KEY", &[]), "is not PEM: "),
        // No PEM.
        ("RSA_2048", legacy.to_owned(), "is not PEM: "),
        ("RSA_2048", whole[..whole.len() / 2].to_owned(), "is not PEM: "),
        ("RSA_2048", whole.replace("END PRIVATE", "END RSA PRIVATE"), "is not PEM: "),
        ("RSA_2048", whole.replacen('\n', "\n?", 1), "is not PEM: "),
        ("RSA_2048", "-----BEGIN PRIVATE KEY-----".to_owned(), "is not PEM: "),
        // Nothing at all.
        ("RSA_2048", String::new(), "is not a private key of RSA_2048"),
        ("EC_P256", "?".to_owned(), "is neither base64 nor hex nor PEM"),
        ("EC_SM2", "not a key".to_owned(), "is neither base64 nor hex nor PEM"),
        ("HMAC_SM3", "0x00".to_owned(), "has 3 bytes, HMAC_SM3 wants 32"),
        ("Aliyun_SM4", String::new(), "has 0 bytes, Aliyun_SM4 wants 16"),
    ];
    for (spec, material, what) in rows {
        let usage = SPECS.iter().find(|(other, ..)| *other == spec).unwrap().1[0];
        let error = refusal(&file(spec, usage, &material));
        let expected = format!("9:1: key \"k\": the material of version {VERSION} {what}");
        let is_told = if what.ends_with(": ") { error.starts_with(&expected) } else { error == expected };
        assert!(is_told, "{spec} {material}\n{error}\n{expected}");
        assert_eq!(error.lines().count(), 1, "{error}");
        // Not even a piece of it.
        for line in material.lines().filter(|line| !line.starts_with('-')) {
            for piece in line.as_bytes().windows(12).map(|piece| std::str::from_utf8(piece).unwrap()) {
                assert!(!error.contains(piece), "{error} tells {piece}");
            }
        }
    }
}

/// A private key whose parts do not belong together, or whose bits were changed, is none, or works as it is.
#[test]
fn a_changed_private_key_is_refused_or_works() {
    let mut refused = 0;
    for pair in pairs().into_iter().filter(|pair| !["RSA_3072", "RSA_4096"].contains(&pair.spec)) {
        let step = if pair.spec == "RSA_2048" { 23 } else { 1 };
        for der in [&pair.pkcs8, &pair.traditional.1] {
            for at in (0..der.len()).step_by(step) {
                let mut changed = der.clone();
                changed[at] ^= 1 << (at % 8);
                let text = file(pair.spec, SIGN, &hex(&changed));
                if refusal(&text) != "nothing is wrong" {
                    refused += 1;
                    continue;
                }
                let service = Service::with_file(&text);
                let own = [("KeyId", "k"), ("KeyVersionId", VERSION)];
                let public_key = service.call("yaoshi", "GetPublicKey", &own).ok().text_at("PublicKey");
                works(&service, pair.spec, &public_key, &format!("{} {at}", pair.spec));
            }
        }
    }
    assert!(refused > 400, "{refused}");
}

#[test]
fn a_key_is_for_what_its_spec_can_do() {
    for (spec, usages, material) in SPECS {
        for usage in [ENCRYPT, SIGN, MAC] {
            let told = refusal(&file(spec, usage, material));
            let expected = if usages.contains(&usage) {
                "nothing is wrong".to_owned()
            } else {
                format!("5:1: key \"k\": a key of spec {spec} is for {}, not {usage}", usages.join(" or "))
            };
            assert_eq!(told, expected);
        }
    }
}

#[test]
fn only_symmetric_keys_are_imported() {
    for (spec, ..) in SPECS {
        for state in ["Enabled", "PendingImport"] {
            let block = format!(
                "{HEAD}[[account.key]]\nid = \"k\"\nspec = {spec:?}\norigin = \"EXTERNAL\"\nstate = {state:?}\n"
            );
            let expected = if spec.starts_with("Aliyun_") {
                "nothing is wrong".to_owned()
            } else {
                format!("5:1: key \"k\": a key of spec {spec} has no imported material")
            };
            assert_eq!(refusal(&block), expected);
        }
    }
}

/// Each row: what stands in the block of a managed data key, and what is told of it.
#[test]
fn mistakes_of_managed_data_keys() {
    const KEYS: &str = "[[account.key]]\nid = \"k\"\n[[account.key]]\nid = \"mac\"\nspec = \"HMAC_SM3\"\n\
                        [[account.key]]\nid = \"gone\"\nstate = \"PendingDeletion\"\ndelete_at = 2026-11-22T07:00:00Z\n";
    let version = |id: &str, material: &str| format!("{{ id = {id:?}, material = {material:?} }}");
    let block = |name: &str, key: &str, versions: &[String]| {
        format!("[[account.data_key]]\nname = {name:?}\nkey = {key:?}\nversions = [{}]\n", versions.join(", "))
    };
    let one = || vec![version("v", "AAAA")];
    let long = "x".repeat(129);
    let bytes = |length: usize| BASE64_STANDARD.encode(vec![7; length]);
    let right = block("d", "k", &one());
    let rows = [
        (right.clone(), "nothing is wrong".to_owned()),
        (
            block(&"钥".repeat(128), "k", &[version("v", &bytes(1)), version("w", &bytes(1024))]),
            "nothing is wrong".into(),
        ),
        (block("d", "none", &one()), "14:1: data key \"d\": the account has no key \"none\" in cn-hangzhou".into()),
        (block("d", "gone", &one()), "14:1: data key \"d\": the account has no key \"gone\" in cn-hangzhou".into()),
        (block("d", "mac", &one()), "14:1: data key \"d\": key \"mac\" does not encrypt data keys".into()),
        (
            right.replace("key =", "region = \"cn-beijing\"\nkey ="),
            "14:1: data key \"d\": the account has no key \"k\" in cn-beijing".into(),
        ),
        (format!("{right}{right}"), "18:1: data key \"d\": it stands twice in cn-hangzhou".into()),
        (block("", "k", &one()), "14:1: data key \"\": a name has 1 to 128 characters".into()),
        (block(&long, "k", &one()), format!("14:1: data key {long:?}: a name has 1 to 128 characters")),
        (block("d", "k", &[]), "14:1: data key \"d\": it has no version".into()),
        (block("d", "k", &[version("", "AAAA")]), "14:1: data key \"d\": version \"\" is empty or stands twice".into()),
        (
            block("d", "k", &[version("v", "AAAA"), version("v", "AAAB")]),
            "14:1: data key \"d\": version \"v\" is empty or stands twice".into(),
        ),
        (
            block("d", "k", &[version("v", "")]),
            "14:1: data key \"d\": the material of version \"v\" has not 1 to 1,024 bytes".into(),
        ),
        (
            block("d", "k", &[version("v", &bytes(1025))]),
            "14:1: data key \"d\": the material of version \"v\" has not 1 to 1,024 bytes".into(),
        ),
        (right.replace("name = \"d\"\n", ""), "14:1: missing field `name`".into()),
        (right.replace("key = \"k\"\n", ""), "14:1: missing field `key`".into()),
        ("[[account.data_key]]\nname = \"d\"\nkey = \"k\"\n".to_owned(), "14:1: missing field `versions`".into()),
        (
            right.replace("key =", "spec = \"AES_256\"\nkey ="),
            "16:1: unknown field `spec`, expected one of `name`, `region`, `key`, `versions`".into(),
        ),
    ];
    for (block, expected) in rows {
        assert_eq!(refusal(&format!("{HEAD}{KEYS}{block}")), expected, "{block}");
    }
    // Why it is no base64 is told, and nothing of the text.
    let told = refusal(&format!("{HEAD}{KEYS}{}", block("d", "k", &[version("v", "secret-key")])));
    assert!(told.starts_with("14:1: data key \"d\": the material of version \"v\" is not base64: "), "{told}");
    assert!(!told.contains("secret-key"), "{told}");
}
