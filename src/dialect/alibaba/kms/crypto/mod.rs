//! Encryption under keys: data, and data keys.

mod blob;
mod context;
mod data_key;
mod decrypt;
mod encrypt;
mod export_data_key;
mod generate_and_export_data_key;
mod generate_data_key;
mod generate_data_key_without_plaintext;
mod re_encrypt;
mod wrapping;

pub use blob::CiphertextBlob;
pub(super) use decrypt::Decrypt;
pub(super) use encrypt::Encrypt;
pub(super) use export_data_key::ExportDataKey;
pub(super) use generate_and_export_data_key::GenerateAndExportDataKey;
pub(super) use generate_data_key::GenerateDataKey;
pub(super) use generate_data_key_without_plaintext::GenerateDataKeyWithoutPlaintext;
pub(super) use re_encrypt::ReEncrypt;
