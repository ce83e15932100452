//! A client's side of signatures V1 and V3: signed requests as bytes on the wire.
//!
//! Written apart from the work limit and from Yaoshi, and held against published vectors at every start.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{
    Outcome,
    sandbox::{ACCESS_KEY, HOST, OWNER, SECRET},
};

/// How a Decrypt is signed and sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scheme {
    V1Get,
    V3Post,
}

impl Scheme {
    pub(crate) const ALL: [Self; 2] = [Self::V1Get, Self::V3Post];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1Get => "V1 GET",
            Self::V3Post => "V3 POST",
        }
    }

    /// A whole HTTP/1.1 request, as the Python SDKs send it (classic for V1, tea for V3).
    ///
    /// `timestamp`: `YYYY-MM-DDThh:mm:ssZ`. `forged`: one bit of the signature is turned.
    pub(crate) fn decrypt(self, blob: &str, nonce: &str, timestamp: &str, forged: bool) -> String {
        match self {
            Self::V1Get => v1_get(blob, nonce, timestamp, forged),
            Self::V3Post => v3_post(blob, nonce, timestamp, forged),
        }
    }
}

fn v1_get(blob: &str, nonce: &str, timestamp: &str, forged: bool) -> String {
    let parameters = [
        ("CiphertextBlob", blob),
        ("Version", "2016-01-20"),
        ("Action", "Decrypt"),
        ("Format", "JSON"),
        ("RegionId", "cn-hangzhou"),
        ("Timestamp", timestamp),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureType", ""),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", nonce),
        ("AccessKeyId", ACCESS_KEY),
    ];
    let mut signature = v1_signature("GET", &parameters, SECRET);
    signature[0] ^= u8::from(forged);
    let query = joined(&parameters);
    let signature = encoded(&STANDARD.encode(signature));
    format!(
        "GET /?{query}&Signature={signature} HTTP/1.1\r\n\
         Host: {HOST}\r\n\
         User-Agent: AlibabaCloud (Linux 6.18.44;x86_64) Python/3.11.7 Core/2.16.1 python-requests/2.18.3\r\n\
         Accept-Encoding: identity\r\n\
         Accept: */*\r\n\
         Connection: keep-alive\r\n\
         x-acs-action: Decrypt\r\n\
         x-acs-version: 2016-01-20\r\n\
         x-sdk-invoke-type: normal\r\n\
         x-sdk-client: python/2.0.0\r\n\r\n"
    )
}

fn v3_post(blob: &str, nonce: &str, timestamp: &str, forged: bool) -> String {
    const USER_AGENT: &str = "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2";
    let query = [("CiphertextBlob", blob)];
    let body_hash = hex(&Sha256::digest(b""));
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", HOST),
        ("user-agent", USER_AGENT),
        ("x-acs-action", "Decrypt"),
        ("x-acs-content-sha256", &body_hash),
        ("x-acs-credentials-provider", "static_ak"),
        ("x-acs-date", timestamp),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-version", "2016-01-20"),
    ];
    let mut signature = v3_signature("POST", &query, &headers, b"", SECRET);
    signature[0] ^= u8::from(forged);
    let signature = hex(&signature);
    let query = joined(&query);
    let signed = names(&headers);
    format!(
        "POST /?{query} HTTP/1.1\r\n\
         Accept-Encoding: identity\r\n\
         host: {HOST}\r\n\
         x-acs-version: 2016-01-20\r\n\
         x-acs-action: Decrypt\r\n\
         user-agent: {USER_AGENT}\r\n\
         x-acs-date: {timestamp}\r\n\
         x-acs-signature-nonce: {nonce}\r\n\
         accept: application/json\r\n\
         content-type: application/x-www-form-urlencoded\r\n\
         x-acs-content-sha256: {body_hash}\r\n\
         x-acs-credentials-provider: static_ak\r\n\
         Authorization: ACS3-HMAC-SHA256 Credential={ACCESS_KEY},SignedHeaders={signed},Signature={signature}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// A whole HTTP/1.1 request of the account itself, signed V1. `own`: action and parameters.
pub(crate) fn v1_as_owner(own: &[(&str, &str)], nonce: &str, timestamp: &str) -> String {
    let common = [
        ("Version", "2016-01-20"),
        ("Format", "JSON"),
        ("Timestamp", timestamp),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", nonce),
        ("AccessKeyId", OWNER),
    ];
    let parameters = [&common, own].concat();
    let signature = encoded(&STANDARD.encode(v1_signature("GET", &parameters, OWNER)));
    format!("GET /?{}&Signature={signature} HTTP/1.1\r\nHost: {HOST}\r\n\r\n", joined(&parameters))
}

/// HMAC-SHA1 over `METHOD&%2F&enc(canonical parameters)`, key = secret ‖ `&`.
fn v1_signature(method: &str, parameters: &[(&str, &str)], secret: &str) -> Vec<u8> {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let string_to_sign = format!("{method}&%2F&{}", encoded(&joined(&sorted)));
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).expect("HMAC takes keys of any length");
    mac.update(string_to_sign.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// HMAC-SHA256 over the hash of the canonical request. `headers`: all that are signed, lower-case, sorted.
fn v3_signature(method: &str, query: &[(&str, &str)], headers: &[(&str, &str)], body: &[u8], secret: &str) -> Vec<u8> {
    let mut sorted = query.to_vec();
    sorted.sort_unstable();
    let mut canonical = format!("{method}\n/\n{}\n", joined(&sorted));
    for (name, value) in headers {
        writeln!(canonical, "{name}:{value}").expect("a String takes whatever is written");
    }
    let signed = names(headers);
    let body_hash = hex(&Sha256::digest(body));
    write!(canonical, "\n{signed}\n{body_hash}").expect("a String takes whatever is written");

    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"ACS3-HMAC-SHA256\n");
    mac.update(hex(&Sha256::digest(canonical)).as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn names(headers: &[(&str, &str)]) -> String {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    names.join(";")
}

/// `name=value&name=value`, both encoded, in the order given.
fn joined(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes whatever is written");
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a String takes whatever is written");
        out
    })
}

/// Refuses to measure anything with a signer that does not reproduce the known signatures.
pub(crate) fn check_vectors() -> Outcome<()> {
    const SECRET: &str = "TestAccessKeySecret0123456789ab";
    const CONTEXT: &str = r#"{"a b":"c+d*~","ü":"v/=&"}"#;

    let common = [
        ("AccessKeyId", "LTAI5tTestAccessKeyId000"),
        ("Format", "JSON"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2024-05-06T07:08:09Z"),
        ("Version", "2016-01-20"),
    ];
    let list_keys = [
        ("Action", "ListKeys"),
        ("PageNumber", "1"),
        ("PageSize", "10"),
        ("SignatureNonce", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    ];
    let create_key = [
        ("Action", "CreateKey"),
        ("Description", "a b+c*d~e/f=g&h%i'(!)中文ü"),
        ("RegionId", "cn-hangzhou"),
        ("SecurityToken", "CAIS+/=sts token*~"),
        ("SignatureNonce", "n-2"),
        ("SignatureType", ""),
        ("Tags", ""),
    ];
    let encrypt = [
        ("Action", "Encrypt"),
        ("EncryptionContext", CONTEXT),
        ("KeyId", "key-hzz62f1cb66fa42qo1234"),
        ("Plaintext", "aGVsbG8="),
        ("SignatureNonce", "n-3"),
    ];
    for (method, parameters, expected) in [
        ("GET", &list_keys[..], "YTyCS3puLSxqws3P1jFh9fxc/c4="),
        ("GET", &create_key[..], "s4OdnL0dj5q0veSdbjbUwZHHiEA="),
        ("POST", &encrypt[..], "Orj6zMoqxM6kk7p/QWDHYZCHmAU="),
    ] {
        let parameters = [&common, parameters].concat();
        let signature = STANDARD.encode(v1_signature(method, &parameters, SECRET));
        same("V1", &signature, expected)?;
    }

    let encrypt_query =
        [("EncryptionContext", CONTEXT), ("KeyId", "key-hzz62f1cb66fa42qo1234"), ("Plaintext", "aGVsbG8rKn4=")];
    let empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let encrypt_headers = [
        ("host", "127.0.0.1:18080"),
        ("x-acs-action", "Encrypt"),
        ("x-acs-content-sha256", empty_hash),
        ("x-acs-date", "2024-05-06T07:08:09Z"),
        ("x-acs-signature-nonce", "n-5"),
        ("x-acs-version", "2016-01-20"),
    ];
    let signature = v3_signature("POST", &encrypt_query, &encrypt_headers, b"", SECRET);
    let expected = "ab39aeab9586dbbc5ff64be4caac82dcab8f34ec774b2bb2181bfdf9a23e8bf0";
    same("V3", &hex(&signature), expected)?;

    let secret_query = [("EnableAutomaticRotation", "False"), ("SecretName", "s1"), ("VersionId", "v1")];
    let secret_headers = [
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("host", "127.0.0.1:18080"),
        ("user-agent", "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2"),
        ("x-acs-accesskey-id", "LTAI5tTestAccessKeyId000"),
        ("x-acs-action", "CreateSecret"),
        ("x-acs-content-sha256", "d7670cbfc26459ea10c76f98835c9f1f54f9b76f586ea7d668847b48a12658bb"),
        ("x-acs-credentials-provider", "static_sts"),
        ("x-acs-date", "2024-05-06T07:08:09Z"),
        ("x-acs-security-token", "CAIS+/=sts token*~"),
        ("x-acs-signature-nonce", "n-6"),
        ("x-acs-version", "2016-01-20"),
    ];
    let body = b"SecretData=p+w%2Bd%C3%A9";
    let signature = v3_signature("POST", &secret_query, &secret_headers, body, SECRET);
    let expected = "9d872382675197bae04d87311f3736bb10ec606b07363ff32881153f5ef21a89";
    same("V3", &hex(&signature), expected)
}

fn same(scheme: &str, signature: &str, expected: &str) -> Outcome<()> {
    if signature == expected {
        return Ok(());
    }
    Err(format!("the bench's {scheme} signer gives {signature} where {expected} is right").into())
}
