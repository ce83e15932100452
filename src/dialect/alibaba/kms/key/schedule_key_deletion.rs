use std::sync::Arc;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{KeyIdRef, KeyRef};
use crate::dialect::alibaba::kms::types::Within;
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};
use crate::keyring::{Admitted, Key, Lifecycle, Ring, States, Write};

/// Delete a key once a waiting period is over. A key that is protected from deletion is not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScheduleKeyDeletion {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// Days to wait; until they have passed the key can be kept.
    pending_window_in_days: Within<7, 366>,
}

impl Action for ScheduleKeyDeletion {
    const NAME: &'static str = "ScheduleKeyDeletion";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]).else_not_changeable();
    type Mode = Write;
    type Target = Arc<Key>;
    type Reply = Empty;

    fn target(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(self, key: Admitted, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        if key.deletion_protection.is_some() {
            return Err(
                Fault::from(&fault::REJECTED_UNSUPPORTED_OPERATION).because("the key is protected from deletion")
            );
        }
        let delete_at = ring.now() + SignedDuration::from_hours(24 * i64::from(self.pending_window_in_days.get()));
        let awaits_import = key.awaits_import(ring.now());
        ring.change(key, |key| key.lifecycle = Lifecycle::PendingDeletion { delete_at, awaits_import });
        Ok(Empty {})
    }
}
