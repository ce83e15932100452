//! What the server does with what a dialect gives it: work that waits, callers that go, panics, answers' fates.

#![expect(clippy::disallowed_methods, reason = "how long the server waits can be told by the real clock alone")]

use std::io::Read;
use std::net::Ipv4Addr;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full};
use rstest::rstest;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use yaoshi::dialect::browsers::Browsers;
use yaoshi::dialect::front::Front;
use yaoshi::dialect::{Abandoned, Answer, Dialect, Fate, Queue, Request, Taken, Unacceptable, Waited, Work};
use yaoshi::server::{self, Limits, QueueLimits};

use crate::support::client::{self, Connection, LONG, block_on, connect_http2};
use crate::support::wire::Raw;

/// A dialect whose paths say what becomes of a request; `/elsewhere` is nobody's, nor is what is for `elsewhere.test`.
/// What is `/later` waits for a processor; what is `/pair/directly` for a key pair, in the name of the account that its
/// first letter is, and what is `/pair/after-all` for a processor before.
struct Probe {
    events: UnboundedSender<String>,
    gate: Arc<Gate>,
}

/// Where work is held until a test lets it go.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let waited = self.opened.wait_timeout_while(self.is_open.lock().unwrap(), LONG, |is_open| !*is_open);
        assert!(!waited.unwrap().1.timed_out(), "nobody opens the gate");
    }
}

fn plain(status: StatusCode, text: &str) -> Answer {
    Answer::new(status, HeaderValue::from_static("text/plain"), text.into())
}

impl Probe {
    fn work(self: Arc<Self>, name: String) -> Box<dyn FnOnce(Waited<'_>) -> Taken + Send> {
        Box::new(move |waited| {
            Taken::Answered(match waited {
                Waited::Through(abandoned) => self.run(&name, abandoned),
                Waited::InVain => plain(StatusCode::IM_A_TEAPOT, &format!("no room for {name}")),
            })
        })
    }

    fn run(&self, name: &str, abandoned: &Abandoned) -> Answer {
        self.tell("begun", name);
        match name {
            held if held.ends_with("held") => self.gate.pass(),
            "watching" => {
                let begun = Instant::now();
                while !abandoned.is_gone() {
                    assert!(begun.elapsed() < LONG, "the caller is still there");
                    thread::yield_now();
                }
                self.tell("alone", name);
            }
            "panicking" => panic!("a defect, for a test"),
            _ => assert!(!abandoned.is_gone(), "the caller is there"),
        }
        plain(StatusCode::OK, name)
    }

    fn tell(&self, what: &str, name: &str) {
        // The test may be over.
        drop(self.events.send(format!("{what} {name}")));
    }
}

impl Dialect for Probe {
    fn claims(&self, head: &Parts) -> bool {
        !head.uri.path().starts_with("/elsewhere") && head.headers.get(HOST).is_none_or(|host| host != "elsewhere.test")
    }

    fn largest_body(&self) -> usize {
        10
    }

    fn take(self: Arc<Self>, request: Request) -> Taken {
        let path = request.head.uri.path();
        if let Some((way, name)) = path.strip_prefix("/pair/").and_then(|rest| rest.split_once('/')) {
            self.tell("taken", name);
            let fair_by = u64::from(name.as_bytes()[0]);
            let is_direct = way == "directly";
            let pair = Work { queue: Queue::KeyPair, fair_by, run: self.work(name.to_owned()) };
            let by_way = |pair| Work { queue: Queue::Compute, fair_by, run: Box::new(|_| Taken::Later(pair)) };
            return Taken::Later(if is_direct { pair } else { by_way(pair) });
        }
        let Some(name) = path.strip_prefix("/later/").map(str::to_owned) else {
            assert_ne!(path, "/panicking", "a defect, for a test");
            let fate = if path == "/last" { Fate::Close } else { Fate::Send };
            return Taken::Answered(Answer { fate, ..plain(StatusCode::OK, path) });
        };
        self.tell("taken", &name);
        Taken::Later(Work { queue: Queue::Compute, fair_by: 0, run: self.work(name) })
    }

    fn refuse(&self, head: &Parts, reason: Unacceptable) -> Answer {
        plain(StatusCode::IM_A_TEAPOT, &format!("{reason:?}: {} {}", head.method, head.uri.path()))
    }
}

/// A server that speaks nothing but [`Probe`].
struct Running {
    endpoint: String,
    events: UnboundedReceiver<String>,
    gate: Arc<Gate>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// One thread for all connections, and so many for work.
    fn start(limits: Limits, workers: usize) -> Self {
        let (sender, events) = unbounded_channel();
        let gate = Arc::new(Gate::default());
        let probe = Arc::new(Probe { events: sender, gate: Arc::clone(&gate) });
        let front = Arc::new(Front::new(vec![probe], Browsers::AnyHost));
        let runtime = Builder::new_current_thread().max_blocking_threads(workers).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let endpoint = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let stop = async { drop(stopped.await) };
            runtime.block_on(server::serve(listener, front, limits, None, stop));
        });
        Self { endpoint, events, gate, stop: Some(stop), thread: Some(thread) }
    }

    fn connect(&self) -> Connection {
        Connection::to(&self.endpoint).unwrap()
    }

    /// What happens next.
    async fn next(&mut self) -> String {
        self.events.recv().await.expect("the server is there")
    }

    #[track_caller]
    fn expect(&mut self, events: &[&str]) {
        for event in events {
            assert_eq!(block_on(self.next()), *event);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.gate.open();
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_some_and(|ended| ended.is_ok()), "the server ends well");
    }
}

fn get(path: &str) -> Raw {
    Raw::parse(format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").as_bytes())
}

fn text(answer: &client::Answer) -> (u16, &str) {
    (answer.status, str::from_utf8(&answer.body).unwrap())
}

#[test]
fn work_that_waits_holds_up_nobody() {
    let mut server = Running::start(Limits::default(), 2);
    let mut held = server.connect();
    held.send(&get("/later/held").to_bytes());
    server.expect(&["taken held", "begun held"]);
    let mut other = server.connect();
    assert_eq!(text(&other.call(&get("/now"))), (200, "/now"));
    assert_eq!(text(&other.call(&get("/later/short"))), (200, "short"));
    server.gate.open();
    assert_eq!(text(&held.answer()), (200, "held"));
}

/// Three connections, one thread for work, places for two: the third is let in when the second is over.
#[test]
fn what_nobody_waits_for_any_more_is_not_done() {
    let mut server = Running::start(Limits { connections: 2, ..Limits::default() }, 1);
    let mut held = server.connect();
    held.send(&get("/later/held").to_bytes());
    server.expect(&["taken held", "begun held"]);
    let mut gone = server.connect();
    gone.send(&get("/later/given-up").to_bytes());
    server.expect(&["taken given-up"]);
    drop(gone);
    let mut last = server.connect();
    last.send(&get("/later/last").to_bytes());
    server.expect(&["taken last"]);
    server.gate.open();
    assert_eq!((text(&held.answer()), text(&last.answer())), ((200, "held"), (200, "last")));
    // And nothing was done before it.
    server.expect(&["begun last"]);
}

/// Work that has begun can see it, whichever HTTP the caller spoke.
#[rstest]
#[case::the_connection_is_closed(false)]
#[case::a_request_of_many_is_taken_back(true)]
fn work_sees_that_its_caller_has_gone(#[case] is_http2: bool) {
    let mut server = Running::start(Limits::default(), 1);
    if is_http2 {
        block_on(async {
            let (mut sender, _connection) = connect_http2(&server.endpoint).await;
            let answer = tokio::spawn(sender.send_request(request(&server, "/later/watching")));
            assert_eq!([server.next().await, server.next().await], ["taken watching", "begun watching"]);
            answer.abort();
            assert_eq!(server.next().await, "alone watching");
            let answer = sender.send_request(request(&server, "/now")).await.unwrap();
            assert_eq!(answer.status(), 200, "the connection goes on");
        });
    } else {
        let mut connection = server.connect();
        connection.send(&get("/later/watching").to_bytes());
        server.expect(&["taken watching", "begun watching"]);
        drop(connection);
        server.expect(&["alone watching"]);
    }
}

fn one_at_a_time() -> Limits {
    let one = QueueLimits { places: 1, places_of_one: 1, waiting: 3, waiting_of_one: 2 };
    Limits { compute: one, key_pairs: one, ..Limits::default() }
}

/// Its place is free for another at once, and it is not done.
#[test]
fn work_that_waits_is_bounded_and_fair_between_accounts() {
    let mut server = Running::start(one_at_a_time(), 4);
    let ask = |server: &mut Running, way: &str, name: &str| {
        let mut connection = server.connect();
        connection.send(&get(&format!("/pair/{way}/{name}")).to_bytes());
        server.expect(&[&format!("taken {name}")]);
        connection
    };
    let mut held = ask(&mut server, "after-all", "a-held");
    server.expect(&["begun a-held"]);
    let mut answers = Vec::new();
    for name in ["a-1", "a-2", "a-3", "b-1", "b-2"] {
        let mut connection = ask(&mut server, "directly", name);
        if ["a-3", "b-2"].contains(&name) {
            assert_eq!(text(&connection.answer()), (418, &*format!("no room for {name}")));
        } else {
            answers.push((name, connection));
        }
    }
    // Nobody notices who waits for something else: for a processor that it had before, too.
    assert_eq!(text(&server.connect().call(&get("/later/other"))), (200, "other"));
    server.expect(&["taken other", "begun other"]);
    answers.remove(0);
    // One that goes leaves room for another, once it is seen to have gone.
    let mut last = loop {
        let mut connection = ask(&mut server, "directly", "a-4");
        if connection.is_silent_for(Duration::from_millis(200)) {
            break connection;
        }
        assert_eq!(text(&connection.answer()), (418, "no room for a-4"));
    };
    server.gate.open();
    assert_eq!(text(&held.answer()), (200, "a-held"));
    server.expect(&["begun a-2", "begun b-1", "begun a-4"]);
    for (name, connection) in &mut answers {
        assert_eq!(text(&connection.answer()), (200, *name));
    }
    assert_eq!(text(&last.answer()), (200, "a-4"));
}

fn with_body(path: &str, length: usize) -> Raw {
    Raw { body: vec![b'x'; length], ..get(path) }
}

/// Room for 25 bytes. It is what has come that counts, until it is answered or its caller has gone.
#[test]
fn bodies_under_way_are_bounded() {
    let mut server = Running::start(Limits { bodies: 25, ..Limits::default() }, 2);
    let until = |server: &Running, expected: (u16, &str)| {
        let since = Instant::now();
        while text(&server.connect().call(&with_body("/now", 10))) != expected {
            assert!(since.elapsed() < LONG, "{expected:?}");
        }
    };
    let (room, no_room) = ((200, "/now"), (418, "TooBusy: GET /now"));
    let mut held = server.connect();
    held.send(&client::with_length(&with_body("/later/held", 10)).to_bytes());
    server.expect(&["taken held", "begun held"]);
    until(&server, room);
    let half = |length: usize| {
        let mut connection = server.connect();
        let bytes = client::with_length(&with_body("/now", 10)).to_bytes();
        connection.send(&bytes[..bytes.len() - 10 + length]);
        connection
    };
    let silent = [half(0), half(0), half(0)];
    until(&server, room);
    let mut two_thirds = half(6);
    until(&server, no_room);
    // What needs none is answered, as is what finds room.
    assert_eq!(text(&server.connect().call(&get("/now"))), room);
    assert_eq!(text(&server.connect().call(&with_body("/now", 9))), room);
    two_thirds.send(b"xxxx");
    assert_eq!(text(&two_thirds.answer()), room);
    until(&server, room);
    let gone = half(9);
    until(&server, no_room);
    drop(gone);
    until(&server, room);
    let _half = half(9);
    until(&server, no_room);
    server.gate.open();
    assert_eq!(text(&held.answer()), (200, "held"));
    until(&server, room);
    drop(silent);
}

/// A client is told how many requests it may have at once on one connection.
#[test]
fn http2_has_a_bounded_number_of_requests_at_once() {
    const MAX_CONCURRENT_STREAMS: [u8; 2] = [0, 3];
    let server = Running::start(Limits { streams: 5, ..Limits::default() }, 1);
    let mut connection = server.connect();
    connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    let mut head = [0; 9];
    connection.stream.read_exact(&mut head).unwrap();
    assert_eq!(head[3], 4, "the server's settings come first");
    let mut settings = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
    connection.stream.read_exact(&mut settings).unwrap();
    let told = settings.chunks(6).find(|setting| setting[..2] == MAX_CONCURRENT_STREAMS);
    assert_eq!(told.map(|setting| &setting[2..]), Some(&[0, 0, 0, 5][..]));
}

fn request(server: &Running, path: &str) -> http::Request<Full<Bytes>> {
    http::Request::get(format!("http://{}{path}", server.endpoint)).body(Full::default()).unwrap()
}

#[rstest]
#[case::while_it_was_taken("/panicking")]
#[case::while_it_was_done("/later/panicking")]
fn panics_are_answered_in_the_dialects_words(#[case] path: &str) {
    let server = Running::start(Limits::default(), 1);
    let mut connection = server.connect();
    for method in ["GET", "PUT"] {
        let raw = Raw { method: method.to_owned(), query: "more".to_owned(), ..get(path) };
        assert_eq!(text(&connection.call(&raw)), (418, &*format!("Failed: {method} {path}")));
        assert_eq!(text(&connection.call(&get("/later/next"))), (200, "next"));
    }
}

#[test]
fn an_answer_can_end_its_connection() {
    let mut server = Running::start(Limits::default(), 1);
    let mut connection = server.connect();
    assert_eq!(connection.call(&get("/now")).header("connection"), None);
    let answer = connection.call(&get("/last"));
    assert_eq!((text(&answer), answer.header("connection")), ((200, "/last"), Some("close")));
    assert!(connection.closes_after(Instant::now()) < LONG);
    // What comes behind it on the same connection is not looked at.
    let mut pipelined = server.connect();
    pipelined.send(&[get("/last").to_bytes(), get("/later/ignored").to_bytes()].concat());
    assert_eq!(text(&pipelined.answer()), (200, "/last"));
    pipelined.closes_after(Instant::now());
    assert!(server.events.try_recv().is_err());
}

/// What else is under way on it is finished.
#[test]
fn an_answer_can_end_its_connection_of_http2() {
    let mut server = Running::start(Limits::default(), 1);
    block_on(async {
        let (mut sender, connection) = connect_http2(&server.endpoint).await;
        let held = tokio::spawn(sender.send_request(request(&server, "/later/held")));
        assert_eq!(server.next().await, "taken held");
        let last = sender.send_request(request(&server, "/last")).await.unwrap();
        assert_eq!((last.status(), last.headers().get("connection")), (StatusCode::OK, None));
        assert_eq!(last.into_body().collect().await.unwrap().to_bytes(), "/last");
        server.gate.open();
        let held = held.await.unwrap().unwrap();
        assert_eq!(held.into_body().collect().await.unwrap().to_bytes(), "held");
        connection.await.unwrap().unwrap();
        assert!(sender.is_closed(), "and it was not the client that ended it");
    });
}

/// The body of a request that is refused for its head is read past, if it comes soon: the client is to read the refusal,
/// and may go on.
#[test]
fn bodies_of_the_refused_are_read_past() {
    let server = Running::start(Limits::default(), 1);
    for (path, refusal) in [("/now", (418, "Browser(Origin): GET /now")), ("/elsewhere", (404, ""))] {
        let mut raw = get(path);
        raw.set_header("origin", "null");
        raw.set_header("content-length", "1000000");
        let mut connection = server.connect();
        connection.send(&raw.to_bytes());
        connection.send(&vec![b'x'; 1_000_000]);
        assert_eq!(text(&connection.answer()), refusal);
        assert_eq!(text(&connection.call(&get("/now"))), (200, "/now"));
        // One that does not come holds up the refusal for a moment only.
        let since = Instant::now();
        let mut connection = server.connect();
        connection.send(&raw.to_bytes());
        assert_eq!(text(&connection.answer()), refusal);
        assert!(since.elapsed() < Duration::from_secs(10), "long before a body is late");
        connection.closes_after(since);
    }
}

/// What is asked of heads and bodies is asked for every dialect, and answered by the one that was asked.
#[test]
fn limits_are_refused_in_the_dialects_words() {
    let server = Running::start(Limits { body: Duration::from_millis(100), ..Limits::default() }, 1);
    let with_body = |length: usize| Raw { body: vec![b'x'; length], ..get("/now") };
    assert_eq!(text(&server.connect().call(&with_body(10))), (200, "/now"));
    assert_eq!(text(&server.connect().call(&with_body(11))), (418, "BodyTooLarge: GET /now"));
    let mut late = get("/now");
    late.set_header("content-length", "1");
    let mut connection = server.connect();
    connection.send(&late.to_bytes());
    assert_eq!(text(&connection.answer()), (418, "BodyIncomplete: GET /now"));
    let mut large = get("/now");
    // A page's request with too large a head is refused for the head.
    large.set_header("origin", "null");
    large.headers.extend((0..300).map(|index| (format!("x-more-{index}"), b"v".to_vec())));
    assert_eq!(text(&server.connect().call(&large)), (418, "HeadTooLarge: GET /now"));
}

/// A dialect finds in `host` what HTTP/2 says elsewhere; as a header it does not count.
#[test]
fn http2_has_a_host_like_any_other() {
    let server = Running::start(Limits::default(), 1);
    let with_headers = |host: &str, count: usize| {
        let request = http::Request::get(format!("http://{host}/now"));
        let more = (0..count).map(|index| (format!("x-more-{index}"), "v"));
        let request = more.fold(request, |request, (name, value)| request.header(name, value));
        request.body(Full::default()).unwrap()
    };
    block_on(async {
        let (mut sender, _connection) = connect_http2(&server.endpoint).await;
        for (host, count, status) in [
            ("127.0.0.1", 0, StatusCode::OK),
            ("elsewhere.test", 0, StatusCode::NOT_FOUND),
            ("127.0.0.1", 256, StatusCode::OK),
            ("127.0.0.1", 257, StatusCode::IM_A_TEAPOT),
        ] {
            let answer = sender.send_request(with_headers(host, count)).await.unwrap();
            assert_eq!(answer.status(), status, "{host}, {count}");
        }
    });
    let mut elsewhere = get("/now");
    elsewhere.set_header("host", "elsewhere.test");
    assert_eq!(server.connect().call(&elsewhere).status, 404);
}
