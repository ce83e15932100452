//! OpenSSL takes what Yaoshi makes, and Yaoshi what OpenSSL makes: keys, signatures, ciphertexts, codes.
//!
//! Private keys are made for the run; those of OpenSSL come to the sandbox in its file.

use std::fmt::Write as _;
use std::sync::OnceLock;

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use crate::support::blob::decode;
use crate::support::openssl::OpenSsl;
use crate::support::{ACCOUNT, Reply, Service};

const MESSAGE: &[u8] = b"message digest";

/// A kind of key pair.
struct Spec {
    name: &'static str,
    /// How OpenSSL makes a private key, in PKCS#8.
    generate: &'static str,
    /// What OpenSSL says of a public key.
    described: &'static str,
    signatures: &'static [Signing],
    encryptions: &'static [Encryption],
    /// Private keys in PEM.
    keys: OnceLock<[String; 2]>,
}

/// A signature algorithm: its name, what `openssl pkeyutl` has to know to sign a digest, and `openssl dgst` a message.
#[derive(Clone, Copy)]
struct Signing {
    algorithm: &'static str,
    of_digest: &'static str,
    of_message: &'static str,
}

/// An encryption algorithm: its name, what `openssl pkeyutl` has to know, and the bytes of the longest message.
#[derive(Clone, Copy)]
struct Encryption {
    algorithm: &'static str,
    options: &'static str,
    longest: usize,
}

const RSA_PSS: Signing = Signing {
    algorithm: "RSA_PSS_SHA_256",
    of_digest: "-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32 -pkeyopt digest:sha256",
    of_message: "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32",
};
const RSA_PKCS1: Signing =
    Signing { algorithm: "RSA_PKCS1_SHA_256", of_digest: "-pkeyopt digest:sha256", of_message: "-sha256" };
const RSA: &[Signing] = &[RSA_PSS, RSA_PKCS1];
const ECDSA: Signing = Signing { algorithm: "ECDSA_SHA_256", of_digest: "", of_message: "-sha256" };
/// Both know the identity that GM/T 0009 has for everybody.
const SM2DSA: Signing =
    Signing { algorithm: "SM2DSA", of_digest: "", of_message: "-sm3 -sigopt distid:1234567812345678" };

/// RFC 8017, 7.1.1: two digests and two bytes shorter than the modulus.
const fn oaep(bits: usize) -> [Encryption; 2] {
    [
        Encryption {
            algorithm: "RSAES_OAEP_SHA_1",
            options: "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1",
            longest: bits / 8 - 2 * 20 - 2,
        },
        Encryption {
            algorithm: "RSAES_OAEP_SHA_256",
            options: "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256",
            longest: bits / 8 - 2 * 32 - 2,
        },
    ]
}
const SM2PKE: Encryption = Encryption { algorithm: "SM2PKE", options: "", longest: 6047 };
/// DER writes a ciphertext of SM2 in up to 112 bytes more than the message, and a CiphertextBlob has up to 6,144.
const LONGEST_IN_DER: usize = 6144 - 112;

impl Spec {
    const fn new(
        name: &'static str,
        generate: &'static str,
        described: &'static str,
        signatures: &'static [Signing],
        encryptions: &'static [Encryption],
    ) -> Self {
        Self { name, generate, described, signatures, encryptions, keys: OnceLock::new() }
    }

    /// Made once for all tests: RSA takes its time.
    fn private_keys(&self, openssl: &OpenSsl) -> &[String; 2] {
        self.keys.get_or_init(|| [(); 2].map(|()| openssl.text(self.generate, "")))
    }
}

#[rustfmt::skip]
static SPECS: [Spec; 6] = [
    Spec::new("RSA_2048", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "(2048 bit)", RSA, &oaep(2048)),
    Spec::new("RSA_3072", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072", "(3072 bit)", RSA, &oaep(3072)),
    Spec::new("RSA_4096", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096", "(4096 bit)", RSA, &oaep(4096)),
    Spec::new("EC_P256", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "OID: prime256v1", &[ECDSA], &[]),
    Spec::new("EC_P256K", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "OID: secp256k1", &[ECDSA], &[]),
    Spec::new("EC_SM2", "genpkey -algorithm SM2", "OID: SM2", &[SM2DSA], &[SM2PKE]),
];

/// A sandbox with these keys, each with its spec, use and material.
fn service(keys: &[(&str, &str, &str)]) -> Service {
    let mut file = format!("version = 1\n[[account]]\nid = '{ACCOUNT}'\n");
    file.push_str("access_keys = [{ id = 'yaoshi', secret = 'yaoshi' }]\n");
    for (number, (spec, usage, material)) in keys.iter().enumerate() {
        let Key { id, version } = Key::numbered(number);
        writeln!(file, "[[account.key]]\nid = '{id}'\nspec = '{spec}'\nusage = '{usage}'").unwrap();
        writeln!(file, "[[account.key.versions]]\nid = '{version}'\nmaterial = '''{material}'''").unwrap();
    }
    Service::with_file(&file)
}

/// A key, and its one version.
struct Key {
    id: String,
    version: String,
}

impl Key {
    /// One of the sandbox file.
    fn numbered(number: usize) -> Self {
        Self { id: format!("key-{number}"), version: format!("7c5e1d40-9d3a-4f0e-8b6c-{number:012}") }
    }

    /// One that the service makes.
    #[track_caller]
    fn create(service: &Service, spec: &str, usage: &str) -> Self {
        let created = service.call("yaoshi", "CreateKey", &[("KeySpec", spec), ("KeyUsage", usage)]).ok();
        Self { id: created.text_at("KeyMetadata.KeyId"), version: created.text_at("KeyMetadata.PrimaryKeyVersion") }
    }

    fn call(&self, service: &Service, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let own = [("KeyId", self.id.as_str()), ("KeyVersionId", self.version.as_str())];
        service.call("yaoshi", action, &[&own, parameters].concat())
    }

    /// PEM.
    #[track_caller]
    fn public_key(&self, service: &Service) -> String {
        self.call(service, "GetPublicKey", &[]).ok().text_at("PublicKey")
    }

    #[track_caller]
    fn verifies(&self, service: &Service, algorithm: &str, digest: &[u8], signature: &[u8]) -> bool {
        let (digest, value) = (BASE64_STANDARD.encode(digest), BASE64_STANDARD.encode(signature));
        let parameters = [("Algorithm", algorithm), ("Digest", digest.as_str()), ("Value", value.as_str())];
        self.call(service, "AsymmetricVerify", &parameters).ok().json()["Value"].as_bool().unwrap()
    }
}

/// What a signature of `message` is made over; `public.pem` is the signer's key.
fn digest(openssl: &OpenSsl, signing: Signing, message: &[u8]) -> Vec<u8> {
    if signing.algorithm != SM2DSA.algorithm {
        return Sha256::digest(message).to_vec();
    }
    // Z(A), GB/T 32918.2, 5.5: length of the identity in bits, identity, curve, public key.
    let public_key = openssl.run("pkey -pubin -in public.pem -outform DER", "");
    let signer = Sm3::new()
        .chain_update(128_u16.to_be_bytes())
        .chain_update("1234567812345678")
        .chain_update(SM2_CURVE.map(u32::to_be_bytes).as_flattened())
        .chain_update(&public_key[public_key.len() - 64..])
        .finalize();
    Sm3::new().chain_update(signer).chain_update(message).finalize().to_vec()
}

/// GB/T 32918.5: a, b, and the base point.
#[rustfmt::skip]
const SM2_CURVE: [u32; 32] = [
    0xffff_fffe, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0x0000_0000, 0xffff_ffff, 0xffff_fffc,
    0x28e9_fa9e, 0x9d9f_5e34, 0x4d5a_9e4b, 0xcf65_09a7, 0xf397_89f5, 0x15ab_8f92, 0xddbc_bd41, 0x4d94_0e93,
    0x32c4_ae2c, 0x1f19_8119, 0x5f99_0446, 0x6a39_c994, 0x8fe3_0bbf, 0xf266_0be1, 0x715a_4589, 0x334c_74c7,
    0xbc37_36a2, 0xf4f6_779c, 0x59bd_cee3, 0x6b69_2153, 0xd0a9_877c, 0xc62a_4740, 0x02df_32e5, 0x2139_f0a0,
];

/// The pairs are Yaoshi's own.
#[test]
fn openssl_verifies_what_we_sign() {
    let Some(openssl) = OpenSsl::find() else { return };
    let service = service(&[]);
    for spec in &SPECS {
        let key = Key::create(&service, spec.name, "SIGN/VERIFY");
        openssl.file("public.pem", key.public_key(&service));
        let said = openssl.text("pkey -pubin -in public.pem -noout -pubcheck -text", "");
        assert!(said.contains("Key is valid") && said.contains(spec.described), "{}: {said}", spec.name);
        for signing in spec.signatures {
            let digest = digest(&openssl, *signing, MESSAGE);
            let parameters = [("Algorithm", signing.algorithm), ("Digest", &BASE64_STANDARD.encode(&digest))];
            let signed = key.call(&service, "AsymmetricSign", &parameters).ok().text_at("Value");
            openssl.file("signature", decode(&signed));
            let verify = "pkeyutl -verify -pubin -inkey public.pem -sigfile signature";
            openssl.run(&format!("{verify} {}", signing.of_digest), digest);
            openssl.run(&format!("dgst -verify public.pem -signature signature {}", signing.of_message), MESSAGE);
        }
    }
}

#[test]
fn we_verify_what_openssl_signs() {
    let Some(openssl) = OpenSsl::find() else { return };
    for spec in &SPECS {
        let keys = spec.private_keys(&openssl);
        let service = service(&[0, 1].map(|number| (spec.name, "SIGN/VERIFY", keys[number].as_str())));
        let (key, other) = (Key::numbered(0), Key::numbered(1));
        openssl.file("private.pem", &keys[0]);
        openssl.file("public.pem", key.public_key(&service));
        for signing in spec.signatures {
            let digest = digest(&openssl, *signing, MESSAGE);
            let sign = "pkeyutl -sign -inkey private.pem";
            let of_digest = openssl.run(&format!("{sign} {}", signing.of_digest), &digest);
            let of_message = openssl.run(&format!("dgst -sign private.pem {}", signing.of_message), MESSAGE);
            for signature in [of_digest, of_message] {
                let verifies = |key: &Key, digest: &[u8], signature: &[u8]| {
                    key.verifies(&service, signing.algorithm, digest, signature)
                };
                assert!(verifies(&key, &digest, &signature), "{} {}", spec.name, signing.algorithm);
                assert!(!verifies(&other, &digest, &signature), "{} {}", spec.name, signing.algorithm);
                for at in (0..digest.len()).step_by(7) {
                    assert!(!verifies(&key, &changed(&digest, at), &signature), "{} {at}", spec.name);
                }
                for at in (0..signature.len()).step_by(7) {
                    assert!(!verifies(&key, &digest, &changed(&signature, at)), "{} {at}", spec.name);
                }
                for wrong in [&signature[1..], &signature[..signature.len() - 1], &[&*signature, &[0]].concat()] {
                    assert!(!verifies(&key, &digest, wrong), "{} {}", spec.name, wrong.len());
                }
                for another in spec.signatures.iter().filter(|other| other.algorithm != signing.algorithm) {
                    assert!(!key.verifies(&service, another.algorithm, &digest, &signature), "{}", spec.name);
                }
            }
        }
    }
}

fn changed(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] ^= 1;
    changed
}

/// Of the two values of s that verify, OpenSSL takes either; many libraries for secp256k1 refuse the higher one.
#[test]
fn signatures_of_openssl_verify_with_a_low_s_and_a_high_one() {
    let Some(openssl) = OpenSsl::find() else { return };
    for spec in SPECS.iter().filter(|spec| spec.signatures[0].algorithm == ECDSA.algorithm) {
        let private_key = &spec.private_keys(&openssl)[0];
        let service = service(&[(spec.name, "SIGN/VERIFY", private_key)]);
        openssl.file("private.pem", private_key);
        let (mut low, mut high) = (0, 0);
        while low == 0 || high == 0 {
            let digest = Sha256::digest([low, high]);
            let signature = openssl.run("pkeyutl -sign -inkey private.pem", digest);
            assert!(Key::numbered(0).verifies(&service, ECDSA.algorithm, &digest, &signature), "{}", spec.name);
            // 30 length 02 length r 02 length s: of 33 bytes where the first bit of 256 is set, as it is above half the
            // order of these curves.
            let length_of_s = signature[4 + usize::from(signature[3]) + 1];
            *(if length_of_s == 33 { &mut high } else { &mut low }) += 1_u8;
        }
    }
}

#[test]
fn ciphertexts_go_both_ways() {
    let Some(openssl) = OpenSsl::find() else { return };
    for spec in SPECS.iter().filter(|spec| !spec.encryptions.is_empty()) {
        let private_key = &spec.private_keys(&openssl)[0];
        let (service, key) = (service(&[(spec.name, "ENCRYPT/DECRYPT", private_key)]), Key::numbered(0));
        openssl.file("private.pem", private_key);
        openssl.file("public.pem", key.public_key(&service));
        for encryption in spec.encryptions {
            let Encryption { algorithm, options, longest } = *encryption;
            let encrypt = |message: &[u8]| {
                let message = BASE64_STANDARD.encode(message);
                key.call(&service, "AsymmetricEncrypt", &[("Algorithm", algorithm), ("Plaintext", &message)])
            };
            for length in [1, 32, longest] {
                let message = message(length);
                let ciphertext = decode(&encrypt(&message).ok().text_at("CiphertextBlob"));
                assert_eq!(decrypted(&openssl, *encryption, &ciphertext), message, "{} {algorithm}", spec.name);
            }
            let refused = encrypt(&message(longest + 1)).refused(400, "InvalidParameter");
            assert!(refused.message().contains("Plaintext"), "{}", refused.text);

            for length in [1, 32, longest.min(LONGEST_IN_DER)] {
                let message = message(length);
                let ciphertext = openssl.run(&format!("pkeyutl -encrypt -pubin -inkey public.pem {options}"), &message);
                let ciphertext = BASE64_STANDARD.encode(ciphertext);
                let parameters = [("Algorithm", algorithm), ("CiphertextBlob", ciphertext.as_str())];
                let decrypted = key.call(&service, "AsymmetricDecrypt", &parameters).ok().text_at("Plaintext");
                assert_eq!(decode(&decrypted), message, "{} {algorithm}", spec.name);
            }
        }
    }
}

/// Bytes that differ from their neighbours.
fn message(length: usize) -> Vec<u8> {
    (1..=u8::MAX).cycle().take(length).collect()
}

/// The message that OpenSSL finds in a ciphertext of ours; its key is `private.pem`.
#[track_caller]
fn decrypted(openssl: &OpenSsl, encryption: Encryption, ciphertext: &[u8]) -> Vec<u8> {
    if encryption.algorithm == SM2PKE.algorithm {
        write_in_der(openssl, ciphertext, "ciphertext");
    } else {
        openssl.file("ciphertext", ciphertext);
    }
    openssl.run(&format!("pkeyutl -decrypt -inkey private.pem -in ciphertext {}", encryption.options), "")
}

/// C1 ‖ C3 ‖ C2 as GM/T 0009 has it: INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2.
fn write_in_der(openssl: &OpenSsl, ciphertext: &[u8], file: &str) {
    let (point, rest) = ciphertext.split_at(65);
    let ((x, y), (hash, text)) = (point[1..].split_at(32), rest.split_at(32));
    assert_eq!(point[0], 4, "a point written in full");
    let [x, y, hash, text] = [x, y, hash, text].map(hex);
    let octets = "FORMAT:HEX,OCTETSTRING";
    openssl.file(
        "template",
        format!("asn1=SEQUENCE:c\n[c]\nx=INTEGER:0x{x}\ny=INTEGER:0x{y}\nhash={octets}:{hash}\ntext={octets}:{text}\n"),
    );
    openssl.run(&format!("asn1parse -genconf template -noout -out {file}"), "");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn codes_are_those_of_openssl() {
    let Some(openssl) = OpenSsl::find() else { return };
    for (algorithm, hash, length) in [
        ("HMAC_SHA_224", "sha224", 28),
        ("HMAC_SHA_256", "sha256", 32),
        ("HMAC_SHA_384", "sha384", 48),
        ("HMAC_SHA_512", "sha512", 64),
        ("HMAC_SM3", "sm3", 32),
    ] {
        let secret = hex(&message(length));
        let service = service(&[(algorithm, "GENERATE/VERIFY_MAC", &secret)]);
        // About the blocks of the hashes, of 64 and 128 bytes.
        for length in [1, 55, 56, 63, 64, 65, 127, 128, 129, 10_000] {
            let message = message(length);
            let arguments = format!("dgst -{hash} -mac HMAC -macopt hexkey:{secret} -binary");
            let code = BASE64_STANDARD.encode(openssl.run(&arguments, &message));
            let message = BASE64_STANDARD.encode(message);
            let parameters =
                [("KeyId", "key-0"), ("Algorithm", algorithm), ("Message", message.as_str()), ("Mac", code.as_str())];
            let made = service.call("yaoshi", "GenerateMac", &parameters[..3]).ok();
            assert_eq!(made.text_at("Mac"), code, "{algorithm} {length}");
            let verified = service.call("yaoshi", "VerifyMac", &parameters).ok();
            assert_eq!(verified.json()["Value"], true, "{algorithm} {length}");
        }
    }
}

#[test]
fn openssl_takes_data_keys() {
    let Some(openssl) = OpenSsl::find() else { return };
    let service = service(&[("Aliyun_AES_256", "ENCRYPT/DECRYPT", &hex(&message(32)))]);
    for spec in SPECS.iter().filter(|spec| ["RSA_2048", "EC_SM2"].contains(&spec.name)) {
        openssl.file("private.pem", &spec.private_keys(&openssl)[0]);
        let public_key = BASE64_STANDARD.encode(openssl.run("pkey -in private.pem -pubout -outform DER", ""));
        for encryption in spec.encryptions {
            let wrapping = [
                ("PublicKeyBlob", public_key.as_str()),
                ("WrappingKeySpec", spec.name),
                ("WrappingAlgorithm", encryption.algorithm),
            ];
            let longest = encryption.longest.min(1024);
            for (name, value, length) in [
                ("KeySpec", "AES_128", 16),
                ("KeySpec", "AES_256", 32),
                ("NumberOfBytes", "1", 1),
                ("NumberOfBytes", &longest.to_string(), longest),
            ] {
                let parameters = [&[("KeyId", "key-0"), (name, value)], &wrapping[..]].concat();
                let made = service.call("yaoshi", "GenerateAndExportDataKey", &parameters).ok();
                let blob = made.text_at("CiphertextBlob");
                let sealed = service.call("yaoshi", "Decrypt", &[("CiphertextBlob", &blob)]).ok();
                let data_key = decode(&sealed.text_at("Plaintext"));
                assert_eq!(data_key.len(), length);
                let parameters = [&[("CiphertextBlob", blob.as_str())], &wrapping[..]].concat();
                for exported in [made, service.call("yaoshi", "ExportDataKey", &parameters).ok()] {
                    let exported = decode(&exported.text_at("ExportedDataKey"));
                    assert_eq!(decrypted(&openssl, *encryption, &exported), data_key, "{}", encryption.algorithm);
                }
            }
        }
    }
}

/// Each as it is made, then as PKCS#8 and as PKCS#1 or SEC 1: in PEM, and in DER as base64 and as hex.
#[test]
fn private_keys_come_in_every_form_of_openssl() {
    const RSA: &[&str] = &["pkey", "rsa -traditional"];
    const EC: &[&str] = &["pkey", "ec", "ec -conv_form compressed", "ec -no_public"];
    let Some(openssl) = OpenSsl::find() else { return };
    for (spec, generate, forms) in [
        ("RSA_2048", "genrsa 2048", RSA),
        ("RSA_2048", "genrsa -traditional 2048", RSA),
        ("EC_P256", "ecparam -name prime256v1 -genkey", EC),
        ("EC_P256", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", EC),
        ("EC_P256K", "ecparam -name secp256k1 -genkey", EC),
        ("EC_P256K", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", EC),
        ("EC_SM2", "ecparam -name SM2 -genkey", EC),
        ("EC_SM2", "genpkey -algorithm SM2", EC),
    ] {
        let made = openssl.text(generate, "");
        openssl.file("private.pem", &made);
        let public_key = openssl.text("pkey -in private.pem -pubout", "");
        let is_taken = |material: &str, form: &str| {
            let service = service(&[(spec, "SIGN/VERIFY", material)]);
            assert_eq!(Key::numbered(0).public_key(&service), public_key, "{generate}: {form}");
        };
        is_taken(&made, "as it is");
        for form in forms {
            let der = openssl.run(&format!("{form} -in private.pem -outform DER"), "");
            is_taken(&openssl.text(&format!("{form} -in private.pem"), ""), form);
            is_taken(&BASE64_STANDARD.encode(&der), form);
            is_taken(&lines(&hex(&der)), form);
        }
    }
}

/// Broken as `xxd -p` does.
fn lines(text: &str) -> String {
    text.as_bytes().chunks(60).map(|line| std::str::from_utf8(line).unwrap().to_owned() + "\n").collect()
}
