//! Material that keys of origin EXTERNAL get from their owners.

mod delete_key_material;
mod get_parameters_for_import;
mod import_key_material;

pub(super) use delete_key_material::DeleteKeyMaterial;
pub(super) use get_parameters_for_import::GetParametersForImport;
pub(super) use import_key_material::ImportKeyMaterial;

use crate::dialect::alibaba::fault::{self, Fault};
use crate::keyring::{Key, Origin};

/// Errors: `Unsupported.Origin` for a key whose material the service makes.
fn require_external(key: &Key) -> Result<(), Fault> {
    match key.origin {
        Origin::External => Ok(()),
        Origin::Service => Err((&fault::UNSUPPORTED_ORIGIN).into()),
    }
}
