//! What every action's file names.

pub(super) use std::sync::Arc;

pub(super) use serde::{Deserialize, Serialize};

pub(super) use super::reference::{KeyIdRef, KeyRef};
pub(super) use super::words::{Word, Worded};
pub(super) use crate::call::{Deed, Limit};
pub(super) use crate::dialect::alibaba::entry::Empty;
pub(super) use crate::dialect::alibaba::fault::{self, Fault};
pub(super) use crate::keyring::{Admitted, Key, KeyId, States, VersionId};
pub(super) use crate::state::{Read, View, Write};
