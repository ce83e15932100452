use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::reference::AliasParameter;
use crate::dialect::alibaba::kms::subject::BoundAlias;
use crate::keyring::AliasName;

/// Take a key's name away.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteAlias {
    /// With its prefix `alias/`.
    alias_name: AliasParameter,
}

impl Deed for DeleteAlias {
    const NAME: &'static str = "DeleteAlias";
    type Mode = Write;
    type Subject = BoundAlias;
    type Reply = Empty;

    fn subject(&self) -> &AliasName {
        &self.alias_name.0
    }

    fn run(&self, (key, name): (Admitted, AliasName), view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        view.keys_mut().remove_alias(key, &name);
        Ok(Empty {})
    }
}
