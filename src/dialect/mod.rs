//! How callers speak. A dialect turns one request into one answer; dialects know nothing of each other.

pub mod alibaba;
pub mod browsers;
pub mod console;
pub mod front;
pub mod host;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};

pub use crate::call::{Abandoned, Attendance, Queue};

use browsers::Stranger;
pub use host::Host;

/// A protocol of callers.
pub trait Dialect: Send + Sync {
    /// Whether a request with this `head` is in this dialect.
    fn claims(&self, head: &Parts) -> bool;

    /// Bytes of a body at the most.
    fn largest_body(&self) -> usize;

    /// Answer at once, or give the rest back, to be done where waiting holds up nobody. Called where nothing may wait:
    /// for the disk, for a lock that a writer holds, for a key pair.
    fn take(self: Arc<Self>, request: Request) -> Taken;

    /// Say in the dialect's words that a request with this `head` cannot be taken. For what [`Failed`], the head has
    /// method and path alone.
    ///
    /// [`Failed`]: Unacceptable::Failed
    fn refuse(&self, head: &Parts, reason: Unacceptable) -> Answer;
}

/// A request as it came off a connection.
#[derive(Debug)]
pub struct Request {
    /// Method, target and headers. HTTP/2's `:authority` stands in `host`.
    pub head: Parts,
    /// What it is for.
    pub host: Host,
    pub body: Bytes,
    /// Who is at the other end of the connection.
    pub peer: IpAddr,
    /// Whether the connection is encrypted.
    pub secure: bool,
}

impl Request {
    pub fn new(head: Parts, body: Bytes, peer: IpAddr, secure: bool) -> Self {
        Self { host: Host::of(&head), head, body, peer, secure }
    }
}

/// What comes of a request.
#[derive(Debug)]
pub enum Taken {
    Answered(Answer),
    Later(Work),
}

/// What must wait, or takes long. Its caller is verified: a stranger queues nothing.
pub struct Work {
    /// Where it waits.
    pub queue: Queue,
    /// Whom the queue is fair between: a hash of the account.
    pub fair_by: u64,
    /// What it comes to may be that it has to wait elsewhere.
    pub run: Box<dyn FnOnce(Waited<'_>) -> Taken + Send>,
}

/// How the wait of [`Work`] has ended.
#[derive(Debug, Clone, Copy)]
pub enum Waited<'a> {
    /// Its turn has come. It looks before each slow step whether its caller has gone: what it answers then is heard by
    /// nobody.
    Through(&'a Abandoned),
    /// There is no room to wait: it is not done, and only says so.
    InVain,
}

/// An answer before it goes onto the connection.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub fate: Fate,
}

/// What the server does with an answer beyond sending it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Send,
    /// The connection ends with it.
    Close,
}

/// Why a request is not taken before its dialect has looked at it, or what became of it then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unacceptable {
    /// A web page sent it, or may have.
    Browser(Stranger),
    /// The body is larger than the dialect takes.
    BodyTooLarge,
    /// The body did not arrive whole: in time, or at all.
    BodyIncomplete,
    /// More headers, or longer ones, than the server takes.
    HeadTooLarge,
    /// More is under way than the server takes at once.
    TooBusy,
    /// Answering went wrong on our side; a defect.
    Failed,
}

impl Answer {
    /// Headers that requests of SDKs have, or a few more: the connection uses the room of an answer's headers again for
    /// the next request's.
    const USUAL_HEADERS: usize = 24;

    pub fn new(status: StatusCode, content_type: HeaderValue, body: Vec<u8>) -> Self {
        let mut headers = HeaderMap::with_capacity(Self::USUAL_HEADERS);
        headers.insert(CONTENT_TYPE, content_type);
        Self { status, headers, body, fate: Fate::Send }
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queue, fair_by, run: _ } = self;
        formatter.debug_struct("Work").field("queue", queue).field("fair_by", fair_by).finish_non_exhaustive()
    }
}
