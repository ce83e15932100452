use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::Base64;
use crate::keyring::MacAlgorithm;
use base64::prelude::{BASE64_STANDARD, Engine};

/// Compute the authentication code of a message.
///
/// Errors: `UnsupportedOperation` for a key that is not made for codes, `InvalidParameter` naming `Algorithm` for one
/// that is not the key's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GenerateMac {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// The one algorithm of the key's spec: `HMAC_SHA_224`, `_256`, `_384`, `_512`, or `HMAC_SM3`.
    algorithm: Worded<MacAlgorithm>,
    /// Base64. No limit is documented.
    message: Base64<1_048_576>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Generated {
    key_id: KeyId,
    algorithm: Option<&'static str>,
    /// Base64.
    mac: String,
}

impl Deed for GenerateMac {
    const NAME: &'static str = "GenerateMac";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;

    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Generated;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Generated, Fault> {
        let mac = key.mac(self.algorithm.0, &self.message.0)?;
        Ok(Generated { key_id: key.id.clone(), algorithm: self.algorithm.0.word(), mac: BASE64_STANDARD.encode(mac) })
    }
}
