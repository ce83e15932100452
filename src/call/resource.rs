//! What permission is asked for.

use std::sync::Arc;

use crate::access::{Decision, Tags};
use crate::keyring::Key;

/// A thing that permission is asked for.
#[derive(Debug)]
pub struct Resource {
    /// What is to be done with it, without the service's code.
    pub action: &'static str,
    /// Its full name, as policies write it.
    pub name: String,
    /// The key whose tags conditions can see.
    pub key: Option<Arc<Key>>,
}

impl Tags for Resource {
    fn value(&self, key: &str) -> Option<&str> {
        self.key.as_ref()?.tags.get(key).map(String::as_str)
    }
}

/// A question for permission, and its answer.
#[derive(Debug)]
pub struct Asked {
    pub resource: Resource,
    pub decision: Decision,
}
