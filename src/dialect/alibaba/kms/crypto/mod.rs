//! Encryption under keys: data, and data keys.

mod data_key;
mod decrypt;
mod encrypt;
mod generate_data_key;
mod generate_data_key_without_plaintext;
mod re_encrypt;

pub(super) use decrypt::Decrypt;
pub(super) use encrypt::Encrypt;
pub(super) use generate_data_key::GenerateDataKey;
pub(super) use generate_data_key_without_plaintext::GenerateDataKeyWithoutPlaintext;
pub(super) use re_encrypt::ReEncrypt;

use crate::dialect::alibaba::fault::{self, Fault};
use crate::keyring::{KeyState, States};

/// The states of a key that can encrypt and decrypt.
const USABLE: States = States::of(&[KeyState::Enabled]);

/// Answers sealed for an enclave are not built: better none than one that everybody can read.
fn refuse_recipient(recipient: Option<&String>) -> Result<(), Fault> {
    match recipient {
        None => Ok(()),
        Some(_) => Err(Fault::from(&fault::UNSUPPORTED_OPERATION).because("Recipient is not built")),
    }
}
