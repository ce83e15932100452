//! Who calls: whoever signed the request, with V1 in the parameters or V3 and V4 in the headers, or in place of a
//! signature whoever shows a bearer token.
//!
//! [`Claim::read`] takes from a request what it claims, [`Claim::demand_complete`] that nothing a signature needs is
//! absent or unsigned, and [`Claim::verify`] that the holder of an AccessKey made it. Whether the time is right, the
//! AccessKey or the token known and the nonce fresh is for the [`Gateway`](super::Gateway) to ask.

mod algorithm;
mod bearer;
pub mod headers;
mod names;
pub mod nonces;
pub mod sign;
pub mod v1;

pub use algorithm::{Algorithm, HmacAlgorithm};

use http::request::Parts;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::fault::{self, Fault};
use super::parameters::Parameters;
use crate::access::Verifier;
use crate::dialect::Request;
use bearer::Token;
use headers::SignedHeaders;

/// What a request says of itself: who calls, what, when. Nothing in it is believed before it is verified.
#[derive(Debug)]
pub struct Claim<'r> {
    /// Empty where a bearer token stands alone.
    pub access_key_id: &'r str,
    pub action: &'r str,
    pub version: Option<&'r str>,
    /// The moment of signing; `None` where it is absent or not of the form `2026-11-22T07:03:49Z`.
    pub time: Option<Timestamp>,
    pub nonce: Option<&'r str>,
    pub security_token: Option<&'r str>,
    /// The region in a V4 credential.
    pub region: Option<&'r str>,
    proof: Proof<'r>,
}

#[derive(Debug)]
enum Proof<'r> {
    /// V1: everything is in the parameters, the signature too. `method`: `None` for one that there is not.
    Parameters { signature: Option<&'r str>, method: Option<v1::Method>, version: Option<&'r str> },
    /// V3 and V4.
    Headers(SignedHeaders<'r>),
    /// In place of a signature.
    Bearer(Token<'r>),
}

impl<'r> Claim<'r> {
    /// Whether the request is one of V3 or V4, whose action and format do not stand in its parameters.
    pub fn is_in_headers(head: &Parts, parameters: &Parameters) -> bool {
        headers::authorization(head).is_some() || bearer::is_in_headers(head, parameters)
    }

    /// The action that the headers name.
    pub fn action_in_headers(request: &Request) -> Option<&str> {
        headers::action(request)
    }

    /// Take the claim from the headers where there is an `Authorization` of this service or a bearer token, else from
    /// the parameters.
    ///
    /// Errors: `MissingParameter` for an absent action, AccessKey id or token, `IncompleteSignature` for an
    /// `Authorization` that cannot be read, or for two proofs that disagree on who calls what; `InvalidSignatureMethod`
    /// for a token that is not called one.
    pub fn read(request: &'r Request, parameters: &'r Parameters) -> Result<Self, Fault> {
        let Some(authorization) = headers::authorization(&request.head) else {
            return if bearer::is_in_headers(&request.head, parameters) {
                bearer::in_headers(request, parameters)
            } else {
                Self::in_parameters(request, parameters)
            };
        };
        let claim = headers::claim(request, authorization)?;
        if parameters.given("Signature").is_some() {
            let agreed = parameters.get("Action") == Some(claim.action)
                && parameters.get("AccessKeyId") == Some(claim.access_key_id);
            if !agreed {
                return Err(incomplete("Signature and Authorization disagree on who calls what"));
            }
        }
        Ok(claim)
    }

    /// Goes through the parameters once, which is quicker than looking for each name.
    fn in_parameters(request: &'r Request, parameters: &'r Parameters) -> Result<Self, Fault> {
        let [mut action, mut access_key_id, mut api_version, mut timestamp, mut nonce] = [None; 5];
        let [mut security_token, mut signature, mut method, mut version, mut kind, mut token] = [None; 6];
        for parameter in parameters.iter().filter(|parameter| !parameter.value.is_empty()) {
            let place = match parameter.name {
                "Action" => &mut action,
                "AccessKeyId" => &mut access_key_id,
                "Version" => &mut api_version,
                "Timestamp" => &mut timestamp,
                "SignatureNonce" => &mut nonce,
                "SecurityToken" => &mut security_token,
                "Signature" => &mut signature,
                "SignatureMethod" => &mut method,
                "SignatureVersion" => &mut version,
                "SignatureType" => &mut kind,
                "BearerToken" => &mut token,
                _ => continue,
            };
            *place = Some(parameter.value);
        }
        let action = action.ok_or_else(|| missing("Action"))?;
        let (access_key_id, proof) = if kind == Some(bearer::TYPE) {
            (access_key_id.unwrap_or_default(), Proof::Bearer(bearer::in_parameters(request, token)?))
        } else if token.is_some() {
            return Err(incomplete("a BearerToken is there, and SignatureType is not BEARERTOKEN"));
        } else {
            let method = v1::Method::named(method, kind);
            let id = access_key_id.ok_or_else(|| missing("AccessKeyId"))?;
            (id, Proof::Parameters { signature, method, version })
        };
        Ok(Self {
            action,
            access_key_id,
            version: api_version,
            time: timestamp.and_then(time),
            nonce,
            security_token,
            region: None,
            proof,
        })
    }

    /// Nothing is missing that a signature of this kind needs.
    ///
    /// Errors: `IncompleteSignature`, `InvalidSignatureMethod`, `IllegalTimestamp`.
    pub fn demand_complete(&self) -> Result<(), Fault> {
        match &self.proof {
            Proof::Parameters { signature, method, version } => {
                if signature.is_none() {
                    return Err(incomplete("there is neither a Signature nor an Authorization"));
                }
                if method.is_none() {
                    return Err((&fault::INVALID_SIGNATURE_METHOD).into());
                }
                if version.is_some_and(|version| version != "1.0") {
                    return Err(incomplete("SignatureVersion is not 1.0"));
                }
            }
            Proof::Headers(signed) => signed.demand_complete(self)?,
            Proof::Bearer(_) => {}
        }
        if self.time.is_none() {
            return Err((&fault::ILLEGAL_TIMESTAMP).into());
        }
        Ok(())
    }

    /// The bearer token that stands in place of a signature.
    pub fn bearer_token(&self) -> Option<&'r str> {
        match &self.proof {
            Proof::Bearer(token) => Some(token.0),
            Proof::Parameters { .. } | Proof::Headers(_) => None,
        }
    }

    /// Whoever `verifier` belongs to signed this request, and nothing in it changed since. A bearer token is no
    /// signature.
    ///
    /// Errors: `SignatureDoesNotMatch` with the string to sign, `IncompleteSignature` for a content hash that is not
    /// the body's, `InvalidSignatureMethod` where the AccessKey signs otherwise.
    pub fn verify(&self, request: &Request, parameters: &Parameters, verifier: &Verifier) -> Result<(), Fault> {
        match &self.proof {
            Proof::Parameters { signature: Some(signature), method: Some(method), .. } => {
                v1::verify(request.head.method.as_str(), parameters, *method, signature, verifier)
            }
            Proof::Headers(signed) => signed.verify(request, parameters, verifier),
            Proof::Parameters { .. } | Proof::Bearer(_) => Err((&fault::INVALID_SIGNATURE_METHOD).into()),
        }
    }
}

/// `2026-11-22T07:03:49Z`, and nothing else.
fn time(text: &str) -> Option<Timestamp> {
    let digits_only = text.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        19 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    if text.len() != 20 || !digits_only {
        return None;
    }
    let civil: DateTime = text[..19].parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

fn missing(name: &str) -> Fault {
    Fault::about(&fault::MISSING_PARAMETER, name)
}

/// An AccessKey with a secret signs by HMAC, one with a public key by RSA: whoever knows the public key must not be able
/// to use it as a secret.
fn of_another_kind() -> Fault {
    Fault::from(&fault::INVALID_SIGNATURE_METHOD)
        .because("the AccessKey has a key pair and the method wants a secret, or the other way round")
}

fn incomplete(cause: impl Into<String>) -> Fault {
    Fault::from(&fault::INCOMPLETE_SIGNATURE).because(cause)
}

fn mismatch(string_to_sign: &str) -> Fault {
    Fault::about(&fault::SIGNATURE_DOES_NOT_MATCH, string_to_sign)
        .because("it was made with another secret, or over another string to sign than the answer shows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        assert_eq!(time("2026-11-22T07:03:49Z").unwrap().to_string(), "2026-11-22T07:03:49Z");
        for text in [
            "",
            "2026-11-22 07:03:49Z",
            "2026-13-22T07:03:49Z",
            "2026-11-22T07:03:49",
            "2026-11-22T7:03:49ZZ",
            "2026-11-22T07:03:49+",
            "2026-1é-22T07:03:4Z",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
