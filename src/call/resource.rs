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
    /// What came of asking, once it was asked.
    pub decision: Option<Decision>,
}

impl Resource {
    /// A thing without tags that conditions could see.
    pub fn new(action: &'static str, name: String) -> Self {
        Self { action, name, key: None, decision: None }
    }

    /// `key`, by its full `name`.
    pub fn of_key(action: &'static str, name: String, key: &Arc<Key>) -> Self {
        Self { key: Some(Arc::clone(key)), ..Self::new(action, name) }
    }
}

impl Tags for Resource {
    fn value(&self, key: &str) -> Option<&str> {
        self.key.as_ref()?.tags.get(key).map(String::as_str)
    }
}
