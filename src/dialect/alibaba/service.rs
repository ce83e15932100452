//! A service of the shared gateway as a value.

use super::entry::Entry;
use super::fault::{self, Fault};

/// What tells one service from another.
#[derive(Debug)]
pub struct Service {
    /// Its date, as calls name it.
    pub version: &'static str,
    /// The code under which policies know it.
    pub code: &'static str,
    pub actions: &'static [Entry],
    /// Documented actions that are not built.
    pub not_built: &'static [&'static str],
}

impl Service {
    /// The action called `name`.
    pub fn find(&self, name: &str) -> Option<&'static Entry> {
        self.actions.iter().find(|entry| entry.name == name)
    }

    /// The action called `name` of the service's `version`.
    ///
    /// Errors: `InvalidVersion`; `InvalidAction.NotFound`, or `UnsupportedOperation` for one that is documented but not
    /// built.
    pub fn action(&self, version: Option<&str>, name: &str) -> Result<&'static Entry, Fault> {
        if version != Some(self.version) {
            return Err((&fault::INVALID_VERSION).into());
        }
        self.find(name).ok_or_else(|| {
            if self.not_built.contains(&name) {
                Fault::from(&fault::UNSUPPORTED_OPERATION).because("the action is not built yet")
            } else {
                (&fault::ACTION_NOT_FOUND).into()
            }
        })
    }
}
