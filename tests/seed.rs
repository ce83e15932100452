//! With a seed the same calls have the same answers.

use base64::prelude::{BASE64_STANDARD, Engine};
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};

use crate::re_encryption::{RSA_VERSION, fixture_with_rsa, rsa_public_key};
use crate::support::samples::{APP, DIGEST, PLAINTEXT, Sample};
use crate::support::{Reply, Service};

fn service(seed: u64) -> Service {
    let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    Service::with_options(&Options { file: Some(file), limits: Limits::Off, seed: Some(seed), ..Options::default() })
}

/// Keys, ciphertext and data keys.
fn story(service: &Service, between: impl Fn(&Service)) -> Vec<Reply> {
    let mut told = Vec::new();
    for spec in ["Aliyun_AES_256", "Aliyun_SM4"] {
        let created = service.call("yaoshi", "CreateKey", &[("KeySpec", spec)]).ok();
        between(service);
        let id = created.text_at("KeyMetadata.KeyId");
        told.push(created);
        for (action, more) in [
            ("Encrypt", &[("Plaintext", PLAINTEXT)][..]),
            ("GenerateDataKey", &[]),
            ("GenerateDataKeyWithoutPlaintext", &[("NumberOfBytes", "100")]),
        ] {
            told.push(service.call("yaoshi", action, &[&[("KeyId", id.as_str())], more].concat()).ok());
            between(service);
        }
    }
    told.push(service.call("yaoshi", "ListKeys", &[]).ok());
    // A key of the file without a version has one made at the start.
    told.push(service.call("yaoshi", "DescribeKey", &[("KeyId", "alias/disabled")]).ok());
    told
}

/// Without what names the request itself.
fn contents(replies: &[Reply]) -> Vec<serde_json::Value> {
    let content = |reply: &Reply| {
        let mut json = reply.json();
        json.as_object_mut().unwrap().remove("RequestId");
        json
    };
    replies.iter().map(content).collect()
}

#[test]
fn the_same_seed_and_the_same_calls_give_the_same_answers() {
    let texts = |seed| story(&service(seed), |_| ()).into_iter().map(|reply| reply.text).collect::<Vec<_>>();
    assert_eq!(texts(7), texts(7), "to the last byte, request ids included");
    for (one, other) in texts(7).iter().zip(texts(8)) {
        assert_ne!(*one, other);
    }
}

/// Material of the file is there again at the next start, and so is the stream: what is sealed under it must not meet an
/// IV that something else was sealed with.
#[test]
fn an_iv_depends_on_all_that_it_seals() {
    let iv = |text: &str, context: &str| {
        let parameters = [("KeyId", APP), ("Plaintext", text), ("EncryptionContext", context)];
        let blob = service(7).call("yaoshi", "Encrypt", &parameters).ok().text_at("CiphertextBlob");
        BASE64_STANDARD.decode(blob).unwrap()[36..48].to_vec()
    };
    let told = [iv("YQ==", r#"{"a":"1"}"#), iv("Yg==", r#"{"a":"1"}"#), iv("YQ==", r#"{"a":"2"}"#)];
    assert_eq!(told[0], iv("YQ==", r#"{"a":"1"}"#), "the same call");
    assert_ne!(told[0], told[1], "another text");
    assert_ne!(told[0], told[2], "another context");
    assert_ne!(told[1], told[2]);
}

#[test]
fn without_a_seed_nothing_repeats() {
    let told = || {
        let service = Service::with_fixture();
        contents(&story(&service, |_| ()))
    };
    for (one, other) in told().iter().zip(told()) {
        assert_ne!(*one, other);
    }
}

/// What a call drew, be it one that only reads, is never drawn again.
#[test]
fn in_one_sandbox_nothing_repeats_either() {
    let service = service(7);
    for (action, member) in [
        ("Encrypt", "CiphertextBlob"),
        ("ReEncrypt", "CiphertextBlob"),
        ("GenerateDataKey", "Plaintext"),
        ("GenerateDataKeyWithoutPlaintext", "CiphertextBlob"),
        ("AsymmetricEncrypt", "CiphertextBlob"),
    ] {
        let [one, other] = [0; 2].map(|_| Sample::of(action).call(&service, "yaoshi").ok().text_at(member));
        assert_ne!(one, other, "{action}");
    }
    let [one, other] = [0; 2].map(|_| {
        let made = service.call("yaoshi", "CreateKey", &[("KeySpec", "EC_P256")]).ok();
        let [key, version] = ["KeyId", "PrimaryKeyVersion"].map(|name| made.text_at(&format!("KeyMetadata.{name}")));
        let named = [("KeyId", key.as_str()), ("KeyVersionId", &version)];
        service.call("yaoshi", "GetPublicKey", &named).ok().text_at("PublicKey")
    });
    assert_ne!(one, other, "two keys, one pair");
}

/// Dry runs, refusals of every stage, and reads that draw nothing.
#[test]
fn dry_runs_and_failed_calls_draw_nothing() {
    let disturbed = |service: &Service| {
        for action in ["Encrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
            Sample::of(action).with("DryRun", "true").call(service, "yaoshi").refused(400, "DryRunOperationError");
            Sample::of(action).call(service, "nobody").refused(403, "Forbidden.NoPermission");
        }
        service.call("yaoshi", "CreateKey", &[("ProtectionLevel", "none")]).refused(400, "Unsupported.ProtectionLevel");
        service.call("yaoshi", "CreateKey", &[("Description", &"x".repeat(8193))]).refused(400, "InvalidParameter");
        service.call("unknown", "CreateKey", &[]).refused(404, "InvalidAccessKeyId.NotFound");
        service.call("nobody", "CreateKey", &[]).refused(403, "Forbidden.NoPermission");
        let disabled = [("KeyId", "alias/disabled"), ("Plaintext", "x")];
        service.call("yaoshi", "Encrypt", &disabled).refused(409, "Rejected.Disabled");
        service.call("yaoshi", "DescribeKey", &[("KeyId", APP)]).ok();
        Sample::of("Decrypt").call(service, "yaoshi").ok();
    };
    assert_eq!(contents(&story(&service(7), disturbed)), contents(&story(&service(7), |_| ())));
}

#[test]
fn accounts_do_not_disturb_each_other() {
    let other_account = |service: &Service| {
        let id = service.call("other", "CreateKey", &[]).ok().text_at("KeyMetadata.KeyId");
        service.call("other", "Encrypt", &[("KeyId", &id), ("Plaintext", PLAINTEXT)]).ok();
    };
    assert_eq!(contents(&story(&service(7), other_account)), contents(&story(&service(7), |_| ())));
}

/// Two accounts that begin alike have other keys all the same.
#[test]
fn accounts_have_streams_of_their_own() {
    let file = "version = 1\n[[account]]\nid = \"1\"\naccess_keys = [{ id = \"one\", secret = \"one-secret\" }]\n\
                [[account]]\nid = \"2\"\naccess_keys = [{ id = \"two\", secret = \"two-secret\" }]\n";
    let file = SandboxFile::parse("test.toml", file).unwrap();
    let service = Service::with_options(&Options { file: Some(file), seed: Some(7), ..Options::default() });
    let ids = ["one", "two"].map(|access_key| {
        let created = service.call(access_key, "CreateKey", &[]).ok();
        (created.text_at("KeyMetadata.KeyId"), created.text_at("KeyMetadata.PrimaryKeyVersion"))
    });
    assert_ne!(ids[0].0, ids[1].0);
    assert_ne!(ids[0].1, ids[1].1);
}

/// A key of each kind, and all that draws with it. A pair of RSA is made once: it takes long.
fn story_of_pairs(service: &Service, between: impl Fn(&Service)) -> Vec<Reply> {
    let mut told = Vec::new();
    for (spec, usage, algorithm) in [
        ("RSA_2048", "SIGN/VERIFY", "RSA_PSS_SHA_256"),
        ("EC_P256", "SIGN/VERIFY", "ECDSA_SHA_256"),
        ("EC_P256K", "SIGN/VERIFY", "ECDSA_SHA_256"),
        ("EC_SM2", "SIGN/VERIFY", "SM2DSA"),
        ("EC_SM2", "ENCRYPT/DECRYPT", "SM2PKE"),
        ("HMAC_SM3", "GENERATE/VERIFY_MAC", "HMAC_SM3"),
    ] {
        let created = service.call("yaoshi", "CreateKey", &[("KeySpec", spec), ("KeyUsage", usage)]).ok();
        between(service);
        let (id, version) = (created.text_at("KeyMetadata.KeyId"), created.text_at("KeyMetadata.PrimaryKeyVersion"));
        told.push(created);
        let actions: &[&str] = match usage {
            "SIGN/VERIFY" => &["GetPublicKey", "AsymmetricSign"],
            "ENCRYPT/DECRYPT" => &["GetPublicKey", "AsymmetricEncrypt"],
            _ => &["GenerateMac"],
        };
        for action in actions {
            let own = [("KeyId", id.as_str()), ("KeyVersionId", &version), ("Algorithm", algorithm)];
            let input = [("Digest", DIGEST), ("Plaintext", PLAINTEXT), ("Message", PLAINTEXT)];
            told.push(service.call("yaoshi", action, &[&own[..], &input].concat()).ok());
            between(service);
        }
    }
    for action in ["GenerateAndExportDataKey", "ExportDataKey"] {
        told.push(Sample::of(action).call(service, "yaoshi").ok());
        between(service);
    }
    told
}

#[test]
fn pairs_and_signatures_follow_from_a_seed() {
    let contents = |seed| contents(&story_of_pairs(&service(seed), |_| ()));
    let seven = contents(7);
    assert_eq!(seven, contents(7));
    for (one, other) in seven.iter().zip(contents(8)) {
        assert_ne!(*one, other);
    }
}

/// Dry runs, refusals before and after something was drawn, and what draws nothing.
#[test]
fn dry_runs_and_failed_calls_with_pairs_draw_nothing() {
    let disturbed = |service: &Service| {
        for action in [
            "AsymmetricSign",
            "AsymmetricVerify",
            "AsymmetricEncrypt",
            "AsymmetricDecrypt",
            "GetPublicKey",
            "GenerateMac",
            "VerifyMac",
            "GenerateAndExportDataKey",
            "ExportDataKey",
        ] {
            Sample::of(action).with("DryRun", "true").call(service, "yaoshi").refused(400, "DryRunOperationError");
            Sample::of(action).call(service, "nobody").refused(403, "Forbidden.NoPermission");
        }
        for (action, name, value) in [
            ("AsymmetricSign", "Algorithm", "SM2DSA"),
            ("AsymmetricSign", "Digest", "AAAA"),
            ("AsymmetricEncrypt", "Algorithm", "RSAES_OAEP_SHA_1"),
            ("AsymmetricEncrypt", "Plaintext", "="),
            ("AsymmetricDecrypt", "CiphertextBlob", "AAAA"),
            ("GenerateAndExportDataKey", "PublicKeyBlob", "AAAA"),
            ("GenerateAndExportDataKey", "NumberOfBytes", "1025"),
            ("CreateKey", "KeyUsage", "SIGN/VERIFY"),
        ] {
            Sample::of(action).with(name, value).call(service, "yaoshi").refused(400, "InvalidParameter");
        }
        // The data key is drawn before it turns out that it does not fit.
        let too_large = Sample::of("GenerateAndExportDataKey")
            .with("PublicKeyBlob", BASE64_STANDARD.encode(rsa_public_key()))
            .with("WrappingKeySpec", "RSA_2048")
            .with("WrappingAlgorithm", "RSAES_OAEP_SHA_256")
            .with("NumberOfBytes", "191");
        too_large.call(service, "yaoshi").invalid("NumberOfBytes");
        // So is what blinds the private key, and the pair of a version that is too early.
        let undecryptable = [
            ("KeyId", "alias/rsa"),
            ("KeyVersionId", RSA_VERSION),
            ("Algorithm", "RSAES_OAEP_SHA_256"),
            ("CiphertextBlob", &BASE64_STANDARD.encode([7; 256])),
        ];
        service.call("yaoshi", "AsymmetricDecrypt", &undecryptable).invalid("CiphertextBlob");
        let early = service.call("yaoshi", "CreateKeyVersion", &[("KeyId", "alias/signer")]);
        early.refused(400, "Rejected.UnsupportedOperation");
        Sample::of("AsymmetricVerify").call(service, "yaoshi").ok();
        Sample::of("GetManagedDataKey").call(service, "yaoshi").ok();
    };
    let service = || {
        let file = SandboxFile::parse("test.toml", &fixture_with_rsa("")).unwrap();
        let options = Options { file: Some(file), limits: Limits::Off, seed: Some(7), ..Options::default() };
        Service::with_options(&options)
    };
    assert_eq!(contents(&story_of_pairs(&service(), disturbed)), contents(&story_of_pairs(&service(), |_| ())));
}
