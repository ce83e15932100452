use std::collections::BTreeMap;

use super::metadata::KeyMetadata;
use super::rotation::rotation;
use crate::dialect::alibaba::kms::lists::Tags;
use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{AllKeys, Ordered, Whole};
use crate::dialect::alibaba::kms::types::{RotationInterval, Text};
use crate::keyring::{KeySpec, KeyUsage, Kind, Order, Origin, ProtectionLevel};

/// Make a key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateKey {
    /// Default `Aliyun_AES_256`.
    key_spec: Option<Worded<KeySpec>>,
    /// Default `SIGN/VERIFY` where keys of the spec can sign, else the one use that they have.
    key_usage: Option<Worded<KeyUsage>>,
    /// Default `Aliyun_KMS`; a key of origin `EXTERNAL` waits for its material.
    origin: Option<Worded<Origin>>,
    /// Default `SOFTWARE`.
    protection_level: Option<Text<64>>,
    description: Option<Text<8192>>,
    /// Default false.
    enable_automatic_rotation: Option<bool>,
    /// Needed with automatic rotation, ignored without.
    rotation_interval: Option<RotationInterval>,
    /// JSON list of up to 20 tags.
    tags: Option<Tags<20>>,
    /// An instance to make the key in; there are none.
    #[serde(rename = "DKMSInstanceId")]
    dkms_instance_id: Option<Text<64>>,
    /// A key policy, which only keys in instances have.
    policy: Option<Text<32768>>,
    /// Counts only for keys in instances.
    #[serde(rename = "KeyStorageMechanism")]
    _key_storage_mechanism: Option<Text<64>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Created {
    key_metadata: KeyMetadata,
}

impl Deed for CreateKey {
    const NAME: &'static str = "CreateKey";
    type Mode = Write;
    type Subject = Ordered<Whole<AllKeys>, Order>;
    type Reply = Created;

    fn subject(&self) -> ((), Result<Order, Fault>) {
        ((), self.order())
    }

    fn makes(&self, ((), order): &((), Order), _view: &View<'_, Write>) -> Result<Option<KeySpec>, Fault> {
        Ok(order.makes())
    }

    fn run(&self, ((), order): ((), Order), view: &mut View<'_, Write>) -> Result<Created, Fault> {
        let key = view.keys_mut().create(order);
        Ok(Created { key_metadata: KeyMetadata::of(&key, view.now()) })
    }
}

impl CreateKey {
    /// The key that the request orders.
    ///
    /// Errors: `InvalidParameter` for what a key of the spec cannot be, `Unsupported.ProtectionLevel`;
    /// `Forbidden.DKMSInstanceNotFound`, `Forbidden.KeyPolicyUnSupported`.
    fn order(&self) -> Result<Order, Fault> {
        if self.dkms_instance_id.is_some() {
            return Err((&fault::INSTANCE_NOT_FOUND).into());
        }
        if self.policy.is_some() {
            return Err((&fault::KEY_POLICY_UNSUPPORTED).into());
        }
        let spec = self.key_spec.map_or(KeySpec::default(), |word| word.0);
        let usage = self.key_usage.map_or(spec.usages()[0], |word| word.0);
        let kind = Kind::new(spec, usage, self.origin.map_or(Origin::Service, |word| word.0))?;
        let rotation = rotation(self.enable_automatic_rotation, self.rotation_interval)?;
        let mut order = Order::new(kind).rotating(rotation)?;
        order.protection_level = self.protection_level.as_ref().map_or(Ok(ProtectionLevel::Software), |word| {
            ProtectionLevel::from_word(&word.0).map_err(|_| Fault::from(&fault::UNSUPPORTED_PROTECTION_LEVEL))
        })?;
        order.description = self.description.as_ref().map_or("", |text| &text.0).into();
        order.tags = self.tags.as_ref().map_or_else(BTreeMap::new, |tags| tags.0.clone());
        Ok(order)
    }
}
