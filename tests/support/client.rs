//! A client that shows what stands on the wire, byte for byte.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use yaoshi::Sandbox;

use super::wire::Raw;

/// Far longer than anything here takes: for what must come.
pub const LONG: Duration = Duration::from_secs(20);

/// An answer as it comes off the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json;charset=utf-8"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        let json = self.json();
        assert_eq!((self.status, json.get("Code")), (200, None), "{json}");
        assert_eq!(self.header("x-acs-request-id"), json["RequestId"].as_str());
        json
    }

    /// Refused, in a JSON error object: SDKs cannot read anything else.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let json = self.json();
        assert_eq!((self.status, &json["Code"]), (status, &Value::from(code)), "{json}");
        assert_eq!(json["HttpStatus"], status);
        assert_eq!(self.header("x-acs-request-id"), json["RequestId"].as_str());
        for member in ["HostId", "Message", "Recommend"] {
            assert!(json[member].is_string(), "{member} in {json}");
        }
        json
    }
}

/// A connection of HTTP/1.1.
pub struct Connection {
    pub stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(sandbox: &Sandbox) -> Self {
        Self::to(&sandbox.endpoint()).unwrap()
    }

    pub fn to(endpoint: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(endpoint)?;
        stream.set_read_timeout(Some(LONG))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        self.answer_to("POST")
    }

    #[track_caller]
    pub fn answer_to(&mut self, method: &str) -> Answer {
        let first = self.line();
        let status = first.split(' ').nth(1).unwrap_or_else(|| panic!("no status in {first:?}")).parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        let length = answer.header("content-length").expect("every answer tells its length").parse().unwrap();
        if method != "HEAD" {
            answer.body.resize(length, 0);
            self.stream.read_exact(&mut answer.body).unwrap();
        }
        answer
    }

    #[track_caller]
    pub fn call(&mut self, raw: &Raw) -> Answer {
        self.send(&with_length(raw).to_bytes());
        self.answer_to(&raw.method)
    }

    /// Wait for the other side to close; tell how long that took.
    #[track_caller]
    pub fn closes_after(&mut self, since: Instant) -> Duration {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => panic!("still open: {error}"),
            _ => since.elapsed(),
        }
    }

    /// Whether nothing comes for a while.
    pub fn is_silent_for(&mut self, while_: Duration) -> bool {
        self.stream.get_ref().set_read_timeout(Some(while_)).unwrap();
        let read = self.stream.fill_buf().map(<[u8]>::len);
        self.stream.get_ref().set_read_timeout(Some(LONG)).unwrap();
        read.is_err_and(|error| matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
    }
}

pub fn with_length(raw: &Raw) -> Raw {
    let mut raw = raw.clone();
    raw.set_header("content-length", raw.body.len().to_string());
    raw
}

/// A connection of HTTP/2, by prior knowledge.
pub async fn connect_http2(
    endpoint: &str,
) -> (http2::SendRequest<Full<Bytes>>, tokio::task::JoinHandle<hyper::Result<()>>) {
    let stream = tokio::net::TcpStream::connect(endpoint).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (sender, tokio::spawn(connection))
}

/// The request as HTTP/2 has it: what was signed as `host` stands in `:authority`.
pub fn to_http2(raw: &Raw) -> http::Request<Full<Bytes>> {
    let mut raw = raw.clone();
    let host = String::from_utf8(raw.header("host").unwrap().to_vec()).unwrap();
    raw.remove_header("host");
    let (mut head, body) = raw.to_http().into_parts();
    head.uri = format!("http://{host}{}", raw.target()).parse().unwrap();
    http::Request::from_parts(head, Full::new(body))
}

pub async fn call_http2(sender: &mut http2::SendRequest<Full<Bytes>>, raw: &Raw) -> Answer {
    sender.ready().await.unwrap();
    let (head, body) = sender.send_request(to_http2(raw)).await.unwrap().into_parts();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.collect().await.unwrap().to_bytes().into(),
    }
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONG, work).await.expect("it ends") })
}
