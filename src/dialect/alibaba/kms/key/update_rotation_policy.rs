use std::sync::Arc;

use serde::Deserialize;

use super::rotation::rotation;
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{KeyIdRef, KeyRef};
use crate::dialect::alibaba::kms::target::Checked;
use crate::dialect::alibaba::kms::types::RotationInterval;
use crate::keyring::{Admitted, Key, Origin, Ring, States, Write};

/// Have a key rotate by itself, or no longer.
///
/// The next rotation is one interval after the last one; where that is past, the next call that names the key settles
/// it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateRotationPolicy {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    enable_automatic_rotation: bool,
    /// Needed with automatic rotation, ignored without.
    rotation_interval: Option<RotationInterval>,
}

impl Action for UpdateRotationPolicy {
    const NAME: &'static str = "UpdateRotationPolicy";
    const STATES: States = States::ENABLED;
    type Mode = Write;
    type Target = Checked<Arc<Key>>;
    type Reply = Empty;

    fn target(&self) -> Result<&KeyRef, Fault> {
        rotation(Some(self.enable_automatic_rotation), self.rotation_interval)?;
        Ok(&self.key_id.0)
    }

    fn run(self, key: Admitted, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        if key.origin == Origin::External || !key.spec.is_symmetric_encryption() {
            return Err(Fault::from(&fault::REJECTED_UNSUPPORTED_OPERATION)
                .because("only a symmetric key whose material the service makes rotates by itself"));
        }
        let rotation = rotation(Some(self.enable_automatic_rotation), self.rotation_interval)?;
        ring.change(key, |key| key.rotation = rotation);
        Ok(Empty {})
    }
}
