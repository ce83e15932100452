//! What the two ways to make a data key share.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::blob::CiphertextBlob;
use super::context::EncryptionContext;
use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::types::{Revealed, Within};
use crate::keyring::{Admitted, KeyId, VersionId};
use crate::state::{Read, View};

/// A kind of data key.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) enum DataKeySpec {
    #[serde(rename = "AES_256")]
    Aes256,
    #[serde(rename = "AES_128")]
    Aes128,
}

/// Bytes of a data key.
pub(super) type NumberOfBytes = Within<1, 1024>;

/// A data key, sealed and plain.
#[derive(Debug)]
pub(super) struct DataKey {
    pub(super) ciphertext_blob: String,
    pub(super) key_id: KeyId,
    pub(super) key_version_id: VersionId,
    /// Base64.
    pub(super) plaintext: Revealed,
}

/// Make a data key: `number_of_bytes`, else as many as `spec` says, else 32. Its base64 text is what is sealed.
pub(super) fn generate(
    key: &Admitted,
    spec: Option<DataKeySpec>,
    number_of_bytes: Option<NumberOfBytes>,
    context: &EncryptionContext,
    view: &mut View<'_, Read>,
) -> Result<DataKey, Fault> {
    let length = match (number_of_bytes, spec) {
        (Some(number), _) => number.get() as usize,
        (None, Some(DataKeySpec::Aes128)) => 16,
        (None, Some(DataKeySpec::Aes256) | None) => 32,
    };
    let mut data_key = Zeroizing::new(vec![0; length]);
    view.draw.fill(&mut data_key);
    let plaintext = Revealed::base64(&data_key);
    let sealed = key.seal(plaintext.as_bytes(), &context.associated_data(), &mut view.draw)?;
    Ok(DataKey {
        ciphertext_blob: CiphertextBlob::encode(&sealed),
        key_id: key.id.clone(),
        key_version_id: sealed.version,
        plaintext,
    })
}
