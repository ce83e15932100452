use std::sync::Arc;

use serde::Deserialize;

use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{KeyIdRef, KeyRef};
use crate::dialect::alibaba::kms::types::Text;
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};
use crate::keyring::{Admitted, Key, Ring, States, Write};

/// Say something else of a key than before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateKeyDescription {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// Up to 8,192 characters.
    description: Text<8192>,
}

impl Action for UpdateKeyDescription {
    const NAME: &'static str = "UpdateKeyDescription";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]);
    type Mode = Write;
    type Target = Arc<Key>;
    type Reply = Empty;

    fn target(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(self, key: Admitted, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        ring.change(key, |key| key.description = self.description.0.into());
        Ok(Empty {})
    }
}
