use serde::Deserializer;

use crate::access::Arn;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::Checked;
use crate::dialect::alibaba::kms::types::{Text, from_text};
use crate::keyring::KeyState::{Disabled, Enabled, PendingImport, Unavailable};

/// Keep a key from being deleted, or no longer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetDeletionProtection {
    /// Key ARN; this or `KeyId` is needed.
    protected_resource_arn: Option<ProtectedResource>,
    /// Key ID or ARN.
    key_id: Option<KeyIdRef>,
    enable_deletion_protection: bool,
    /// Why, up to 8,192 characters; counts only where protection is switched on.
    deletion_protection_description: Option<Text<8192>>,
    /// An instance that the key is in; there are none.
    #[serde(rename = "KmsInstanceId")]
    _kms_instance_id: Option<Text<64>>,
}

/// What an ARN says is to be protected.
#[derive(Debug)]
enum ProtectedResource {
    Key(KeyRef),
    Secret,
}

impl<'de> Deserialize<'de> for ProtectedResource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| match Arn::parse(text) {
            None => Err(format!("{text:?} is no ARN")),
            Some(arn) if arn.service == "kms" && arn.relative.starts_with("secret/") => Ok(Self::Secret),
            Some(_) => KeyRef::parse(text, false).map(Self::Key),
        })
    }
}

impl Deed for SetDeletionProtection {
    const NAME: &'static str = "SetDeletionProtection";
    const STATES: States = States::of(&[Enabled, Disabled, PendingImport, Unavailable]);
    type Mode = Write;
    type Subject = Checked<Arc<Key>>;
    type Reply = Empty;

    fn subject(&self) -> Result<&KeyRef, Fault> {
        match (&self.protected_resource_arn, &self.key_id) {
            (Some(ProtectedResource::Key(key)), None) | (None, Some(KeyIdRef(key))) => Ok(key),
            (Some(ProtectedResource::Secret), None) => {
                Err(Fault::from(&fault::UNSUPPORTED_OPERATION).because("secrets are not built"))
            }
            (None, None) => Err(Fault::about(&fault::MISSING_PARAMETER, "ProtectedResourceArn")),
            (Some(_), Some(_)) => Err(Fault::about(&fault::INVALID_PARAMETER, "KeyId")
                .because("either ProtectedResourceArn or KeyId names the key, not both")),
        }
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Empty, Fault> {
        if self.enable_deletion_protection {
            let why = self.deletion_protection_description.as_ref().map_or("", |text| &text.0);
            view.keys_mut().protect(key, why);
        } else {
            view.keys_mut().unprotect(key);
        }
        Ok(Empty {})
    }
}
