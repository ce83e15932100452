//! The AccessKeys and bearer tokens of a sandbox file.

use std::collections::HashSet;
use std::sync::Arc;

use secrecy::ExposeSecret;
use toml::Spanned;

use super::sandbox_file::{self as file, AccessKeyStatus, SandboxFile, SandboxFileError};
use crate::access::{AccessKey, BearerToken, Change, IdentityError, Principal, PublicKey, Verifier};

/// Those of a file that were read so far.
pub(super) struct Credentials<'f> {
    file: &'f SandboxFile,
    access_keys: Vec<AccessKey>,
    bearer_tokens: Vec<BearerToken>,
    /// What must not stand twice.
    seen: HashSet<&'f str>,
}

impl<'f> Credentials<'f> {
    pub(super) fn of(file: &'f SandboxFile) -> Self {
        Self { file, access_keys: Vec::new(), bearer_tokens: Vec::new(), seen: HashSet::new() }
    }

    /// Those of one principal.
    pub(super) fn add(
        &mut self,
        access_keys: &[Spanned<file::AccessKey>],
        bearer_tokens: &'f [Spanned<file::Secret>],
        principal: &Arc<Principal>,
    ) -> Result<(), SandboxFileError> {
        for block in access_keys {
            let made = self.access_key(block.get_ref(), principal);
            self.access_keys.push(made.map_err(|what| self.file.error(block.span(), what))?);
        }
        for block in bearer_tokens {
            let made = self.bearer_token(block.get_ref().0.expose_secret(), principal);
            let wrong = |error| self.file.error(block.span(), format!("{}: {error}", principal.arn()));
            self.bearer_tokens.push(made.map_err(wrong)?);
        }
        Ok(())
    }

    /// Whether the AccessKey `id` is active and its secret is `secret`.
    pub(super) fn open_to(&self, id: &str, secret: &str) -> bool {
        self.access_keys.iter().any(|key| {
            let is_it =
                |verifier: &Verifier| matches!(verifier, Verifier::Secret(own) if own.expose_secret() == secret);
            key.id() == id && key.is_active() && is_it(key.verifier())
        })
    }

    pub(super) fn changes(self) -> impl Iterator<Item = Change> {
        let access_keys = self.access_keys.into_iter().map(|key| Change::AccessKey(Arc::new(key)));
        access_keys.chain(self.bearer_tokens.into_iter().map(|token| Change::BearerToken(Arc::new(token))))
    }

    fn access_key(&self, described: &file::AccessKey, principal: &Arc<Principal>) -> Result<AccessKey, String> {
        let id = &described.id;
        if self.access_keys.iter().any(|other| other.id() == id) {
            return Err(format!("AccessKey {id:?} stands twice"));
        }
        let verifier = verifier(described).map_err(|what| format!("AccessKey {id:?} {what}"))?;
        let made = AccessKey::new(id, verifier, Arc::clone(principal)).map_err(|error| error.to_string())?;
        Ok(made.with_active(described.status == AccessKeyStatus::Active))
    }

    fn bearer_token(&mut self, token: &'f str, principal: &Arc<Principal>) -> Result<BearerToken, IdentityError> {
        let made = BearerToken::new(token, Arc::clone(principal))?;
        if self.seen.insert(token) { Ok(made) } else { Err(IdentityError::DuplicateBearerToken) }
    }
}

/// What the block's signatures are checked with. Errors tell nothing of what the block holds.
fn verifier(described: &file::AccessKey) -> Result<Verifier, &'static str> {
    match (&described.secret, &described.public_key) {
        (Some(secret), None) => Ok(Verifier::Secret(secret.0.clone())),
        (None, Some(pem)) => PublicKey::from_pem(pem)
            .map(Verifier::PublicKey)
            .ok_or("has a public_key that is not the PEM of an RSA public key"),
        (Some(_), Some(_)) => Err("has both a secret and a public_key: it signs with one of them"),
        (None, None) => Err("has neither a secret nor a public_key"),
    }
}
