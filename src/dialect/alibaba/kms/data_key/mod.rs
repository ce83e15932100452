//! Managed data keys: kept by the service, shown to those who may see them. The sandbox file makes them, as the real
//! service's web console does; no action does.

mod get_managed_data_key;
mod list_managed_data_key_versions;

pub(super) use get_managed_data_key::GetManagedDataKey;
pub(super) use list_managed_data_key_versions::ListManagedDataKeyVersions;

use crate::secrets::{DataKey, DataKeyVersion};

/// The name of the secret that the service keeps a version in. Source: GetManagedDataKey page (2026), example.
fn secret_name(data_key: &DataKey, version: &DataKeyVersion) -> String {
    ["kms-datakeyversion!", &data_key.name, "!", &version.id].concat()
}
