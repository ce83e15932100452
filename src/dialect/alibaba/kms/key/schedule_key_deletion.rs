use jiff::SignedDuration;

use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::Within;
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};

/// Delete a key once a waiting period is over. A key that is protected from deletion is not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ScheduleKeyDeletion {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// Days to wait; until they have passed the key can be kept.
    pending_window_in_days: Within<7, 366>,
}

impl Deed for ScheduleKeyDeletion {
    const NAME: &'static str = "ScheduleKeyDeletion";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]).else_not_changeable();
    type Mode = Write;
    type Subject = Arc<Key>;
    type Reply = Empty;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        let wait = SignedDuration::from_hours(24 * i64::from(self.pending_window_in_days.get()));
        view.keys_mut().schedule_deletion(key, wait)?;
        Ok(Empty {})
    }
}
