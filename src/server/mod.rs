//! The front door: sockets to requests. Knows HTTP and its limits, and nothing of what is asked.

mod bodies;
mod connection;
mod limits;
mod portions;
mod queue;
mod request;
mod service;
mod tls;
mod under_way;
mod work;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use service::Service;

pub use limits::{Limits, QueueLimits};
pub use tls::{Tls, TlsError};

use crate::dialect::front::Front;

/// Serve until `stop` comes, then finish the answers that are under way. With `tls`, HTTPS and HTTP alike.
pub async fn serve(
    listener: TcpListener,
    front: Arc<Front>,
    limits: Limits,
    tls: Option<Tls>,
    stop: impl Future<Output = ()>,
) {
    let service = Arc::new(Service::new(front, limits, tls));
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stopping, stopped) = watch::channel(false);
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (place, accept(&listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let (service, stopped) = (Arc::clone(&service), stopped.clone());
        tokio::spawn(async move {
            connection::serve(stream, peer, service, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(limits.shutdown, places.acquire_many(all)).await.is_err() {
        tracing::warn!("some answers were not finished in time and are cut off");
    }
}

/// The next connection. What a single connection does wrong, or a lack of file descriptors, stops nothing.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
