//! One request: its head within bounds, its body collected, its answer found, on this thread or another.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::request::Parts;
use http::{HeaderValue, Response, Uri, Version};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::bodies::{Charge, NoRoom};
use super::service::Service;
use super::under_way::UnderWay;
use crate::dialect::front::Front;
use crate::dialect::{Answer, Dialect, Fate, Host, Request, Taken, Unacceptable};

/// Headers of one request at the most.
pub(super) const MAX_HEADERS: usize = 256;

/// Bytes of a head at the most: target, names and values.
pub(super) const MAX_HEAD: usize = 128 * 1024;

/// Bytes of a body too large that are read and thrown away, so that the client comes to reading the refusal.
const MAX_DRAINED: usize = 16 * 1024 * 1024;

/// For the body of a request that is refused for its head: as long, for the same end.
const DRAINED_FOR: Duration = Duration::from_secs(1);

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    /// Whether by TLS.
    pub(super) secure: bool,
}

pub(super) async fn answer(
    incoming: http::Request<Incoming>,
    caller: Caller,
    service: &Service,
    under_way: &UnderWay,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (mut head, body) = incoming.into_parts();
    let version = head.version;
    let is_too_large = is_too_large(&head);
    give_host(&mut head);
    let host = Host::of(&head);
    let answer = match service.front.claimant(&head) {
        None => {
            dispose(body).await;
            Front::unclaimed()
        }
        Some(dialect) => {
            let admitted =
                if is_too_large { Err(Unacceptable::HeadTooLarge) } else { service.front.admit(&head, &host) };
            // Until it is answered.
            let mut charge = service.bodies.charge();
            match accept(admitted, body, dialect.largest_body(), service.limits.body, &mut charge).await {
                Ok(body) => respond(head, host, body, caller, dialect, service).await,
                Err(reason) => dialect.refuse(&head, reason),
            }
        }
    };
    Ok(response(answer, version, under_way))
}

/// Collect the `body` of a request that is `admitted`, of `largest` bytes at the most, `within` a time, on the `charge`.
async fn accept(
    admitted: Result<(), Unacceptable>,
    body: Incoming,
    largest: usize,
    within: Duration,
    charge: &mut Charge<'_>,
) -> Result<Bytes, Unacceptable> {
    if let Err(reason) = admitted {
        dispose(body).await;
        return Err(reason);
    }
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match timeout(within, collect(body, largest, charge)).await {
        Ok(collected) => collected,
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

async fn collect(body: Incoming, largest: usize, charge: &mut Charge<'_>) -> Result<Bytes, Unacceptable> {
    let mut body = Limited::new(body, MAX_DRAINED);
    let collected = keep(&mut body, largest, charge).await;
    // What is refused is not kept while the rest of it is read past.
    match collected {
        Err(Unacceptable::BodyTooLarge) => {
            charge.release();
            drain(body).await;
        }
        Err(Unacceptable::TooBusy) => {
            charge.release();
            drop(timeout(DRAINED_FOR, drain(body)).await);
        }
        _ => {}
    }
    collected
}

async fn keep(body: &mut Limited<Incoming>, largest: usize, charge: &mut Charge<'_>) -> Result<Bytes, Unacceptable> {
    let announced = body.size_hint();
    if announced.lower() > largest as u64 {
        return Err(Unacceptable::BodyTooLarge);
    }
    let longest = announced.exact().and_then(|length| usize::try_from(length).ok()).unwrap_or(largest);
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unacceptable::BodyIncomplete)?;
        let data = frame.data_ref().map_or(&[][..], |data| data);
        if kept.len() + data.len() > largest {
            return Err(Unacceptable::BodyTooLarge);
        }
        charge.append(&mut kept, data, longest).map_err(|NoRoom| Unacceptable::TooBusy)?;
    }
    Ok(kept.into())
}

async fn drain(mut body: Limited<Incoming>) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// Read past a body that nobody wants, if it comes soon.
async fn dispose(body: Incoming) {
    drop(timeout(DRAINED_FOR, drain(Limited::new(body, MAX_DRAINED))).await);
}

/// Have the dialect answer: here if it does so at once, else where waiting holds up nobody.
async fn respond(
    mut head: Parts,
    host: Host,
    body: Bytes,
    caller: Caller,
    dialect: &Arc<dyn Dialect>,
    service: &Service,
) -> Answer {
    head.extensions.clear();
    let (method, target) = (head.method.clone(), head.uri.path_and_query().cloned());
    let request = Request { head, host, body, peer: caller.address, secure: caller.secure };
    let answered = match catch_unwind(AssertUnwindSafe(|| Arc::clone(dialect).take(request))) {
        Ok(Taken::Answered(answer)) => Some(answer),
        Ok(Taken::Later(work)) => service.queues.done(work).await,
        Err(_) => None,
    };
    answered.unwrap_or_else(|| {
        let (mut head, ()) = http::Request::new(()).into_parts();
        head.method = method;
        head.uri = target.map(Uri::from).unwrap_or_default();
        dialect.refuse(&head, Unacceptable::Failed)
    })
}

/// The answer as HTTP has it, and its fate sealed.
fn response(answer: Answer, version: Version, under_way: &UnderWay) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    match answer.fate {
        Fate::Send => {}
        // HTTP/2 has no such header: the connection itself says so there.
        Fate::Close if version == Version::HTTP_2 => under_way.close(),
        Fate::Close => drop(response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"))),
    }
    response
}
