//! Encrypt, Decrypt, ReEncrypt and data keys, held against ciphertext that the test makes and opens itself.

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, prop_assert_ne, proptest};

use crate::support::blob::{HEADER, TAG, Version, decode};
use crate::support::samples::{APP, APP_NEW, APP_OLD, PLAINTEXT, SM4, SM4_VERSION, Sample};
use crate::support::{Reply, Service};

fn encrypt(service: &Service, key: &str, plaintext: &str) -> Reply {
    service.call("yaoshi", "Encrypt", &[("KeyId", key), ("Plaintext", plaintext)])
}

fn decrypt(service: &Service, blob: &str) -> Reply {
    service.call("yaoshi", "Decrypt", &[("CiphertextBlob", blob)])
}

#[track_caller]
fn names(reply: Reply, parameter: &str) {
    let message = reply.refused(400, "InvalidParameter").message();
    assert_eq!(message, format!("The specified parameter  {parameter}  is not valid."));
}

/// base64(version id ‖ IV ‖ encrypted text ‖ tag); what is encrypted is the text of `Plaintext`, not what it encodes.
/// Source: alibaba-errors §6.
#[test]
fn encrypt_writes_the_documented_layout() {
    let service = Service::with_fixture();
    for (key, version) in [(APP, APP_NEW), (SM4, SM4_VERSION)] {
        for (json, context) in
            [("", &[][..]), (r#"{"b":"2","a":"1"}"#, &[("a", "1"), ("b", "2")]), (r#"{"ü":""}"#, &[("ü", "")])]
        {
            let parameters = [("KeyId", key), ("Plaintext", PLAINTEXT), ("EncryptionContext", json)];
            let reply = service.call("yaoshi", "Encrypt", &parameters).ok();
            assert_eq!(reply.text_at("KeyId"), key);
            assert_eq!(reply.text_at("KeyVersionId"), version.id);
            let blob = reply.text_at("CiphertextBlob");
            let bytes = decode(&blob);
            assert_eq!(&bytes[..36], version.id.as_bytes());
            assert_eq!(bytes.len(), HEADER + PLAINTEXT.len() + TAG);
            assert_eq!(version.open(&blob, context).as_deref(), Some(PLAINTEXT.as_bytes()), "{json}");
        }
    }
}

#[test]
fn decrypt_reads_the_documented_layout_under_every_version() {
    let service = Service::with_fixture();
    for (key, version) in [(APP, APP_OLD), (APP, APP_NEW), (SM4, SM4_VERSION)] {
        for (json, context) in [("", &[][..]), (r#"{"b":"2","a":"1"}"#, &[("a", "1"), ("b", "2")])] {
            let blob = version.seal(PLAINTEXT.as_bytes(), context);
            let reply =
                service.call("yaoshi", "Decrypt", &[("CiphertextBlob", &blob), ("EncryptionContext", json)]).ok();
            assert_eq!(reply.text_at("Plaintext"), PLAINTEXT);
            assert_eq!(reply.text_at("KeyId"), key);
            assert_eq!(reply.text_at("KeyVersionId"), version.id);
        }
    }
}

#[test]
fn the_same_text_never_gives_the_same_blob() {
    let service = Service::with_fixture();
    let ivs: BTreeSet<_> = (0..50)
        .map(|_| decode(&encrypt(&service, APP, PLAINTEXT).ok().text_at("CiphertextBlob"))[36..HEADER].to_vec())
        .collect();
    assert_eq!(ivs.len(), 50);
}

/// Contexts are the same when they are equal as maps. Source: EncryptionContext page (2021).
#[test]
fn contexts_are_compared_as_maps() {
    let service = Service::with_fixture();
    let blob = APP_NEW.seal(b"x", &[("a", "1"), ("b", "ü")]);
    let decrypted = |parameters: &[(&str, &str)]| {
        let parameters = [&[("CiphertextBlob", blob.as_str())], parameters].concat();
        service.call("yaoshi", "Decrypt", &parameters)
    };
    for same in [
        &[("EncryptionContext", r#"{"a":"1","b":"ü"}"#)][..],
        &[("EncryptionContext", r#"{"b":"ü","a":"1"}"#)],
        &[("EncryptionContext", " { \"a\" :\n\"1\",\t\"b\":\"ü\" } ")],
        &[("EncryptionContext", r#"{"\u0061":"\u0031","b":"\u00fc"}"#)],
        // As the Node SDK writes a map.
        &[("EncryptionContext.a", "1"), ("EncryptionContext.b", "ü")],
        &[("EncryptionContext.b", "ü"), ("EncryptionContext.a", "1")],
        // The documented layout's own property: it is `name=value&name=value` that is sealed.
        &[("EncryptionContext", r#"{"a":"1&b=ü"}"#)],
    ] {
        assert_eq!(decrypted(same).ok().text_at("Plaintext"), "x", "{same:?}");
    }
    for other in [
        &[][..],
        &[("EncryptionContext", "{}")],
        &[("EncryptionContext", r#"{"a":"1"}"#)],
        &[("EncryptionContext", r#"{"a":"1","b":"Ü"}"#)],
        &[("EncryptionContext", r#"{"A":"1","b":"ü"}"#)],
        &[("EncryptionContext", r#"{"a":"1","b":"u\u0308"}"#)],
        &[("EncryptionContext", r#"{"a":"1 ","b":"ü"}"#)],
        &[("EncryptionContext", r#"{"a":"1","b":"ü","c":""}"#)],
        &[("EncryptionContext.a", "1")],
    ] {
        names(decrypted(other), "CiphertextBlob");
    }
    let without = APP_NEW.seal(b"x", &[]);
    for empty in ["", "{}", " {} "] {
        service.call("yaoshi", "Decrypt", &[("CiphertextBlob", &without), ("EncryptionContext", empty)]).ok();
    }
}

#[test]
fn a_context_is_an_object_of_texts_of_up_to_8192_characters() {
    let service = Service::with_fixture();
    let with = |context: &str| Sample::of("Encrypt").with("EncryptionContext", context).call(&service, "yaoshi");
    let long = |length: usize| format!(r#"{{"a":"{}"}}"#, "ü".repeat(length - 8));
    with(&long(8192)).ok();
    names(with(&long(8193)), "EncryptionContext");
    for wrong in [
        "[]",
        "null",
        "7",
        r#""a""#,
        "{",
        "{}{}",
        r#"{"a":1}"#,
        r#"{"a":true}"#,
        r#"{"a":null}"#,
        r#"{"a":["b"]}"#,
        r#"{"a":{"b":"c"}}"#,
        r#"{"a":"1","a":"1"}"#,
        r#"{"a":"1","\u0061":"2"}"#,
        r#"{"a":"\ud800"}"#,
    ] {
        names(with(wrong), "EncryptionContext");
    }
    let flattened = |length: usize| {
        Sample::of("Encrypt").with("EncryptionContext.a", "b".repeat(length - 1)).call(&service, "yaoshi")
    };
    flattened(8192).ok();
    names(flattened(8193), "EncryptionContext");
}

/// Whatever byte is changed, the blob does not open; in the version id it may name no version at all.
#[test]
fn a_blob_with_any_byte_changed_is_refused() {
    let service = Service::with_fixture();
    for version in [APP_NEW, SM4_VERSION] {
        let bytes = decode(&version.seal(PLAINTEXT.as_bytes(), &[]));
        for (at, bit) in (0..bytes.len()).flat_map(|at| [0x01, 0x20, 0x80].map(|bit| (at, bit))) {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let reply = decrypt(&service, &BASE64_STANDARD.encode(&changed));
            if at < 36 && reply.status == 404 {
                reply.refused(404, "Forbidden.KeyNotFound");
            } else {
                names(reply, "CiphertextBlob");
            }
        }
    }
}

#[test]
fn a_blob_with_any_character_changed_is_refused() {
    let service = Service::with_fixture();
    let blob = APP_NEW.seal(b"x", &[]);
    assert!(blob.ends_with('='), "padding is changed too");
    for at in 0..blob.len() {
        for other in ["A", "b", "=", "?", "-", "ü"] {
            let mut changed = blob.clone();
            changed.replace_range(at..=at, other);
            if changed == blob {
                continue;
            }
            let reply = decrypt(&service, &changed);
            assert!(
                [(400, "InvalidParameter"), (404, "Forbidden.KeyNotFound")]
                    .contains(&(reply.status, reply.outcome().as_str())),
                "{changed}: {}",
                reply.text
            );
        }
    }
}

#[test]
fn a_blob_cut_short_or_made_longer_is_refused() {
    let service = Service::with_fixture();
    let bytes = decode(&APP_NEW.seal(PLAINTEXT.as_bytes(), &[]));
    for length in 1..bytes.len() {
        names(decrypt(&service, &BASE64_STANDARD.encode(&bytes[..length])), "CiphertextBlob");
        // Cut at the front the version id is none.
        names(decrypt(&service, &BASE64_STANDARD.encode(&bytes[length..])), "CiphertextBlob");
    }
    names(decrypt(&service, &BASE64_STANDARD.encode([&bytes[..], &[0]].concat())), "CiphertextBlob");
    decrypt(&service, "").refused(400, "MissingParameter");
}

#[test]
fn a_blob_under_another_versions_id_is_refused() {
    let service = Service::with_fixture();
    let versions = [APP_OLD, APP_NEW, SM4_VERSION];
    for (sealing, named) in versions.iter().flat_map(|sealing| versions.map(|named| (sealing, named))) {
        let forged = [named.id.as_bytes(), &decode(&sealing.seal(b"x", &[]))[36..]].concat();
        let reply = decrypt(&service, &BASE64_STANDARD.encode(forged));
        if sealing.id == named.id {
            reply.ok();
        } else {
            names(reply, "CiphertextBlob");
        }
    }
}

/// A choice: the id of a version is written in one form.
#[test]
fn a_version_id_in_another_form_is_refused() {
    let service = Service::with_fixture();
    let sealed = decode(&APP_NEW.seal(b"x", &[]));
    let upper = [APP_NEW.id.to_uppercase().as_bytes(), &sealed[36..]].concat();
    names(decrypt(&service, &BASE64_STANDARD.encode(upper)), "CiphertextBlob");
}

/// Some clients leave the padding off.
#[test]
fn a_blob_without_padding_is_taken() {
    let service = Service::with_fixture();
    let blob = APP_NEW.seal(b"x", &[]);
    assert!(blob.ends_with('='));
    decrypt(&service, blob.trim_end_matches('=')).ok();
}

/// What a seal holds must be text to be answered; whoever has the material can make one that is not.
#[test]
fn a_blob_that_holds_no_text_is_refused() {
    names(decrypt(&Service::with_fixture(), &APP_NEW.seal(&[0xff, 0xfe], &[])), "CiphertextBlob");
}

/// "Up to 6 KB" of data, which is counted decoded where it is base64. Source: Encrypt page.
#[test]
fn plaintext_is_bounded_by_its_data() {
    let service = Service::with_fixture();
    let base64 = |bytes: usize| BASE64_STANDARD.encode(vec![0; bytes]);
    assert_eq!(base64(6144).len(), 8192);
    encrypt(&service, APP, &base64(6144)).ok();
    names(encrypt(&service, APP, &base64(6145)), "Plaintext");
    encrypt(&service, APP, &"?".repeat(6144)).ok();
    names(encrypt(&service, APP, &"?".repeat(6145)), "Plaintext");
    encrypt(&service, APP, "").refused(400, "MissingParameter");
}

#[test]
fn plaintext_comes_back_as_it_was_sent() {
    let service = Service::with_fixture();
    for text in [PLAINTEXT, "SGVsbG8gd29ybGQ", "not base64!", "ключ 钥匙", " ", "a\nb\r\n\tc\0", "==", "a+b/c%20&d=e"]
    {
        for key in [APP, SM4] {
            let blob = encrypt(&service, key, text).ok().text_at("CiphertextBlob");
            assert_eq!(decrypt(&service, &blob).ok().text_at("Plaintext"), text);
        }
    }
}

/// Source: alibaba-errors §5.2, GenerateDataKey.
#[test]
fn data_keys_have_the_length_asked_for() {
    for action in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
        let service = Service::with_fixture();
        for (spec, number, length) in [
            ("", "", Some(32)),
            ("AES_256", "", Some(32)),
            ("AES_128", "", Some(16)),
            ("", "1", Some(1)),
            ("", "1024", Some(1024)),
            ("AES_128", "64", Some(64)), // the number goes before the spec
            ("", "0", None),
            ("", "1025", None),
            ("", "-1", None),
        ] {
            let sample = Sample::of(action).with("KeySpec", spec).with("NumberOfBytes", number);
            let reply = sample.call(&service, "yaoshi");
            let Some(length) = length else {
                names(reply, "NumberOfBytes");
                continue;
            };
            let reply = reply.ok();
            assert_eq!((reply.text_at("KeyId").as_str(), reply.text_at("KeyVersionId").as_str()), (APP, APP_NEW.id));
            let blob = reply.text_at("CiphertextBlob");
            let sealed = String::from_utf8(APP_NEW.open(&blob, &[]).unwrap()).unwrap();
            assert_eq!(decode(&sealed).len(), length, "{action} {spec} {number}");
            assert_eq!(decrypt(&service, &blob).ok().text_at("Plaintext"), sealed);
            let shown = reply.json().get("Plaintext").and_then(|text| text.as_str().map(str::to_owned));
            assert_eq!(shown, (action == "GenerateDataKey").then_some(sealed));
        }
        for spec in ["AES_512", "aes_256", "Aliyun_AES_256"] {
            names(Sample::of(action).with("KeySpec", spec).call(&service, "yaoshi"), "KeySpec");
        }
    }
}

#[test]
fn data_keys_are_sealed_with_their_context_and_differ() {
    let service = Service::with_fixture();
    let sample = Sample::of("GenerateDataKey").with("EncryptionContext", r#"{"a":"1"}"#);
    let made: Vec<_> = (0..20).map(|_| sample.call(&service, "yaoshi").ok()).collect();
    assert_eq!(made.iter().map(|reply| reply.text_at("Plaintext")).collect::<BTreeSet<_>>().len(), 20);
    for reply in made {
        let opened = APP_NEW.open(&reply.text_at("CiphertextBlob"), &[("a", "1")]).unwrap();
        assert_eq!(opened, reply.text_at("Plaintext").into_bytes());
    }
}

/// A documented example needs 108 bytes for a data key of 32: 36 + 12 + 44 (base64) + 16. Source: alibaba-errors §6.
#[test]
fn a_data_keys_blob_is_as_long_as_the_documented_one() {
    let reply = Sample::of("GenerateDataKey").call(&Service::with_fixture(), "yaoshi").ok();
    assert_eq!(reply.text_at("CiphertextBlob").len(), 144);
}

#[test]
fn re_encrypt_moves_a_blob_between_keys_specs_and_contexts_and_names_its_source() {
    let service = Service::with_fixture();
    for (source_key, source, destination, result) in [
        (APP, APP_OLD, APP, APP_NEW), // to the newest version of its own key
        (APP, APP_OLD, SM4, SM4_VERSION),
        (SM4, SM4_VERSION, "alias/app", APP_NEW),
        (SM4, SM4_VERSION, SM4, SM4_VERSION),
    ] {
        for (from_json, from) in [("", &[][..]), (r#"{"f":"1"}"#, &[("f", "1")])] {
            for (to_json, to) in [("", &[][..]), (r#"{"t":"2"}"#, &[("t", "2")])] {
                let parameters = [
                    ("CiphertextBlob", source.seal(PLAINTEXT.as_bytes(), from)),
                    ("SourceEncryptionContext", from_json.to_owned()),
                    ("DestinationKeyId", destination.to_owned()),
                    ("DestinationEncryptionContext", to_json.to_owned()),
                ];
                let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let reply = service.call("yaoshi", "ReEncrypt", &parameters).ok();
                assert_eq!(reply.text_at("KeyId"), source_key);
                assert_eq!(reply.text_at("KeyVersionId"), source.id);
                let opened = result.open(&reply.text_at("CiphertextBlob"), to);
                assert_eq!(opened.as_deref(), Some(PLAINTEXT.as_bytes()), "{source_key} to {destination}");
            }
        }
    }
    names(
        Sample::of("ReEncrypt").with("SourceEncryptionContext", r#"{"a":"b"}"#).call(&service, "yaoshi"),
        "CiphertextBlob",
    );
}

/// What asymmetric keys and enclaves need is refused rather than overlooked; a symmetric blob names its key itself.
/// Better no answer than one that everybody can read.
#[test]
fn an_answer_for_an_enclave_is_refused() {
    let service = Service::with_fixture();
    for action in ["Decrypt", "GenerateDataKey", "AsymmetricDecrypt"] {
        let to = |recipient: &str| Sample::of(action).with("Recipient", recipient).call(&service, "yaoshi");
        to(r#"{"AttestationDocument":"AAAA"}"#).refused(400, "UnsupportedOperation");
        for malformed in ["AAAA", "[]", "\"AAAA\"", "{"] {
            let message = to(malformed).refused(400, "InvalidParameter").message();
            assert_eq!(message, "The specified parameter  Recipient  is not valid.");
        }
    }
}

/// Of a blob that a symmetric key sealed they tell nothing.
#[test]
fn a_source_that_re_encrypt_does_not_need_is_ignored() {
    let named = Sample::of("ReEncrypt").with("SourceKeyId", APP).with("SourceKeyVersionId", APP_NEW.id);
    named.call(&Service::with_fixture(), "yaoshi").ok();
}

/// A service of its own for each thread of proptest is not needed: encryption changes nothing.
fn strings() -> impl prop::strategy::Strategy<Value = String> {
    prop::string::string_regex("(?s).{0,40}").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// What Yaoshi encrypts, the test opens; what the test seals, Yaoshi decrypts; and only with the same context.
    #[test]
    fn any_text_with_any_context_comes_back(
        text in prop::string::string_regex("(?s).{1,200}").unwrap(),
        context in prop::collection::btree_map(strings(), strings(), 0..5),
        is_sm4 in any::<bool>(),
        extra in strings(),
    ) {
        thread_local!(static SERVICE: Service = Service::with_fixture());
        SERVICE.with(|service| {
            let (key, version): (&str, Version) = if is_sm4 { (SM4, SM4_VERSION) } else { (APP, APP_NEW) };
            let pairs: Vec<_> = context.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let json = serde_json::to_string(&context).unwrap();
            let parameters = [("KeyId", key), ("Plaintext", &text), ("EncryptionContext", &json)];
            let blob = service.call("yaoshi", "Encrypt", &parameters).ok().text_at("CiphertextBlob");
            prop_assert_eq!(version.open(&blob, &pairs), Some(text.clone().into_bytes()));

            let sealed = version.seal(text.as_bytes(), &pairs);
            let parameters = [("CiphertextBlob", sealed.as_str()), ("EncryptionContext", &json)];
            prop_assert_eq!(service.call("yaoshi", "Decrypt", &parameters).ok().text_at("Plaintext"), text);

            let mut other: BTreeMap<String, String> = context.clone();
            other.insert("another".to_owned(), extra);
            prop_assert_ne!(&other, &context);
            let json = serde_json::to_string(&other).unwrap();
            let parameters = [("CiphertextBlob", sealed.as_str()), ("EncryptionContext", &json)];
            names(service.call("yaoshi", "Decrypt", &parameters), "CiphertextBlob");
            Ok(())
        })?;
    }

    /// No text makes Decrypt fail on our side.
    #[test]
    fn any_text_is_a_wrong_blob(text in "(?s).{1,300}", bytes in prop::collection::vec(any::<u8>(), 1..200)) {
        thread_local!(static SERVICE: Service = Service::with_fixture());
        SERVICE.with(|service| {
            for blob in [text, BASE64_STANDARD.encode(bytes)] {
                names(decrypt(service, &blob), "CiphertextBlob");
            }
        });
    }
}
