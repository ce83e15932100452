//! Signature V1: HMAC-SHA1 over the sorted parameters. The path, the host and the headers are not signed.
//!
//! Source: alibaba-wire §1; vectors in §10.

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::mismatch;
use crate::dialect::alibaba::encoding::encode_twice;
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::parameters::Parameters;

pub(super) fn verify(method: &str, parameters: &Parameters, signature: &str, secret: &str) -> Result<(), Fault> {
    let string_to_sign = string_to_sign(method, parameters);
    let expected = sign(&string_to_sign, secret);
    if bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) { Ok(()) } else { Err(mismatch(&string_to_sign)) }
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
