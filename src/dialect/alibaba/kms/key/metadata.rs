//! A key as the service describes it.

use jiff::Timestamp;
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::dialect::alibaba::kms::resource_names::key_arn;
use crate::dialect::alibaba::kms::types::timestamp;
use crate::dialect::alibaba::kms::words::Word;
use crate::keyring::{Key, KeyState};

/// Every value is a text; dates are `2026-11-22T07:03:49Z`. Source: CreateKey and DescribeKey pages, and the types
/// that SDKs expect (alibaba-wire §5).
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyMetadata {
    key_id: String,
    arn: String,
    creator: String,
    creation_date: String,
    description: String,
    key_spec: Option<&'static str>,
    key_usage: Option<&'static str>,
    key_state: Option<&'static str>,
    origin: Option<&'static str>,
    protection_level: Option<&'static str>,
    primary_key_version: Option<String>,
    last_rotation_date: Option<String>,
    /// Empty unless deletion is planned.
    delete_date: String,
    /// Empty unless the material was imported for a time.
    material_expire_time: String,
    automatic_rotation: &'static str,
    rotation_interval: Option<String>,
    next_rotation_date: Option<String>,
}

impl KeyMetadata {
    /// The key as it is at `now`.
    pub(super) fn of(key: &Key, now: Timestamp) -> Self {
        let primary = key.primary_version().filter(|_| !key.awaits_import(now));
        Self {
            key_id: key.id.to_string(),
            arn: key_arn(key),
            creator: key.place.account.to_string(),
            creation_date: timestamp(key.created),
            description: key.description.to_string(),
            key_spec: key.spec.word(),
            key_usage: key.usage.word(),
            key_state: key.state(now).word(),
            origin: key.origin.word(),
            protection_level: key.protection_level.word(),
            primary_key_version: primary.map(|version| version.id.to_string()),
            last_rotation_date: primary.map(|version| timestamp(version.created)),
            delete_date: key.delete_at().map(timestamp).unwrap_or_default(),
            material_expire_time: key.material_expires_at.map(timestamp).unwrap_or_default(),
            automatic_rotation: match (&key.rotation, key.state(now)) {
                (None, _) => "Disabled",
                (Some(_), KeyState::Enabled) => "Enabled",
                (Some(_), _) => "Suspended",
            },
            rotation_interval: key.rotation.map(|rotation| format!("{}s", rotation.interval.as_secs())),
            next_rotation_date: key.next_rotation().map(timestamp),
        }
    }
}
