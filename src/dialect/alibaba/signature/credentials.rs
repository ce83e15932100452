//! What a request shows of who calls, of whichever kind.

use http::request::Parts;

use super::bearer::{self, Token};
use super::claim::Claim;
use super::headers::{self, SignedHeaders};
use super::refusals::{incomplete, missing};
use super::time::time;
use super::v1;
use crate::access::Verifier;
use crate::dialect::Request;
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::parameters::Parameters;

/// What a request shows: what it claims, and the proof of it.
#[derive(Debug)]
pub struct Credentials<'r> {
    pub claim: Claim<'r>,
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

impl<'r> Credentials<'r> {
    /// Whether the request is one of V3 or V4, whose action and format do not stand in its parameters.
    pub fn are_in_headers(head: &Parts, parameters: &Parameters) -> bool {
        headers::authorization(head).is_some() || bearer::is_in_headers(head, parameters)
    }

    /// The action that the headers name.
    pub fn action_in_headers(request: &Request) -> Option<&str> {
        headers::action(request)
    }

    /// Take them from the headers where there is an `Authorization` of this service or a bearer token, else from
    /// the parameters.
    ///
    /// Errors: `MissingParameter` for an absent action, AccessKey id or token, `IncompleteSignature` for an
    /// `Authorization` that cannot be read, or for two proofs that disagree on who calls what; `InvalidSignatureMethod`
    /// for a token that is not called one.
    pub fn read(request: &'r Request, parameters: &'r Parameters) -> Result<Self, Fault> {
        let Some(authorization) = headers::authorization(&request.head) else {
            return if bearer::is_in_headers(&request.head, parameters) {
                let (claim, token) = bearer::in_headers(request, parameters)?;
                Ok(Self { claim, proof: Proof::Bearer(token) })
            } else {
                Self::in_parameters(request, parameters)
            };
        };
        let (claim, signed) = headers::claim(request, authorization)?;
        if parameters.given("Signature").is_some() {
            let agreed = parameters.get("Action") == Some(claim.action)
                && parameters.get("AccessKeyId") == Some(claim.access_key_id);
            if !agreed {
                return Err(incomplete("Signature and Authorization disagree on who calls what"));
            }
        }
        Ok(Self { claim, proof: Proof::Headers(signed) })
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
        let claim = Claim {
            access_key_id,
            action,
            version: api_version,
            time: timestamp.and_then(time),
            nonce,
            security_token,
            region: None,
        };
        Ok(Self { claim, proof })
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
            Proof::Headers(signed) => signed.demand_complete(&self.claim)?,
            Proof::Bearer(_) => {}
        }
        if self.claim.time.is_none() {
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
