//! How the commands that ask a sandbox reach it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::ca;
use crate::certificates::CERTIFICATE_FILE;

/// Whom to trust.
#[derive(Debug, Args)]
pub(super) struct Trust {
    /// The CA to trust for https (PEM). Without it: the one that `yaoshi ca` prints.
    #[arg(long, env = "YAOSHI_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl Trust {
    /// Where the CA's certificate lies, or would if there were one.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.ca.clone().or_else(|| Some(ca::folder(None)?.join(CERTIFICATE_FILE)))
    }

    /// An HTTP client for `url` to which every status is an answer. Errors: https without a CA to trust.
    pub(super) fn agent(&self, url: &str, timeout: Duration) -> Result<Agent, String> {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(timeout)).proxy(None);
        let config = if url.starts_with("https://") {
            let tls = TlsConfig::builder()
                .root_certs(RootCerts::new_with_certs(&self.certificates()?))
                .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
            config.tls_config(tls.build())
        } else {
            config
        };
        Ok(config.build().into())
    }

    fn certificates(&self) -> Result<Vec<Certificate<'static>>, String> {
        let file = self.file().ok_or("https needs a CA to trust: --ca FILE")?;
        let pem = fs::read(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let certificates: Vec<_> = parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(format!("{} cannot be used: it holds no certificates in PEM", file.display()));
        }
        Ok(certificates)
    }
}

/// `endpoint` with a scheme and without a slash at its end.
pub(super) fn url(endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    if endpoint.contains("://") { endpoint.to_owned() } else { format!("http://{endpoint}") }
}
