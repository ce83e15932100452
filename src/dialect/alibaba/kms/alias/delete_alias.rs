use serde::Deserialize;

use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::reference::AliasParameter;
use crate::dialect::alibaba::kms::target::BoundAlias;
use crate::keyring::{Admitted, AliasName, Ring, Write};

/// Take a key's name away.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteAlias {
    /// With its prefix `alias/`.
    alias_name: AliasParameter,
}

impl Action for DeleteAlias {
    const NAME: &'static str = "DeleteAlias";
    type Mode = Write;
    type Target = BoundAlias;
    type Reply = Empty;

    fn target(&self) -> &AliasName {
        &self.alias_name.0
    }

    fn run(self, (key, name): (Admitted, AliasName), ring: &mut Ring<'_, Write>) -> Result<Empty, Fault> {
        ring.change(key, |key| {
            key.aliases.remove(&name);
        });
        Ok(Empty {})
    }
}
