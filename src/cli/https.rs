//! How `yaoshi serve` comes to its certificate.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::ca;
use crate::certificates::{self, Authority, CERTIFICATE_FILE, FolderError};
use crate::sandbox::certified;
use crate::server::{Tls, TlsError};

#[derive(Debug, Args)]
pub(super) struct Certificate {
    /// A certificate of one's own for https (PEM), with those that lead to its CA. Without it one is made.
    #[arg(long, env = "YAOSHI_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// Its private key (PEM).
    #[arg(long, env = "YAOSHI_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// What https needs, and what to tell of it.
pub(super) struct Https {
    pub(super) tls: Tls,
    pub(super) notice: String,
}

impl Certificate {
    /// For a server with these `hostnames` that listens on `address` and keeps its data in `data`.
    pub(super) fn prepare(
        &self,
        data: Option<&Path>,
        hostnames: &[String],
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Https, String> {
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            let notice = format!("https on the same port; certificate: {}", certificate.display());
            return Ok(Https { tls: ones_own(certificate, key)?, notice });
        }
        let (authority, notice) = authority(data, now)?;
        let tls = certified(&authority, hostnames, address, now).map_err(|error| format!("--hostname: {error}"))?;
        Ok(Https { tls, notice })
    }
}

fn ones_own(certificate: &Path, key: &Path) -> Result<Tls, String> {
    let read = |file: &Path| fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()));
    Tls::from_pem(&read(certificate)?, &read(key)?).map_err(|error| match error {
        TlsError::Certificates => format!("{} cannot be used: {error}", certificate.display()),
        TlsError::Key => format!("{} cannot be used: {error}", key.display()),
        TlsError::Pair(_) => format!("{} cannot be used with {}: {error}", certificate.display(), key.display()),
    })
}

/// The CA that is kept; one for the life of the process where the user's own folder cannot keep any.
fn authority(data: Option<&Path>, now: Timestamp) -> Result<(Authority, String), String> {
    let why = match ca::folder(data).map(|folder| (certificates::open(&folder, now), folder)) {
        Some((Ok(authority), folder)) => {
            let file = folder.join(CERTIFICATE_FILE);
            return Ok((authority, format!("https on the same port; CA: {} (yaoshi ca prints it)", file.display())));
        }
        Some((Err(error @ FolderError::Unusable { .. }), _)) if data.is_none() => error.to_string(),
        Some((Err(error), _)) => return Err(error.to_string()),
        None => "there is no home folder to keep a CA in".to_owned(),
    };
    tracing::warn!(
        "{why}: https has one that ends with this process; for a lasting one say --data DIR, or set XDG_CONFIG_HOME \
         to a folder that can be written to, or say --tls-cert and --tls-key"
    );
    let authority = Authority::new(now).map_err(|error| error.to_string())?;
    Ok((authority, "https on the same port; CA: none that lasts".to_owned()))
}
