use crate::dialect::alibaba::kms::prelude::*;
use crate::keyring::KeyState::{Disabled, Enabled};

/// Make a key unusable until it is enabled again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DisableKey {
    /// Key ID or ARN.
    key_id: KeyIdRef,
}

impl Deed for DisableKey {
    const NAME: &'static str = "DisableKey";
    const STATES: States = States::of(&[Enabled, Disabled]).else_not_changeable();
    type Mode = Write;
    type Subject = Arc<Key>;
    type Reply = Empty;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().disable(key);
        Ok(Empty {})
    }
}
