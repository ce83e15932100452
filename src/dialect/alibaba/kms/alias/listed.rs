//! Aliases as lists tell them.

use serde::Serialize;

use crate::dialect::alibaba::kms::lists::Page;
use crate::dialect::alibaba::kms::resource_names::{ALIAS_PREFIX, alias_arn};
use crate::keyring::{AliasName, Key};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listed {
    pub(super) aliases: Aliases,
    #[serde(flatten)]
    pub(super) page: Page,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Aliases {
    pub(super) alias: Vec<Alias>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Alias {
    alias_name: String,
    alias_arn: String,
    key_id: String,
}

impl From<(&AliasName, &Key)> for Alias {
    fn from((name, key): (&AliasName, &Key)) -> Self {
        Self {
            alias_name: [ALIAS_PREFIX, name.as_str()].concat(),
            alias_arn: alias_arn(&key.place, name),
            key_id: key.id.to_string(),
        }
    }
}
