use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::Text;
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};

/// Say something else of a key than before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateKeyDescription {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// Up to 8,192 characters.
    description: Text<8192>,
}

impl Deed for UpdateKeyDescription {
    const NAME: &'static str = "UpdateKeyDescription";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]);
    type Mode = Write;
    type Subject = Arc<Key>;
    type Reply = Empty;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().describe(key, &self.description.0);
        Ok(Empty {})
    }
}
