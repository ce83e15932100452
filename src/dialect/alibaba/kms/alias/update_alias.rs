use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::reference::AliasParameter;
use crate::dialect::alibaba::kms::subject::{Move, MovedAlias};
use crate::keyring::AliasName;
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};

/// Let a name stand for another key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateAlias {
    /// Key ID or ARN of the key that it is to stand for; only this key's state counts.
    key_id: KeyIdRef,
    /// With its prefix `alias/`.
    alias_name: AliasParameter,
}

impl Deed for UpdateAlias {
    const NAME: &'static str = "UpdateAlias";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]);
    type Mode = Write;
    type Subject = MovedAlias;
    type Reply = Empty;

    fn subject(&self) -> (&AliasName, &KeyRef) {
        (&self.alias_name.0, &self.key_id.0)
    }

    fn run(&self, Move { name, from, to }: Move, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().move_alias(name, from, to);
        Ok(Empty {})
    }
}
