//! Requests as they stand on the wire, and the steps by which a client makes them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use yaoshi::access::{PublicKey, Verifier};
use yaoshi::dialect::Request;
use yaoshi::dialect::alibaba::fault::Fault;
use yaoshi::dialect::alibaba::parameters::Parameters;
use yaoshi::dialect::alibaba::signature::headers::{self, CanonicalRequest, Scope};
use yaoshi::dialect::alibaba::signature::{Algorithm, Credentials, v1};

use super::pair;

/// A request, byte for byte.
#[derive(Debug, Clone)]
pub struct Raw {
    pub method: String,
    pub path: String,
    /// Percent-encoded.
    pub query: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Query,
    Body,
}

/// A decoded parameter: bytes, since a change may leave UTF-8.
pub type Pair = (Vec<u8>, Vec<u8>);

impl Raw {
    /// From the text of an HTTP/1.1 request.
    pub fn parse(text: &[u8]) -> Self {
        let end = text.windows(4).position(|four| four == b"\r\n\r\n").expect("a head ends with an empty line");
        let head = std::str::from_utf8(&text[..end]).expect("heads are ASCII");
        let mut lines = head.split("\r\n");
        let [method, target, _version] = lines.next().unwrap().split(' ').collect::<Vec<_>>()[..] else {
            panic!("no request line: {head}")
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').expect("a header has a colon");
            (name.to_owned(), value.strip_prefix(' ').unwrap_or(value).as_bytes().to_vec())
        });
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            body: text[end + 4..].to_vec(),
        }
    }

    /// As HTTP/1.1 writes it; headers as they are, so `content-length` is the caller's business.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target()).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    pub fn to_http(&self) -> http::Request<Bytes> {
        let mut request = http::Request::builder().method(self.method.as_str()).uri(self.target());
        for (name, value) in &self.headers {
            request = request.header(name, &value[..]);
        }
        request.body(self.body.clone().into()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Check the signature with a secret, and nothing else of who calls and when.
    pub fn verify(&self, secret: &str) -> Result<(), Fault> {
        self.verify_by(&Verifier::Secret(secret.into()))
    }

    /// Check the signature, and nothing else of who calls and when.
    pub fn verify_by(&self, verifier: &Verifier) -> Result<(), Fault> {
        let (head, body) = self.to_http().into_parts();
        let request = Request::new(head, body, [127, 0, 0, 1].into(), false);
        let parameters = Parameters::read(&self.query, &request.body)?;
        let credentials = Credentials::read(&request, &parameters)?;
        credentials.demand_complete()?;
        credentials.verify(&request, &parameters, verifier)
    }

    pub fn header(&self, wanted: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| &value[..])
    }

    pub fn has_header(&self, name: &str) -> bool {
        self.header(name).is_some()
    }

    /// Add a header, or change the one that is there.
    pub fn set_header(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref().to_vec();
        match self.headers.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
            Some((_, own)) => *own = value,
            None => self.headers.push((name.to_owned(), value)),
        }
    }

    /// Give the parameter in the query this value, or leave it out.
    pub fn change(&mut self, name: &str, value: Option<&str>) {
        let mut pairs = self.pairs(Part::Query);
        pairs.retain(|(own, _)| own != name.as_bytes());
        pairs.extend(value.map(|value| (name.into(), value.into())));
        self.set_pairs(Part::Query, &pairs);
    }

    pub fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    }

    /// The decoded parameters of the query or the body.
    pub fn pairs(&self, part: Part) -> Vec<Pair> {
        let text = match part {
            Part::Query => self.query.as_bytes(),
            Part::Body => &self.body,
        };
        text.split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                (decoded(&pair[..equals]), decoded(pair.get(equals + 1..).unwrap_or_default()))
            })
            .collect()
    }

    pub fn set_pairs(&mut self, part: Part, pairs: &[Pair]) {
        self.set_pairs_encoded(part, pairs, &percent);
    }

    /// With an encoding of one's own, byte by byte.
    pub fn set_pairs_encoded(&mut self, part: Part, pairs: &[Pair], encode: &dyn Fn(u8) -> String) {
        let encoded = |bytes: &[u8]| bytes.iter().map(|byte| encode(*byte)).collect::<String>();
        let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let text = pairs.collect::<Vec<_>>().join("&");
        match part {
            Part::Query => self.query = text,
            Part::Body => self.body = text.into_bytes(),
        }
    }

    /// Sign what is there now with V1, as `sign` does; a signature that is there already gives way.
    pub fn sign_v1(&mut self, sign: impl FnOnce(&str) -> String) {
        let mut pairs = self.pairs(Part::Query);
        pairs.retain(|(name, _)| name != b"Signature");
        self.set_pairs(Part::Query, &pairs);
        // What stands twice is refused, whatever is signed.
        let parameters = Parameters::read(&self.query, &self.body).unwrap_or_default();
        let signature = sign(&v1::string_to_sign(&self.method, &parameters));
        pairs.push((b"Signature".to_vec(), signature.into_bytes()));
        self.set_pairs(Part::Query, &pairs);
    }

    /// Sign what is there now, `host` and every `x-acs-*` header, as `sign` does with V3 or V4.
    pub fn sign_headers(&mut self, algorithm: Algorithm, credential: &str, sign: impl FnOnce(&str) -> String) {
        let names: BTreeSet<_> = self.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let names: Vec<_> = names.into_iter().filter(|name| name == "host" || name.starts_with("x-acs-")).collect();
        let parameters = Parameters::read(&self.query, b"").unwrap_or_default();
        let mut canonical = CanonicalRequest::begin(&self.method);
        canonical
            .query(&parameters, |name, text| text.extend(name.bytes().flat_map(|byte| percent(byte).into_bytes())));
        for name in &names {
            canonical.header(name, std::iter::once(self.text(name).as_bytes()));
        }
        let canonical = canonical.end(&names.join(";"), self.text("x-acs-content-sha256").as_bytes());
        let signature = sign(&canonical.string_to_sign(algorithm));
        let (name, names) = (algorithm.name(), names.join(";"));
        self.set_header(
            "authorization",
            format!("{name} Credential={credential},SignedHeaders={names},Signature={signature}"),
        );
    }

    fn text(&self, header: &str) -> String {
        String::from_utf8_lossy(self.header(header).unwrap_or_default()).trim().to_owned()
    }
}

/// `%XX` with upper-case hex for every byte that is not unreserved: the encoding that signatures are made over.
pub fn percent(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

fn decoded(encoded: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(encoded).expect("encoded parameters are ASCII").replace('+', " ");
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

/// A call that an official SDK made.
#[derive(Debug)]
pub struct Capture {
    /// The file's name.
    pub name: String,
    /// When it was made.
    pub time: Timestamp,
    /// Empty beside a bearer token.
    pub access_key_id: String,
    pub verifier: Verifier,
    /// Of STS, or of a bearer.
    pub token: String,
    pub raw: Raw,
}

impl Capture {
    /// What was signed with, unless it was a key pair.
    pub fn secret(&self) -> Option<&str> {
        match &self.verifier {
            Verifier::Secret(secret) => Some(secret.expose_secret()),
            Verifier::PublicKey(_) => None,
        }
    }

    pub fn is_v1(&self) -> bool {
        !self.raw.has_header("authorization")
    }
}

/// Everything under `fixtures/captures`, by name: what is signed.
pub fn captures() -> Vec<Capture> {
    captures_in("captures")
}

/// Everything under `fixtures/bearer`, by name: what shows a token instead.
pub fn bearer_captures() -> Vec<Capture> {
    captures_in("bearer")
}

fn captures_in(folder: &str) -> Vec<Capture> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut captures: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| capture(&entry.unwrap().path())).collect();
    captures.sort_by(|one, other| one.name.cmp(&other.name));
    captures
}

fn capture(path: &std::path::Path) -> Capture {
    let bytes = fs::read(path).unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let preamble: serde_json::Value = serde_json::from_slice(&bytes[2..end]).unwrap();
    let text = |name: &str| preamble[name].as_str().unwrap_or_default().to_owned();
    let public_key = || PublicKey::from_pem(&text("pk")).map(Verifier::PublicKey);
    let mut raw = Raw::parse(&bytes[end + 1..]);
    // Editors end a file with a line break; the request says where its body ends.
    let length = raw.header("content-length").map_or(0, |length| std::str::from_utf8(length).unwrap().parse().unwrap());
    raw.body.truncate(length);
    assert_eq!(raw.body.len(), length, "{}: the body is whole", path.display());
    Capture {
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        time: text("time").parse().unwrap(),
        access_key_id: text("ak"),
        verifier: public_key().unwrap_or_else(|| Verifier::Secret(text("sk").into())),
        token: text("token"),
        raw,
    }
}

/// A way to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    V1,
    V3,
    V3Sm3,
    V4,
    /// V1 by the key pair of [`pair`].
    V1Pair,
    /// V3 by the same.
    V3Pair,
}

impl Signing {
    /// Those with a secret.
    pub const ALL: [Self; 4] = [Self::V1, Self::V3, Self::V3Sm3, Self::V4];
    pub const PAIRS: [Self; 2] = [Self::V1Pair, Self::V3Pair];

    const fn algorithm(self) -> Algorithm {
        match self {
            // V1 has no content hash; which one it would be does not matter.
            Self::V1 | Self::V1Pair | Self::V3 => Algorithm::ACS3_HMAC_SHA256,
            Self::V3Sm3 => Algorithm::ACS3_HMAC_SM3,
            Self::V3Pair => Algorithm::Acs3RsaSha256,
            Self::V4 => Algorithm::ACS4_HMAC_SHA256,
        }
    }

    /// Where this way puts what V1 has in the parameter `name`.
    fn place(self, name: &'static str) -> &'static str {
        match (self, name) {
            (Self::V1 | Self::V1Pair, name) => name,
            (_, "Action") => "x-acs-action",
            (_, "Version") => "x-acs-version",
            (_, "Timestamp") => "x-acs-date",
            (_, "SignatureNonce") => "x-acs-signature-nonce",
            (_, "SecurityToken") => "x-acs-security-token",
            (_, other) => panic!("only V1 has a common parameter {other}"),
        }
    }
}

/// A call that is being written: right, unless a test makes something wrong with it.
#[derive(Debug, Clone)]
pub struct Draft {
    pub signing: Signing,
    pub access_key_id: String,
    pub secret: String,
    pub method: &'static str,
    pub path: String,
    pub host: String,
    /// By V1's names.
    pub common: Vec<(&'static str, String)>,
    pub parameters: Vec<(String, String)>,
    /// Beside those of the signature.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// In a V4 credential.
    pub region: String,
}

impl Draft {
    /// Of the moment [`NOW`](super::NOW), with a nonce of its own, by the account itself.
    pub fn new(signing: Signing, action: &str, parameters: &[(&str, &str)]) -> Self {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        let nonce = format!("nonce-{}", NONCE.fetch_add(1, Ordering::Relaxed));
        let common =
            [("Action", action), ("Version", "2016-01-20"), ("Timestamp", super::NOW), ("SignatureNonce", &nonce)];
        Self {
            signing,
            access_key_id: if Signing::PAIRS.contains(&signing) { "pair" } else { "yaoshi" }.to_owned(),
            secret: "yaoshi".to_owned(),
            method: "POST",
            path: "/".to_owned(),
            host: "127.0.0.1:7220".to_owned(),
            common: common.map(|(name, value)| (name, value.to_owned())).into(),
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: Vec::new(),
            body: Vec::new(),
            region: "cn-hangzhou".to_owned(),
        }
    }

    /// By the holder of another AccessKey, whose secret follows from its id.
    pub fn by(mut self, access_key_id: &str) -> Self {
        access_key_id.clone_into(&mut self.access_key_id);
        self.secret = super::secret_of(access_key_id);
        self
    }

    /// Say something else, or more: `name` is V1's.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.leave_out(name);
        self.common.push((name, value.to_owned()));
    }

    pub fn leave_out(&mut self, name: &str) {
        self.common.retain(|(own, _)| *own != name);
    }

    pub fn set_parameter(&mut self, name: &str, value: &str) {
        self.parameters.push((name.to_owned(), value.to_owned()));
    }

    pub fn sign(&self) -> Raw {
        let mut raw = Raw {
            method: self.method.to_owned(),
            path: self.path.clone(),
            query: String::new(),
            headers: vec![("host".to_owned(), self.host.clone().into_bytes())],
            body: self.body.clone(),
        };
        let mut pairs: Vec<Pair> =
            self.parameters.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect();
        for (name, value) in &self.headers {
            raw.headers.push(((*name).to_owned(), value.clone().into_bytes()));
        }
        match self.signing {
            Signing::V1 | Signing::V1Pair => {
                let (method, kind) =
                    if self.signing == Signing::V1 { ("HMAC-SHA1", "") } else { ("SHA256withRSA", "PRIVATEKEY") };
                let more = [
                    ("AccessKeyId", &*self.access_key_id),
                    ("SignatureMethod", method),
                    ("SignatureType", kind),
                    ("SignatureVersion", "1.0"),
                ];
                let common = self.common.iter().map(|(name, value)| (*name, &**value));
                pairs.extend(more.into_iter().chain(common).map(|(name, value)| (name.into(), value.into())));
            }
            signing => {
                for (name, value) in &self.common {
                    raw.set_header(signing.place(name), value);
                }
                raw.set_header("x-acs-content-sha256", signing.algorithm().hash(&raw.body));
            }
        }
        raw.set_pairs(Part::Query, &pairs);
        self.seal(&mut raw);
        raw
    }

    /// Sign `raw` as it is now.
    pub fn seal(&self, raw: &mut Raw) {
        let date: String = raw.text("x-acs-date").chars().filter(char::is_ascii_digit).take("yyyymmdd".len()).collect();
        let (id, region) = (&self.access_key_id, &self.region);
        let scope = (self.signing == Signing::V4).then_some(Scope { date: &date, region, product: "Kms" });
        let credential = match scope {
            None => id.clone(),
            Some(_) => format!("{id}/{date}/{region}/Kms/aliyun_v4_request"),
        };
        match (self.signing, self.signing.algorithm()) {
            (Signing::V1, _) => raw.sign_v1(|text| v1::sign(text, &self.secret)),
            (Signing::V1Pair, _) => raw.sign_v1(|text| BASE64_STANDARD.encode(pair::sign(text))),
            (_, Algorithm::Hmac(hmac)) => raw.sign_headers(Algorithm::Hmac(hmac), &credential, |text| {
                headers::sign(hmac, text, &self.secret, scope)
            }),
            (_, algorithm) => raw.sign_headers(algorithm, &credential, |text| pair::hex(&pair::sign(text))),
        }
    }
}
