use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::Base64;
use crate::keyring::MacAlgorithm;

/// Tell whether a code is that of a message.
///
/// Errors: as GenerateMac. A code of another length is not an error.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VerifyMac {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
    /// The one algorithm of the key's spec: `HMAC_SHA_224`, `_256`, `_384`, `_512`, or `HMAC_SM3`.
    algorithm: Worded<MacAlgorithm>,
    /// Base64. No limit is documented.
    message: Base64<1_048_576>,
    /// Base64.
    mac: Base64<1024>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Verified {
    key_id: KeyId,
    algorithm: Option<&'static str>,
    value: bool,
}

impl Deed for VerifyMac {
    const NAME: &'static str = "VerifyMac";
    const STATES: States = States::ENABLED;
    const DRY_RUN: bool = true;
    const LIMIT: Limit = Limit::Symmetric;

    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Verified;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn run(&self, key: Admitted, _view: &mut View<'_, Read>) -> Result<Verified, Fault> {
        let value = key.verifies_mac(self.algorithm.0, &self.message.0, &self.mac.0)?;
        Ok(Verified { key_id: key.id.clone(), algorithm: self.algorithm.0.word(), value })
    }
}
