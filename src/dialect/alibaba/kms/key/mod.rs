//! Keys: made, described, listed, and led through their states.

mod cancel_key_deletion;
mod create_key;
mod describe_key;
mod disable_key;
mod enable_key;
mod list_keys;
mod metadata;
mod rotation;
mod schedule_key_deletion;
mod set_deletion_protection;
mod update_key_description;
mod update_rotation_policy;

pub(super) use cancel_key_deletion::CancelKeyDeletion;
pub(super) use create_key::CreateKey;
pub(super) use describe_key::DescribeKey;
pub(super) use disable_key::DisableKey;
pub(super) use enable_key::EnableKey;
pub(super) use list_keys::ListKeys;
pub(super) use schedule_key_deletion::ScheduleKeyDeletion;
pub(super) use set_deletion_protection::SetDeletionProtection;
pub(super) use update_key_description::UpdateKeyDescription;
pub(super) use update_rotation_policy::UpdateRotationPolicy;
