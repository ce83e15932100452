//! Tags: names and values by which keys are found, and which conditions of policies see.

mod list_resource_tags;
mod list_tag_resources;
mod parameters;
mod tag_resource;
mod tag_resources;
mod untag_resource;
mod untag_resources;

pub(super) use list_resource_tags::ListResourceTags;
pub(super) use list_tag_resources::ListTagResources;
pub(super) use tag_resource::TagResource;
pub(super) use tag_resources::TagResources;
pub(super) use untag_resource::UntagResource;
pub(super) use untag_resources::UntagResources;

use std::collections::BTreeMap;

use crate::dialect::alibaba::fault::{self, Fault};
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};
use crate::keyring::{Admitted, States};
use crate::state::{View, Write};

/// The states of a key whose tags can be changed.
const TAGGABLE: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]);

/// Put `tags` on `key`, in the place of those of the same names. A key that has more than `most` keeps them, but gets no
/// further ones. Errors: `Rejected.LimitExceeded`.
fn put_tags(
    key: Admitted,
    tags: &BTreeMap<String, String>,
    most: usize,
    view: &mut View<'_, Write>,
) -> Result<(), Fault> {
    let new = tags.keys().filter(|name| !key.tags.contains_key(*name)).count();
    if new > 0 && key.tags.len() + new > most {
        return Err(Fault::from(&fault::LIMIT_EXCEEDED).because(format!("a key gets up to {most} tags so")));
    }
    view.keys_mut().tag(key, tags);
    Ok(())
}
