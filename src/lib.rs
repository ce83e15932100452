pub mod cipher;
pub mod keyring;
pub mod world;
