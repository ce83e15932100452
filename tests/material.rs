//! Material that owners bring: asked for, wrapped, imported, deleted, brought again.

use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::{SignedDuration, Timestamp};
use yaoshi::call::Limits;
use yaoshi::config::{Data, Options, SandboxFile};
use yaoshi::dialect::alibaba::signature::sign::Scheme;

use crate::support::blob::{Version, decode};
use crate::support::openssl::OpenSsl;
use crate::support::samples::{
    APP, EXTERNAL, EXTERNAL_BLOCK, PENDING_IMPORT, PENDING_IMPORT_VERSION, PLAINTEXT, Sample, fixture_with,
};
use crate::support::wrap::{Import, WRAPPINGS};
use crate::support::{ACCOUNT, NOW, Reply, Service};

const MATERIAL: [u8; 32] = [0xa7; 32];

fn create(service: &Service, spec: &str) -> String {
    let parameters = [("KeySpec", spec), ("Origin", "EXTERNAL")];
    service.call("yaoshi", "CreateKey", &parameters).ok().text_at("KeyMetadata.KeyId")
}

/// An SM2 pair and token: the quickest.
#[track_caller]
fn ask(service: &Service, key: &str) -> Import {
    Import::ask(service, key, "SM2PKE", "EC_SM2")
}

fn import_wrapped(service: &Service, key: &str, token: &str, wrapped: &str, expires: &str) -> Reply {
    let parameters =
        [("KeyId", key), ("EncryptedKeyMaterial", wrapped), ("ImportToken", token), ("KeyMaterialExpireUnix", expires)];
    service.call("yaoshi", "ImportKeyMaterial", &parameters)
}

fn import_until(service: &Service, key: &str, material: &[u8], expires: &str) -> Reply {
    let import = ask(service, key);
    import_wrapped(service, key, &import.token, &import.wrap(material), expires)
}

fn import(service: &Service, key: &str, material: &[u8]) -> Reply {
    import_until(service, key, material, "0")
}

fn delete(service: &Service, key: &str) -> Reply {
    service.call("yaoshi", "DeleteKeyMaterial", &[("KeyId", key)])
}

#[track_caller]
fn metadata(service: &Service, key: &str, name: &str) -> String {
    service.call("yaoshi", "DescribeKey", &[("KeyId", key)]).ok().text_at(&format!("KeyMetadata.{name}"))
}

#[track_caller]
fn state(service: &Service, key: &str) -> String {
    metadata(service, key, "KeyState")
}

fn encrypt(service: &Service, key: &str) -> Reply {
    service.call("yaoshi", "Encrypt", &[("KeyId", key), ("Plaintext", PLAINTEXT)])
}

fn decrypt(service: &Service, blob: &str) -> Reply {
    service.call("yaoshi", "Decrypt", &[("CiphertextBlob", blob)])
}

#[track_caller]
fn names(reply: Reply, parameter: &str) {
    let message = reply.refused(400, "InvalidParameter").message();
    assert_eq!(message, format!("The specified parameter  {parameter}  is not valid."));
}

fn now_and(hours: i64) -> Timestamp {
    NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

/// What was imported is what encrypts: a blob opens under it without Yaoshi.
#[track_caller]
fn encrypts_with(service: &Service, key: &str, material: &[u8]) {
    let sealed = encrypt(service, key).ok();
    let material = BASE64_STANDARD.encode(material);
    let version = sealed.text_at("KeyVersionId");
    let version = Version { id: version.leak(), material: material.leak() };
    assert_eq!(version.open(&sealed.text_at("CiphertextBlob"), &[]).as_deref(), Some(PLAINTEXT.as_bytes()));
}

#[test]
fn every_wrapping_brings_the_material_of_every_spec() {
    let service = Service::with_fixture();
    for (algorithm, wrapping_spec) in WRAPPINGS {
        for (spec, length) in [("Aliyun_AES_256", 32), ("Aliyun_SM4", 16)] {
            let key = create(&service, spec);
            let asked = Import::ask(&service, &key, algorithm, wrapping_spec);
            let wrapped = asked.wrap(&MATERIAL[..length]);
            import_wrapped(&service, &key, &asked.token, &wrapped, "0").ok();
            assert_eq!(state(&service, &key), "Enabled");
            encrypts_with(&service, &key, &MATERIAL[..length]);
        }
    }
    let key = create(&service, "Aliyun_AES_256");
    let asked = ask(&service, &key);
    import_wrapped(&service, &key, &asked.token, &asked.wrap_raw(&MATERIAL), "0").ok();
    encrypts_with(&service, &key, &MATERIAL);
}

/// The same by a client that shares no code with Yaoshi.
#[test]
fn openssl_wraps_for_us() {
    let Some(openssl) = OpenSsl::find() else { return };
    let service = Service::with_fixture();
    for (algorithm, options) in [
        ("RSAES_PKCS1_V1_5", "-pkeyopt rsa_padding_mode:pkcs1"),
        ("RSAES_OAEP_SHA_1", "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1"),
        ("RSAES_OAEP_SHA_256", "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256"),
        ("SM2PKE", ""),
    ] {
        let spec = WRAPPINGS.iter().find(|(name, _)| *name == algorithm).unwrap().1;
        let key = create(&service, "Aliyun_AES_256");
        let asked = Import::ask(&service, &key, algorithm, spec);
        openssl.file("public.der", &asked.public_key);
        let wrapped =
            openssl.run(&format!("pkeyutl -encrypt -pubin -keyform DER -inkey public.der {options}"), MATERIAL);
        import_wrapped(&service, &key, &asked.token, &BASE64_STANDARD.encode(wrapped), "0").ok();
        encrypts_with(&service, &key, &MATERIAL);
    }
}

/// Source: GetParametersForImport page (2021), "different each call", "valid for 24 hours".
#[test]
fn parameters_are_new_each_time_and_hold_for_a_day() {
    let service = Service::with_fixture();
    for (algorithm, spec) in WRAPPINGS {
        let parameters = [("KeyId", PENDING_IMPORT), ("WrappingAlgorithm", algorithm), ("WrappingKeySpec", spec)];
        let asked = || service.call("yaoshi", "GetParametersForImport", &parameters).ok();
        let (one, other) = (asked(), asked());
        for reply in [&one, &other] {
            assert_eq!(reply.text_at("KeyId"), PENDING_IMPORT);
            assert_eq!(reply.text_at("TokenExpireTime"), "2026-11-23T07:00:00Z");
        }
        assert_ne!(one.text_at("PublicKey"), other.text_at("PublicKey"));
        assert_ne!(one.text_at("ImportToken"), other.text_at("ImportToken"));
    }
}

#[test]
fn a_seed_makes_the_same_pairs() {
    let service = |seed| {
        let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
        Service::with_options(&Options { file: Some(file), seed: Some(seed), ..Options::default() })
    };
    for (algorithm, spec) in [WRAPPINGS[2], WRAPPINGS[3]] {
        let asked = |seed| {
            let asked = Import::ask(&service(seed), PENDING_IMPORT, algorithm, spec);
            (asked.public_key, asked.token)
        };
        assert_eq!(asked(7), asked(7));
        assert_ne!(asked(7), asked(8));
    }
}

#[test]
fn a_token_expires_after_a_day() {
    let service = Service::with_fixture();
    let asked = ask(&service, PENDING_IMPORT);
    let wrapped = asked.wrap(&decode(PENDING_IMPORT_VERSION.material));
    let imported = || import_wrapped(&service, PENDING_IMPORT, &asked.token, &wrapped, "0");
    service.turn_clock_to(now_and(24));
    assert_eq!(imported().refused(400, "ExpiredImportToken").message(), "import token is expired");
    service.turn_clock_to(now_and(24) - SignedDuration::from_secs(1));
    imported().ok();
    // A token can be used more than once, as the same material can be imported more than once.
    imported().ok();
}

#[test]
fn a_token_is_for_one_key_and_whole() {
    let service = Service::with_fixture();
    let (key, other) = (create(&service, "Aliyun_AES_256"), create(&service, "Aliyun_AES_256"));
    let asked = ask(&service, &key);
    let wrapped = asked.wrap(&MATERIAL);
    let refused = |key: &str, token: &str| {
        let refused = import_wrapped(&service, key, token, &wrapped, "0").refused(400, "InvalidImportToken");
        assert_eq!(refused.message(), "import token is invalid");
    };
    refused(&other, &asked.token);
    let token = decode(&asked.token);
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1;
        refused(&key, &BASE64_STANDARD.encode(changed));
    }
    for length in 1..token.len() {
        refused(&key, &BASE64_STANDARD.encode(&token[..length]));
    }
    // Another process, or a sandbox started again, has a secret of its own.
    let elsewhere = ask(&Service::with_fixture(), PENDING_IMPORT);
    refused(PENDING_IMPORT, &elsewhere.token);
    assert_eq!(state(&service, &key), "PendingImport");
    // The material was wrapped with the key of another token.
    let again = ask(&service, &key);
    import_wrapped(&service, &key, &again.token, &wrapped, "0").refused(400, "InvalidKeyMaterial");
    import_wrapped(&service, &key, &asked.token, &wrapped, "0").ok();
}

/// A key is one of its place: another region may have one of the same id.
#[test]
fn a_token_is_for_a_key_of_its_region() {
    let block = EXTERNAL_BLOCK.replace("created", "state = \"PendingImport\"\ncreated");
    let elsewhere = format!("{block}region = \"cn-beijing\"\n");
    let service = Service::with_file(&fixture_with(&[block, elsewhere].concat()));
    let asked = ask(&service, EXTERNAL);
    let wrapped = asked.wrap(&MATERIAL);
    let import = |region: &str| {
        let named = [("KeyId", EXTERNAL), ("ImportToken", &*asked.token), ("EncryptedKeyMaterial", &*wrapped)];
        let more = [("KeyMaterialExpireUnix", "0"), ("RegionId", region)];
        service.call("yaoshi", "ImportKeyMaterial", &[&named[..], &more].concat())
    };
    import("cn-beijing").refused(400, "InvalidImportToken");
    import("cn-hangzhou").ok();
}

/// Source: ImportKeyMaterial page, 256 bits for `Aliyun_AES_256` and 128 for `Aliyun_SM4`. What does not decrypt and
/// what has the wrong length is refused alike.
#[test]
fn material_has_the_length_of_its_spec() {
    let service = Service::with_fixture();
    for (spec, right) in [("Aliyun_AES_256", 32), ("Aliyun_SM4", 16)] {
        let key = create(&service, spec);
        for (algorithm, wrapping_spec) in WRAPPINGS {
            let asked = Import::ask(&service, &key, algorithm, wrapping_spec);
            let refused = |wrapped: &str| {
                let refused = import_wrapped(&service, &key, &asked.token, wrapped, "0");
                assert_eq!(refused.refused(400, "InvalidKeyMaterial").message(), "key material is invalid");
            };
            for length in [1, 15, 16, 17, 24, 31, 32, 33, 64].into_iter().filter(|length| *length != right) {
                refused(&asked.wrap(&[MATERIAL, MATERIAL].concat()[..length]));
            }
            let mut changed = decode(&asked.wrap(&MATERIAL[..right]));
            changed[100] ^= 1;
            refused(&BASE64_STANDARD.encode(&changed));
            refused(&BASE64_STANDARD.encode(&changed[1..]));
            refused(&BASE64_STANDARD.encode(&MATERIAL[..right]));
            assert_eq!(state(&service, &key), "PendingImport", "{algorithm}");
        }
    }
}

#[test]
fn parameters_that_are_wrong_are_named() {
    let service = Service::with_fixture();
    let asks = |algorithm: &str, spec: &str| {
        let sample = Sample::of("GetParametersForImport");
        sample.with("WrappingAlgorithm", algorithm).with("WrappingKeySpec", spec).call(&service, "yaoshi")
    };
    names(asks("RSAES_OAEP_SHA_512", "RSA_2048"), "WrappingAlgorithm");
    names(asks("rsaes_oaep_sha_256", "RSA_2048"), "WrappingAlgorithm");
    names(asks("RSAES_OAEP_SHA_256", "RSA_3072"), "WrappingKeySpec");
    names(asks("RSAES_OAEP_SHA_256", "EC_SM2"), "WrappingAlgorithm");
    names(asks("SM2PKE", "RSA_2048"), "WrappingAlgorithm");

    let imports = |name: &str, value: &str| Sample::of("ImportKeyMaterial").with(name, value).call(&service, "yaoshi");
    let base64 = |length: usize| BASE64_STANDARD.encode(vec![0; length]);
    for name in ["EncryptedKeyMaterial", "ImportToken"] {
        for wrong in ["!", "A", "AA-_", "AAAA AAAA"] {
            names(imports(name, wrong), name);
        }
    }
    imports("EncryptedKeyMaterial", &base64(512)).refused(400, "InvalidKeyMaterial");
    names(imports("EncryptedKeyMaterial", &base64(513)), "EncryptedKeyMaterial");
    imports("ImportToken", &base64(4096)).refused(400, "InvalidImportToken");
    names(imports("ImportToken", &base64(4097)), "ImportToken");

    let seconds = now_and(0).as_second();
    for wrong in ["-1", "1", &(seconds - 1).to_string(), &seconds.to_string(), "99999999999999"] {
        names(imports("KeyMaterialExpireUnix", wrong), "KeyMaterialExpireUnix");
    }
    imports("KeyMaterialExpireUnix", &(seconds + 1).to_string()).ok();
}

#[test]
fn only_keys_of_origin_external_take_part() {
    for action in ["GetParametersForImport", "ImportKeyMaterial", "DeleteKeyMaterial"] {
        let refused = Sample::of(action).with("KeyId", APP).call(&Service::with_fixture(), "yaoshi");
        let message = refused.refused(400, "Unsupported.Origin").message();
        assert_eq!(message, "This key origin is not valid for this api", "{action}");
    }
}

#[test]
fn only_the_same_material_can_come_again() {
    let service = Service::with_fixture();
    let key = create(&service, "Aliyun_AES_256");
    import(&service, &key, &MATERIAL).ok();
    let version = metadata(&service, &key, "PrimaryKeyVersion");
    let blob = encrypt(&service, &key).ok().text_at("CiphertextBlob");

    import(&service, &key, &[0; 32]).refused(400, "InvalidKeyMaterial");
    import(&service, &key, &MATERIAL).ok();
    assert_eq!(metadata(&service, &key, "PrimaryKeyVersion"), version);
    assert_eq!(decrypt(&service, &blob).ok().text_at("Plaintext"), PLAINTEXT);

    delete(&service, &key).ok();
    assert_eq!(state(&service, &key), "PendingImport");
    decrypt(&service, &blob).refused(409, "Rejected.PendingImport");
    import(&service, &key, &[0; 32]).refused(400, "InvalidKeyMaterial");
    import(&service, &key, &[MATERIAL.as_slice(), &[0]].concat()).refused(400, "InvalidKeyMaterial");
    assert_eq!(state(&service, &key), "PendingImport");

    import(&service, &key, &MATERIAL).ok();
    assert_eq!(metadata(&service, &key, "PrimaryKeyVersion"), version);
    assert_eq!(decrypt(&service, &blob).ok().text_at("Plaintext"), PLAINTEXT);
    // Another key may have the same material; what one encrypted is not the other's.
    let other = create(&service, "Aliyun_AES_256");
    import(&service, &other, &MATERIAL).ok();
    assert_ne!(metadata(&service, &other, "PrimaryKeyVersion"), version);
    assert_eq!(decrypt(&service, &blob).ok().text_at("KeyId"), key);
}

/// The versions that a sandbox file gives to a key that is `PendingImport`.
#[test]
fn material_that_was_deleted_before_the_start_comes_back() {
    let service = Service::with_fixture();
    let blob = PENDING_IMPORT_VERSION.seal(PLAINTEXT.as_bytes(), &[]);
    decrypt(&service, &blob).refused(409, "Rejected.PendingImport");
    import(&service, PENDING_IMPORT, &MATERIAL).refused(400, "InvalidKeyMaterial");
    import(&service, PENDING_IMPORT, &decode(PENDING_IMPORT_VERSION.material)).ok();
    assert_eq!(decrypt(&service, &blob).ok().text_at("Plaintext"), PLAINTEXT);
}

#[test]
fn material_expires() {
    let service = Service::with_fixture();
    let key = create(&service, "Aliyun_AES_256");
    let until = |hours| now_and(hours).as_second().to_string();
    import_until(&service, &key, &MATERIAL, &until(48)).ok();
    assert_eq!(metadata(&service, &key, "MaterialExpireTime"), "2026-11-24T07:00:00Z");
    let blob = encrypt(&service, &key).ok().text_at("CiphertextBlob");

    service.turn_clock_to(now_and(48) - SignedDuration::from_secs(1));
    decrypt(&service, &blob).ok();
    service.turn_clock_to(now_and(48));
    assert_eq!(state(&service, &key), "PendingImport");
    decrypt(&service, &blob).refused(409, "Rejected.PendingImport");

    import(&service, &key, &[0; 32]).refused(400, "InvalidKeyMaterial");
    import_until(&service, &key, &MATERIAL, &until(72)).ok();
    decrypt(&service, &blob).ok();
    // Each import says anew how long.
    import(&service, &key, &MATERIAL).ok();
    assert_eq!(metadata(&service, &key, "MaterialExpireTime"), "");
    service.turn_clock_to(now_and(100));
    decrypt(&service, &blob).ok();

    import_until(&service, &key, &MATERIAL, &until(101)).ok();
    delete(&service, &key).ok();
    assert_eq!(metadata(&service, &key, "MaterialExpireTime"), "");
}

#[test]
fn an_import_leaves_a_disabled_key_disabled_unless_it_waited() {
    let service = Service::with_fixture();
    let key = create(&service, "Aliyun_AES_256");
    let disable = || service.call("yaoshi", "DisableKey", &[("KeyId", &key)]).ok();
    import(&service, &key, &MATERIAL).ok();
    disable();
    import_until(&service, &key, &MATERIAL, &now_and(48).as_second().to_string()).ok();
    assert_eq!(state(&service, &key), "Disabled");
    service.turn_clock_to(now_and(48));
    assert_eq!(state(&service, &key), "PendingImport");
    import(&service, &key, &MATERIAL).ok();
    assert_eq!(state(&service, &key), "Enabled");
    disable();
    delete(&service, &key).ok();
    import(&service, &key, &MATERIAL).ok();
    assert_eq!(state(&service, &key), "Enabled");
}

/// Source: DeleteKeyMaterial page: a planned deletion keeps state and date.
#[test]
fn a_key_that_is_to_be_deleted_can_lose_its_material_first() {
    let service = Service::with_fixture();
    let key = create(&service, "Aliyun_AES_256");
    import(&service, &key, &MATERIAL).ok();
    service.call("yaoshi", "ScheduleKeyDeletion", &[("KeyId", &key), ("PendingWindowInDays", "7")]).ok();
    delete(&service, &key).ok();
    assert_eq!(state(&service, &key), "PendingDeletion");
    assert_eq!(metadata(&service, &key, "DeleteDate"), "2026-11-29T07:00:00Z");
    service.call("yaoshi", "CancelKeyDeletion", &[("KeyId", &key)]).ok();
    assert_eq!(state(&service, &key), "PendingImport");
    import(&service, &key, &MATERIAL).ok();
    encrypts_with(&service, &key, &MATERIAL);
}

#[test]
fn tokens_and_the_memory_of_deleted_material_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let data = Data { folder: folder.path().to_owned(), root_key_file: None, reset: false };
        Service::with_options(&Options { data: Some(data), limits: Limits::Off, ..Options::default() })
    };
    for (spec, material) in [("Aliyun_AES_256", &MATERIAL[..]), ("Aliyun_SM4", &MATERIAL[..16])] {
        let service = start();
        let key = create(&service, spec);
        import(&service, &key, material).ok();
        let blob = encrypt(&service, &key).ok().text_at("CiphertextBlob");
        delete(&service, &key).ok();
        let asked = ask(&service, &key);
        drop(service);

        let service = start();
        assert_eq!(state(&service, &key), "PendingImport");
        let imported = |material: &[u8]| import_wrapped(&service, &key, &asked.token, &asked.wrap(material), "0");
        imported(&vec![0; material.len()]).refused(400, "InvalidKeyMaterial");
        imported(material).ok();
        assert_eq!(decrypt(&service, &blob).ok().text_at("Plaintext"), PLAINTEXT);
    }
}

/// What an action comes to on a key in some state: the state after its success, or `None` for 409
/// `Rejected.StateModifiedFailed`. Columns: Enabled, Disabled, PendingDeletion, PendingImport, Unavailable.
/// Source: alibaba-errors §5.1 for the first four. A choice: the state of an unavailable key cannot be set by hand.
pub const MATRIX: &[(&str, [Option<&str>; 5])] = &[
    (
        "GetParametersForImport",
        [Some("Enabled"), Some("Disabled"), Some("PendingDeletion"), Some("PendingImport"), Some("Unavailable")],
    ),
    ("ImportKeyMaterial", [Some("Enabled"), Some("Disabled"), None, Some("Enabled"), None]),
    (
        "DeleteKeyMaterial",
        [Some("PendingImport"), Some("PendingImport"), Some("PendingDeletion"), Some("PendingImport"), None],
    ),
];

#[test]
fn every_action_on_a_key_in_every_state() {
    const STATES: [&str; 5] = ["Enabled", "Disabled", "PendingDeletion", "PendingImport", "Unavailable"];
    let Version { id, material } = PENDING_IMPORT_VERSION;
    for (action, cells) in MATRIX {
        for (before, after) in STATES.iter().zip(cells) {
            let more = if *before == "PendingDeletion" { "delete_at = 2099-01-01T00:00:00Z" } else { "" };
            let service = Service::with_file(&format!(
                "version = 1\n[[account]]\nid = {ACCOUNT:?}\naccess_keys = [{{ id = \"yaoshi\", secret = \"yaoshi\" }}]\n\
                 [[account.key]]\nid = {PENDING_IMPORT:?}\norigin = \"EXTERNAL\"\nstate = {before:?}\n{more}\n\
                 versions = [{{ id = {id:?}, material = {material:?} }}]"
            ));
            let reply = Sample::of(action).call(&service, "yaoshi");
            if after.is_some() {
                reply.ok();
            } else {
                let message = reply.refused(409, "Rejected.StateModifiedFailed").message();
                assert_eq!(message, "Keystate modified failed.", "{action} on {before}");
            }
            assert_eq!(state(&service, PENDING_IMPORT), after.unwrap_or(before), "after {action} on {before}");
        }
    }
}

#[test]
fn the_answer_in_xml() {
    let sample = Sample::of("GetParametersForImport");
    let parameters: Vec<_> = sample.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply =
        Service::with_fixture().call_signed(Scheme::V1 { format: "XML" }, "yaoshi", &sample.action, &parameters);
    assert_eq!(reply.status, 200, "{}", reply.text);
    for name in ["KeyId", "PublicKey", "ImportToken", "TokenExpireTime", "RequestId"] {
        assert!(reply.text.contains(&format!("<{name}>")), "{}", reply.text);
    }
    assert!(reply.text.contains("<KMS>"), "{}", reply.text);
}

/// The private key travels in the token, and nobody but the service reads it there.
#[test]
fn a_token_shows_nothing_of_the_private_key() {
    let token = decode(&Import::ask(&Service::with_fixture(), PENDING_IMPORT, "RSAES_OAEP_SHA_256", "RSA_2048").token);
    // How a DER integer of 2,048 bits and the identifier of RSA begin.
    for begins in [&[0x02, 0x82, 0x01, 0x01][..], &[0x2a, 0x86, 0x48, 0x86, 0xf7]] {
        assert!(!token.windows(begins.len()).any(|bytes| bytes == begins));
    }
}
