use serde::Deserialize;

use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::{AliasParameter, KeyIdRef, KeyRef};
use crate::dialect::alibaba::kms::target::NewAlias;
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};
use crate::keyring::{Admitted, AliasName, Ring, States, Write};

/// Give a key a name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateAlias {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// With its prefix `alias/`.
    alias_name: AliasParameter,
}

impl Action for CreateAlias {
    const NAME: &'static str = "CreateAlias";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]).else_not_changeable();
    type Mode = Write;
    type Target = NewAlias;
    type Reply = Empty;

    fn target(&self) -> (&KeyRef, &AliasName) {
        (&self.key_id.0, &self.alias_name.0)
    }

    fn run(self, (key, name): (Admitted, AliasName), ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        ring.change(key, |key| {
            key.aliases.insert(name);
        });
        Ok(Empty {})
    }
}
