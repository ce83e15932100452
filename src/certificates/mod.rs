//! The CA and the certificates that Yaoshi makes for itself, so that nobody has to bring any.
//!
//! A CA is made once and kept; a server's certificate is made at every start and kept nowhere. Their keys come from the
//! TLS library's own random source, whatever the seed of a sandbox: what can be foretold protects nothing.

mod authority;
mod folder;

pub use authority::{Authority, CertificateError, Identity};
pub use folder::{CERTIFICATE_FILE, FolderError, open};
