//! Key material as people write it: base64, hex or PEM.

use base64::prelude::{BASE64_STANDARD, Engine};
use pkcs8::SecretDocument;
use secrecy::SecretSlice;
use strum::VariantArray;
use zeroize::Zeroizing;

use crate::dialect::alibaba::kms::words::Word;
use crate::keyring::{KeyMaterial, KeySpec, Primitive};

/// What a block of PEM begins with.
const PEM: &str = "-----BEGIN ";

/// The material for a key of `spec` that `text` writes: base64 or hex of a secret of the right length; for a key pair
/// the private key, in PEM, or its DER in base64 or hex (PKCS#8, PKCS#1, SEC 1), or on a curve its number alone.
///
/// Errors say what is wrong, and nothing of what the text holds.
pub(super) fn parse(spec: KeySpec, text: &str) -> Result<KeyMaterial, String> {
    let bytes = bytes(text)?;
    let material = KeyMaterial::from_bytes(spec, SecretSlice::from(bytes.to_vec()));
    material.ok_or_else(|| match spec.material_length() {
        None => is_not(spec, &bytes),
        Some(wanted) => format!("has {} bytes, {} wants {wanted}", bytes.len(), spec.told()),
    })
}

/// The bytes that `text` writes. Hex digits alone are hex, though base64 might be made of them, too.
fn bytes(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    if text.contains(PEM) {
        return private_key(text);
    }
    let text = Zeroizing::new(text.split_ascii_whitespace().collect::<String>());
    let bytes = hex(&text).or_else(|| BASE64_STANDARD.decode(&*text).ok().map(Zeroizing::new));
    bytes.ok_or_else(|| "is neither base64 nor hex nor PEM".to_owned())
}

/// The DER in the last block of PEM: before a SEC 1 key there may be one of its parameters.
fn private_key(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let is_private_key = |line: &&str| line.starts_with(PEM) && line.trim_end().ends_with("PRIVATE KEY-----");
    if text.lines().filter(is_private_key).count() > 1 {
        return Err("holds more than one private key".to_owned());
    }
    let block = text.rfind(PEM).map_or(text, |begin| &text[begin..]);
    let (label, der) = SecretDocument::from_pem(block.trim()).map_err(|error| format!("is not PEM: {error}"))?;
    match label {
        "ENCRYPTED PRIVATE KEY" => Err("is encrypted: write it without a password".to_owned()),
        label if label.ends_with("PRIVATE KEY") => Ok(der.to_bytes()),
        label => Err(format!("is {label}, not a private key")),
    }
}

fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; text.len() / 2]);
    base16ct::mixed::decode(text, &mut bytes).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

/// What these bytes are instead of a private key of `spec`.
fn is_not(spec: KeySpec, bytes: &[u8]) -> String {
    let is_of = |other: KeySpec| {
        let is_pair = matches!(other.primitive(), Primitive::KeyPair(_));
        is_pair && KeyMaterial::from_bytes(other, bytes.to_vec().into()).is_some()
    };
    match KeySpec::VARIANTS.iter().find(|other| is_of(**other)) {
        Some(found) => format!("is a private key of {}, not of {}", found.told(), spec.told()),
        None => format!("is not a private key of {}", spec.told()),
    }
}
