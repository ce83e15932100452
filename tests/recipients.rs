//! `Recipient`: an answer for an enclave alone, which cannot be given here, is given to nobody.

use crate::support::samples::{APP, PLAINTEXT, SM2, SM2_VERSION, Sample};
use crate::support::{Reply, Service};

/// The actions that have it. Source: SDK 3.3.1.
const ACTIONS: [&str; 3] = ["Decrypt", "GenerateDataKey", "AsymmetricDecrypt"];

const RECIPIENTS: [&str; 4] = [
    r#"{"KeyEncryptionAlgorithm":"RSAES_OAEP_SHA_256","AttestationDocument":"aGk="}"#,
    r#"{"a":{"b":[1,null]}}"#,
    "{}",
    " { } ",
];

const NONE: [&str; 8] = ["x", "[]", "1", "null", "true", r#""{}""#, "{", "{}{}"];

/// Check that the answer is an error object and no more.
#[track_caller]
fn reveals_nothing(reply: &Reply) {
    let json = reply.json();
    let known = ["RequestId", "HostId", "Code", "Message", "Recommend", "HttpStatus", "AccessDeniedDetail"];
    let members: Vec<_> = json.as_object().unwrap().keys().collect();
    assert!(members.iter().all(|name| known.contains(&name.as_str())), "{members:?}");
    assert!(!reply.text.contains(PLAINTEXT), "{}", reply.text);
}

#[test]
fn an_enclave_gets_no_answer() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        for recipient in RECIPIENTS {
            let refused = Sample::of(action).with("Recipient", recipient).call(&service, "yaoshi");
            reveals_nothing(&refused);
            assert_eq!(refused.refused(400, "UnsupportedOperation").message(), "This action is not supported.");
        }
        for none in NONE {
            let refused = Sample::of(action).with("Recipient", none).call(&service, "yaoshi");
            reveals_nothing(&refused);
            refused.invalid("Recipient");
        }
        Sample::of(action).with("Recipient", "").call(&service, "yaoshi").ok();
        for (length, is_taken) in [(32 * 1024, true), (32 * 1024 + 1, false)] {
            let long = format!("{{\"a\":\"{}\"}}", "x".repeat(length - r#"{"a":""}"#.len()));
            let refused = Sample::of(action).with("Recipient", &long).call(&service, "yaoshi");
            if is_taken { drop(refused.refused(400, "UnsupportedOperation")) } else { refused.invalid("Recipient") }
        }
    }
}

/// A map that a client writes in parameters of their own is a recipient, too.
#[test]
fn a_flattened_recipient_is_not_overlooked() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        let flattened = Sample::of(action).with("Recipient.KeyEncryptionAlgorithm", "RSAES_OAEP_SHA_256");
        let refused = flattened.call(&service, "yaoshi");
        assert_ne!(refused.status, 200, "{action}: {}", refused.text);
        reveals_nothing(&refused);
    }
}

/// The dry run of what is refused is refused in the same way.
#[test]
fn a_dry_run_for_an_enclave() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        let dry = Sample::of(action).with("DryRun", "true");
        let with = |recipient: &str| dry.clone().with("Recipient", recipient).call(&service, "yaoshi");
        for recipient in RECIPIENTS {
            with(recipient).refused(400, "UnsupportedOperation");
        }
        for none in NONE {
            let message = with(none).refused(400, "ValidationError").message();
            assert!(message.ends_with(" The specified parameter  Recipient  is not valid."), "{message}");
        }
        with("").refused(400, "DryRunOperationError");
    }
}

/// Permission and state are judged first, as always; whether the blob opens is not told.
#[test]
fn who_may_not_call_learns_no_more() {
    let service = Service::with_fixture();
    for action in ACTIONS {
        let sample = Sample::of(action).with("Recipient", "{}");
        sample.call(&service, "nobody").refused(403, "Forbidden.NoPermission");
    }
    let changed = Sample::of("AsymmetricDecrypt").with("CiphertextBlob", "AAAA").with("Recipient", "{}");
    changed.call(&service, "yaoshi").refused(400, "UnsupportedOperation");
    let context = Sample::of("Decrypt").with("EncryptionContext", r#"{"a":"b"}"#).with("Recipient", "{}");
    context.call(&service, "yaoshi").refused(400, "UnsupportedOperation");
    for key in [APP, SM2] {
        service.call("yaoshi", "DisableKey", &[("KeyId", key)]).ok();
    }
    for action in ACTIONS {
        Sample::of(action).with("Recipient", "{}").call(&service, "yaoshi").refused(409, "Rejected.Disabled");
    }
}

/// Elsewhere it is a parameter that nobody asks for.
#[test]
fn other_actions_have_none() {
    let service = Service::with_fixture();
    for action in ["Encrypt", "GenerateDataKeyWithoutPlaintext", "AsymmetricEncrypt", "ReEncrypt", "ExportDataKey"] {
        for recipient in ["{}", "x"] {
            let reply = Sample::of(action).with("Recipient", recipient).call(&service, "yaoshi").ok();
            assert!(!reply.text.contains("\"Plaintext\""), "{action}: {}", reply.text);
        }
    }
    let key = [("KeyId", SM2), ("KeyVersionId", SM2_VERSION), ("Recipient", "{}")];
    service.call("yaoshi", "GetPublicKey", &key).ok();
}
