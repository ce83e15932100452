//! One connection: whether TLS is around it, which HTTP it speaks, how long it may be silent, how it ends.

use std::future::poll_fn;
use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, join, split};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::portions::Portions;
use super::request::{self, Caller};
use super::service::Service;
use super::tls::{self, Tls};
use super::under_way::UnderWay;

/// Headers that hyper reads of one request: more than we take, so that the refusal is ours.
const MAX_PARSED_HEADERS: usize = 2 * request::MAX_HEADERS;

/// Bytes of a head that hyper reads: likewise.
const MAX_PARSED_HEAD: usize = 4 * request::MAX_HEAD;

/// Serve one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    service: Arc<Service>,
    mut stopped: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection was gone before it began");
        return;
    }
    let deadline = Instant::now() + service.limits.first_byte;
    let (mut input, output) = stream.into_split();
    let first = input.read_u8();
    let Some(Ok(first)) = in_time(deadline, &mut stopped, first).await else { return };
    if first == tls::FIRST_BYTE
        && let Some(tls) = service.tls.clone()
    {
        let stream = join(Cursor::new([first]).chain(input), output);
        // Boxed, so that a connection without TLS has no room set aside for it.
        return Box::pin(unwrap_tls(tls, stream, peer, deadline, service, stopped)).await;
    }
    let caller = Caller { address: peer.ip(), secure: false };
    converse(vec![first], input, output, caller, deadline, service, stopped).await;
}

/// Shake hands by the `deadline`, then serve what is within.
async fn unwrap_tls(
    tls: Tls,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    deadline: Instant,
    service: Arc<Service>,
    mut stopped: watch::Receiver<bool>,
) {
    match in_time(deadline, &mut stopped, tls.accept(stream)).await {
        Some(Ok(stream)) => {
            let caller = Caller { address: peer.ip(), secure: true };
            let deadline = Instant::now() + service.limits.first_byte;
            let (input, output) = split(stream);
            converse(Vec::new(), input, output, caller, deadline, service, stopped).await;
        }
        Some(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
        None => tracing::debug!(%peer, "a TLS handshake did not come to its end"),
    }
}

/// What comes of `work`; `None` if that is not there by the `deadline`, or the server stops first.
async fn in_time<T>(
    deadline: Instant,
    stopped: &mut watch::Receiver<bool>,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        done = timeout_at(deadline, work) => done.ok(),
        _ = stopped.changed() => None,
    }
}

/// Serve what speaks HTTP, by wire or within TLS. `first_bytes` have been read of it already; the rest of the first ones
/// must be there by the `deadline`.
async fn converse<I, O>(
    first_bytes: Vec<u8>,
    mut input: I,
    output: O,
    caller: Caller,
    deadline: Instant,
    service: Arc<Service>,
    mut stopped: watch::Receiver<bool>,
) where
    I: AsyncRead + Unpin + 'static,
    O: AsyncWrite + Unpin + 'static,
{
    let protocol = in_time(deadline, &mut stopped, read_protocol(first_bytes, &mut input)).await;
    let Some(Ok((protocol, first_bytes))) = protocol else { return };
    let io = TokioIo::new(join(Portions(Cursor::new(first_bytes).chain(input)), output));
    let limits = service.limits;
    let under_way = Arc::new(UnderWay::default());
    let answer = service_fn(|incoming| {
        let (service, under_way) = (Arc::clone(&service), Arc::clone(&under_way));
        async move {
            let _one_more = under_way.begin();
            request::answer(incoming, caller, &service, &under_way).await
        }
    });
    match protocol {
        Protocol::Http1 => {
            let mut builder = http1::Builder::new();
            builder
                .writev(false)
                .header_read_timeout(None)
                .max_headers(MAX_PARSED_HEADERS)
                .max_buf_size(MAX_PARSED_HEAD);
            drive(builder.serve_connection(io, answer), &under_way, limits.idle, stopped).await;
        }
        Protocol::Http2 => {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            let max_head = u32::try_from(MAX_PARSED_HEAD).unwrap_or(u32::MAX);
            builder.timer(TokioTimer::new()).max_header_list_size(max_head).max_concurrent_streams(limits.streams);
            drive(builder.serve_connection(io, answer), &under_way, limits.idle, stopped).await;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// Read as many bytes as it takes to tell: HTTP/2 begins `PRI`, and no method of HTTP/1 begins `PR` but `PROPFIND`
/// and `PROPPATCH`, which WebDAV clients have to do without here.
async fn read_protocol(mut bytes: Vec<u8>, input: &mut (impl AsyncRead + Unpin)) -> io::Result<(Protocol, Vec<u8>)> {
    const START: &[u8] = b"PR";
    loop {
        if !START.starts_with(&bytes) {
            return Ok((Protocol::Http1, bytes));
        }
        if bytes.len() == START.len() {
            return Ok((Protocol::Http2, bytes));
        }
        bytes.push(input.read_u8().await?);
    }
}

/// Drive a connection until it is over, idle for too long, or told to stop.
async fn drive<C: GracefulConnection>(
    connection: C,
    under_way: &UnderWay,
    idle: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connection = pin!(connection);
    let mut look_again = pin!(sleep_until(Instant::now() + idle));
    let mut seen = under_way.begun();
    loop {
        tokio::select! {
            biased;
            turn = until_its_turn(connection.as_mut(), under_way) => match turn {
                Turn::Over => return,
                // What else is under way on it is finished.
                Turn::Last => connection.as_mut().graceful_shutdown(),
            },
            _ = stopped.changed() => break,
            () = look_again.as_mut() => {
                if under_way.is_idle_since(seen) {
                    break;
                }
                seen = under_way.begun();
                look_again.as_mut().reset(Instant::now() + idle);
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    if under_way.is_idle() {
        // Nothing is owed: a moment for the farewell, then the connection is dropped.
        drop(timeout(Duration::from_secs(1), connection).await);
    } else {
        drop(connection.await);
    }
}

/// What a connection came to.
enum Turn {
    Over,
    /// An answer ends it.
    Last,
}

async fn until_its_turn<C: Future>(mut connection: Pin<&mut C>, under_way: &UnderWay) -> Turn {
    poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(Turn::Over),
        Poll::Pending if under_way.is_told_to_close() => Poll::Ready(Turn::Last),
        Poll::Pending => Poll::Pending,
    })
    .await
}
