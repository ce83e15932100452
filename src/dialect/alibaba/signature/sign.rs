//! The client's side: signing calls, for `yaoshi call` and for tests.

use jiff::Timestamp;

use super::algorithm::{Algorithm, HmacAlgorithm};
use super::headers::{self, CanonicalRequest, Scope};
use super::v1;
use crate::dialect::alibaba::encoding::encode_once;
use crate::dialect::alibaba::parameters::Parameters;

/// The service's name in a V4 scope.
const PRODUCT: &str = "Kms";

/// The service's version.
const VERSION: &str = "2016-01-20";

/// How to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme<'c> {
    /// In the parameters, the answer's format too.
    V1 {
        format: &'c str,
    },
    V3,
    V4,
}

/// A call without its signature: POST, everything in the query, the path `/`.
#[derive(Debug)]
pub struct Unsigned<'c> {
    pub action: &'c str,
    pub parameters: &'c [(String, String)],
    pub region: &'c str,
    /// With the port, as the `Host` header will have it.
    pub host: &'c str,
    pub access_key_id: &'c str,
    pub access_key_secret: &'c str,
    pub now: Timestamp,
    pub nonce: &'c str,
}

/// What to send.
#[derive(Debug)]
pub struct Signed {
    /// Percent-encoded.
    pub query: String,
    /// Beside `Host`.
    pub headers: Vec<(&'static str, String)>,
}

impl Unsigned<'_> {
    pub fn sign(&self, scheme: Scheme<'_>) -> Signed {
        match scheme {
            Scheme::V1 { format } => self.sign_v1(format),
            Scheme::V3 => self.sign_headers(HmacAlgorithm::Acs3Sha256, None),
            Scheme::V4 => {
                let date = self.now.strftime("%Y%m%d").to_string();
                let scope = Scope { date: &date, region: self.region, product: PRODUCT };
                self.sign_headers(HmacAlgorithm::Acs4Sha256, Some(scope))
            }
        }
    }

    fn sign_v1(&self, format: &str) -> Signed {
        let time = self.time();
        let common = [
            ("AccessKeyId", self.access_key_id),
            ("Action", self.action),
            ("Format", format),
            ("RegionId", self.region),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", self.nonce),
            ("SignatureVersion", "1.0"),
            ("Timestamp", &time),
            ("Version", VERSION),
        ];
        let query = encoded(self.own().chain(common));
        let signature = v1::sign(&v1::string_to_sign("POST", &read(&query)), self.access_key_secret);
        let signature = encoded([("Signature", signature.as_str())].into_iter());
        Signed { query: format!("{query}&{signature}"), headers: Vec::new() }
    }

    fn sign_headers(&self, hmac: HmacAlgorithm, scope: Option<Scope<'_>>) -> Signed {
        let algorithm = Algorithm::Hmac(hmac);
        // V4 has a region in its credential; what is sent here goes first and says the same.
        let query = encoded(self.own().chain([("RegionId", self.region)]));
        let payload = algorithm.hash(b"");
        let mut headers = vec![
            ("x-acs-action", self.action.to_owned()),
            ("x-acs-content-sha256", String::from_utf8_lossy(&payload).into_owned()),
            ("x-acs-date", self.time()),
            ("x-acs-signature-nonce", self.nonce.to_owned()),
            ("x-acs-version", VERSION.to_owned()),
        ];
        let host = ("host", self.host.to_owned());
        let names = std::iter::once(host.0).chain(headers.iter().map(|(name, _)| *name)).collect::<Vec<_>>().join(";");
        let mut canonical = CanonicalRequest::begin("POST");
        canonical.query(&read(&query), encode_once);
        for (name, value) in std::iter::once(&host).chain(&headers) {
            canonical.header(name, std::iter::once(value.as_bytes()));
        }
        let string_to_sign = canonical.end(&names, &payload).string_to_sign(algorithm);
        let signature = headers::sign(hmac, &string_to_sign, self.access_key_secret, scope);
        let credential = match scope {
            None => self.access_key_id.to_owned(),
            Some(Scope { date, region, product }) => {
                format!("{}/{date}/{region}/{product}/aliyun_v4_request", self.access_key_id)
            }
        };
        let name = algorithm.name();
        let authorization = format!("{name} Credential={credential},SignedHeaders={names},Signature={signature}");
        headers.push(("authorization", authorization));
        Signed { query, headers }
    }

    fn own(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn time(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

fn encoded<'p>(parameters: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut query = Vec::new();
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push(b'&');
        }
        encode_once(name, &mut query);
        query.push(b'=');
        encode_once(value, &mut query);
    }
    String::from_utf8(query).expect("what is percent-encoded is ASCII")
}

/// The parameters as the other side will read them. One that stands twice will be refused there, whatever is signed.
fn read(query: &str) -> Parameters {
    Parameters::read(query, b"").unwrap_or_default()
}
