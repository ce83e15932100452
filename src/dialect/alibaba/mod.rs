//! The shared gateway: RPC over GET and POST, signed V1, V3 or V4, or with a bearer token.

pub mod answer;
mod arrival;
mod dry_run;
mod encoding;
mod entry;
pub mod fault;
mod host;
pub mod kms;
mod parameter_names;
pub mod parameters;
mod parse;
mod regions;
mod service;
pub mod signature;
mod verification;

use std::sync::Arc;

use http::request::Parts;

use crate::call::{Done, Premises, Record, Turn};
use crate::dialect::{Answer, Dialect, Request, Taken, Unacceptable};
use answer::{Envelope, Format, RequestId};
use arrival::{Arrival, Verified, format, host_of};
use fault::Fault;
use parameters::Parameters;
use signature::nonces::Nonces;
use verification::Asked;

pub use entry::Entry;
pub use host::{is_region, service_names};
pub use regions::REGIONS;
pub use service::Service;

/// Bytes of a body at the most.
const LARGEST_BODY: usize = 1024 * 1024;

/// How a gateway is to behave.
#[derive(Debug)]
pub struct Options {
    /// The region of calls that name none.
    pub region: Arc<str>,
    /// Whether a signature must be there and right.
    pub verify_signatures: bool,
}

/// Answers the calls of official SDKs.
#[derive(Debug)]
pub struct Gateway {
    premises: Arc<Premises>,
    nonces: Nonces,
    options: Options,
}

impl Gateway {
    pub fn new(premises: Arc<Premises>, options: Options) -> Self {
        let nonces = Nonces::new(*premises.world.chance.service_secret("nonces"));
        Self { premises, nonces, options }
    }

    fn envelope(&self, format: Format) -> Envelope {
        Envelope { request_id: RequestId::new(self.premises.world.chance.request_id()), format }
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
        let arrival = self.arrive(request);
        let mut record = Record { started: arrival.started, ..Record::default() };
        let asked = match self.verify(&arrival, &mut record) {
            Ok(asked) => asked,
            Err(fault) => {
                let host = host_of(&arrival.request.head);
                return Taken::Answered(self.refusal(&record, arrival.envelope, host, &fault));
            }
        };
        let Asked { service, action, caller, place, dry_run } = asked;
        let Arrival { request, now, envelope, parameters, .. } = arrival;
        let turn = Turn {
            premises: Arc::clone(&self.premises),
            service: service.code,
            caller,
            source_ip: request.peer,
            secure_transport: request.secure,
            place,
            wall: now,
            dry_run: !dry_run.is_off(),
            record,
            done: Done::default(),
        };
        action.take(Verified { gateway: self, envelope, head: request.head, parameters, dry_run, turn })
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
        let record = Record { started: self.premises.world.clock.elapsed(), ..Record::default() };
        self.refusal(&record, self.envelope(wanted), host_of(head), &fault)
    }
}
