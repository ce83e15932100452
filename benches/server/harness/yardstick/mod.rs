//! What Yaoshi is measured against: one bare hyper server, and what it answers with.

mod floor;
mod work_limit;

use std::{convert::Infallible, io::Write as _, net::Ipv4Addr};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Body as _, Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime};

use super::Outcome;

/// First argument of this binary when it is to be a yardstick; the second is its name.
pub(crate) const ROLE: &str = "yardstick";

pub(crate) const FLOOR: &str = "floor";
pub(crate) const WORK_LIMIT: &str = "work-limit";

/// An answer's status and JSON body. It must not wait for anything.
type Respond = fn(&Parts, &[u8]) -> (StatusCode, Bytes);

/// Serves on a free port of the loopback interface until killed; its first line on standard output tells where.
pub(crate) fn serve(name: &str) -> Outcome<()> {
    let respond: Respond = match name {
        FLOOR => floor::respond,
        WORK_LIMIT => work_limit::respond,
        _ => return Err(format!("no yardstick is called {name}").into()),
    };
    runtime::Builder::new_current_thread().enable_io().build()?.block_on(listen(respond))
}

async fn listen(respond: Respond) -> Outcome<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{}", listener.local_addr()?)?;
    stdout.flush()?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, respond));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A connection that breaks is the client's business, and there is no log.
            drop(connection.await);
        });
    }
}

async fn answer(request: Request<Incoming>, respond: Respond) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let (status, json) = if body.is_end_stream() {
        respond(&head, b"")
    } else {
        match body.collect().await {
            Ok(body) => respond(&head, &body.to_bytes()),
            Err(_) => (StatusCode::BAD_REQUEST, Bytes::from_static(b"{}")),
        }
    };
    let mut response = Response::new(Full::new(json));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    Ok(response)
}
