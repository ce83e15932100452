use crate::dialect::alibaba::kms::prelude::*;
use crate::keyring::KeyState::{Disabled, Enabled, PendingDeletion, PendingImport};

/// Erase a key's imported material. The key waits for the same material, with which it can be used as before.
///
/// Errors: `Unsupported.Origin`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteKeyMaterial {
    /// Key ID or ARN.
    key_id: KeyIdRef,
}

impl Deed for DeleteKeyMaterial {
    const NAME: &'static str = "DeleteKeyMaterial";
    const STATES: States = States::of(&[Enabled, Disabled, PendingDeletion, PendingImport]).else_not_changeable();
    type Mode = Write;
    type Subject = Arc<Key>;
    type Reply = Empty;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().delete_material(key)?;
        Ok(Empty {})
    }
}
