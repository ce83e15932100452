//! A request on its way to its action: taken apart, then verified.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use jiff::Timestamp;
use serde::Serialize;

use super::answer::{Envelope, Format};
use super::dry_run::DryRun;
use super::fault::Fault;
use super::gateway::Gateway;
use super::parameters::Parameters;
use super::signature::Credentials;
use crate::call::{Record, Turn};
use crate::dialect::{Answer, Host, Request};

/// A request taken apart; nothing in it is believed yet.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The stopwatch's reading when it came.
    pub(super) started: Duration,
    /// The time of day when it came.
    pub(super) now: Timestamp,
    pub(super) envelope: Envelope,
    pub(super) request: Request,
    /// Empty where they cannot be read.
    pub(super) parameters: Parameters,
    /// Why they cannot.
    pub(super) unreadable: Option<Fault>,
}

/// A verified call, and all that its answer needs.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) gateway: Arc<Gateway>,
    pub(super) envelope: Envelope,
    pub(super) host: Host,
    pub(super) parameters: Parameters,
    pub(super) dry_run: DryRun,
    pub(super) turn: Turn,
}

impl Verified {
    /// Whom its work is fair between.
    pub(super) fn fair_by(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.turn.place.account.hash(&mut hasher);
        hasher.finish()
    }

    /// Tell the caller what the call came to, and the log.
    pub(super) fn conclude(&self, outcome: Result<impl Serialize, Fault>) -> Answer {
        let outcome = outcome.map(|reply| self.envelope.success(&reply));
        match self.dry_run.conclude(outcome) {
            Ok(answer) => {
                self.gateway.file(&self.turn.record, self.envelope, &answer, None);
                answer
            }
            Err(fault) => self.gateway.refusal(&self.turn.record, self.envelope, &self.host, &fault),
        }
    }

    /// Refuse what its action cannot read.
    pub(super) fn refuse(&self, fault: Fault) -> Answer {
        let fault = self.dry_run.refusal(fault);
        self.gateway.refusal(&self.turn.record, self.envelope, &self.host, &fault)
    }
}

impl Gateway {
    /// Take a request apart. Does not fail: what is wrong is told once it is known how.
    pub(super) fn arrive(&self, request: Request) -> Arrival {
        let world = &self.premises.world;
        let started = world.clock.elapsed();
        let (parameters, unreadable) =
            match Parameters::read(request.head.uri.query().unwrap_or_default(), &request.body) {
                Ok(parameters) => (parameters, None),
                Err(fault) => (Parameters::default(), Some(fault)),
            };
        let format = if unreadable.is_some() { Format::Json } else { format(&request.head, &parameters) };
        Arrival { started, now: world.clock.now(), envelope: self.envelope(format), request, parameters, unreadable }
    }

    /// Tell the caller why it is refused, and the log.
    pub(super) fn refusal(&self, record: &Record, envelope: Envelope, host: &Host, fault: &Fault) -> Answer {
        let answer = envelope.failure(host.name().unwrap_or_default(), fault);
        self.file(record, envelope, &answer, Some(fault));
        answer
    }

    fn file(&self, record: &Record, envelope: Envelope, answer: &Answer, fault: Option<&Fault>) {
        let outcome = fault.map_or("OK", |fault| fault.code.name);
        let reason = fault.and_then(|fault| fault.cause.as_deref());
        let took = self.premises.world.clock.elapsed().saturating_sub(record.started);
        record.file(envelope.request_id.as_str(), answer.status.as_u16(), outcome, reason, took);
    }
}

/// The format that a request wants its answer in: V3 and V4 have one alone.
pub(super) fn format(head: &Parts, parameters: &Parameters) -> Format {
    if Credentials::are_in_headers(head, parameters) { Format::Json } else { Format::named(parameters.get("Format")) }
}
