//! Who calls, and what it is that they ask for.

use std::sync::Arc;

use http::Method;

use super::arrival::Arrival;
use super::dry_run::{self, DryRun};
use super::entry::Entry;
use super::fault::{self, Fault};
use super::gateway::Gateway;
use super::host;
use super::kms;
use super::parameters::{self, Parameters};
use super::service::Service;
use super::signature::nonces::WINDOW;
use super::signature::{Claim, Credentials};
use crate::access::{AccessKey, Principal};
use crate::call::Record;
use crate::dialect::Request;
use crate::keyring::Place;
use crate::state::State;

/// The region that a V4 client names when it knows none.
const NO_REGION: &str = "center";

/// What a verified call asks for.
pub(super) struct Asked {
    pub(super) service: &'static Service,
    pub(super) action: &'static Entry,
    pub(super) caller: Arc<Principal>,
    pub(super) place: Place,
    pub(super) dry_run: DryRun,
}

impl Gateway {
    /// Find out who calls, and what it is that they ask for.
    pub(super) fn verify(&self, arrival: &Arrival, record: &mut Record) -> Result<Asked, Fault> {
        let Arrival { request, parameters, .. } = arrival;
        if ![Method::GET, Method::POST].contains(&request.head.method) {
            return Err((&fault::UNSUPPORTED_HTTP_METHOD).into());
        }
        if let Some(fault) = &arrival.unreadable {
            return Err(unreadable(request, fault.clone()));
        }
        let credentials = Credentials::read(request, parameters)?;
        let asked = self.believed(arrival, &credentials, record);
        if asked.is_err() {
            record_claim(&credentials.claim, record);
        }
        asked
    }

    /// What a call asks for whose credentials are right.
    fn believed(&self, arrival: &Arrival, credentials: &Credentials<'_>, record: &mut Record) -> Result<Asked, Fault> {
        let (parameters, claim) = (&arrival.parameters, &credentials.claim);
        let caller = self.caller(arrival, credentials)?;
        record.caller = Some(Arc::clone(&caller));
        let service = &kms::SERVICE;
        let action = service.action(claim.version, claim.action)?;
        record.action = action.name.into();
        let dry_run = parameters.given(dry_run::NAME);
        let region = self
            .region(arrival.request.host.name().unwrap_or_default(), parameters, claim.region)
            .map_err(|fault| action.refusal(fault, dry_run))?;
        let dry_run = DryRun::asked(dry_run, action.dry_run)?;
        if dry_run == DryRun::Ignored {
            record.notes.push("DryRun is ignored: this action has none");
        }
        let place = Place { account: caller.account().shared(), region };
        Ok(Asked { service, action, caller, place, dry_run })
    }

    /// Find out whether a claim is true: who calls, and that the call is fresh.
    fn caller(&self, arrival: &Arrival, credentials: &Credentials<'_>) -> Result<Arc<Principal>, Fault> {
        if self.options.verify_signatures {
            credentials.demand_complete()?;
        }
        let claim = &credentials.claim;
        if let Some(time) = claim.time.filter(|time| arrival.now.duration_since(*time).abs() > WINDOW) {
            let cause = format!("signed at {time}, received at {}", arrival.now);
            return Err(Fault::from(&fault::EXPIRED_TIMESTAMP).because(cause));
        }
        let state = self.premises.holdings.state();
        let (caller, spender) = match credentials.bearer_token() {
            None => (self.signer(&state, arrival, credentials)?, claim.access_key_id),
            Some(token) => {
                let holder = holder(&state, token, claim)?;
                (holder, holder.arn())
            }
        };
        let signed_at = claim.time.unwrap_or(arrival.now);
        if claim.nonce.is_some_and(|nonce| !self.nonces.spend(spender, nonce, signed_at, arrival.now)) {
            return Err((&fault::SIGNATURE_NONCE_USED).into());
        }
        Ok(Arc::clone(caller))
    }

    /// Who signed. Errors: those of [`access_key`], [`refuse_security_token`] and [`Credentials::verify`].
    fn signer<'s>(
        &self,
        state: &'s State,
        arrival: &Arrival,
        credentials: &Credentials<'_>,
    ) -> Result<&'s Arc<Principal>, Fault> {
        let access_key = access_key(state, credentials.claim.access_key_id)?;
        refuse_security_token(&credentials.claim)?;
        if self.options.verify_signatures {
            credentials.verify(&arrival.request, &arrival.parameters, access_key.verifier())?;
        }
        Ok(access_key.principal())
    }

    /// The region that a call is for. Errors: `InvalidParameter` for a `RegionId` that none could have.
    fn region(&self, host: &str, parameters: &Parameters, credential: Option<&str>) -> Result<Arc<str>, Fault> {
        let region = host::region(host)
            .or_else(|| parameters.given("RegionId"))
            .or(credential.filter(|region| *region != NO_REGION));
        match region {
            None => Ok(Arc::clone(&self.options.region)),
            Some(region) if *region == *self.options.region => Ok(Arc::clone(&self.options.region)),
            Some(region) if host::is_region(region) => Ok(region.into()),
            Some(_) => Err(Fault::about(&fault::INVALID_PARAMETER, "RegionId")),
        }
    }
}

/// What a call that is refused says of itself.
fn record_claim(claim: &Claim<'_>, record: &mut Record) {
    record.action = claim.action.to_owned().into();
    record.claimed = claim.access_key_id.into();
}

/// Who holds a bearer token. An AccessKey that is named beside it must be the holder's.
///
/// Errors: `InvalidAccessKeyId.NotFound` for an unknown token, `IncompleteSignature` for somebody else's AccessKey,
/// those of [`access_key`] and [`refuse_security_token`].
fn holder<'s>(state: &'s State, token: &str, claim: &Claim<'_>) -> Result<&'s Arc<Principal>, Fault> {
    let holder = state
        .people
        .holder(token)
        .ok_or_else(|| Fault::from(&fault::INVALID_ACCESS_KEY_ID).because("nobody holds this bearer token"))?;
    let named = claim.access_key_id;
    if !named.is_empty() && access_key(state, named)?.principal().arn() != holder.arn() {
        return Err(Fault::from(&fault::INCOMPLETE_SIGNATURE).because("the AccessKey is not the token holder's"));
    }
    refuse_security_token(claim)?;
    Ok(holder)
}

/// Errors: `InvalidAccessKeyId.NotFound`, `Forbidden.AccessKey`.
fn access_key<'s>(state: &'s State, id: &str) -> Result<&'s AccessKey, Fault> {
    let access_key = state.people.access_key(id).ok_or(&fault::INVALID_ACCESS_KEY_ID)?;
    if access_key.is_active() { Ok(access_key) } else { Err((&fault::FORBIDDEN_ACCESS_KEY).into()) }
}

/// Errors: `InvalidSecurityToken.MismatchWithAccessKey`: no session gave out a token.
fn refuse_security_token(claim: &Claim<'_>) -> Result<(), Fault> {
    match claim.security_token {
        Some(_) => Err((&fault::MISMATCHED_SECURITY_TOKEN).into()),
        None => Ok(()),
    }
}

/// Why a request is refused whose parameters cannot be read: a dry run has its own words for that, too.
fn unreadable(request: &Request, fault: Fault) -> Fault {
    let raw = |name| parameters::raw(request.head.uri.query().unwrap_or_default(), &request.body, name);
    match Credentials::action_in_headers(request).or_else(|| raw("Action")).and_then(|name| kms::SERVICE.find(name)) {
        Some(action) => action.refusal(fault, raw(dry_run::NAME)),
        None => fault,
    }
}
