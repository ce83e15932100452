//! Signature V1: HMAC-SHA1, or RSASSA-PKCS1-v1_5 with SHA-256, over the sorted parameters. The path, the host and the
//! headers are not signed.
//!
//! Source: alibaba-wire §1; vectors in §10.

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::refusals::{mismatch, of_another_kind};
use crate::access::Verifier;
use crate::dialect::alibaba::encoding::encode_twice;
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::parameters::Parameters;

/// How a request is signed, as its parameters name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    HmacSha1,
    Sha256WithRsa,
}

impl Method {
    /// By `SignatureMethod` and `SignatureType`. `None` for one that there is not.
    pub(super) fn named(method: Option<&str>, kind: Option<&str>) -> Option<Self> {
        match (method, kind) {
            (None | Some("HMAC-SHA1"), None) => Some(Self::HmacSha1),
            (Some("SHA256withRSA"), Some("PRIVATEKEY")) => Some(Self::Sha256WithRsa),
            _ => None,
        }
    }
}

/// `verb`: GET or POST. Errors: `SignatureDoesNotMatch`, `InvalidSignatureMethod`.
pub(super) fn verify(
    verb: &str,
    parameters: &Parameters,
    method: Method,
    signature: &str,
    verifier: &Verifier,
) -> Result<(), Fault> {
    let string_to_sign = string_to_sign(verb, parameters);
    let is_right = match (method, verifier) {
        (Method::HmacSha1, Verifier::Secret(secret)) => {
            let expected = sign(&string_to_sign, secret.expose_secret());
            bool::from(expected.as_bytes().ct_eq(signature.as_bytes()))
        }
        (Method::Sha256WithRsa, Verifier::PublicKey(key)) => {
            BASE64_STANDARD.decode(signature).is_ok_and(|signature| key.verifies(&string_to_sign, &signature))
        }
        _ => return Err(of_another_kind()),
    };
    if is_right { Ok(()) } else { Err(mismatch(&string_to_sign)) }
}

/// `METHOD&%2F&` and the encoded `name=value&…` of all parameters but the signature itself.
pub fn string_to_sign(method: &str, parameters: &Parameters) -> String {
    let mut text = Vec::with_capacity(1024);
    text.extend_from_slice(method.as_bytes());
    text.extend_from_slice(b"&%2F&");
    let mut separator: &[u8] = b"";
    for parameter in parameters.iter().filter(|parameter| parameter.name != "Signature") {
        text.extend_from_slice(separator);
        encode_twice(parameter.name, &mut text);
        text.extend_from_slice(b"%3D");
        encode_twice(parameter.value, &mut text);
        separator = b"%26";
    }
    String::from_utf8(text).expect("methods and what is percent-encoded are ASCII")
}

/// Base64 of the HMAC-SHA1 of `string_to_sign` under `secret&`.
pub fn sign(string_to_sign: &str, secret: &str) -> String {
    let mut key = zeroize::Zeroizing::new(String::with_capacity(secret.len() + 1));
    key.push_str(secret);
    key.push('&');
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(string_to_sign.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}
