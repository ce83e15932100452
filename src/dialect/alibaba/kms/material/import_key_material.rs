use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::types::{Base64, UnixTime};
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport};

/// Give a key the material that its owner brings; a key that had some can only get the same again.
///
/// Errors: `Unsupported.Origin`, `InvalidImportToken`, `ExpiredImportToken`, `InvalidKeyMaterial`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportKeyMaterial {
    /// Key ID or ARN.
    key_id: KeyIdRef,
    /// 32 bytes for a key of spec `Aliyun_AES_256`, 16 for `Aliyun_SM4`, encrypted to the public key that
    /// GetParametersForImport gave.
    encrypted_key_material: Base64<512>,
    /// What GetParametersForImport gave with the public key.
    import_token: Base64<4096>,
    /// When the material expires; 0 for never.
    key_material_expire_unix: UnixTime,
}

impl Deed for ImportKeyMaterial {
    const NAME: &'static str = "ImportKeyMaterial";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport]).else_not_changeable();
    type Mode = Write;
    type Subject = Arc<Key>;
    type Reply = Empty;

    fn subject(&self) -> &KeyRef {
        &self.key_id.0
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        let expires_at = Some(self.key_material_expire_unix.0).filter(|moment| moment.as_second() != 0);
        view.keys_mut().import_material(key, &self.import_token.0, &self.encrypted_key_material.0, expires_at)?;
        Ok(Empty {})
    }
}
