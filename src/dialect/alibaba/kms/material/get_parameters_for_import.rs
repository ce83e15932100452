use base64::prelude::{BASE64_STANDARD, Engine};

use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::timestamp;
use crate::dialect::alibaba::kms::words::WrappingKeySpec;
use crate::keyring::{KeySpec, Wrapping};

/// Ask for a public key to wrap key material with, and the token that must come back with it. Both are new each time.
///
/// Errors: `Unsupported.Origin`; `InvalidParameter` naming `WrappingAlgorithm` where it does not go with the spec.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetParametersForImport {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// `RSAES_PKCS1_V1_5`, `RSAES_OAEP_SHA_1`, `RSAES_OAEP_SHA_256`; `SM2PKE`.
    wrapping_algorithm: Worded<Wrapping>,
    /// `RSA_2048`, and for the last algorithm `EC_SM2`.
    wrapping_key_spec: Worded<WrappingKeySpec>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameters {
    key_id: KeyId,
    /// Base64 of a SubjectPublicKeyInfo in DER.
    public_key: String,
    import_token: String,
    /// 24 hours from now.
    token_expire_time: String,
}

impl Deed for GetParametersForImport {
    const NAME: &'static str = "GetParametersForImport";
    const IS_LONG: bool = true;
    type Mode = Read;
    type Subject = Arc<Key>;
    type Reply = Parameters;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn makes(&self, key: &Admitted, _view: &View<'_, Read>) -> Result<Option<KeySpec>, Fault> {
        key.takes_imported_material()?;
        if WrappingKeySpec::of(self.wrapping_algorithm.0) != self.wrapping_key_spec.0 {
            return Err(Fault::about(&fault::INVALID_PARAMETER, "WrappingAlgorithm")
                .because("it does not go with the WrappingKeySpec"));
        }
        Ok(Some(self.wrapping_algorithm.0.key_spec()))
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Parameters, Fault> {
        let parameters = view.import_parameters(&key, self.wrapping_algorithm.0)?;
        Ok(Parameters {
            key_id: key.id.clone(),
            public_key: BASE64_STANDARD.encode(&parameters.public_key),
            import_token: BASE64_STANDARD.encode(&parameters.token),
            token_expire_time: timestamp(parameters.expires_at),
        })
    }
}
