use super::rotation::rotation;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{Checked, With};
use crate::dialect::alibaba::kms::types::RotationInterval;
use crate::keyring::Rotation;

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

impl Deed for UpdateRotationPolicy {
    const NAME: &'static str = "UpdateRotationPolicy";
    const STATES: States = States::ENABLED;
    type Mode = Write;
    type Subject = Checked<With<Arc<Key>, Option<Rotation>>>;
    type Reply = Empty;

    fn subject(&self) -> Result<(&KeyRef, Option<Rotation>), Fault> {
        Ok((&self.key_id.0, rotation(Some(self.enable_automatic_rotation), self.rotation_interval)?))
    }

    fn run(&self, (key, rotation): (Admitted, Option<Rotation>), view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().rotate_every(key, rotation)?;
        Ok(Empty {})
    }
}
