//! The public key that a data key leaves under.

use base64::prelude::{BASE64_STANDARD, Engine};
use zeroize::Zeroizing;

use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::types::unbase64;
use crate::dialect::alibaba::kms::words::WrappingKeySpec;
use crate::keyring::{EncryptionAlgorithm, PublicKey, Refusal};
use crate::world::Draw;

/// A public key of somebody else's, and how to encrypt to it.
#[derive(Debug)]
pub(super) struct Wrapping {
    key: PublicKey,
    algorithm: EncryptionAlgorithm,
}

impl Wrapping {
    /// `blob`: SubjectPublicKeyInfo in DER.
    ///
    /// Errors: `InvalidParameter` naming `PublicKeyBlob` or `WrappingAlgorithm`.
    pub(super) fn new(spec: WrappingKeySpec, algorithm: EncryptionAlgorithm, blob: &[u8]) -> Result<Self, Fault> {
        let invalid = |parameter, why: String| Fault::about(&fault::INVALID_PARAMETER, parameter).because(why);
        if !spec.goes_with(algorithm) {
            return Err(invalid("WrappingAlgorithm", "it does not go with the WrappingKeySpec".to_owned()));
        }
        match PublicKey::from_der(spec.key_pair(), blob) {
            Ok(key) => Ok(Self { key, algorithm }),
            Err(error) => Err(invalid("PublicKeyBlob", format!("{error} of the WrappingKeySpec"))),
        }
    }

    /// The data key that `text` writes in base64, encrypted, in base64. A text that is none is encrypted as it is.
    ///
    /// Errors: `InvalidParameter` naming `parameter` for more than can be encrypted at once.
    pub(super) fn wrap(&self, text: &[u8], parameter: &str, draw: &mut Draw) -> Result<String, Fault> {
        let data_key = unbase64(text).unwrap_or_else(|_| Zeroizing::new(text.to_vec()));
        let wrapped = self.key.encrypt(self.algorithm, &data_key, draw);
        wrapped
            .map(|wrapped| BASE64_STANDARD.encode(wrapped))
            .map_err(|refusal: Refusal| Fault::about(&fault::INVALID_PARAMETER, parameter).because(refusal.to_string()))
    }
}
