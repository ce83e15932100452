//! The shared gateway: RPC over GET and POST, signed V1, V3 or V4, or with a bearer token.

pub mod answer;
mod browsers;
mod dry_run;
mod encoding;
pub mod fault;
mod host;
pub mod kms;
pub mod parameters;
mod parse;
pub mod signature;
mod throttle;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use crate::access::{AccessKey, Circumstances, Directory, Principal};
use crate::dialect::{Answer, Dialect, Request, Unacceptable};
use crate::journal;
use crate::keyring::{Keyring, Place};
use crate::world::World;
use answer::{Envelope, Format, RequestId};
use dry_run::DryRun;
use fault::Fault;
use parameters::Parameters;
use signature::Claim;
use signature::nonces::Nonces;
use throttle::Throttle;
use turn::Turn;

pub use browsers::Browsers;
pub use host::{is_region, service_names};
pub use throttle::Limits;

/// How far the time of a request may be from ours. Source: alibaba-wire §7.1.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// The region that a V4 client names when it knows none.
const NO_REGION: &str = "center";

/// How a gateway is to behave.
#[derive(Debug)]
pub struct Options {
    /// The region of calls that name none.
    pub region: Arc<str>,
    pub limits: Limits,
    /// Whether a signature must be there and right.
    pub verify_signatures: bool,
    pub browsers: Browsers,
}

/// Answers the calls of official SDKs.
#[derive(Debug)]
pub struct Gateway {
    world: World,
    directory: Directory,
    keys: Keyring,
    nonces: Nonces,
    throttle: Throttle,
    options: Options,
}

/// A request taken apart; nothing in it is believed yet.
#[derive(Debug)]
pub struct Call {
    /// The stopwatch's reading when it came.
    started: Duration,
    /// The time of day when it came.
    now: Timestamp,
    envelope: Envelope,
    request: Request,
    parameters: Result<Parameters, Fault>,
    is_quick: bool,
}

/// A call whose claim was found true.
struct Verified<'c> {
    call: &'c Call,
    parameters: &'c Parameters,
    claim: Claim<'c>,
    caller: &'c Arc<Principal>,
}

/// What the log will tell of a call beyond its answer.
#[derive(Debug, Default)]
struct Trace<'c> {
    action: &'c str,
    /// The AccessKey that the call names.
    access_key_id: &'c str,
    /// Whoever signed it, or holds its bearer token.
    caller: Option<&'c Principal>,
    notes: Vec<&'static str>,
}

impl Gateway {
    pub fn new(world: World, directory: Directory, keys: Keyring, options: Options) -> Self {
        let nonces = Nonces::new(*world.chance.service_secret("nonces"));
        let throttle = Throttle::new(options.limits, Arc::clone(&world.clock));
        Self { world, directory, keys, nonces, throttle, options }
    }

    /// The way of a call.
    fn take<'c>(&'c self, call: &'c Call, trace: &mut Trace<'c>) -> Result<Answer, Fault> {
        let host = host::of(&call.request.head).map(host::name);
        self.welcome(&call.request, host)?;
        let parameters = call.parameters.as_ref().map_err(|fault| unreadable(&call.request, fault.clone()))?;
        let claim = Claim::read(&call.request, parameters)?;
        (trace.action, trace.access_key_id) = (claim.action, claim.access_key_id);
        let verified = self.verify(call, parameters, claim)?;
        trace.caller = Some(verified.caller);
        let action = kms::named(verified.claim.version, verified.claim.action)?;
        let turn = self.turn(&verified, host.unwrap_or_default());
        let mut turn = turn.map_err(|fault| action.refusal(fault, parameters.given(dry_run::NAME)))?;
        let outcome = action.answer(&mut turn);
        trace.notes = turn.notes;
        outcome
    }

    /// Errors: `Forbidden.BrowserRequest`, `UnsupportedHTTPMethod`.
    fn welcome(&self, request: &Request, host: Option<&str>) -> Result<(), Fault> {
        self.options.browsers.refuse(&request.head, host)?;
        match request.head.method {
            Method::GET | Method::POST => Ok(()),
            _ => Err((&fault::UNSUPPORTED_HTTP_METHOD).into()),
        }
    }

    /// Find out whether the claim is true: who calls, and that the call is fresh.
    fn verify<'c>(
        &'c self,
        call: &'c Call,
        parameters: &'c Parameters,
        claim: Claim<'c>,
    ) -> Result<Verified<'c>, Fault> {
        if self.options.verify_signatures {
            claim.demand_complete()?;
        }
        if let Some(time) = claim.time.filter(|time| call.now.duration_since(*time).abs() > WINDOW) {
            let cause = format!("signed at {time}, received at {}", call.now);
            return Err(Fault::from(&fault::EXPIRED_TIMESTAMP).because(cause));
        }
        let (caller, spender) = match claim.bearer_token() {
            None => (self.signer(&call.request, parameters, &claim)?, claim.access_key_id),
            Some(token) => {
                let holder = self.holder(token, &claim)?;
                (holder, holder.arn())
            }
        };
        let signed_at = claim.time.unwrap_or(call.now);
        if claim.nonce.is_some_and(|nonce| !self.nonces.spend(spender, nonce, signed_at, call.now)) {
            return Err((&fault::SIGNATURE_NONCE_USED).into());
        }
        Ok(Verified { call, parameters, claim, caller })
    }

    /// Who signed. Errors: those of [`Gateway::access_key`], [`refuse_security_token`] and [`Claim::verify`].
    fn signer(&self, request: &Request, parameters: &Parameters, claim: &Claim<'_>) -> Result<&Arc<Principal>, Fault> {
        let access_key = self.access_key(claim.access_key_id)?;
        refuse_security_token(claim)?;
        if self.options.verify_signatures {
            claim.verify(request, parameters, access_key.verifier())?;
        }
        Ok(access_key.principal())
    }

    /// Who holds a bearer token. An AccessKey that is named beside it must be the holder's.
    ///
    /// Errors: `InvalidAccessKeyId.NotFound` for an unknown token, `IncompleteSignature` for somebody else's AccessKey,
    /// those of [`Gateway::access_key`] and [`refuse_security_token`].
    fn holder(&self, token: &str, claim: &Claim<'_>) -> Result<&Arc<Principal>, Fault> {
        let holder = self
            .directory
            .holder(token)
            .ok_or_else(|| Fault::from(&fault::INVALID_ACCESS_KEY_ID).because("nobody holds this bearer token"))?;
        let named = claim.access_key_id;
        if !named.is_empty() && self.access_key(named)?.principal().arn() != holder.arn() {
            return Err(Fault::from(&fault::INCOMPLETE_SIGNATURE).because("the AccessKey is not the token holder's"));
        }
        refuse_security_token(claim)?;
        Ok(holder)
    }

    /// Errors: `InvalidAccessKeyId.NotFound`, `Forbidden.AccessKey`.
    fn access_key(&self, id: &str) -> Result<&AccessKey, Fault> {
        let access_key = self.directory.lookup(id).ok_or(&fault::INVALID_ACCESS_KEY_ID)?;
        if access_key.is_active() { Ok(access_key) } else { Err((&fault::FORBIDDEN_ACCESS_KEY).into()) }
    }

    fn turn<'t>(&'t self, verified: &'t Verified<'_>, host: &str) -> Result<Turn<'t>, Fault> {
        let Verified { call, parameters, claim, caller } = verified;
        let request = &call.request;
        Ok(Turn {
            keys: &self.keys,
            chance: &self.world.chance,
            throttle: &self.throttle,
            envelope: call.envelope,
            parameters,
            caller,
            circumstances: Circumstances { source_ip: request.peer, secure_transport: request.secure, now: call.now },
            place: Place { account: caller.account().shared(), region: self.region(host, parameters, claim.region)? },
            now: call.now,
            dry_run: DryRun::Off,
            notes: Vec::new(),
        })
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

    fn envelope(&self, format: Format) -> Envelope {
        Envelope { request_id: RequestId::new(self.world.chance.request_id()), format }
    }

    fn record(&self, envelope: Envelope, started: Duration, trace: &Trace<'_>, status: u16, fault: Option<&Fault>) {
        if !journal::is_read(status) {
            return;
        }
        let caller = match trace.caller {
            Some(caller) => caller.arn().to_owned(),
            None if trace.access_key_id.is_empty() => String::new(),
            None => format!("AccessKey {} (not verified)", trace.access_key_id),
        };
        journal::record(&journal::Entry {
            request_id: envelope.request_id.as_str(),
            action: trace.action,
            caller: &caller,
            status,
            outcome: fault.map_or("OK", |fault| fault.code.name),
            took: self.world.clock.elapsed().saturating_sub(started),
            note: (!trace.notes.is_empty()).then(|| trace.notes.join("; ")).as_deref(),
            reason: fault.and_then(|fault| fault.cause.as_deref()),
        });
    }
}

/// Errors: `InvalidSecurityToken.MismatchWithAccessKey`: no session gave out a token.
fn refuse_security_token(claim: &Claim<'_>) -> Result<(), Fault> {
    match claim.security_token {
        Some(_) => Err((&fault::MISMATCHED_SECURITY_TOKEN).into()),
        None => Ok(()),
    }
}

/// The host that a request is for, without what clients put around it.
fn host_of(head: &Parts) -> &str {
    host::of(head).map(host::name).unwrap_or_default()
}

/// Why a request is refused whose parameters cannot be read: a dry run has its own words for that, too.
fn unreadable(request: &Request, fault: Fault) -> Fault {
    let raw = |name| parameters::raw(request.head.uri.query().unwrap_or_default(), &request.body, name);
    match Claim::action_in_headers(request).or_else(|| raw("Action")).and_then(kms::find) {
        Some(action) => action.refusal(fault, raw(dry_run::NAME)),
        None => fault,
    }
}

impl Dialect for Gateway {
    type Call = Call;

    fn read(&self, request: Request) -> Call {
        let started = self.world.clock.elapsed();
        let parameters = Parameters::read(request.head.uri.query().unwrap_or_default(), &request.body);
        let (format, action) = match &parameters {
            Ok(parameters) if !Claim::is_in_headers(&request, parameters) => {
                (Format::named(parameters.get("Format")), parameters.get("Action"))
            }
            _ => (Format::Json, Claim::action_in_headers(&request)),
        };
        let is_quick = action.and_then(kms::find).is_none_or(|action| action.is_quick);
        let (now, envelope) = (self.world.clock.now(), self.envelope(format));
        Call { started, now, envelope, request, parameters, is_quick }
    }

    fn is_quick(call: &Call) -> bool {
        call.is_quick
    }

    fn answer(&self, call: &Call) -> Answer {
        let mut trace = Trace::default();
        let outcome = self.take(call, &mut trace);
        let (answer, fault) = match outcome {
            Ok(answer) => (answer, None),
            Err(fault) => (call.envelope.failure(host_of(&call.request.head), &fault), Some(fault)),
        };
        self.record(call.envelope, call.started, &trace, answer.status.as_u16(), fault.as_ref());
        answer
    }

    fn refuse(&self, head: &Parts, reason: Unacceptable) -> Answer {
        let code = match reason {
            Unacceptable::BodyTooLarge => &fault::BODY_TOO_LARGE,
            Unacceptable::BodyIncomplete => &fault::BODY_INCOMPLETE,
            Unacceptable::HeadTooLarge => &fault::HEAD_TOO_LARGE,
            Unacceptable::ReservedPath => &fault::RESERVED_PATH,
            Unacceptable::Failed => &fault::INTERNAL_FAILURE,
        };
        let (envelope, fault) = (self.envelope(Format::Json), Fault::from(code));
        let answer = envelope.failure(host_of(head), &fault);
        let started = self.world.clock.elapsed();
        self.record(envelope, started, &Trace::default(), answer.status.as_u16(), Some(&fault));
        answer
    }
}
