//! How callers speak. A dialect turns one request into one answer; dialects know nothing of each other.

pub mod alibaba;

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, StatusCode};

/// A request as it came off a connection.
#[derive(Debug)]
pub struct Request {
    /// Method, target and headers. HTTP/2's `:authority` stands in `host`.
    pub head: Parts,
    pub body: Bytes,
    /// Who is at the other end of the connection.
    pub peer: IpAddr,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

/// An answer before it goes onto the connection.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: HeaderValue,
    /// For the header `x-acs-request-id`.
    pub request_id: HeaderValue,
    pub body: Vec<u8>,
}

/// Why the server itself cannot take a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unacceptable {
    /// The body is larger than the server takes.
    BodyTooLarge,
    /// The body did not arrive whole: in time, or at all.
    BodyIncomplete,
    /// More headers, or longer ones, than the server takes.
    HeadTooLarge,
    /// The path belongs to Yaoshi, but nothing lives there.
    ReservedPath,
    /// Answering went wrong on our side; a defect.
    Failed,
}

/// A protocol of callers.
pub trait Dialect: Send + Sync + 'static {
    /// A request taken apart.
    type Call: Send + 'static;

    /// Take a request apart. Does not fail: what is wrong is found out by [`Dialect::answer`].
    fn read(&self, request: Request) -> Self::Call;

    /// Whether the answer takes microseconds, so that handing the call to another thread would cost more.
    fn is_quick(call: &Self::Call) -> bool;

    fn answer(&self, call: &Self::Call) -> Answer;

    /// Say in the dialect's words that the server cannot take a request with this `head`.
    fn refuse(&self, head: &Parts, reason: Unacceptable) -> Answer;
}
