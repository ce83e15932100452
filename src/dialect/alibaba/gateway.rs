//! What all calls at one gateway share.

use std::sync::Arc;

use super::answer::{Envelope, Format, RequestId};
use super::signature::nonces::Nonces;
use crate::call::Premises;

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
    pub(super) premises: Arc<Premises>,
    pub(super) nonces: Nonces,
    pub(super) options: Options,
}

impl Gateway {
    pub fn new(premises: Arc<Premises>, options: Options) -> Self {
        let nonces = Nonces::new(*premises.world.chance.service_secret("nonces"));
        Self { premises, nonces, options }
    }

    pub(super) fn envelope(&self, format: Format) -> Envelope {
        Envelope { request_id: RequestId::new(self.premises.world.chance.request_id()), format }
    }
}
