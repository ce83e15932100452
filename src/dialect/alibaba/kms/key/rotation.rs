//! How a request asks for automatic rotation.

use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::types::RotationInterval;
use crate::keyring::Rotation;

/// The rotation that `enabled` (default false) and `interval` ask for. Errors: `MissingParameter` for an interval that
/// is needed.
pub(super) fn rotation(enabled: Option<bool>, interval: Option<RotationInterval>) -> Result<Option<Rotation>, Fault> {
    match (enabled, interval) {
        (Some(true), None) => Err(Fault::about(&fault::MISSING_PARAMETER, "RotationInterval")),
        (Some(true), Some(interval)) => Ok(Some(Rotation { interval: interval.0 })),
        _ => Ok(None),
    }
}
