//! The shared gateway: RPC over GET and POST, signed V1, V3 or V4, or with a bearer token.

pub mod answer;
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

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use crate::access::{AccessKey, Circumstances, Directory, Principal};
use crate::dialect::{self, Abandoned, Answer, Dialect, Queue, Request, Taken, Unacceptable, Work};
use crate::journal;
use crate::keyring::{Keyring, Place};
use crate::world::World;
use answer::{Envelope, Format, RequestId};
use dry_run::DryRun;
use fault::Fault;
use kms::Entry;
use parameters::Parameters;
use signature::Claim;
use signature::nonces::Nonces;
use throttle::Throttle;
use turn::Turn;

pub use host::{is_region, service_names};
pub use throttle::Limits;

/// How far the time of a request may be from ours. Source: alibaba-wire §7.1.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Bytes of a body at the most.
const LARGEST_BODY: usize = 1024 * 1024;

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
struct Call {
    /// The stopwatch's reading when it came.
    started: Duration,
    /// The time of day when it came.
    now: Timestamp,
    envelope: Envelope,
    request: Request,
    /// Empty where they cannot be read.
    parameters: Parameters,
    /// Why they cannot.
    unreadable: Option<Fault>,
}

/// What a verified call asks for.
struct Verified<'g> {
    caller: &'g Arc<Principal>,
    action: &'static Entry,
    place: Place,
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

    /// Take a request apart. Does not fail: what is wrong is told once it is known how.
    fn read(&self, request: Request) -> Call {
        let started = self.world.clock.elapsed();
        let (parameters, unreadable) =
            match Parameters::read(request.head.uri.query().unwrap_or_default(), &request.body) {
                Ok(parameters) => (parameters, None),
                Err(fault) => (Parameters::default(), Some(fault)),
            };
        let format = if unreadable.is_some() { Format::Json } else { format(&request.head, &parameters) };
        let (now, envelope) = (self.world.clock.now(), self.envelope(format));
        Call { started, now, envelope, request, parameters, unreadable }
    }

    /// Find out who calls, and what it is that they ask for.
    fn verify<'t, 'g: 't>(&'g self, call: &'t Call, trace: &mut Trace<'t>) -> Result<Verified<'g>, Fault> {
        let Call { request, parameters, .. } = call;
        if ![Method::GET, Method::POST].contains(&request.head.method) {
            return Err((&fault::UNSUPPORTED_HTTP_METHOD).into());
        }
        if let Some(fault) = &call.unreadable {
            return Err(unreadable(request, fault.clone()));
        }
        let claim = Claim::read(request, parameters)?;
        (trace.action, trace.access_key_id) = (claim.action, claim.access_key_id);
        let caller = self.caller(call, &claim)?;
        trace.caller = Some(caller);
        let action = kms::named(claim.version, claim.action)?;
        let region = self
            .region(host_of(&request.head), parameters, claim.region)
            .map_err(|fault| action.refusal(fault, parameters.given(dry_run::NAME)))?;
        Ok(Verified { caller, action, place: Place { account: caller.account().shared(), region } })
    }

    /// Do what a verified call asks for.
    fn perform(&self, call: &Call, caller: &Principal, action: &'static Entry, place: Place) -> Answer {
        let Call { request, .. } = call;
        let mut turn = Turn {
            keys: &self.keys,
            chance: &self.world.chance,
            throttle: &self.throttle,
            envelope: call.envelope,
            parameters: &call.parameters,
            caller,
            circumstances: Circumstances { source_ip: request.peer, secure_transport: request.secure, now: call.now },
            place,
            now: call.now,
            dry_run: DryRun::Off,
            notes: Vec::new(),
        };
        let outcome = action.answer(&mut turn);
        let trace = Trace { action: action.name, access_key_id: "", caller: Some(caller), notes: turn.notes };
        self.conclude(call, &trace, outcome)
    }

    /// Tell the caller what a call came to, and the log.
    fn conclude(&self, call: &Call, trace: &Trace<'_>, outcome: Result<Answer, Fault>) -> Answer {
        let (answer, fault) = match outcome {
            Ok(answer) => (answer, None),
            Err(fault) => (call.envelope.failure(host_of(&call.request.head), &fault), Some(fault)),
        };
        self.record(call.envelope, call.started, trace, answer.status.as_u16(), fault.as_ref());
        answer
    }

    /// Find out whether a claim is true: who calls, and that the call is fresh.
    fn caller(&self, call: &Call, claim: &Claim<'_>) -> Result<&Arc<Principal>, Fault> {
        if self.options.verify_signatures {
            claim.demand_complete()?;
        }
        if let Some(time) = claim.time.filter(|time| call.now.duration_since(*time).abs() > WINDOW) {
            let cause = format!("signed at {time}, received at {}", call.now);
            return Err(Fault::from(&fault::EXPIRED_TIMESTAMP).because(cause));
        }
        let (caller, spender) = match claim.bearer_token() {
            None => (self.signer(&call.request, &call.parameters, claim)?, claim.access_key_id),
            Some(token) => {
                let holder = self.holder(token, claim)?;
                (holder, holder.arn())
            }
        };
        let signed_at = claim.time.unwrap_or(call.now);
        if claim.nonce.is_some_and(|nonce| !self.nonces.spend(spender, nonce, signed_at, call.now)) {
            return Err((&fault::SIGNATURE_NONCE_USED).into());
        }
        Ok(caller)
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
    dialect::host::of(head).unwrap_or_default()
}

/// The format that a request wants its answer in: V3 and V4 have one alone.
fn format(head: &Parts, parameters: &Parameters) -> Format {
    if Claim::is_in_headers(head, parameters) { Format::Json } else { Format::named(parameters.get("Format")) }
}

/// Whom work is fair between.
fn fair_by(caller: &Principal) -> u64 {
    let mut hasher = DefaultHasher::new();
    caller.account().as_str().hash(&mut hasher);
    hasher.finish()
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
    /// Whatever nobody else claims: SDKs may be pointed at any host and path.
    fn claims(&self, _head: &Parts) -> bool {
        true
    }

    fn largest_body(&self) -> usize {
        LARGEST_BODY
    }

    /// The way of a call.
    fn take(self: Arc<Self>, request: Request) -> Taken {
        let call = self.read(request);
        let mut trace = Trace::default();
        let Verified { caller, action, place } = match self.verify(&call, &mut trace) {
            Ok(verified) => verified,
            Err(fault) => return Taken::Answered(self.conclude(&call, &trace, Err(fault))),
        };
        // A seeded stream may be in the hands of a writer.
        if action.is_quick && !self.world.chance.is_seeded() {
            return Taken::Answered(self.perform(&call, caller, action, place));
        }
        let queue = if action.writes { Queue::Disk } else { Queue::Compute };
        let (fair_by, caller) = (fair_by(caller), Arc::clone(caller));
        let run = Box::new(move |_: &Abandoned| self.perform(&call, &caller, action, place));
        Taken::Later(Work { queue, fair_by, run })
    }

    fn refuse(&self, head: &Parts, reason: Unacceptable) -> Answer {
        let mut wanted = Format::Json;
        let fault = match reason {
            Unacceptable::Browser(why) => {
                let parameters = Parameters::read(head.uri.query().unwrap_or_default(), b"");
                wanted = parameters.map_or(Format::Json, |parameters| format(head, &parameters));
                Fault::about(&fault::BROWSER_REQUEST, &why.to_string())
            }
            Unacceptable::BodyTooLarge => (&fault::BODY_TOO_LARGE).into(),
            Unacceptable::BodyIncomplete => (&fault::BODY_INCOMPLETE).into(),
            Unacceptable::HeadTooLarge => (&fault::HEAD_TOO_LARGE).into(),
            Unacceptable::Failed => (&fault::INTERNAL_FAILURE).into(),
        };
        let envelope = self.envelope(wanted);
        let answer = envelope.failure(host_of(head), &fault);
        let started = self.world.clock.elapsed();
        self.record(envelope, started, &Trace::default(), answer.status.as_u16(), Some(&fault));
        answer
    }
}
