//! What a new key is to be, as far as there can be such a key.

use std::collections::BTreeMap;

use super::{Error, KeySpec, KeyUsage, Origin, ProtectionLevel, Rotation};

/// Spec, usage and origin that go together: a kind of key that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    spec: KeySpec,
    usage: KeyUsage,
    origin: Origin,
}

/// Why there is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    #[error("no key of this spec is made for it")]
    Usage,
    #[error("a key of this spec has no imported material")]
    Origin,
    #[error("such a key does not rotate by itself")]
    Rotation,
}

impl Kind {
    /// Errors: [`Error::Impossible`] with [`Impossible::Usage`], [`Impossible::Origin`].
    pub fn new(spec: KeySpec, usage: KeyUsage, origin: Origin) -> Result<Self, Error> {
        if !spec.usages().contains(&usage) {
            return Err(Impossible::Usage.into());
        }
        if origin == Origin::External && !spec.is_symmetric_encryption() {
            return Err(Impossible::Origin.into());
        }
        Ok(Self { spec, usage, origin })
    }

    /// The kind of a key that is there.
    pub(super) const fn of(spec: KeySpec, usage: KeyUsage, origin: Origin) -> Self {
        Self { spec, usage, origin }
    }

    pub const fn spec(self) -> KeySpec {
        self.spec
    }

    pub const fn usage(self) -> KeyUsage {
        self.usage
    }

    pub const fn origin(self) -> Origin {
        self.origin
    }

    /// Whether its keys can rotate by themselves: those that open what they sealed themselves, with material that the
    /// service makes.
    pub const fn rotates(self) -> bool {
        matches!(self.origin, Origin::Service) && self.spec.is_symmetric_encryption()
    }
}

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
        match self.kind.origin {
            Origin::Service => Some(self.kind.spec),
            Origin::External => None,
        }
    }
}
