//! Key versions: the material that a key had from some moment on.

mod create_key_version;
mod describe_key_version;
mod list_key_versions;

pub(super) use create_key_version::CreateKeyVersion;
pub(super) use describe_key_version::DescribeKeyVersion;
pub(super) use list_key_versions::ListKeyVersions;

use serde::Serialize;

use crate::dialect::alibaba::kms::types::timestamp;
use crate::keyring::{KeyId, KeyVersion, VersionId};

/// A reply about one version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    key_version: Metadata,
}

/// A version as the service describes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    key_id: KeyId,
    key_version_id: VersionId,
    /// `2026-11-22T07:03:49Z`.
    creation_date: String,
}

impl Metadata {
    fn of(key: &KeyId, version: &KeyVersion) -> Self {
        Self { key_id: key.clone(), key_version_id: version.id, creation_date: timestamp(version.created) }
    }
}
