//! Where a key is in its life.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifecycle {
    #[default]
    Enabled,
    Disabled,
    PendingImport,
    Unavailable,
    /// From `delete_at` on, the key no longer exists.
    PendingDeletion {
        delete_at: Timestamp,
        /// Whether the key had no material, or none any more, when its deletion was planned.
        awaits_import: bool,
    },
}

/// A key's state as it decides what can be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    Unavailable,
}

impl KeyState {
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
