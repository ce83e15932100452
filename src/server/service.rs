//! What the server serves, with what and how.

use std::sync::Arc;

use super::bodies::Bodies;
use super::limits::Limits;
use super::tls::Tls;
use super::work::Queues;
use crate::dialect::front::Front;

/// Everything a connection needs.
pub(super) struct Service {
    pub(super) front: Arc<Front>,
    pub(super) limits: Limits,
    pub(super) tls: Option<Tls>,
    pub(super) queues: Queues,
    pub(super) bodies: Bodies,
}

impl Service {
    pub(super) fn new(front: Arc<Front>, limits: Limits, tls: Option<Tls>) -> Self {
        Self { front, limits, tls, queues: Queues::new(&limits), bodies: Bodies::new(limits.bodies) }
    }
}
