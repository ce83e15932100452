//! One connection: which HTTP it speaks, how long it may be silent, how it ends.

use std::io::{self, Cursor};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncReadExt, join};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::{Service, request};
use crate::dialect::Dialect;

/// Headers that hyper reads of one request: more than we take, so that the refusal is ours.
const MAX_PARSED_HEADERS: usize = 2 * request::MAX_HEADERS;

/// Bytes of a head that hyper reads: likewise.
const MAX_PARSED_HEAD: usize = 4 * request::MAX_HEAD;

/// Serve one connection to its end.
pub(super) async fn serve<D: Dialect>(
    stream: TcpStream,
    peer: SocketAddr,
    service: Arc<Service<D>>,
    mut stopped: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection was gone before it began");
        return;
    }
    let (mut input, output) = stream.into_split();
    let protocol = tokio::select! {
        read = timeout(service.limits.first_byte, read_protocol(&mut input)) => read,
        _ = stopped.changed() => return,
    };
    let Ok(Ok((protocol, first_bytes))) = protocol else { return };
    let io = TokioIo::new(join(Cursor::new(first_bytes).chain(input), output));
    let limits = service.limits;
    let under_way = Arc::new(UnderWay::default());
    let answer = service_fn(|incoming| {
        let (service, under_way) = (Arc::clone(&service), Arc::clone(&under_way));
        async move {
            let _one_more = under_way.begin();
            request::answer(incoming, peer.ip(), &service).await
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
            builder.timer(TokioTimer::new()).max_header_list_size(max_head);
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
async fn read_protocol(input: &mut OwnedReadHalf) -> io::Result<(Protocol, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(2);
    for expected in *b"PR" {
        let byte = input.read_u8().await?;
        bytes.push(byte);
        if byte != expected {
            return Ok((Protocol::Http1, bytes));
        }
    }
    Ok((Protocol::Http2, bytes))
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
            _ = connection.as_mut() => return,
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

/// The requests of a connection.
#[derive(Debug, Default)]
struct UnderWay {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl UnderWay {
    fn begin(self: &Arc<Self>) -> impl Drop + use<> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Ended(Arc::clone(self))
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    fn is_idle(&self) -> bool {
        self.begun() == self.ended.load(Ordering::Relaxed)
    }

    /// Whether nothing is under way, and nothing has begun since `seen` had.
    fn is_idle_since(&self, seen: usize) -> bool {
        self.is_idle() && self.begun() == seen
    }
}

struct Ended(Arc<UnderWay>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
