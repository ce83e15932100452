use std::sync::Arc;

use serde::Deserialize;

use super::require_external;
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{KeyIdRef, KeyRef};
use crate::keyring::KeyState::{Disabled, Enabled, PendingDeletion, PendingImport};
use crate::keyring::{Admitted, Key, Ring, States, Write};

/// Erase a key's imported material. The key waits for the same material, with which it can be used as before.
///
/// Errors: `Unsupported.Origin`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteKeyMaterial {
    /// Key ID or ARN.
    key_id: KeyIdRef,
}

impl Action for DeleteKeyMaterial {
    const NAME: &'static str = "DeleteKeyMaterial";
    const STATES: States = States::of(&[Enabled, Disabled, PendingDeletion, PendingImport]).else_not_changeable();
    type Mode = Write;
    type Target = Arc<Key>;
    type Reply = Empty;

    fn target(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(self, key: Admitted, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        require_external(&key)?;
        ring.delete_material(key);
        Ok(Empty {})
    }
}
