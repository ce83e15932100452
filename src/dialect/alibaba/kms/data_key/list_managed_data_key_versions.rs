use super::secret_name;
use crate::dialect::alibaba::kms::lists::{Page, PageNumber, PageSize};
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::Text;
use crate::secrets::DataKey;

/// List the versions of a managed data key, from the first to the latest.
///
/// Errors: `Forbidden.ResourceNotFound` (404).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListManagedDataKeyVersions {
    data_key_name: Text<128>,
    /// From 1; default 1.
    #[serde(default)]
    page_number: PageNumber,
    /// Versions a page; default 10.
    #[serde(default)]
    page_size: PageSize<1, 100>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listed {
    data_key_name: String,
    managed_data_key_versions: Versions,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    managed_data_key_version: Vec<Version>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    data_key_version_id: String,
    /// The name of the secret that the service keeps the version in.
    data_key_version_name: String,
}

impl Deed for ListManagedDataKeyVersions {
    const NAME: &'static str = "ListManagedDataKeyVersions";
    type Mode = Read;
    type Subject = Arc<DataKey>;
    type Reply = Listed;

    fn subject(&self) -> &str {
        &self.data_key_name.0
    }

    fn run(&self, data_key: Arc<DataKey>, _view: &mut View<'_, Read>) -> Result<Listed, Fault> {
        let versions = data_key.versions.iter();
        let (managed_data_key_version, page) =
            Page::of(versions, Some(data_key.versions.len()), self.page_number, self.page_size.get(), |version| {
                Version {
                    data_key_version_id: version.id.to_string(),
                    data_key_version_name: secret_name(&data_key, version),
                }
            });
        Ok(Listed {
            data_key_name: data_key.name.to_string(),
            managed_data_key_versions: Versions { managed_data_key_version },
            page,
        })
    }
}
