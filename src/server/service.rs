//! What the server serves, and how.

use std::sync::Arc;

use super::limits::Limits;
use super::tls::Tls;
use crate::dialect::front::Front;

/// Everything a connection needs.
pub(super) struct Service {
    pub(super) front: Arc<Front>,
    pub(super) limits: Limits,
    pub(super) tls: Option<Tls>,
}
