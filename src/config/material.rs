//! Key material as people write it: base64, hex or PEM.

use base64::prelude::{BASE64_STANDARD, Engine};
use pkcs8::SecretDocument;
use secrecy::SecretSlice;
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
    let readings = readings(text)?;
    let right = readings.iter().find_map(|bytes| KeyMaterial::from_bytes(spec, SecretSlice::from(bytes.to_vec())));
    right.ok_or_else(|| match (spec.primitive(), spec.material_length()) {
        (Primitive::KeyPair(_), _) => is_not(spec, &readings),
        (_, wanted) => {
            let lengths: Vec<_> = readings.iter().map(|bytes| bytes.len().to_string()).collect();
            let wanted = wanted.unwrap_or_default();
            format!("has {} bytes, {} wants {wanted}", lengths.join(" or "), spec.word())
        }
    })
}

/// The bytes that `text` can mean: hex can often be read as base64, too.
fn readings(text: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, String> {
    if let Some(block) = text.rfind(PEM) {
        let is_private_key = |line: &&str| line.starts_with(PEM) && line.trim_end().ends_with("PRIVATE KEY-----");
        if text.lines().filter(is_private_key).count() > 1 {
            return Err("holds more than one private key".to_owned());
        }
        // Before a SEC 1 key there may be a block of its parameters.
        let (label, der) =
            SecretDocument::from_pem(text[block..].trim()).map_err(|error| format!("is not PEM: {error}"))?;
        return match label {
            "ENCRYPTED PRIVATE KEY" => Err("is encrypted: write it without a password".to_owned()),
            label if label.ends_with("PRIVATE KEY") => Ok(vec![der.to_bytes()]),
            label => Err(format!("is {label}, not a private key")),
        };
    }
    let text = Zeroizing::new(text.split_ascii_whitespace().collect::<String>());
    let readings: Vec<_> =
        hex(&text).into_iter().chain(BASE64_STANDARD.decode(&*text).ok().map(Zeroizing::new)).collect();
    if readings.is_empty() { Err("is neither base64 nor hex nor PEM".to_owned()) } else { Ok(readings) }
}

fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect::<Option<Vec<u8>>>()?;
    (rest.is_empty() && !bytes.is_empty()).then(|| Zeroizing::new(bytes))
}

/// What these bytes are instead of a private key of `spec`.
fn is_not(spec: KeySpec, readings: &[Zeroizing<Vec<u8>>]) -> String {
    let is_of = |other: KeySpec| {
        let is_pair = matches!(other.primitive(), Primitive::KeyPair(_));
        is_pair && readings.iter().any(|bytes| KeyMaterial::from_bytes(other, bytes.to_vec().into()).is_some())
    };
    match KeySpec::WORDS.iter().find(|(other, _)| is_of(*other)) {
        Some((_, found)) => format!("is a private key of {found}, not of {}", spec.word()),
        None => format!("is not a private key of {}", spec.word()),
    }
}
