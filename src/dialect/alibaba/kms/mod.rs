//! KMS 2016-01-20: the actions, and the way each of them takes.

mod alias;
mod asymmetric;
mod catalogue;
mod crypto;
mod data_key;
mod key;
mod lists;
mod mac;
mod material;
mod prelude;
mod recipient;
mod reference;
mod region;
mod resource_names;
mod service;
mod subject;
mod tag;
mod types;
mod version;
pub mod words;

pub use catalogue::NOT_BUILT;
pub use crypto::CiphertextBlob;
pub use lists::check_tag;
pub use resource_names::ALIAS_PREFIX;

use super::{Entry, Service};

/// Key management, as of 2016-01-20.
pub const SERVICE: Service = Service { version: "2016-01-20", code: "kms", actions: ACTIONS, not_built: NOT_BUILT };

/// Every action there is.
pub const ACTIONS: &[Entry] = &[
    Entry::of::<key::CreateKey>(),
    Entry::of::<key::DescribeKey>(),
    Entry::of::<key::ListKeys>(),
    Entry::of::<key::EnableKey>(),
    Entry::of::<key::DisableKey>(),
    Entry::of::<key::ScheduleKeyDeletion>(),
    Entry::of::<key::CancelKeyDeletion>(),
    Entry::of::<key::SetDeletionProtection>(),
    Entry::of::<key::UpdateKeyDescription>(),
    Entry::of::<key::UpdateRotationPolicy>(),
    Entry::of::<alias::CreateAlias>(),
    Entry::of::<alias::UpdateAlias>(),
    Entry::of::<alias::DeleteAlias>(),
    Entry::of::<alias::ListAliases>(),
    Entry::of::<alias::ListAliasesByKeyId>(),
    Entry::of::<version::CreateKeyVersion>(),
    Entry::of::<version::DescribeKeyVersion>(),
    Entry::of::<version::ListKeyVersions>(),
    Entry::of::<tag::TagResource>(),
    Entry::of::<tag::UntagResource>(),
    Entry::of::<tag::ListResourceTags>(),
    Entry::of::<tag::TagResources>(),
    Entry::of::<tag::UntagResources>(),
    Entry::of::<tag::ListTagResources>(),
    Entry::of::<crypto::Encrypt>(),
    Entry::of::<crypto::Decrypt>(),
    Entry::of::<crypto::ReEncrypt>(),
    Entry::of::<crypto::GenerateDataKey>(),
    Entry::of::<crypto::GenerateDataKeyWithoutPlaintext>(),
    Entry::of::<crypto::GenerateAndExportDataKey>(),
    Entry::of::<crypto::ExportDataKey>(),
    Entry::of::<data_key::GetManagedDataKey>(),
    Entry::of::<data_key::ListManagedDataKeyVersions>(),
    Entry::of::<asymmetric::AsymmetricSign>(),
    Entry::of::<asymmetric::AsymmetricVerify>(),
    Entry::of::<asymmetric::AsymmetricEncrypt>(),
    Entry::of::<asymmetric::AsymmetricDecrypt>(),
    Entry::of::<asymmetric::GetPublicKey>(),
    Entry::of::<mac::GenerateMac>(),
    Entry::of::<mac::VerifyMac>(),
    Entry::of::<material::GetParametersForImport>(),
    Entry::of::<material::ImportKeyMaterial>(),
    Entry::of::<material::DeleteKeyMaterial>(),
    Entry::of::<region::DescribeRegions>(),
    Entry::of::<service::DescribeAccountKmsStatus>(),
    Entry::of::<service::OpenKmsService>(),
];
