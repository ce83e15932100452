//! What key pairs do: signatures, and encryption to public keys.

mod asymmetric_decrypt;
mod asymmetric_encrypt;
mod asymmetric_sign;
mod asymmetric_verify;
mod get_public_key;

pub(super) use asymmetric_decrypt::AsymmetricDecrypt;
pub(super) use asymmetric_encrypt::AsymmetricEncrypt;
pub(super) use asymmetric_sign::AsymmetricSign;
pub(super) use asymmetric_verify::AsymmetricVerify;
pub(super) use get_public_key::GetPublicKey;
