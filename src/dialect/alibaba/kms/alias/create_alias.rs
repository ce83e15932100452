use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::reference::AliasParameter;
use crate::dialect::alibaba::kms::subject::NewAlias;
use crate::keyring::AliasName;
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};

/// Give a key a name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateAlias {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// With its prefix `alias/`.
    alias_name: AliasParameter,
}

impl Deed for CreateAlias {
    const NAME: &'static str = "CreateAlias";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]).else_not_changeable();
    type Mode = Write;
    type Subject = NewAlias;
    type Reply = Empty;

    fn subject(&self) -> (&KeyRef, &AliasName) {
        (&self.key_id.0, &self.alias_name.0)
    }

    fn run(&self, (key, name): (Admitted, AliasName), view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().add_alias(key, name)?;
        Ok(Empty {})
    }
}
