//! A certificate authority and what it certifies.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{Span, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{Error, RootCertStore};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Days that a CA is good for: ten years.
const AUTHORITY_DAYS: i32 = 3652;

/// Days that a server's certificate is good for, the day before it was made among them: what browsers take at most.
const SERVER_DAYS: i32 = 397;

/// Every certificate has it.
const PROBE: &str = "localhost";

/// A certificate authority with its key: P-256, ECDSA with SHA-256.
///
/// Its name and serial number follow from the key: two certificates of one key stand for each other.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// What a server shows and signs with.
pub struct Identity {
    /// The certificate (PEM).
    pub certificate: String,
    /// Its private key (PEM, PKCS #8).
    pub key: Zeroizing<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("{0:?} is neither a host name nor an IP address")]
    Name(String),
    #[error("it is no private key for ECDSA")]
    Key,
    #[error("it is no CA certificate")]
    NoAuthority,
    #[error("it has expired, or is not valid yet")]
    OutOfTime,
    #[error("what the key signs does not hold up against the certificate: {0}")]
    Mismatch(Error),
    #[error("no certificate can be made: {0}")]
    Impossible(#[from] rcgen::Error),
}

impl Authority {
    /// A new one, good for ten years.
    pub fn new(now: Timestamp) -> Result<Self, CertificateError> {
        Self::with_key(KeyPair::generate()?, now)
    }

    /// A new certificate for the private key `key` (PEM, PKCS #8).
    pub fn from_key(key: &str, now: Timestamp) -> Result<Self, CertificateError> {
        Self::with_key(read_key(key)?, now)
    }

    /// The CA with this certificate and private key (both PEM), made by [`Authority::new`] some time ago.
    ///
    /// Errors: either is broken, they do not belong together, or the certificate is not good at `now`.
    pub fn from_pem(certificate: &str, key: &str, now: Timestamp) -> Result<Self, CertificateError> {
        let key = read_key(key)?;
        let issuer = Issuer::new(parameters(&key, now), key);
        let authority = Self { issuer, certificate: certificate.to_owned() };
        authority.prove(now)?;
        Ok(authority)
    }

    fn with_key(key: KeyPair, now: Timestamp) -> Result<Self, CertificateError> {
        let parameters = parameters(&key, now);
        let certificate = parameters.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(parameters, key), certificate })
    }

    /// The certificate that clients have to trust (PEM).
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The private key (PEM, PKCS #8).
    pub fn key(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    /// A certificate with a key of its own for a server reached by `names`: host names and IP addresses.
    pub fn certify(&self, names: &[String], now: Timestamp) -> Result<Identity, CertificateError> {
        if let Some(wrong) = names.iter().find(|name| ServerName::try_from(name.as_str()).is_err()) {
            return Err(CertificateError::Name(wrong.clone()));
        }
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, "Yaoshi");
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        limit(&mut parameters, now, SERVER_DAYS);
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?.pem();
        Ok(Identity { certificate, key: Zeroizing::new(key.serialize_pem()) })
    }

    /// See this CA, and a certificate of it, with the eyes of a client.
    fn prove(&self, now: Timestamp) -> Result<(), CertificateError> {
        let read =
            |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CertificateError::NoAuthority);
        let own = read(&self.certificate)?;
        let mut roots = RootCertStore::empty();
        roots.add(own.clone()).map_err(|_| CertificateError::NoAuthority)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()))
            .build()
            .map_err(|_| CertificateError::NoAuthority)?;
        let name = ServerName::try_from(PROBE).expect("it is a host name");
        let now_unix = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().try_into().unwrap_or(0)));
        let seen = |certificate: &CertificateDer| verifier.verify_server_cert(certificate, &[], &name, &[], now_unix);
        // This library trusts a CA at any time, others do not: it tells the time only of what a server shows.
        if let Err(Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
        )) = seen(&own)
        {
            return Err(CertificateError::OutOfTime);
        }
        let probe = read(&self.certify(&[PROBE.to_owned()], now)?.certificate)?;
        seen(&probe).map_err(CertificateError::Mismatch)?;
        Ok(())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Authority").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

fn read_key(pem: &str) -> Result<KeyPair, CertificateError> {
    KeyPair::from_pem(pem).map_err(|_| CertificateError::Key)
}

/// What the CA with this `key` says of itself.
fn parameters(key: &KeyPair, now: Timestamp) -> CertificateParams {
    let mark = Sha256::digest(key.public_key_raw());
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(
        DnType::CommonName,
        format!("Yaoshi local CA {:02x}{:02x}{:02x}{:02x}", mark[0], mark[1], mark[2], mark[3]),
    );
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    limit(&mut parameters, now, AUTHORITY_DAYS);
    parameters
}

/// Good from the start of the day before `now`, for so many days: clocks differ.
fn limit(parameters: &mut CertificateParams, now: Timestamp, days: i32) {
    let day = |days: i32| {
        let date = now.to_zoned_datetime(TimeZone::UTC).date().saturating_add(Span::new().days(days));
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    parameters.not_before = day(-1);
    parameters.not_after = day(days - 1);
}
