//! What a new key is to be.

use std::collections::BTreeMap;

use super::{Error, Impossible, KeySpec, Kind, Origin, ProtectionLevel, Rotation};

/// A key that is to be made.
#[derive(Debug, Clone)]
pub struct Order {
    pub(super) kind: Kind,
    pub(super) rotation: Option<Rotation>,
    pub protection_level: ProtectionLevel,
    pub description: Box<str>,
    pub tags: BTreeMap<String, String>,
}

impl Order {
    /// A key about which nothing else is asked for.
    pub fn new(kind: Kind) -> Self {
        let (rotation, protection_level) = (None, ProtectionLevel::default());
        Self { kind, rotation, protection_level, description: "".into(), tags: BTreeMap::new() }
    }

    /// Have it rotate by itself, or not. Errors: [`Error::Impossible`] with [`Impossible::Rotation`].
    pub fn rotating(self, rotation: Option<Rotation>) -> Result<Self, Error> {
        if rotation.is_some() && !self.kind.rotates() {
            return Err(Impossible::Rotation.into());
        }
        Ok(Self { rotation, ..self })
    }

    /// The spec of the material that is made with it, if it does not wait for its owner's.
    pub const fn makes(&self) -> Option<KeySpec> {
        match self.kind.origin() {
            Origin::Service => Some(self.kind.spec()),
            Origin::External => None,
        }
    }
}
