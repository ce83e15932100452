use serde::Deserialize;

use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{AliasParameter, KeyIdRef, KeyRef};
use crate::dialect::alibaba::kms::target::{Move, MovedAlias};
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};
use crate::keyring::{AliasName, Ring, States, Write};

/// Let a name stand for another key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateAlias {
    /// Key ID or ARN of the key that it is to stand for; only this key's state counts.
    key_id: KeyIdRef,
    /// With its prefix `alias/`.
    alias_name: AliasParameter,
}

impl Action for UpdateAlias {
    const NAME: &'static str = "UpdateAlias";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]);
    type Mode = Write;
    type Target = MovedAlias;
    type Reply = Empty;

    fn target(&self) -> (&AliasName, &KeyRef) {
        (&self.alias_name.0, &self.key_id.0)
    }

    fn run(self, Move { name, from, to }: Move, ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        ring.move_alias(name, from, to);
        Ok(Empty {})
    }
}
