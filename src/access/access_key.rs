//! `AccessKey`s: ids under which principals sign.

use std::ops::RangeInclusive;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{IdentityError, Principal};
use crate::cipher::{RsaPublicKey, RsaSignaturePadding};

/// An id under which a principal signs, and what its signatures are checked with.
#[derive(Debug)]
pub struct AccessKey {
    id: Box<str>,
    verifier: Arc<Verifier>,
    active: bool,
    principal: Arc<Principal>,
}

/// What the signatures of an `AccessKey` are checked with. It has one of them: a signature of the other kind is not its
/// own, whatever is signed.
#[derive(Debug)]
pub enum Verifier {
    /// The secret that signs too; its `Debug` is redacted.
    Secret(SecretString),
    /// The public half of the key pair whose private half signs.
    PublicKey(PublicKey),
}

/// The public half of an RSA key pair.
#[derive(Debug)]
pub struct PublicKey(RsaPublicKey);

impl PublicKey {
    /// How many bits the modulus may have.
    pub const BITS: RangeInclusive<usize> = 2048..=4096;

    /// `pem`: SubjectPublicKeyInfo or PKCS#1, of any length.
    pub fn from_pem(pem: &str) -> Option<Self> {
        RsaPublicKey::from_pem(pem.trim()).ok().map(Self)
    }

    /// Whether `signature` is one of `text`: RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        self.0.verifies(RsaSignaturePadding::Pkcs1V15, &Sha256::digest(text), signature)
    }
}

impl AccessKey {
    /// An active key. `id`: 1 to 128 letters, digits, `.`, `-`, `_`; a secret is not empty, a public key has
    /// [`PublicKey::BITS`]. Errors: [`IdentityError::AccessKeyId`], [`IdentityError::EmptySecret`],
    /// [`IdentityError::PublicKeyLength`].
    pub fn new(id: &str, verifier: Verifier, principal: Arc<Principal>) -> Result<Self, IdentityError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if !(1..=128).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(IdentityError::AccessKeyId(id.to_owned()));
        }
        match &verifier {
            Verifier::Secret(secret) if secret.expose_secret().is_empty() => {
                Err(IdentityError::EmptySecret(id.to_owned()))
            }
            Verifier::PublicKey(key) if !PublicKey::BITS.contains(&key.0.bits()) => {
                Err(IdentityError::PublicKeyLength(id.to_owned(), key.0.bits()))
            }
            _ => Ok(Self { id: id.into(), verifier: Arc::new(verifier), active: true, principal }),
        }
    }

    /// The same key, active or switched off.
    #[must_use]
    pub fn with_active(self, active: bool) -> Self {
        Self { active, ..self }
    }

    /// The same key, for `principal` as it is now.
    pub(super) fn held_by(&self, principal: &Arc<Principal>) -> Self {
        let verifier = Arc::clone(&self.verifier);
        Self { id: self.id.clone(), verifier, active: self.active, principal: Arc::clone(principal) }
    }

    /// The id, such as `LTAI5t…`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What its signatures are checked with.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Whether the key is switched on.
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Who signs with it.
    pub fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::access::AccountId;

    fn key(id: &str, secret: &str) -> Result<AccessKey, IdentityError> {
        let account = AccountId::parse("1").unwrap();
        AccessKey::new(id, Verifier::Secret(secret.into()), Arc::new(Principal::root(account)))
    }

    #[rstest]
    #[case("LTAI5tAbc", "s", true)]
    #[case("STS.NUabc_1-2", "s", true)]
    #[case("", "s", false)]
    #[case("a b", "s", false)]
    #[case("a\n", "s", false)]
    #[case("LTAI", "", false)]
    #[case(&"a".repeat(128), "s", true)]
    #[case(&"a".repeat(129), "s", false)]
    fn ids_are_plain_and_secrets_exist(#[case] id: &str, #[case] secret: &str, #[case] accepted: bool) {
        assert_eq!(key(id, secret).is_ok(), accepted);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", key("LTAI", "hush").unwrap()).contains("hush"));
    }
}
