use super::{Described, Metadata};
use crate::dialect::alibaba::kms::prelude::*;
use crate::keyring::KeySpec;

/// Give a key new material; what older versions encrypted can still be decrypted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateKeyVersion {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
}

impl Deed for CreateKeyVersion {
    const NAME: &'static str = "CreateKeyVersion";
    const STATES: States = States::ENABLED;
    type Mode = Write;
    type Subject = Arc<Key>;
    type Reply = Described;

    fn subject(&self) -> &KeyRef {
        &self.key_id
    }

    fn makes(&self, key: &Admitted, view: &View<'_, Write>) -> Result<Option<KeySpec>, Fault> {
        key.takes_further_version(view.now())?;
        Ok(Some(key.spec))
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Described, Fault> {
        let id = key.id.clone();
        let version = view.keys_mut().add_version(key)?;
        Ok(Described { key_version: Metadata::of(&id, &version) })
    }
}
