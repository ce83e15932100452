//! Material that a key's owner brings: wrapped with a key pair made for the occasion, whose private key travels to
//! the owner and back in a sealed token. Nothing is remembered in between.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretSlice;
use strum::VariantArray;
use zeroize::Zeroizing;

use super::{Admitted, Error, Key, KeyMaterial, KeySpec, KeyState, KeyVersion, Lifecycle, RingMut, Tools};
use crate::cipher::{EncryptionAlgorithm, IV_LENGTH, KeyPair, KeyPairKind, TAG_LENGTH};

/// How long a token can be used. Source: GetParametersForImport page (2021).
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The one layout of tokens: this byte, an IV, and sealed with it (AES-256-GCM; associated data: this byte and whose
/// token it is) the second at which the token expires (8 bytes, big-endian), the [`Wrapping`] (1 byte), and the private
/// key (PKCS#8).
const LAYOUT: u8 = 1;

/// How material is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Wrapping {
    /// With a key of 2,048 bits, as are the next two.
    RsaPkcs1V15,
    RsaOaepSha1,
    RsaOaepSha256,
    Sm2,
}

/// What an owner needs to wrap material for one key.
#[derive(Debug)]
pub struct ImportParameters {
    /// SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    /// Must come back with the material.
    pub token: Vec<u8>,
    /// From when on the token cannot be used.
    pub expires_at: Timestamp,
}

impl Tools<'_> {
    /// A key pair and a token for `key`; the pair was made before, or is made here. Errors: [`Error::NotImported`].
    pub fn import_parameters(
        mut self,
        key: &Key,
        wrapping: Wrapping,
        now: Timestamp,
    ) -> Result<ImportParameters, Error> {
        key.takes_imported_material()?;
        let prepared = self.prepared_for(wrapping.key_spec());
        let pair = prepared.unwrap_or_else(|| KeyPair::generate(wrapping.key_pair(), self.draw));
        let expires_at = now + LIFETIME;
        let private_key = pair.private_key_der();
        // With room for the tag: what is encrypted in place leaves no copy behind.
        let mut sealed = Vec::with_capacity(8 + 1 + private_key.len() + TAG_LENGTH);
        sealed.extend_from_slice(&expires_at.as_second().to_be_bytes());
        sealed.push(wrapping.tag());
        sealed.extend_from_slice(&private_key);
        let iv: [u8; IV_LENGTH] = self.draw.bytes_for(&[&bearer(key), &sealed]);
        self.import_secret.aead().seal(&iv, &bearer(key), &mut sealed);
        let token = [&[LAYOUT], iv.as_slice(), &sealed].concat();
        Ok(ImportParameters { public_key: pair.public_key_der(), token, expires_at })
    }
}

/// Whose token it is.
fn bearer(key: &Key) -> Vec<u8> {
    [&[LAYOUT], [&key.place.account, "/", &key.place.region, "/", key.id.as_str()].concat().as_bytes()].concat()
}

impl RingMut<'_> {
    /// Give `key` the material in `wrapped`, to be used until `expires_at` or forever. The first material makes the
    /// key's version; later only the same can come, and whatever it encrypted opens again. A key that waited for it
    /// is enabled; a disabled one stays so.
    ///
    /// Errors, in this order: [`Error::NotImported`], [`Error::ExpiryHasPassed`], [`Error::InvalidImportToken`],
    /// [`Error::ExpiredImportToken`], [`Error::InvalidMaterial`].
    pub fn import_material(
        &mut self,
        key: Admitted,
        token: &[u8],
        wrapped: &[u8],
        expires_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        key.takes_imported_material()?;
        if expires_at.is_some_and(|expires_at| expires_at <= self.now()) {
            return Err(Error::ExpiryHasPassed);
        }
        let material = self.unwrap_material(&key, token, wrapped)?;
        let version = if let Some(version) = key.primary_version() {
            version.restored(material).ok_or(Error::InvalidMaterial)?
        } else {
            let material = KeyMaterial::from_bytes(key.spec, material).ok_or(Error::InvalidMaterial)?;
            KeyVersion::new(self.new_version_id(), self.now(), material)
        };
        let awaited = key.state(self.now()) == KeyState::PendingImport;
        self.change(key, |key| {
            key.versions.pop();
            key.versions.push(Arc::new(version));
            key.material_expires_at = expires_at;
            if awaited {
                key.lifecycle = Lifecycle::Enabled;
            }
        });
        Ok(())
    }

    /// Errors: [`Error::InvalidImportToken`], [`Error::ExpiredImportToken`], [`Error::InvalidMaterial`].
    fn unwrap_material(&mut self, key: &Key, token: &[u8], wrapped: &[u8]) -> Result<SecretSlice<u8>, Error> {
        const INVALID: Error = Error::InvalidImportToken;
        let sealed = token.strip_prefix(&[LAYOUT]).ok_or(INVALID)?;
        let (iv, sealed) = sealed.split_first_chunk::<IV_LENGTH>().ok_or(INVALID)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        self.tools.import_secret.aead().open(iv, &bearer(key), &mut opened).map_err(|_| INVALID)?;
        let (expires_at, rest) = opened.split_first_chunk().ok_or(INVALID)?;
        let (tag, private_key) = rest.split_first().ok_or(INVALID)?;
        if self.now().as_second() >= i64::from_be_bytes(*expires_at) {
            return Err(Error::ExpiredImportToken);
        }
        let wrapping = Wrapping::from_tag(*tag).ok_or(INVALID)?;
        let pair = KeyPair::from_own_private_key(wrapping.key_pair(), private_key).map_err(|_| INVALID)?;
        let material = pair.decrypt(wrapping.algorithm(), wrapped, self.tools.draw);
        // Copied to just its size: to be boxed it would else be moved, and leave itself behind.
        material.map(|material| material.to_vec().into()).map_err(|_| Error::InvalidMaterial)
    }

    /// Erase the material of `key`, which waits for the same from now on. A planned deletion stays planned. Errors:
    /// [`Error::NotImported`].
    pub fn delete_material(&mut self, key: Admitted) -> Result<(), Error> {
        key.takes_imported_material()?;
        self.change(key, |key| {
            key.versions = key.versions.iter().map(|version| Arc::new(version.deleted())).collect();
            key.material_expires_at = None;
            key.lifecycle = match key.lifecycle {
                Lifecycle::PendingDeletion { delete_at, .. } => {
                    Lifecycle::PendingDeletion { delete_at, awaits_import: true }
                }
                _ => Lifecycle::PendingImport,
            };
        });
        Ok(())
    }
}

impl Wrapping {
    const fn tag(self) -> u8 {
        self as u8
    }

    fn from_tag(tag: u8) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|wrapping| wrapping.tag() == tag)
    }

    const fn algorithm(self) -> EncryptionAlgorithm {
        match self {
            Self::RsaPkcs1V15 => EncryptionAlgorithm::RsaPkcs1V15,
            Self::RsaOaepSha1 => EncryptionAlgorithm::RsaOaepSha1,
            Self::RsaOaepSha256 => EncryptionAlgorithm::RsaOaepSha256,
            Self::Sm2 => EncryptionAlgorithm::Sm2Pke,
        }
    }

    /// What a key has for its material whose key pair wraps so.
    pub const fn key_spec(self) -> KeySpec {
        match self {
            Self::RsaPkcs1V15 | Self::RsaOaepSha1 | Self::RsaOaepSha256 => KeySpec::Rsa2048,
            Self::Sm2 => KeySpec::EcSm2,
        }
    }

    /// Which kind of key pair wraps so.
    const fn key_pair(self) -> KeyPairKind {
        match self {
            Self::RsaPkcs1V15 | Self::RsaOaepSha1 | Self::RsaOaepSha256 => KeyPairKind::Rsa2048,
            Self::Sm2 => KeyPairKind::Sm2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_keys::{Bench, START, key, place};
    use super::super::version::Material;
    use super::super::{Origin, States};
    use super::*;

    #[test]
    fn what_is_deleted_is_gone() {
        let here = place("1", "r");
        Bench::new().write(&here, START, |ring| {
            ring.adopt(Key { origin: Origin::External, ..key(&here, "k", 1, None, &[]) });
            let admitted = States::ANY.admit(ring.ring().find("k").unwrap(), START).unwrap();
            ring.delete_material(admitted).unwrap();
            let kept = ring.ring().find("k").unwrap();
            assert!(matches!(kept.primary_version().unwrap().material(), Material::Deleted(_)));
        });
    }
}
