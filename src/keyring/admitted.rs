//! What an admitted key does: encrypt, sign, authenticate.

use std::ops::Deref;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Error, Key, KeyState, KeyUsage, Primitive, Purpose, VersionId};
use crate::cipher::{EncryptionAlgorithm, IV_LENGTH, KeyPair, MacAlgorithm, Refusal, SignatureAlgorithm, TAG_LENGTH};
use crate::world::Draw;

/// Why a version without material cannot be used.
const NO_MATERIAL: Error = Error::NotUsable(KeyState::PendingImport);

/// What a key sealed: all that opens it again, but for the associated data. How it is framed is its dialect's affair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub version: VersionId,
    pub iv: [u8; IV_LENGTH],
    /// The encrypted bytes and the tag.
    pub body: Vec<u8>,
}

/// A key whose state admits what is about to be done with it. Only [`States::admit`](super::States::admit) makes one,
/// and only an admitted key does anything or changes.
///
/// Every deed asks first whether the key is made for it, then for the version, then for the algorithm. Errors of all:
/// [`Error::NotFor`], [`Error::VersionNotFound`], [`Error::UnsuitableAlgorithm`]; [`Error::NotUsable`] for a version
/// without material.
#[derive(Debug)]
pub struct Admitted(Arc<Key>);

impl Admitted {
    pub(super) fn new(key: Arc<Key>) -> Self {
        Self(key)
    }

    /// Encrypt `plaintext` under the primary version, bound to `associated_data`.
    pub fn seal(&self, plaintext: &[u8], associated_data: &[u8], draw: &mut Draw) -> Result<Sealed, Error> {
        self.require(Purpose::Encryption)?;
        let version = self.0.primary_version().ok_or(NO_MATERIAL)?;
        let aead = version.aead(self.0.spec).ok_or(NO_MATERIAL)?;
        let iv: [u8; IV_LENGTH] = draw.bytes_for(&[&version.id.to_text(), associated_data, plaintext]);
        // With room for the tag: what is encrypted in place leaves no copy behind.
        let mut body = Vec::with_capacity(plaintext.len() + TAG_LENGTH);
        body.extend_from_slice(plaintext);
        aead.seal(&iv, associated_data, &mut body);
        Ok(Sealed { version: version.id, iv, body })
    }

    /// Decrypt the `body` that the version `id` sealed so. Errors: [`Error::Inauthentic`], also for a version that the
    /// key has not.
    pub fn open(
        &self,
        id: VersionId,
        iv: &[u8; IV_LENGTH],
        associated_data: &[u8],
        body: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.require(Purpose::Encryption)?;
        let version = self.0.version(id).ok_or(Error::Inauthentic)?;
        let aead = version.aead(self.0.spec).ok_or(NO_MATERIAL)?;
        let mut buffer = Zeroizing::new(body.to_vec());
        aead.open(iv, associated_data, &mut buffer).map_err(|_| Error::Inauthentic)?;
        Ok(buffer)
    }

    /// A signature of `digest` by the version `id`. Errors: [`Error::DigestLength`].
    pub fn sign(
        &self,
        id: VersionId,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        draw: &mut Draw,
    ) -> Result<Vec<u8>, Error> {
        self.pair(id, Purpose::Signature)?.sign(algorithm, digest, draw).map_err(|refusal| self.refused(refusal))
    }

    /// Whether `signature` is one of `digest` by the version `id`. Errors: [`Error::DigestLength`].
    pub fn verifies(
        &self,
        id: VersionId,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, Error> {
        self.pair(id, Purpose::Signature)?
            .verifies(algorithm, digest, signature)
            .map_err(|refusal| self.refused(refusal))
    }

    /// `message` encrypted to the public key of the version `id`. Errors: [`Error::TooLong`].
    pub fn encrypt(
        &self,
        id: VersionId,
        algorithm: EncryptionAlgorithm,
        message: &[u8],
        draw: &mut Draw,
    ) -> Result<Vec<u8>, Error> {
        self.pair(id, Purpose::PublicKeyEncryption)?
            .encrypt(algorithm, message, draw)
            .map_err(|refusal| self.refused(refusal))
    }

    /// What was encrypted to the public key of the version `id`. Errors: [`Error::Inauthentic`].
    pub fn decrypt(
        &self,
        id: VersionId,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
        draw: &mut Draw,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.pair(id, Purpose::PublicKeyEncryption)?
            .decrypt(algorithm, ciphertext, draw)
            .map_err(|refusal| self.refused(refusal))
    }

    /// The public key of the version `id`: SubjectPublicKeyInfo in DER.
    pub fn public_key(&self, id: VersionId) -> Result<Vec<u8>, Error> {
        Ok(self.pair(id, Purpose::PublicKey)?.public_key_der())
    }

    /// The authentication code of `message`.
    pub fn mac(&self, algorithm: MacAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(algorithm.code(self.mac_key(algorithm)?, message))
    }

    /// Whether `code` is the authentication code of `message`.
    pub fn verifies_mac(&self, algorithm: MacAlgorithm, message: &[u8], code: &[u8]) -> Result<bool, Error> {
        Ok(algorithm.verifies(self.mac_key(algorithm)?, message, code))
    }

    pub(super) fn into_key(self) -> Key {
        Arc::unwrap_or_clone(self.0)
    }

    /// Errors: [`Error::NotFor`].
    fn require(&self, purpose: Purpose) -> Result<(), Error> {
        let fits = match (self.0.spec.primitive(), purpose) {
            (Primitive::Aead(_), Purpose::Encryption)
            | (Primitive::Mac(_), Purpose::Mac)
            | (Primitive::KeyPair(_), Purpose::PublicKey) => true,
            (Primitive::KeyPair(_), Purpose::Signature) => self.0.usage == KeyUsage::SignVerify,
            (Primitive::KeyPair(_), Purpose::PublicKeyEncryption) => self.0.usage == KeyUsage::EncryptDecrypt,
            _ => false,
        };
        if fits { Ok(()) } else { Err(Error::NotFor { purpose, spec: self.0.spec, usage: self.0.usage }) }
    }

    fn refused(&self, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Unsuitable => Error::UnsuitableAlgorithm(self.0.spec),
            Refusal::DigestLength => Error::DigestLength,
            Refusal::TooLong(error) => error.into(),
            Refusal::Undecryptable(_) => Error::Inauthentic,
        }
    }

    fn pair(&self, id: VersionId, purpose: Purpose) -> Result<&KeyPair, Error> {
        self.require(purpose)?;
        let version = self.0.version(id).ok_or(Error::VersionNotFound)?;
        version.key_pair(self.0.spec).ok_or(NO_MATERIAL)
    }

    fn mac_key(&self, algorithm: MacAlgorithm) -> Result<&[u8], Error> {
        self.require(Purpose::Mac)?;
        if self.0.spec.primitive() != Primitive::Mac(algorithm) {
            return Err(Error::UnsuitableAlgorithm(self.0.spec));
        }
        self.0.primary_version().and_then(|version| version.secret()).ok_or(NO_MATERIAL)
    }
}

impl Deref for Admitted {
    type Target = Key;

    fn deref(&self) -> &Key {
        &self.0
    }
}
