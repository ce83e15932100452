use crate::dialect::alibaba::kms::prelude::*;
use crate::keyring::KeyState::PendingDeletion;

/// Keep a key that was to be deleted: it is enabled again, or waits for its material as before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CancelKeyDeletion {
    /// Key ID or ARN.
    key_id: KeyIdRef,
}

impl Deed for CancelKeyDeletion {
    const NAME: &'static str = "CancelKeyDeletion";
    const STATES: States = States::of(&[PendingDeletion]).else_not_changeable();
    type Mode = Write;
    type Subject = Arc<Key>;
    type Reply = Empty;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().keep(key);
        Ok(Empty {})
    }
}
