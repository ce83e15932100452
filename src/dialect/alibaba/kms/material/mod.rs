//! Material that keys of origin EXTERNAL get from their owners.

mod delete_key_material;
mod get_parameters_for_import;
mod import_key_material;

pub(super) use delete_key_material::DeleteKeyMaterial;
pub(super) use get_parameters_for_import::GetParametersForImport;
pub(super) use import_key_material::ImportKeyMaterial;
