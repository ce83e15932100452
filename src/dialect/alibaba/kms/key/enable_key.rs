use std::sync::Arc;

use serde::Deserialize;

use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{KeyIdRef, KeyRef};
use crate::keyring::KeyState::{Disabled, Enabled};
use crate::keyring::{Admitted, Key, Lifecycle, Ring, States, Write};

/// Make a disabled key usable again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EnableKey {
    /// Key ID or ARN.
    key_id: KeyIdRef,
}

impl Action for EnableKey {
    const NAME: &'static str = "EnableKey";
    const STATES: States = States::of(&[Enabled, Disabled]).else_not_changeable();
    type Mode = Write;
    type Target = Arc<Key>;
    type Reply = Empty;

    fn target(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(self, key: Admitted, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        ring.change(key, |key| key.lifecycle = Lifecycle::Enabled);
        Ok(Empty {})
    }
}
