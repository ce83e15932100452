//! Which kinds of keys there are, and what only some of them take.

use jiff::{SignedDuration, Timestamp};

use super::{Error, Impossible, Key, KeySpec, KeyUsage, Origin};

/// How long after a version there is no other. Source: the service's page on new versions (2021).
const LEAST_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Spec, usage and origin that go together: a kind of key that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    spec: KeySpec,
    usage: KeyUsage,
    origin: Origin,
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

impl Key {
    pub fn kind(&self) -> Kind {
        Kind::of(self.spec, self.usage, self.origin)
    }

    /// Whether it may get a further version at `now`.
    ///
    /// Errors: [`Error::ImportedHasOneVersion`], [`Error::MacHasOneVersion`], [`Error::LastVersionTooYoung`].
    pub fn takes_further_version(&self, now: Timestamp) -> Result<(), Error> {
        if self.origin == Origin::External {
            return Err(Error::ImportedHasOneVersion);
        }
        if self.usage == KeyUsage::GenerateVerifyMac {
            return Err(Error::MacHasOneVersion);
        }
        if self.primary_version().is_some_and(|last| now.duration_since(last.created) < LEAST_AGE) {
            return Err(Error::LastVersionTooYoung);
        }
        Ok(())
    }

    /// Whether its owner brings its material. Errors: [`Error::NotImported`].
    pub fn takes_imported_material(&self) -> Result<(), Error> {
        match self.origin {
            Origin::External => Ok(()),
            Origin::Service => Err(Error::NotImported),
        }
    }
}
