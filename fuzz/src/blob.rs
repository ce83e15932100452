//! A blob: whatever the bytes are, they open only if they were sealed here. And as a text to be sealed: it comes back.

use std::sync::{Arc, LazyLock};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;
use yaoshi::cipher::{Aead, Algorithm};
use yaoshi::dialect::alibaba::fault::{self, Code};
use yaoshi::dialect::alibaba::kms::CiphertextBlob;
use yaoshi::dialect::front::Front;
use yaoshi::keyring::VersionId;

use super::service::{FIXTURE, answer, percent, service, unsigned};

static SERVICE: LazyLock<Arc<Front>> = LazyLock::new(|| service(FIXTURE, false));

/// Versions of keys in `fixtures/sandbox.toml`.
const VERSIONS: [(&str, Algorithm); 2] = [
    ("2ab1a983-7072-4bbc-a582-584b5bd80000", Algorithm::Aes256Gcm),
    ("2ab1a983-7072-4bbc-a582-584b5bd80002", Algorithm::Sm4Gcm),
];

/// The material of both: as many of these bytes as the algorithm wants.
const MATERIAL: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31,
];

/// What is in the corpus as blobs that open, and what they hold.
static KNOWN: LazyLock<[Vec<u8>; 2]> =
    LazyLock::new(|| VERSIONS.map(|(version, algorithm)| seal(version, algorithm, SEALED)));
const SEALED: &[u8] = b"hello";

/// How a blob is refused.
const REFUSALS: &[&Code] =
    &[&fault::MISSING_PARAMETER, &fault::INVALID_PARAMETER, &fault::KEY_NOT_FOUND, &fault::REJECTED_PENDING_IMPORT];

pub fn run(data: &[u8]) {
    if let Ok(blob) = CiphertextBlob::from_bytes(data.to_vec()) {
        assert_eq!(blob.as_bytes(), data);
        assert_eq!(blob.version().to_text(), data[..VersionId::LENGTH]);
    }
    let (status, json) = decrypt(data);
    if KNOWN.iter().any(|known| known == data) {
        assert_eq!(json["Plaintext"].as_str().map(str::as_bytes), Some(SEALED));
    } else {
        assert_refused(status, &json);
    }
    for (version, algorithm) in VERSIONS {
        let (status, json) = decrypt(&seal(version, algorithm, data));
        match str::from_utf8(data) {
            Ok(text) => assert_eq!((status, &json["Plaintext"]), (200, &text.into()), "{json}"),
            Err(_) => assert_refused(status, &json),
        }
    }
}

/// A blob with a fixed IV, in the documented layout.
fn seal(version: &str, algorithm: Algorithm, text: &[u8]) -> Vec<u8> {
    let (iv, mut buffer) = ([7; 12], text.to_vec());
    Aead::new(algorithm, &MATERIAL[..algorithm.key_length()]).seal(&iv, b"", &mut buffer);
    [version.as_bytes(), &iv, &buffer].concat()
}

fn decrypt(blob: &[u8]) -> (u16, Value) {
    let encoded: String = BASE64_STANDARD.encode(blob).bytes().map(percent).collect();
    let body = format!("CiphertextBlob={encoded}");
    let request = unsigned("yaoshi", "Decrypt", "", body.as_bytes()).expect("the target is short");
    answer(&SERVICE, request)
}

#[track_caller]
fn assert_refused(status: u16, json: &Value) {
    assert!(json.get("Plaintext").is_none(), "{json}");
    let is_refusal = |code: &&Code| json["Code"] == code.name && status == code.status;
    assert!(REFUSALS.iter().any(is_refusal), "{status} {json}");
}
