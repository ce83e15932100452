//! The front door: connections, protocols, limits, and the end of it all.

#![expect(clippy::disallowed_methods, reason = "how long the server waits can be told by the real clock alone")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rstest::rstest;
use serde_json::{Value, json};
use yaoshi::Sandbox;
use yaoshi::call;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::server::Limits;
use yaoshi::world::{Chance, ManualClock, World};

use crate::support::client::{Connection, LONG, block_on, call_http2, connect_http2, to_http2, with_length};
use crate::support::wire::{Draft, Raw, Signing};
use crate::support::{CONFIG_FOLDER, NOW};

const KEY: &str = "202b9877-5a25-46e3-a763-e20791b50001";

/// What the server gives a silent caller where a test waits for the end of it.
const SHORT: Duration = Duration::from_millis(300);

fn start(limits: Limits) -> Sandbox {
    let file = SandboxFile::parse("sandbox.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    let options = Options { file: Some(file), limits: call::Limits::Off, ..Options::default() };
    let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
    Sandbox::start_in(&options, World { clock, chance: Arc::new(Chance::system()) }, limits).unwrap()
}

fn list_keys() -> Raw {
    Draft::new(Signing::V3, "ListKeys", &[]).sign()
}

/// A call whose parameters stand in a body of this length.
fn with_body(length: usize) -> Raw {
    let mut draft = Draft::new(Signing::V3, "ListKeys", &[]);
    let start = "PageSize=1&Unknown=";
    draft.body = format!("{start}{}", "x".repeat(length - start.len())).into_bytes();
    draft.sign()
}

/// Like [`Raw::to_bytes`], with the body in chunks.
fn in_chunks(raw: &Raw, size: usize) -> Vec<u8> {
    let mut head = raw.clone();
    head.set_header("transfer-encoding", "chunked");
    let body = std::mem::take(&mut head.body);
    let mut bytes = head.to_bytes();
    for chunk in body.chunks(size) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

#[test]
fn a_connection_serves_many_requests() {
    let sandbox = start(Limits::default());
    let mut connection = Connection::open(&sandbox);
    for signing in Signing::ALL.into_iter().cycle().take(8) {
        let answer = connection.call(&Draft::new(signing, "ListKeys", &[]).sign());
        assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "no CORS header ever");
        assert!(answer.ok()["Keys"]["Key"].is_array());
    }
    // Errors leave it open.
    connection.call(&Draft::new(Signing::V3, "Nothing", &[]).sign()).refused(404, "InvalidAction.NotFound");
    connection.call(&list_keys()).ok();
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let sandbox = start(Limits::default());
    let mut connection = Connection::open(&sandbox);
    let (mut all, mut nonces) = (Vec::new(), Vec::new());
    for index in 0..10 {
        // Every second one is answered on another thread.
        let action = if index % 2 == 0 { "DescribeRegions" } else { "ListKeys" };
        nonces.push(action);
        all.extend(with_length(&Draft::new(Signing::V3, action, &[]).sign()).to_bytes());
    }
    connection.send(&all);
    for action in nonces {
        let json = connection.answer().ok();
        assert_eq!(json.get("Regions").is_some(), action == "DescribeRegions", "{json}");
    }
}

#[test]
fn http2_is_spoken_by_prior_knowledge() {
    let sandbox = start(Limits::default());
    block_on(async {
        let (mut sender, _connection) = connect_http2(&sandbox.endpoint()).await;
        for signing in Signing::ALL {
            for host in ["127.0.0.1:7220", "kms.cn-shanghai.aliyuncs.com"] {
                let mut draft = Draft::new(signing, "CreateKey", &[]);
                draft.host = host.to_owned();
                let json = call_http2(&mut sender, &draft.sign()).await.ok();
                let region = if host.starts_with("kms") { "cn-shanghai" } else { "cn-hangzhou" };
                let arn = json["KeyMetadata"]["Arn"].as_str().unwrap();
                assert!(arn.starts_with(&format!("acs:kms:{region}:")), "{arn}");
            }
        }
        let wrong = Draft { secret: "wrong".to_owned(), ..Draft::new(Signing::V3, "ListKeys", &[]) };
        call_http2(&mut sender, &wrong.sign()).await.refused(400, "SignatureDoesNotMatch");
        let body = call_http2(&mut sender, &with_body(100_000)).await.ok();
        assert_eq!(body["PageSize"], 1);
        call_http2(&mut sender, &with_body(1024 * 1024 + 1)).await.refused(413, "RequestEntityTooLarge");
        let foreign = Draft { host: "evil.example".to_owned(), ..Draft::new(Signing::V3, "ListKeys", &[]) };
        call_http2(&mut sender, &foreign.sign()).await.refused(403, "Forbidden.BrowserRequest");
    });
}

#[test]
fn http2_answers_many_requests_at_once() {
    let sandbox = start(Limits::default());
    block_on(async {
        let (sender, _connection) = connect_http2(&sandbox.endpoint()).await;
        let calls: Vec<_> = (0..100)
            .map(|_| {
                let mut sender = sender.clone();
                tokio::spawn(async move { call_http2(&mut sender, &list_keys()).await.ok() })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
    });
}

#[rstest]
#[case::in_one(usize::MAX)]
#[case::in_some(7)]
#[case::byte_by_byte(1)]
fn chunked_bodies_are_read(#[case] size: usize) {
    let sandbox = start(Limits::default());
    let mut connection = Connection::open(&sandbox);
    for signing in Signing::ALL {
        let mut draft = Draft::new(signing, "ListKeys", &[]);
        draft.body = b"PageSize=2&PageNumber=3".to_vec();
        connection.send(&in_chunks(&draft.sign(), size));
        let json = connection.answer().ok();
        assert_eq!((&json["PageSize"], &json["PageNumber"]), (&Value::from(2), &Value::from(3)));
    }
}

/// Clients label bodies with all kinds of things, empty ones too.
#[test]
fn any_content_type_is_taken() {
    let sandbox = start(Limits::default());
    let mut connection = Connection::open(&sandbox);
    for content_type in [
        None,
        Some("application/x-www-form-urlencoded"),
        Some("application/octet-stream"),
        Some("application/json"),
        Some("?"),
    ] {
        for body in ["", "PageSize=2"] {
            for signing in Signing::ALL {
                let mut draft = Draft::new(signing, "ListKeys", &[]);
                draft.body = body.into();
                draft.headers.extend(content_type.map(|value| ("content-type", value.to_owned())));
                let size = connection.call(&draft.sign()).ok()["PageSize"].as_u64();
                assert_eq!(size, Some(if body.is_empty() { 10 } else { 2 }), "{content_type:?} {signing:?}");
            }
        }
    }
}

#[test]
fn other_forms_of_http1_are_understood() {
    let sandbox = start(Limits::default());
    // The whole URL in the request line, as for a proxy.
    let mut raw = list_keys();
    raw.path = format!("http://127.0.0.1:7220{}", raw.path);
    Connection::open(&sandbox).call(&raw).ok();
    // Asking first whether a body is wanted.
    let mut asking = with_length(&with_body(1000));
    asking.set_header("expect", "100-continue");
    let bytes = asking.to_bytes();
    let (head, body) = bytes.split_at(bytes.len() - 1000);
    let mut connection = Connection::open(&sandbox);
    connection.send(head);
    assert_eq!((connection.line(), connection.line()), ("HTTP/1.1 100 Continue".to_owned(), String::new()));
    connection.send(body);
    connection.answer().ok();
    // The last request of a connection.
    let mut last = list_keys();
    last.set_header("connection", "close");
    connection.call(&last).ok();
    connection.closes_after(Instant::now());
    // What is no HTTP ends its own connection only.
    for garbage in
        ["\0\0\0\0\r\n\r\n", "PRX\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n"]
    {
        let mut stranger = Connection::open(&sandbox);
        stranger.send(garbage.as_bytes());
        stranger.closes_after(Instant::now());
    }
    Connection::open(&sandbox).call(&list_keys()).ok();
}

#[test]
fn bodies_are_bounded() {
    const MIB: usize = 1024 * 1024;
    let sandbox = start(Limits::default());
    let largest = with_body(MIB);
    Connection::open(&sandbox).call(&largest).ok();
    let mut connection = Connection::open(&sandbox);
    connection.send(&in_chunks(&with_body(MIB), 100_000));
    connection.answer().ok();
    for length in [MIB + 1, 4 * MIB] {
        let raw = with_body(length);
        Connection::open(&sandbox).call(&raw).refused(413, "RequestEntityTooLarge");
        let mut connection = Connection::open(&sandbox);
        connection.send(&in_chunks(&raw, 100_000));
        let json = connection.answer().refused(413, "RequestEntityTooLarge");
        assert_eq!(json["Message"], "The request body is larger than 1 MiB.");
    }
}

#[test]
fn heads_are_bounded() {
    let sandbox = start(Limits::default());
    let with_headers = |count: usize, length: usize| {
        let mut raw = list_keys();
        raw.set_header("content-length", "0");
        let more = count - raw.headers.len();
        raw.headers.extend((0..more).map(|index| (format!("x-more-{index}"), vec![b'v'; length])));
        raw
    };
    Connection::open(&sandbox).call(&with_headers(256, 1)).ok();
    Connection::open(&sandbox).call(&with_headers(64, 2000)).ok();
    for raw in [with_headers(257, 1), with_headers(500, 1), with_headers(75, 2000), with_headers(10, 100_000)] {
        Connection::open(&sandbox).call(&raw).refused(431, "RequestHeaderFieldsTooLarge");
        block_on(async {
            let (mut sender, _connection) = connect_http2(&sandbox.endpoint()).await;
            let mut raw = raw.clone();
            // `:authority` and a header more make up for these two.
            raw.remove_header("content-length");
            raw.set_header("x-other-1", "v");
            raw.set_header("x-other-2", "v");
            call_http2(&mut sender, &raw).await.refused(431, "RequestHeaderFieldsTooLarge");
        });
    }
    let target = |length: usize| Draft::new(Signing::V1, "ListKeys", &[("X", &"x".repeat(length))]).sign();
    Connection::open(&sandbox).call(&target(60_000)).ok();
    let mut both = target(60_000);
    both.set_header("x-more", "v".repeat(72_000));
    Connection::open(&sandbox).call(&both).refused(431, "RequestHeaderFieldsTooLarge");
}

fn impatient() -> Limits {
    Limits { first_byte: SHORT, idle: SHORT, body: SHORT, ..Limits::default() }
}

/// Not before it is time, and then soon: an idle connection is looked at in turns of the same length.
#[track_caller]
fn assert_in_time(took: Duration) {
    assert!(took + Duration::from_millis(20) >= SHORT, "closed after {took:?}");
    assert!(took < 2 * SHORT + Duration::from_secs(3), "closed after {took:?}");
}

#[rstest]
#[case::nothing(b"")]
#[case::half_a_protocol(b"P")]
fn silent_connections_are_closed(#[case] sent: &[u8]) {
    let sandbox = start(Limits { idle: LONG, body: LONG, ..impatient() });
    let since = Instant::now();
    let mut connection = Connection::open(&sandbox);
    connection.send(sent);
    assert_in_time(connection.closes_after(since));
}

#[test]
fn heads_that_trickle_in_are_cut_off() {
    let sandbox = start(Limits { body: LONG, ..impatient() });
    let mut connection = Connection::open(&sandbox);
    let since = Instant::now();
    connection.send(b"POST / HTTP/1.1\r\n");
    let mut writer = connection.stream.get_ref().try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            // A header now and then, until nobody reads on.
            while since.elapsed() < LONG && writer.write_all(b"x-more: v\r\n").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        });
        assert_in_time(connection.closes_after(since));
    });
}

#[test]
fn idle_connections_are_closed() {
    let sandbox = start(Limits { body: LONG, ..impatient() });
    let mut connection = Connection::open(&sandbox);
    // One that is used now and then is not idle.
    let begun = Instant::now();
    while begun.elapsed() < 4 * SHORT {
        connection.call(&list_keys()).ok();
        thread::sleep(SHORT / 4);
    }
    let since = Instant::now();
    connection.call(&list_keys()).ok();
    assert_in_time(connection.closes_after(since));
}

#[test]
fn idle_connections_of_http2_are_closed() {
    let sandbox = start(Limits { body: LONG, ..impatient() });
    block_on(async {
        let (mut sender, connection) = connect_http2(&sandbox.endpoint()).await;
        let since = Instant::now();
        call_http2(&mut sender, &list_keys()).await.ok();
        connection.await.unwrap().unwrap();
        assert_in_time(since.elapsed());
    });
}

#[test]
fn bodies_that_stall_are_refused() {
    let sandbox = start(impatient());
    let mut connection = Connection::open(&sandbox);
    let bytes = with_length(&with_body(1000)).to_bytes();
    let since = Instant::now();
    connection.send(&bytes[..bytes.len() - 1]);
    connection.answer().refused(408, "RequestTimeout");
    assert_in_time(since.elapsed());
    // The rest of the body must not be taken for another request.
    connection.closes_after(Instant::now());
    // One that is too large and stalls, too.
    let mut connection = Connection::open(&sandbox);
    let bytes = with_length(&with_body(2_000_000)).to_bytes();
    connection.send(&bytes[..bytes.len() - 1]);
    connection.answer().refused(408, "RequestTimeout");
}

#[test]
fn connections_beyond_the_limit_wait() {
    let sandbox = start(Limits { connections: 2, ..Limits::default() });
    let mut first = Connection::open(&sandbox);
    let mut second = Connection::open(&sandbox);
    first.call(&list_keys()).ok();
    second.call(&list_keys()).ok();
    let mut third = Connection::open(&sandbox);
    third.send(&with_length(&list_keys()).to_bytes());
    assert!(third.is_silent_for(SHORT), "there is no place");
    first.call(&list_keys()).ok();
    drop(second);
    third.answer().ok();
    first.call(&list_keys()).ok();
}

#[test]
fn answers_under_way_are_finished_at_the_end() {
    let sandbox = start(Limits::default());
    let endpoint = sandbox.endpoint();
    let mut idle = Connection::open(&sandbox);
    idle.call(&list_keys()).ok();
    let mut silent = Connection::open(&sandbox);
    let mut in_head = Connection::open(&sandbox);
    in_head.send(b"POST / HTTP/1.1\r\n");
    let mut busy = Connection::open(&sandbox);
    let mut raw = with_length(&with_body(1000));
    // What is answered here says that the server has read the head.
    raw.set_header("expect", "100-continue");
    let bytes = raw.to_bytes();
    let (head, body) = bytes.split_at(bytes.len() - 1000);
    busy.send(head);
    assert_eq!((busy.line(), busy.line()), ("HTTP/1.1 100 Continue".to_owned(), String::new()));
    busy.send(&body[..500]);

    let begun = Instant::now();
    let ending = thread::spawn(move || drop(sandbox));
    idle.closes_after(begun);
    silent.closes_after(begun);
    in_head.closes_after(begun);
    assert!(!ending.is_finished(), "an answer is owed");
    assert!(Connection::to(&endpoint).is_err(), "nobody new is let in");
    busy.send(&body[500..]);
    let answer = busy.answer();
    assert_eq!(answer.header("connection"), Some("close"), "the client is told not to go on");
    answer.ok();
    busy.closes_after(begun);
    ending.join().unwrap();
    assert!(begun.elapsed() < Limits::default().shutdown, "nothing was waited for in vain");
}

#[test]
fn answers_of_http2_under_way_are_finished_at_the_end() {
    let sandbox = start(Limits::default());
    block_on(async {
        let stream = tokio::net::TcpStream::connect(sandbox.endpoint()).await.unwrap();
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let raw = with_body(1000);
        let (head, _) = to_http2(&raw).into_parts();
        // A body that comes when it is told to, after a first part.
        let (go_on, gone_on) = tokio::sync::oneshot::channel::<()>();
        let (first, rest) = (Bytes::copy_from_slice(&raw.body[..500]), Bytes::copy_from_slice(&raw.body[500..]));
        let body = Halves { first: Some(first), rest: Some(rest), gone_on };
        let answer = tokio::spawn(sender.send_request(http::Request::from_parts(head, body)));
        // The server has it when it has answered another request that came later on the same connection.
        let (_never, gone_on) = tokio::sync::oneshot::channel();
        let (head, _) = to_http2(&list_keys()).into_parts();
        let later = http::Request::from_parts(head, Halves { first: None, rest: None, gone_on });
        assert_eq!(sender.send_request(later).await.unwrap().status(), 200);
        let ending = thread::spawn(move || drop(sandbox));
        tokio::time::sleep(SHORT).await;
        assert!(!ending.is_finished(), "an answer is owed");
        go_on.send(()).unwrap();
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["PageSize"], 1);
        connection.await.unwrap().unwrap();
        tokio::task::spawn_blocking(move || ending.join().unwrap()).await.unwrap();
    });
}

/// A body in two parts; the second waits.
struct Halves {
    first: Option<Bytes>,
    rest: Option<Bytes>,
    gone_on: tokio::sync::oneshot::Receiver<()>,
}

impl hyper::body::Body for Halves {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        use std::task::Poll;
        let frame = |bytes| Poll::Ready(Some(Ok(hyper::body::Frame::data(bytes))));
        if let Some(first) = self.first.take() {
            return frame(first);
        }
        if self.rest.is_none() {
            return Poll::Ready(None);
        }
        match std::pin::Pin::new(&mut self.gone_on).poll(context) {
            Poll::Ready(_) => frame(self.rest.take().unwrap()),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// What cannot be finished in time is cut off.
#[test]
fn nobody_holds_up_the_end_for_ever() {
    let sandbox = start(Limits { shutdown: SHORT, ..Limits::default() });
    let mut stalled = Connection::open(&sandbox);
    let mut raw = with_length(&with_body(1000));
    raw.set_header("expect", "100-continue");
    raw.body.clear();
    stalled.send(&raw.to_bytes());
    assert_eq!(stalled.line(), "HTTP/1.1 100 Continue");
    let begun = Instant::now();
    drop(sandbox);
    assert_in_time(begun.elapsed());
    stalled.closes_after(begun);
}

#[rstest]
// method, path, status: paths of our own answer for themselves, whoever asks
#[case("GET", "/-/health", 200)]
#[case("POST", "/-/health", 404)]
#[case("GET", "/-/health/", 404)]
#[case("GET", "/-/", 404)]
#[case("GET", "/-/nothing", 404)]
#[case("POST", "/credentials/sts", 404)]
#[case("GET", "/credentials/", 404)]
#[case("GET", "/latest/meta-data/ram/security-credentials/", 404)]
#[case("PUT", "/latest/api/token", 404)]
fn reserved_paths(#[case] method: &str, #[case] path: &str, #[case] status: u16) {
    let sandbox = start(Limits::default());
    let mut raw = list_keys();
    (raw.method, raw.path) = (method.to_owned(), path.to_owned());
    let answer = Connection::open(&sandbox).call(&raw);
    if status == 200 {
        assert_eq!(answer.status, 200);
        let json = answer.json();
        assert_eq!(json["status"], "ok");
        assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(json["verify_signatures"], true);
        assert_eq!(json["limits"], "off");
        assert_eq!(json["seeded"], false);
    } else {
        let message = "Paths under /-/, /credentials/ and /latest/ are reserved, and nothing is here.";
        assert_eq!((answer.status, answer.json()), (status, json!({"code": "NotFound", "message": message})));
    }
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-acs-")), "no service answers here");
}

/// A page of another site, or one whose name was pointed at us, learns nothing here either.
#[rstest]
#[case("origin", "https://evil.example")]
#[case("sec-fetch-site", "cross-site")]
#[case("sec-fetch-site", "same-site")]
#[case("host", "evil.example")]
fn reserved_paths_are_not_for_web_pages(#[case] name: &str, #[case] value: &str) {
    let sandbox = start(Limits::default());
    let mut raw = Raw::parse(b"GET /-/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    raw.set_header(name, value);
    assert_eq!(Connection::open(&sandbox).call(&raw).status, 403);
}

/// In the words of whoever was asked: no service's error object, no service's header.
#[test]
fn what_reserved_paths_cannot_take_is_refused_in_words_of_our_own() {
    let sandbox = start(Limits { body: SHORT, ..Limits::default() });
    let refused = |raw: &Raw| {
        let mut connection = Connection::open(&sandbox);
        connection.send(&raw.to_bytes());
        let answer = connection.answer();
        assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-acs-")), "{answer:?}");
        (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
    };
    let health = Raw::parse(b"GET /-/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    let large = with_length(&Raw { body: vec![b'x'; 64 * 1024 + 1], ..health.clone() });
    assert_eq!(refused(&large), (413, "RequestEntityTooLarge".to_owned()));
    let mut late = health.clone();
    late.set_header("content-length", "1");
    assert_eq!(refused(&late), (408, "RequestTimeout".to_owned()));
    let mut long = health.clone();
    long.set_header("x-more", "v".repeat(130 * 1024));
    assert_eq!(refused(&long), (431, "RequestHeaderFieldsTooLarge".to_owned()));
    let mut foreign = health.clone();
    foreign.set_header("host", "evil.example");
    assert_eq!(refused(&foreign), (403, "Forbidden.BrowserRequest".to_owned()));
}

/// Everything else is the service's, whatever the path.
#[test]
fn other_paths_are_the_services() {
    let sandbox = start(Limits::default());
    for path in ["/", "/-", "/kms", "/kms/", "/latest", "/credentialsx/", "/x/-/health"] {
        let mut raw = list_keys();
        raw.path = path.to_owned();
        Connection::open(&sandbox).call(&raw).ok();
    }
    Connection::open(&sandbox)
        .call(&Raw::parse(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"))
        .refused(400, "MissingParameter");
}

#[rstest]
fn other_methods_are_refused(#[values("HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW")] method: &str) {
    let sandbox = start(Limits::default());
    let mut connection = Connection::open(&sandbox);
    let mut raw = list_keys();
    raw.method = method.to_owned();
    let answer = connection.call(&raw);
    if method == "HEAD" {
        assert_eq!(answer.status, 403);
        assert!(answer.header("x-acs-request-id").is_some());
    } else {
        answer.refused(403, "UnsupportedHTTPMethod");
    }
    connection.call(&list_keys()).ok();
}

#[test]
fn many_callers_at_once() {
    let sandbox = start(Limits::default());
    thread::scope(|scope| {
        for caller in 0..64 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let mut connection = Connection::open(sandbox);
                let signing = Signing::ALL[caller % Signing::ALL.len()];
                let plaintext = format!("caller{caller}");
                for turn in 0..10 {
                    let mut call = |action: &str, parameters: &[(&str, &str)]| {
                        connection.call(&Draft::new(signing, action, parameters).sign()).ok()
                    };
                    let sealed = call("Encrypt", &[("KeyId", KEY), ("Plaintext", &plaintext)]);
                    let blob = sealed["CiphertextBlob"].as_str().unwrap();
                    assert_eq!(call("Decrypt", &[("CiphertextBlob", blob)])["Plaintext"], *plaintext);
                    if turn % 5 == 0 {
                        let made = call("CreateKey", &[]);
                        let id = made["KeyMetadata"]["KeyId"].as_str().unwrap();
                        assert_eq!(call("DescribeKey", &[("KeyId", id)])["KeyMetadata"]["KeyId"], *id);
                    }
                }
            });
        }
    });
    let all = Connection::open(&sandbox).call(&Draft::new(Signing::V3, "ListKeys", &[]).sign()).ok();
    // Nine in the file, two made by each caller.
    assert_eq!(all["TotalCount"], 9 + 2 * 64);
}

/// A server of its own process.
struct Process {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yaoshi"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off"])
            .env("XDG_CONFIG_HOME", CONFIG_FOLDER)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    fn endpoint(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap_or_else(|| panic!("first line: {line:?}"));
        address.trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    fn exit_status(&mut self) -> std::process::ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < LONG, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(unix)]
#[rstest]
#[case::terminate("-TERM")]
#[case::interrupt("-INT")]
fn the_process_ends_well_when_told_to(#[case] signal: &str) {
    let mut process = Process::start();
    let endpoint = process.endpoint();
    let mut idle = Connection::to(&endpoint).unwrap();
    idle.call(&Raw::parse(b"GET /-/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")).json();
    let _silent = Connection::to(&endpoint).unwrap();
    let mut busy = Connection::to(&endpoint).unwrap();
    busy.send(b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    assert_eq!((busy.line(), busy.line()), ("HTTP/1.1 100 Continue".to_owned(), String::new()));
    busy.send(b"a");
    process.signal(signal);
    idle.closes_after(Instant::now());
    busy.send(b"=");
    busy.answer().refused(400, "MissingParameter");
    assert_eq!(process.exit_status().code(), Some(0));
}
