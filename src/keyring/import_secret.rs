//! The secret under which private keys leave for a while, to come back with the material that was wrapped for them.

use secrecy::{ExposeSecret, SecretBox};

use crate::cipher::{Aead, Algorithm};

/// What import tokens are sealed under.
#[derive(Debug)]
pub struct ImportSecret(SecretBox<[u8; 32]>);

impl ImportSecret {
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(*secret)))
    }

    pub(super) fn aead(&self) -> Aead {
        Aead::new(Algorithm::Aes256Gcm, self.0.expose_secret())
    }
}
