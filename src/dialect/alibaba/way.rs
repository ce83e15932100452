//! The shared gateway as a dialect: the way of a call from its bytes to its action.

use std::sync::Arc;

use http::request::Parts;

use super::answer::Format;
use super::arrival::{Arrival, Verified, format};
use super::fault::{self, Fault};
use super::gateway::Gateway;
use super::parameters::Parameters;
use super::verification::Asked;
use crate::call::{Done, Record, Turn};
use crate::dialect::{Answer, Dialect, Host, Request, Taken, Unacceptable};

/// Bytes of a body at the most.
const LARGEST_BODY: usize = 1024 * 1024;

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
                return Taken::Answered(self.refusal(&record, arrival.envelope, &arrival.request.host, &fault));
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
        action.take(Verified { gateway: self, envelope, host: request.host, parameters, dry_run, turn })
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
            Unacceptable::TooBusy => {
                Fault::from(&fault::THROTTLING).because("the bodies under way fill what is for them")
            }
            Unacceptable::Failed => (&fault::INTERNAL_FAILURE).into(),
        };
        let record = Record { started: self.premises.world.clock.elapsed(), ..Record::default() };
        self.refusal(&record, self.envelope(wanted), &Host::of(head), &fault)
    }
}
