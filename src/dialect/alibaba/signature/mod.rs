//! Who signed a request: V1 in the parameters; V3 and V4 in the headers.
//!
//! [`Claim::read`] takes from a request what it claims, [`Claim::demand_complete`] that nothing a signature needs is
//! absent or unsigned, and [`Claim::verify`] that the holder of a secret made it. Whether the time is right, the
//! AccessKey known and the nonce fresh is for the [`Gateway`](super::Gateway) to ask.

pub mod headers;
pub mod nonces;
pub mod sign;
pub mod v1;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::fault::{self, Fault};
use super::parameters::Parameters;
use crate::dialect::Request;
use headers::SignedHeaders;

/// What a request says of itself: who calls, what, when. Nothing in it is believed before it is verified.
#[derive(Debug)]
pub struct Claim<'r> {
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
    /// V1: everything is in the parameters, the signature too.
    Parameters { signature: Option<&'r str>, method: Option<&'r str>, version: Option<&'r str>, kind: Option<&'r str> },
    /// V3 and V4.
    Headers(SignedHeaders<'r>),
}

impl<'r> Claim<'r> {
    /// Whether the request is one of V3 or V4, whose action and format do not stand in its parameters.
    pub fn is_in_headers(request: &Request) -> bool {
        headers::authorization(request).is_some()
    }

    /// The action that the headers name.
    pub fn action_in_headers(request: &Request) -> Option<&str> {
        headers::action(request)
    }

    /// Take the claim from the headers where there is an `Authorization` of this service, else from the parameters.
    ///
    /// Errors: `MissingParameter` for an absent action or AccessKey id, `IncompleteSignature` for an `Authorization`
    /// that cannot be read, or for two signatures that disagree on who calls what.
    pub fn read(request: &'r Request, parameters: &'r Parameters) -> Result<Self, Fault> {
        let Some(authorization) = headers::authorization(request) else { return Self::in_parameters(parameters) };
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

    /// Goes through the parameters once, which is quicker than looking for ten names.
    fn in_parameters(parameters: &'r Parameters) -> Result<Self, Fault> {
        let [mut action, mut access_key_id, mut api_version, mut timestamp, mut nonce] = [None; 5];
        let [mut security_token, mut signature, mut method, mut version, mut kind] = [None; 5];
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
                _ => continue,
            };
            *place = Some(parameter.value);
        }
        let missing = |name| Fault::about(&fault::MISSING_PARAMETER, name);
        Ok(Self {
            action: action.ok_or_else(|| missing("Action"))?,
            access_key_id: access_key_id.ok_or_else(|| missing("AccessKeyId"))?,
            version: api_version,
            time: timestamp.and_then(time),
            nonce,
            security_token,
            region: None,
            proof: Proof::Parameters { signature, method, version, kind },
        })
    }

    /// Nothing is missing that a signature of this kind needs.
    ///
    /// Errors: `IncompleteSignature`, `InvalidSignatureMethod`, `IllegalTimestamp`.
    pub fn demand_complete(&self) -> Result<(), Fault> {
        match &self.proof {
            Proof::Parameters { signature, method, version, kind } => {
                if signature.is_none() {
                    return Err(incomplete("there is neither a Signature nor an Authorization"));
                }
                if method.is_some_and(|method| method != "HMAC-SHA1") || kind.is_some() {
                    return Err((&fault::INVALID_SIGNATURE_METHOD).into());
                }
                if version.is_some_and(|version| version != "1.0") {
                    return Err(incomplete("SignatureVersion is not 1.0"));
                }
            }
            Proof::Headers(signed) => signed.demand_complete(self)?,
        }
        if self.time.is_none() {
            return Err((&fault::ILLEGAL_TIMESTAMP).into());
        }
        Ok(())
    }

    /// The holder of `secret` signed this request, and nothing in it changed since.
    ///
    /// Errors: `SignatureDoesNotMatch` with the string to sign, `IncompleteSignature` for a content hash that is not
    /// the body's.
    pub fn verify(&self, request: &Request, parameters: &Parameters, secret: &str) -> Result<(), Fault> {
        match &self.proof {
            Proof::Parameters { signature, .. } => {
                v1::verify(request.head.method.as_str(), parameters, signature.unwrap_or_default(), secret)
            }
            Proof::Headers(signed) => signed.verify(request, parameters, secret),
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
