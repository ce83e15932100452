use std::sync::Arc;

use serde::Deserialize;

use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{KeyIdRef, KeyRef};
use crate::keyring::KeyState::PendingDeletion;
use crate::keyring::{Admitted, Key, Lifecycle, Ring, States, Write};

/// Keep a key that was to be deleted: it is enabled again, or waits for its material as before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CancelKeyDeletion {
    /// Key ID or ARN.
    key_id: KeyIdRef,
}

impl Action for CancelKeyDeletion {
    const NAME: &'static str = "CancelKeyDeletion";
    const STATES: States = States::of(&[PendingDeletion]).else_not_changeable();
    type Mode = Write;
    type Target = Arc<Key>;
    type Reply = Empty;

    fn target(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(self, key: Admitted, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        let lifecycle = if key.awaits_import(ring.now()) { Lifecycle::PendingImport } else { Lifecycle::Enabled };
        ring.change(key, |key| key.lifecycle = lifecycle);
        Ok(Empty {})
    }
}
