use jiff::SignedDuration;

use super::{Described, Metadata};
use crate::dialect::alibaba::kms::prelude::*;
use crate::keyring::{KeySpec, KeyUsage, Origin};

/// Give a key new material; what older versions encrypted can still be decrypted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateKeyVersion {
    /// Key ID, alias, or the ARN of either.
    key_id: KeyRef,
}

/// How long after a version there is no other. Source: CreateKeyVersion page (2021).
const LEAST_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

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
        let refused = |why: &str| Err(Fault::from(&fault::REJECTED_UNSUPPORTED_OPERATION).because(why));
        if key.origin == Origin::External {
            return refused("a key with imported material has one version");
        }
        if key.usage == KeyUsage::GenerateVerifyMac {
            return refused("codes do not name a version: a MAC key has one");
        }
        if key.primary_version().is_some_and(|last| view.now().duration_since(last.created) < LEAST_AGE) {
            return refused("the last version is less than 7 days old");
        }
        Ok(Some(key.spec))
    }

    fn run(&self, key: Admitted, view: &mut View<'_, Write>) -> Result<Described, Fault> {
        let version = Arc::new(view.new_version(key.spec, view.now()));
        let key_version = Metadata::of(&key, &version);
        view.change(key, |key| key.versions.push(version));
        Ok(Described { key_version })
    }
}
