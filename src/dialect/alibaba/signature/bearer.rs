//! Bearer tokens, which stand in place of a signature.
//!
//! | | token | named so by |
//! | --- | --- | --- |
//! | V1 | parameter `BearerToken` | parameter `SignatureType=BEARERTOKEN` |
//! | V3 | header `x-acs-bearer-token` | parameter `SignatureType=BEARERTOKEN` |
//! | V4 | the same header, and `Authorization: Bearer <token>` | header `x-acs-signature-type: BEARERTOKEN` |
//!
//! Time, nonce and content hash are sent and checked as with a signature. Nothing of the request is signed.
//!
//! Source: alibaba-wire §3.1.

use std::fmt;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::claim::Claim;
use super::names::{ACTION, BEARER_TOKEN, CONTENT_SHA256, DATE, NONCE, SECURITY_TOKEN, SIGNATURE_TYPE, VERSION, only};
use super::refusals::{incomplete, missing};
use super::time::time;
use crate::dialect::Request;
use crate::dialect::alibaba::encoding::hex;
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::parameters::Parameters;

/// What a signature that is a token is called.
pub(super) const TYPE: &str = "BEARERTOKEN";

/// What stands before the token in an `Authorization`.
const SCHEME: &str = "Bearer ";

/// A token that a request shows. Its `Debug` is redacted.
pub(super) struct Token<'r>(pub(super) &'r str);

impl fmt::Debug for Token<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token([REDACTED])")
    }
}

/// Whether the request shows a token as V3 and V4 do: V1 has its action in the parameters.
pub(super) fn is_in_headers(head: &Parts, parameters: &Parameters) -> bool {
    parameters.get("Action").is_none() && head.headers.contains_key(BEARER_TOKEN)
}

/// The token of a V1 request. Errors: `MissingParameter`; `IncompleteSignature` for another one in the headers.
pub(super) fn in_parameters<'r>(request: &'r Request, token: Option<&'r str>) -> Result<Token<'r>, Fault> {
    let token = token.ok_or_else(|| missing("BearerToken"))?;
    demand_agreement(request, None, token)?;
    Ok(Token(token))
}

/// The claim of a V3 or V4 request.
///
/// Errors: `MissingParameter`, `InvalidSignatureMethod`; `IncompleteSignature` for what a request has to send beside a
/// token, and for anything that disagrees with it.
pub(super) fn in_headers<'r>(
    request: &'r Request,
    parameters: &'r Parameters,
) -> Result<(Claim<'r>, Token<'r>), Fault> {
    let header = |name: HeaderName| only(request.head.headers.get_all(name).iter());
    let token = header(BEARER_TOKEN).ok_or_else(|| incomplete("the header x-acs-bearer-token cannot be read"))?;
    demand_agreement(request, parameters.given("BearerToken"), token)?;
    let types = [header(SIGNATURE_TYPE), parameters.given("SignatureType")];
    if types == [None, None] || types.iter().flatten().any(|own| *own != TYPE) {
        return Err(Fault::from(&fault::INVALID_SIGNATURE_METHOD).because("a bearer token without its SignatureType"));
    }
    if parameters.given("Signature").is_some() {
        return Err(incomplete("there are a bearer token and a Signature"));
    }
    let nonce = header(NONCE).ok_or_else(|| incomplete(format!("the header {NONCE} is needed")))?;
    if !header(CONTENT_SHA256).is_some_and(|hash| is_hash_of(&request.body, hash)) {
        return Err(incomplete("x-acs-content-sha256 is not the hash of the body"));
    }
    let claim = Claim {
        access_key_id: "",
        action: header(ACTION).ok_or_else(|| missing("Action"))?,
        version: header(VERSION),
        time: header(DATE).and_then(time),
        nonce: Some(nonce),
        security_token: header(SECURITY_TOKEN),
        region: None,
    };
    Ok((claim, Token(token)))
}

/// Whatever token is shown elsewhere is this one. Errors: `IncompleteSignature`.
fn demand_agreement(request: &Request, parameter: Option<&str>, token: &str) -> Result<(), Fault> {
    let headers = &request.head.headers;
    let own = headers.get_all(BEARER_TOKEN).iter().map(|value| value.as_bytes().trim_ascii());
    let authorizations = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let mut shown = authorizations
        .filter_map(|value| value.strip_prefix(SCHEME.as_bytes()).map(<[u8]>::trim_ascii))
        .chain(own)
        .chain(parameter.map(str::as_bytes));
    if shown.all(|other| other == token.as_bytes()) { Ok(()) } else { Err(incomplete("two bearer tokens disagree")) }
}

/// No algorithm is named, so that it may be either of the two that clients use.
fn is_hash_of(body: &[u8], hash: &str) -> bool {
    let hashes: [[u8; 32]; 2] = [Sha256::digest(body).into(), Sm3::digest(body).into()];
    hashes.iter().any(|own| hex(own) == *hash.as_bytes())
}
