//! One request: its head within bounds, its body collected, its answer found, on this thread or another.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::Service;
use crate::dialect::{Answer, Dialect, Request, Unacceptable};

/// Headers of one request at the most.
pub(super) const MAX_HEADERS: usize = 256;

/// Headers that requests of SDKs have, or a few more.
const USUAL_HEADERS: usize = 24;

/// Bytes of a head at the most: target, names and values.
pub(super) const MAX_HEAD: usize = 128 * 1024;

/// Bytes of a body at the most.
const MAX_BODY: usize = 1024 * 1024;

/// Bytes of a body too large that are read and thrown away, so that the client comes to reading the refusal.
const MAX_DRAINED: usize = 16 * MAX_BODY;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-acs-request-id");

/// Paths that belong to Yaoshi itself.
const RESERVED: [&str; 3] = ["/-/", "/credentials/", "/latest/"];

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    /// Whether by TLS.
    pub(super) secure: bool,
}

pub(super) async fn answer<D: Dialect>(
    incoming: http::Request<Incoming>,
    caller: Caller,
    service: &Service<D>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (mut head, body) = incoming.into_parts();
    Ok(match accept(&mut head, body, service).await {
        Ok(Accepted::Call(body)) => response(respond(head, body, caller, service).await),
        Ok(Accepted::Console(page)) => json(page),
        Err(reason) => response(service.dialect.refuse(&head, reason)),
    })
}

enum Accepted {
    /// A call, with its body.
    Call(Bytes),
    /// A request to Yaoshi itself, with the answer.
    Console(Vec<u8>),
}

/// Check what HTTP itself bounds, and collect the body.
async fn accept<D: Dialect>(head: &mut Parts, body: Incoming, service: &Service<D>) -> Result<Accepted, Unacceptable> {
    if is_too_large(head) {
        return Err(Unacceptable::HeadTooLarge);
    }
    if RESERVED.iter().any(|reserved| head.uri.path().starts_with(reserved)) {
        return service.console.answer(head).map(Accepted::Console).ok_or(Unacceptable::ReservedPath);
    }
    give_host(head);
    if body.is_end_stream() {
        return Ok(Accepted::Call(Bytes::new()));
    }
    match timeout(service.limits.body, collect(body)).await {
        Ok(collected) => collected.map(Accepted::Call),
        Err(_) => Err(Unacceptable::BodyIncomplete),
    }
}

fn is_too_large(head: &Parts) -> bool {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    head.headers.len() > MAX_HEADERS || target + headers > MAX_HEAD
}

/// HTTP/2 has no `host` header; what it has instead is what clients sign as one.
fn give_host(head: &mut Parts) {
    if !head.headers.contains_key(HOST)
        && let Some(host) = head.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
    {
        head.headers.insert(HOST, host);
    }
}

async fn collect(body: Incoming) -> Result<Bytes, Unacceptable> {
    let mut body = Limited::new(body, MAX_DRAINED);
    if body.size_hint().lower() > MAX_BODY as u64 {
        drain(body).await;
        return Err(Unacceptable::BodyTooLarge);
    }
    let mut collected = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unacceptable::BodyIncomplete)?;
        collected.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        if collected.len() > MAX_BODY {
            drain(body).await;
            return Err(Unacceptable::BodyTooLarge);
        }
    }
    Ok(collected.into())
}

async fn drain(mut body: Limited<Incoming>) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// Have the dialect answer: here if that is quick, else where waiting holds up nobody.
async fn respond<D: Dialect>(mut head: Parts, body: Bytes, caller: Caller, service: &Service<D>) -> Answer {
    head.extensions.clear();
    let call = service.dialect.read(Request { head, body, peer: caller.address, secure: caller.secure });
    let answered = if D::is_quick(&call) {
        catch_unwind(AssertUnwindSafe(|| service.dialect.answer(&call))).ok()
    } else {
        let dialect = Arc::clone(&service.dialect);
        tokio::task::spawn_blocking(move || dialect.answer(&call)).await.ok()
    };
    answered.unwrap_or_else(|| {
        let (head, ()) = http::Request::new(()).into_parts();
        service.dialect.refuse(&head, Unacceptable::Failed)
    })
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    // The connection uses the room again for the next request's headers.
    *headers = HeaderMap::with_capacity(USUAL_HEADERS);
    headers.insert(CONTENT_TYPE, answer.content_type);
    headers.insert(REQUEST_ID, answer.request_id);
    response
}

fn json(body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}
