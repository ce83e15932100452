//! A request, as HTTP/1.1 writes it: only what the holder of the secret signed verifies, and nothing else is done.

use std::sync::{Arc, LazyLock};

use http::header::{HOST, HeaderMap, HeaderValue};
use http::request::Parts;
use yaoshi::access::Verifier;
use yaoshi::dialect::Request;
use yaoshi::dialect::alibaba::parameters::Parameters;
use yaoshi::dialect::alibaba::signature::Credentials;
use yaoshi::dialect::front::Front;

use super::service::{request, service};

/// Of the captures.
const SECRET: &str = "DummySecret0123456789abcdefghij";

const SANDBOX: &str = r#"
version = 1
[[account]]
id = "1234567890123456"
access_keys = [{ id = "LTAI5tDummyAccessKey01", secret = "DummySecret0123456789abcdefghij" }]
"#;

static SERVICE: LazyLock<Arc<Front>> = LazyLock::new(|| service(SANDBOX, true));

/// What the holder of the secret signed, in every way there is.
const CAPTURES: &[&[u8]] = &[
    include_bytes!("../../fixtures/captures/classic-get_003_ListKeys.txt"),
    include_bytes!("../../fixtures/captures/classic-body_004_Encrypt.txt"),
    include_bytes!("../../fixtures/captures/tea3-v1_005_Encrypt.txt"),
    include_bytes!("../../fixtures/captures/tea3-v3_005_Encrypt.txt"),
    include_bytes!("../../fixtures/captures/tea3-v3_009_CreateSecret.txt"),
    include_bytes!("../../fixtures/captures/tea3-sts-v3_003_ListKeys.txt"),
    include_bytes!("../../fixtures/captures/tea3-sm3_005_Encrypt.txt"),
    include_bytes!("../../fixtures/captures/tea3-v4_005_Encrypt.txt"),
];

/// What the signed requests mean.
static SIGNED: LazyLock<Vec<Meaning>> = LazyLock::new(|| {
    let signed = CAPTURES.iter().map(|capture| {
        let request = read(capture).expect("a capture is a request");
        let parameters = parameters(&request).expect("a capture has parameters");
        assert!(verifies(&request, &parameters), "a capture is signed: {request:?}");
        Meaning::of(&request, &parameters)
    });
    signed.collect()
});

/// All of a request that decides what is done. Which AccessKey a V3 or V4 request names is not signed: its secret is.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    method: String,
    /// `host` and every `x-acs-*` header, where the signature stands in the headers.
    headers: Option<Vec<(String, Vec<String>)>>,
    /// Name, value, and where it counts whether it stands in the query.
    parameters: Vec<(String, String, bool)>,
}

impl Meaning {
    fn of(request: &Request, parameters: &Parameters) -> Self {
        let in_headers = Credentials::are_in_headers(&request.head, parameters);
        let own = parameters.iter().map(|own| (own.name.to_owned(), own.value.to_owned(), in_headers && own.in_query));
        Self {
            method: request.head.method.to_string(),
            headers: in_headers.then(|| telling(&request.head.headers)),
            parameters: own.collect(),
        }
    }
}

fn telling(headers: &HeaderMap) -> Vec<(String, Vec<String>)> {
    let names = headers.keys().filter(|name| **name == HOST || name.as_str().starts_with("x-acs-"));
    let text = |value: &HeaderValue| value.as_bytes().trim_ascii().escape_ascii().to_string();
    let values = |name| headers.get_all(name).iter().map(text).collect();
    let mut telling: Vec<_> = names.map(|name| (name.to_string(), values(name))).collect();
    telling.sort_unstable();
    telling
}

pub fn run(data: &[u8]) {
    let Some(request) = read(data) else { return };
    let is_signed = parameters(&request).is_some_and(|parameters| {
        let verifies = verifies(&request, &parameters);
        let meaning = Meaning::of(&request, &parameters);
        assert!(!verifies || SIGNED.contains(&meaning), "nobody signed this: {meaning:?}");
        verifies
    });
    let status = SERVICE.answer(request).status.as_u16();
    assert!(status < 500 && (is_signed || status >= 400), "{status}");
}

fn parameters(request: &Request) -> Option<Parameters> {
    Parameters::read(request.head.uri.query().unwrap_or_default(), &request.body).ok()
}

fn verifies(request: &Request, parameters: &Parameters) -> bool {
    let Ok(credentials) = Credentials::read(request, parameters) else { return false };
    credentials.demand_complete().is_ok()
        && credentials.verify(request, parameters, &Verifier::Secret(SECRET.into())).is_ok()
}

/// Lines that begin with `#` come before the request; a carriage return may stand before a line break; the body is as
/// long as it is said to be, or goes on to the end.
fn read(mut data: &[u8]) -> Option<Request> {
    let mut line = || {
        let (line, rest) = super::split(data, b'\n');
        data = rest;
        line.strip_suffix(b"\r").unwrap_or(line)
    };
    let mut first = line();
    while first.starts_with(b"#") {
        first = line();
    }
    let mut words = first.split(|byte| *byte == b' ');
    let mut head = http::Request::builder().method(words.next()?).uri(words.next()?);
    loop {
        let header = line();
        if header.is_empty() {
            break;
        }
        let (name, value) = super::split(header, b':');
        head = head.header(name, value.trim_ascii());
    }
    let head: Parts = head.body(()).ok()?.into_parts().0;
    let length = head.headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    Some(request(head, data[..length.unwrap_or(data.len()).min(data.len())].to_vec()))
}
