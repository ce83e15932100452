//! Where records are from.

use serde::{Deserialize, Serialize};

/// Where a record is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The sandbox file.
    File,
    /// A call.
    #[default]
    Call,
}
