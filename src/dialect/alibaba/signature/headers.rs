//! Signatures V3 (`ACS3-HMAC-SHA256`, `ACS3-HMAC-SM3`, `ACS3-RSA-SHA256`) and V4 (`ACS4-HMAC-SHA256`), which travel in
//! the headers.
//!
//! ```text
//! CanonicalRequest = METHOD \n / \n CanonicalQuery \n CanonicalHeaders \n SignedHeaders \n HashedPayload
//! StringToSign     = algorithm \n hex(hash(CanonicalRequest))
//! Signature        = hex(HMAC(key, StringToSign)), or hex(RSASSA-PKCS1-v1_5(private key, StringToSign))
//! ```
//!
//! Source: alibaba-wire §§3 and 4; vectors in §10.

use std::iter;

use http::request::Parts;
use http::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, HmacAlgorithm, hmac_sha256};
use super::claim::Claim;
use super::names::{ACTION, BEARER_TOKEN, CONTENT_SHA256, DATE, NONCE, SECURITY_TOKEN, VERSION, only};
use super::refusals::{incomplete, mismatch, missing, of_another_kind};
use super::time::time;
use crate::access::Verifier;
use crate::dialect::Request;
use crate::dialect::alibaba::encoding::{encode_once, hex, is_unreserved, unhex};
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::parameters::Parameters;

/// What ends the scope of a V4 credential.
const V4_TERMINATOR: &str = "aliyun_v4_request";

/// What an `Authorization` header says.
#[derive(Debug)]
pub(super) struct SignedHeaders<'r> {
    algorithm: Algorithm,
    scope: Option<Scope<'r>>,
    /// The names as given, joined by `;`.
    joined_names: &'r str,
    names: Vec<&'r str>,
    headers: Headers<'r>,
    content_sha256: Option<&'r str>,
    signature: &'r str,
}

/// What a V4 credential names behind the AccessKey id.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'r> {
    /// `yyyymmdd`.
    pub date: &'r str,
    pub region: &'r str,
    pub product: &'r str,
}

/// The `Authorization` header, if it is one of this service (a proxy may have its own).
pub(super) fn authorization(head: &Parts) -> Option<&[u8]> {
    let value = head.headers.get(http::header::AUTHORIZATION)?.as_bytes();
    value.starts_with(b"ACS").then_some(value)
}

pub(super) fn action(request: &Request) -> Option<&str> {
    only(request.head.headers.get_all(ACTION).iter())
}

/// Take apart `<algorithm> Credential=<c>,SignedHeaders=<names>,Signature=<hex>`, in any order.
pub(super) fn claim<'r>(
    request: &'r Request,
    authorization: &'r [u8],
) -> Result<(Claim<'r>, SignedHeaders<'r>), Fault> {
    let unreadable = || incomplete("the Authorization header cannot be read");
    let text = std::str::from_utf8(authorization).map_err(|_| unreadable())?;
    let (name, fields) = text.split_once(' ').ok_or_else(unreadable)?;
    let algorithm = Algorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.name() == name)
        .ok_or_else(|| Fault::from(&fault::INVALID_SIGNATURE_METHOD).because(name))?;
    let (mut credential, mut joined_names, mut signature) = (None, None, None);
    for field in split(fields, b',').map(str::trim_ascii) {
        let of = |name| field.strip_prefix(name);
        let (place, value) = if let Some(value) = of("Credential=") {
            (&mut credential, value)
        } else if let Some(value) = of("SignedHeaders=") {
            (&mut joined_names, value)
        } else {
            (&mut signature, of("Signature=").ok_or_else(unreadable)?)
        };
        if place.replace(value).is_some() {
            return Err(unreadable());
        }
    }
    let (Some(credential), Some(joined_names), Some(signature)) = (credential, joined_names, signature) else {
        return Err(unreadable());
    };
    let (access_key_id, scope) = match algorithm {
        Algorithm::ACS4_HMAC_SHA256 => scoped(credential).ok_or_else(unreadable)?,
        _ => (credential, None),
    };
    if access_key_id.is_empty() {
        return Err(missing("AccessKeyId"));
    }
    let headers = Headers::of(request);
    if headers.all(BEARER_TOKEN.as_str()).next().is_some() {
        return Err(incomplete("there are a signature and a bearer token"));
    }
    let mut names = Vec::with_capacity(16);
    names.extend(split(joined_names, b';'));
    let claim = Claim {
        access_key_id,
        action: headers.only(&ACTION).ok_or_else(|| missing("Action"))?,
        version: headers.only(&VERSION),
        time: headers.only(&DATE).and_then(time),
        nonce: headers.only(&NONCE),
        security_token: headers.only(&SECURITY_TOKEN),
        region: scope.map(|scope| scope.region),
    };
    let content_sha256 = headers.only(&CONTENT_SHA256);
    Ok((claim, SignedHeaders { algorithm, scope, joined_names, names, headers, content_sha256, signature }))
}

/// `<AccessKey id>/<yyyymmdd>/<region>/<product>/aliyun_v4_request`.
fn scoped(credential: &str) -> Option<(&str, Option<Scope<'_>>)> {
    let mut parts = credential.split('/');
    let (id, date, region, product) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next() == Some(V4_TERMINATOR) && parts.next().is_none();
    whole.then_some((id, Some(Scope { date, region, product })))
}

/// The headers of a request in a list: there are few, and comparing their names is quicker than hashing them.
#[derive(Debug)]
struct Headers<'r>(Vec<(&'r str, &'r HeaderValue)>);

impl<'r> Headers<'r> {
    fn of(request: &'r Request) -> Self {
        Self(request.head.headers.iter().map(|(name, value)| (name.as_str(), value)).collect())
    }

    /// The values of a header, in their order; they stand together.
    fn all(&self, name: &str) -> impl Iterator<Item = &'r HeaderValue> {
        let is_it = move |(own, _): &&(&str, _)| *own == name;
        self.0.iter().skip_while(move |header| !is_it(header)).take_while(is_it).map(|(_, value)| *value)
    }

    /// See [`only`].
    fn only(&self, name: &HeaderName) -> Option<&'r str> {
        only(self.all(name.as_str()))
    }
}

/// The parts of `text` between separators, which are ASCII. For texts this short a plain loop is quicker than
/// `str::split`.
fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|byte| byte == separator);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

impl SignedHeaders<'_> {
    /// The nonce and the content hash are there, and what decides the call's meaning is signed: `host` and every
    /// `x-acs-*` header.
    pub(super) fn demand_complete(&self, claim: &Claim<'_>) -> Result<(), Fault> {
        for (name, value) in [(NONCE, claim.nonce), (CONTENT_SHA256, self.content_sha256)] {
            if value.is_none() {
                return Err(incomplete(format!("the header {name} is needed")));
            }
        }
        if !self.names.contains(&"host") {
            return Err(incomplete("the header host must be signed"));
        }
        let mut names = self.headers.0.iter().map(|(name, _)| name);
        if let Some(name) = names.find(|name| name.starts_with("x-acs-") && !self.names.contains(name)) {
            return Err(incomplete(format!("the header {name} must be signed")));
        }
        // A date that cannot be read is refused as such, later.
        match self.scope.zip(claim.time) {
            Some((scope, time)) if time.strftime("%Y%m%d").to_string() != scope.date => {
                Err(incomplete("the credential is of another day than x-acs-date"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn verify(&self, request: &Request, parameters: &Parameters, verifier: &Verifier) -> Result<(), Fault> {
        let payload = self.algorithm.hash(&request.body);
        if self.content_sha256.map(str::as_bytes) != Some(payload.as_slice()) {
            return Err(incomplete("x-acs-content-sha256 is not the hash of the body"));
        }
        let documented = self.string_to_sign(request, parameters, &payload, encode_once);
        if self.is_of(&documented, verifier)? {
            return Ok(());
        }
        // The SDKs leave names as they are where the documents encode them. It matters for flattened maps only. A name
        // that could then pass for several parameters, or for another name that is encoded, must be signed encoded.
        let mut names = parameters.iter().filter(|parameter| parameter.in_query).map(|parameter| parameter.name);
        let is_plain = |name: &str| !name.contains(['&', '=', '%', '\n']);
        if names.clone().all(is_plain) && names.any(|name| !name.bytes().all(is_unreserved)) {
            let as_it_is = |name: &str, text: &mut Vec<u8>| text.extend_from_slice(name.as_bytes());
            if self.is_of(&self.string_to_sign(request, parameters, &payload, as_it_is), verifier)? {
                return Ok(());
            }
        }
        Err(mismatch(&documented))
    }

    /// Whether the signature is one of `string_to_sign`. Errors: `InvalidSignatureMethod`.
    fn is_of(&self, string_to_sign: &str, verifier: &Verifier) -> Result<bool, Fault> {
        match (self.algorithm, verifier) {
            (Algorithm::Hmac(algorithm), Verifier::Secret(secret)) => {
                let expected = sign(algorithm, string_to_sign, secret.expose_secret(), self.scope);
                Ok(expected.as_bytes().ct_eq(self.signature.as_bytes()).into())
            }
            (Algorithm::Acs3RsaSha256, Verifier::PublicKey(key)) => {
                Ok(unhex(self.signature).is_some_and(|signature| key.verifies(string_to_sign, &signature)))
            }
            _ => Err(of_another_kind()),
        }
    }

    fn string_to_sign(
        &self,
        request: &Request,
        parameters: &Parameters,
        payload: &[u8],
        encode_name: impl Fn(&str, &mut Vec<u8>),
    ) -> String {
        let mut canonical = CanonicalRequest::begin(request.head.method.as_str());
        canonical.query(parameters, encode_name);
        for name in &self.names {
            canonical.header(name, self.headers.all(name).map(HeaderValue::as_bytes));
        }
        canonical.end(self.joined_names, payload).string_to_sign(self.algorithm)
    }
}

/// The canonical request, written in the order of its parts.
#[derive(Debug)]
pub struct CanonicalRequest(Vec<u8>);

impl CanonicalRequest {
    /// The path is always `/`: also behind a path prefix, SDKs sign that.
    pub fn begin(method: &str) -> Self {
        let mut text = Vec::with_capacity(1024);
        text.extend_from_slice(method.as_bytes());
        text.extend_from_slice(b"\n/\n");
        Self(text)
    }

    /// The parameters in the query, names as `encode_name` writes them.
    pub fn query(&mut self, parameters: &Parameters, encode_name: impl Fn(&str, &mut Vec<u8>)) {
        let mut separator: &[u8] = b"";
        for parameter in parameters.iter().filter(|parameter| parameter.in_query) {
            self.0.extend_from_slice(separator);
            encode_name(parameter.name, &mut self.0);
            self.0.push(b'=');
            encode_once(parameter.value, &mut self.0);
            separator = b"&";
        }
        self.0.push(b'\n');
    }

    /// A signed header: its values trimmed, sorted, joined by commas.
    pub fn header<'v>(&mut self, name: &str, values: impl Iterator<Item = &'v [u8]>) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b':');
        let mut values = values.map(<[u8]>::trim_ascii);
        match (values.next(), values.next()) {
            (Some(only), None) => self.0.extend_from_slice(only),
            (first, second) => {
                let mut all: Vec<_> = first.into_iter().chain(second).chain(values).collect();
                all.sort_unstable();
                self.0.extend_from_slice(&all.join(&b','));
            }
        }
        self.0.push(b'\n');
    }

    #[must_use]
    pub fn end(mut self, signed_headers: &str, payload: &[u8]) -> Self {
        self.0.push(b'\n');
        self.0.extend_from_slice(signed_headers.as_bytes());
        self.0.push(b'\n');
        self.0.extend_from_slice(payload);
        self
    }

    pub fn string_to_sign(&self, algorithm: Algorithm) -> String {
        [algorithm.name(), "\n", text_of(&algorithm.hash(&self.0))].concat()
    }
}

/// Lower-case hex of the HMAC of `string_to_sign`: under `secret` (V3), or under the key that follows from it and a
/// scope (V4).
pub fn sign(algorithm: HmacAlgorithm, string_to_sign: &str, secret: &str, scope: Option<Scope<'_>>) -> String {
    let text = string_to_sign.as_bytes();
    let mac = match scope {
        Some(scope) => algorithm.mac(&*derived_key(secret, scope), text),
        None => algorithm.mac(secret.as_bytes(), text),
    };
    text_of(&hex(&mac)).to_owned()
}

fn text_of(hex: &[u8; 64]) -> &str {
    str::from_utf8(hex).expect("hex is ASCII")
}

/// The scope's key: HMACs of date, region, product and terminator, each under the one before.
fn derived_key(secret: &str, scope: Scope<'_>) -> Zeroizing<[u8; 32]> {
    let root = Zeroizing::new(format!("aliyun_v4{secret}"));
    let key = [scope.region, scope.product, V4_TERMINATOR]
        .into_iter()
        .fold(hmac_sha256(root.as_bytes(), scope.date.as_bytes()), |key, part| hmac_sha256(&key, part.as_bytes()));
    Zeroizing::new(key)
}
