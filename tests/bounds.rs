//! What one caller may take from all others: turns at making key pairs, memory for bodies, time at the end.

#![expect(clippy::disallowed_methods, reason = "how long others wait can be told by the real clock alone")]

use std::any::Any;
use std::convert::Infallible;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rstest::rstest;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use yaoshi::Sandbox;
use yaoshi::call;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::server::{Limits, QueueLimits};
use yaoshi::world::{Chance, ManualClock, World};

use crate::command_line::Server;
use crate::support::NOW;
use crate::support::client::{Answer, Connection, LONG, with_length};
use crate::support::samples::DIGEST;
use crate::support::wire::{Draft, Raw, Signing};

const MIB: usize = 1024 * 1024;

/// For what is to come at once: a fraction of what making the key pairs of these tests takes.
const SOON: Duration = Duration::from_secs(5);

/// The fixture, with two accounts.
fn start(limits: Limits) -> Sandbox {
    let file = SandboxFile::parse("sandbox.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    let options = Options { file: Some(file), limits: call::Limits::Off, ..Options::default() };
    let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
    Sandbox::start_in(&options, World { clock, chance: Arc::new(Chance::system()) }, limits).unwrap()
}

fn one_at_a_time() -> Limits {
    let key_pairs = QueueLimits { places: 1, places_of_one: 1, ..Limits::default().key_pairs };
    Limits { key_pairs, ..Limits::default() }
}

fn signed(access_key: &str, action: &str, parameters: &[(&str, &str)]) -> Raw {
    with_length(&Draft::new(Signing::V3, action, parameters).by(access_key).sign())
}

/// A connection that waits for a key pair of its own.
fn asks_for_a_pair(endpoint: &str, raw: &Raw) -> Connection {
    let mut connection = Connection::to(endpoint).unwrap();
    connection.send(&raw.to_bytes());
    connection
}

fn call(sandbox: &Sandbox, access_key: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
    Connection::open(sandbox).call(&signed(access_key, action, parameters))
}

/// How many keys of this spec there are in the account of `access_key`.
fn count(sandbox: &Sandbox, access_key: &str, spec: &str) -> u64 {
    let filters = format!(r#"[{{"Key":"KeySpec","Values":["{spec}"]}}]"#);
    call(sandbox, access_key, "ListKeys", &[("Filters", &filters)]).ok()["TotalCount"].as_u64().unwrap()
}

/// One account asks for 40 key pairs. The other reads, writes and signs meanwhile, and has a key pair of its own when the
/// one under way and one more are made, not after all of them. What nobody waits for any more is not made.
#[test]
fn key_pairs_of_one_account_hold_up_no_other() {
    let sandbox = start(one_at_a_time());
    let pair = signed("other", "CreateKey", &[("KeySpec", "EC_P256")]);
    let pair = Connection::open(&sandbox).call(&pair).ok()["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let asking: Vec<_> = (0..40)
        .map(|_| asks_for_a_pair(&sandbox.endpoint(), &signed("yaoshi", "CreateKey", &[("KeySpec", "RSA_4096")])))
        .collect();
    let sign = [("KeyId", &*pair), ("Algorithm", "ECDSA_SHA_256"), ("Digest", DIGEST)];
    let version = call(&sandbox, "other", "ListKeyVersions", &[("KeyId", &pair)]).ok();
    let version = version["KeyVersions"]["KeyVersion"][0]["KeyVersionId"].as_str().unwrap().to_owned();
    let sign = [&sign[..], &[("KeyVersionId", &version)]].concat();
    call(&sandbox, "other", "ListKeys", &[]).ok();
    call(&sandbox, "other", "CreateKey", &[]).ok();
    call(&sandbox, "other", "AsymmetricSign", &sign).ok();
    // Nor the others of the same account.
    call(&sandbox, "yaoshi", "CreateKey", &[]).ok();
    let waits_for_nothing = count(&sandbox, "yaoshi", "RSA_4096");
    assert!(waits_for_nothing < 20, "{waits_for_nothing} were made meanwhile");

    call(&sandbox, "other", "CreateKey", &[("KeySpec", "RSA_2048")]).ok();
    let before = count(&sandbox, "yaoshi", "RSA_4096");
    assert!(before < 30, "it had to wait for {before}");

    drop(asking);
    call(&sandbox, "other", "CreateKey", &[("KeySpec", "RSA_2048")]).ok();
    let left = count(&sandbox, "yaoshi", "RSA_4096");
    for _ in 0..2 {
        call(&sandbox, "other", "CreateKey", &[("KeySpec", "RSA_2048")]).ok();
    }
    assert_eq!(count(&sandbox, "yaoshi", "RSA_4096"), left, "nobody waits for another");
    assert!(left < 40);
}

/// Beyond the bound a call is told so at once; it is the bound of its account.
#[test]
fn key_pairs_beyond_the_bound_are_refused_at_once() {
    let mut limits = one_at_a_time();
    (limits.key_pairs.waiting, limits.key_pairs.waiting_of_one) = (8, 3);
    let sandbox = start(limits);
    let raw = || signed("yaoshi", "CreateKey", &[("KeySpec", "RSA_4096")]);
    let mut asking: Vec<_> = (0..12).map(|_| asks_for_a_pair(&sandbox.endpoint(), &raw())).collect();
    let answers: Vec<_> = thread::scope(|scope| {
        let answers: Vec<_> = asking.iter_mut().map(|asking| scope.spawn(|| asking.answer())).collect();
        call(&sandbox, "other", "CreateKey", &[("KeySpec", "RSA_2048")]).ok();
        answers.into_iter().map(|answer| answer.join().unwrap()).collect()
    });
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(made.len() >= 4 && !refused.is_empty(), "{} were made", made.len());
    assert_eq!(count(&sandbox, "yaoshi", "RSA_4096"), made.len() as u64);
    for answer in refused {
        answer.refused(429, "Rejected.Throttling");
    }
}

/// A server with 12 calls that wait for key pairs.
fn busy() -> (Server, Vec<Connection>) {
    let server = Server::start(&["--log", "off", "--limits", "off"]);
    let endpoint = server.url.strip_prefix("http://").unwrap();
    let draft = || {
        let mut draft = Draft::new(Signing::V3, "CreateKey", &[("KeySpec", "RSA_4096")]);
        let now = World::real().clock.now();
        draft.set("Timestamp", &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        with_length(&draft.sign())
    };
    let asking = (0..12).map(|_| asks_for_a_pair(endpoint, &draft())).collect();
    for _ in 0..20 {
        assert_eq!(Connection::to(endpoint).unwrap().call(&health()).status, 200);
    }
    (server, asking)
}

fn health() -> Raw {
    Raw::parse(b"GET /-/health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
}

fn signal(server: &Server, name: &str) {
    assert!(Command::new("kill").args([name, &server.child.id().to_string()]).status().unwrap().success());
}

/// The exit status, if it ends soon.
#[track_caller]
fn ends_soon(server: &mut Server) -> Option<i32> {
    let since = Instant::now();
    loop {
        if let Some(status) = server.child.try_wait().unwrap() {
            return status.code();
        }
        assert!(since.elapsed() < SOON, "it does not end");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Nobody waits for what cannot be interrupted.
#[cfg(unix)]
#[test]
fn a_process_ends_though_key_pairs_are_being_made() {
    let (mut server, asking) = busy();
    signal(&server, "-TERM");
    drop(asking);
    assert_eq!(ends_soon(&mut server), Some(0));
}

#[cfg(unix)]
#[rstest]
#[case("-TERM", 143)]
#[case("-INT", 130)]
fn a_second_signal_ends_a_process_at_once(#[case] name: &str, #[case] status: i32) {
    let (mut server, asking) = busy();
    signal(&server, "-TERM");
    // The second counts when the first has been seen: from then on nobody is let in.
    let endpoint = server.url.strip_prefix("http://").unwrap().to_owned();
    let since = Instant::now();
    while Connection::to(&endpoint).is_ok() {
        assert!(since.elapsed() < SOON, "it does not stop");
    }
    assert!(server.child.try_wait().unwrap().is_none(), "answers are owed");
    signal(&server, name);
    assert_eq!(ends_soon(&mut server), Some(status));
    drop(asking);
}

/// A sandbox in a test ends within its time as well, though its callers stay.
#[test]
fn a_sandbox_ends_though_key_pairs_are_being_made() {
    let sandbox = start(Limits { shutdown: Duration::from_millis(300), ..Limits::default() });
    let raw = || signed("yaoshi", "CreateKey", &[("KeySpec", "RSA_4096")]);
    let _asking: Vec<_> = (0..12).map(|_| asks_for_a_pair(&sandbox.endpoint(), &raw())).collect();
    call(&sandbox, "other", "ListKeys", &[]).ok();
    let since = Instant::now();
    drop(sandbox);
    assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
}

/// What a process has had in memory at the most, where the system tells it.
fn most_memory(server: &Server) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most that was resident");
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().expect("a number") * 1024)
}

/// A body that begins and never ends.
struct Half(Option<Bytes>);

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |first| Poll::Ready(Some(Ok(Frame::data(first)))))
    }
}

/// Half bodies that are held until the sender is dropped: on connections of their own, or on one of HTTP/2.
fn half_bodies(endpoint: &str, is_http2: bool) -> Box<dyn Any> {
    if is_http2 {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (endpoint, half) = (endpoint.to_owned(), Bytes::from(vec![b'x'; MIB - 1]));
        runtime.spawn(async move {
            let stream = TcpStream::connect(&endpoint).await.unwrap();
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            for _ in 0..200 {
                let request = http::Request::post(format!("http://{endpoint}/")).body(Half(Some(half.clone())));
                tokio::spawn(sender.send_request(request.unwrap()));
            }
            drop(connection.await);
        });
        return Box::new(runtime);
    }
    Box::new((0..300).map(|_| half_body(endpoint)).collect::<Vec<_>>())
}

fn half_body(endpoint: &str) -> Connection {
    let mut connection = Connection::to(endpoint).unwrap();
    let head = format!("POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {MIB}\r\n\r\n");
    connection.send(&[head.into_bytes(), vec![b'x'; MIB - 1]].concat());
    connection
}

/// All that the bodies of strangers take, and whoever sends short ones is let in.
#[rstest]
#[case::on_many_connections(false)]
#[case::on_one_of_http2(true)]
fn half_bodies_of_strangers_take_little_memory(#[case] is_http2: bool) {
    let server = Server::start(&["--log", "off"]);
    let endpoint = server.url.strip_prefix("http://").unwrap();
    let half_sent = half_bodies(endpoint, is_http2);
    let mut more_sent = Vec::new();
    // There is no room for another long one, and there is for short ones.
    let long = Raw { method: "POST".to_owned(), body: vec![b'x'; MIB], ..health() };
    let short = Raw { body: vec![b'x'; 16 * 1024], ..long.clone() };
    let [long, short] = [long, short].map(|raw| Raw { path: "/".to_owned(), ..raw });
    let since = Instant::now();
    let mut until = |is_room: bool| {
        loop {
            let answer = Connection::to(endpoint).unwrap().call(&long);
            if (answer.status == 400) == is_room {
                return answer;
            }
            assert!(since.elapsed() < LONG, "{answer:?}");
            // Where several were refused at once, the last of them may have left room for one.
            more_sent.extend((!is_room).then(|| half_body(endpoint)));
        }
    };
    until(false).refused(429, "Rejected.Throttling");
    Connection::to(endpoint).unwrap().call(&short).refused(400, "MissingParameter");
    let most = most_memory(&server).unwrap_or_default();
    assert!(most < 200 * MIB, "{} MiB", most / MIB);
    assert!(most > MIB || !cfg!(target_os = "linux"));
    drop(half_sent);
    until(true).refused(400, "MissingParameter");
}
