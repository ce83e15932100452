//! HTTPS: on the port of HTTP, under a CA that clients can be given, with certificates that nobody has to make.

#![expect(clippy::disallowed_methods, reason = "how long the server waits can be told by the real clock alone")]

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rstest::rstest;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use serde_json::Value;
use tokio_rustls::TlsConnector;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use yaoshi::Sandbox;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::REGIONS;
use yaoshi::dialect::alibaba::signature::sign::{Scheme, Unsigned};
use yaoshi::server::Limits;
use yaoshi::world::World;

use crate::command_line::{Server, certificate, fails_with, file, outcome, run, yaoshi};
use crate::support::{CONFIG_FOLDER, secret_of};

const SANDBOX: &str = r#"version = 1
[[account]]
id = "1234567890123456"
access_keys = [{ id = "yaoshi", secret = "yaoshi" }]
[[account.user]]
name = "careful"
access_keys = [{ id = "careful", secret = "careful-secret" }]
policies = ["only-by-tls"]
[[account.policy]]
name = "only-by-tls"
document = '''{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*",
  "Condition":{"Bool":{"acs:SecureTransport":"true"}}}]}'''
"#;

/// What the server gives a silent caller where a test waits for the end of it.
const SHORT: Duration = Duration::from_millis(300);

/// Far longer than anything here takes: for what must come.
const LONG: Duration = Duration::from_secs(20);

fn start_with(limits: Limits) -> Sandbox {
    let file = SandboxFile::parse("sandbox.toml", SANDBOX).unwrap();
    let hostnames = vec!["KMS.test".to_owned(), "192.0.2.7".to_owned()];
    let options = Options { file: Some(file), https: true, hostnames, ..Options::default() };
    Sandbox::start_in(&options, World::real(), limits).unwrap()
}

fn start() -> Sandbox {
    start_with(Limits::default())
}

/// A client that trusts this CA and no other.
fn agent(ca: &str) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[Certificate::from_pem(ca.as_bytes()).unwrap()]))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
    Agent::config_builder().http_status_as_error(false).tls_config(tls.build()).build().into()
}

fn request(url: &str, access_key: &str, action: &str) -> http::Request<()> {
    let world = World::real();
    let signed = Unsigned {
        action,
        parameters: &[],
        region: "cn-hangzhou",
        host: url.split_once("://").unwrap().1,
        access_key_id: access_key,
        access_key_secret: &secret_of(access_key),
        now: world.clock.now(),
        nonce: &world.chance.request_id().to_string(),
    }
    .sign(Scheme::V3);
    let request = http::Request::post(format!("{url}/?{}", signed.query));
    signed.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value)).body(()).unwrap()
}

fn call(agent: &Agent, url: &str, access_key: &str, action: &str) -> (u16, Value) {
    let mut answer = agent.run(request(url, access_key, action)).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
}

fn client(ca: &str, versions: &[&'static SupportedProtocolVersion], protocols: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config =
        builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// Connect and shake hands with the server as `name`.
fn handshake(
    endpoint: &str,
    config: Arc<ClientConfig>,
    name: &str,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut stream = open(endpoint);
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(config, name).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

fn open(endpoint: &str) -> TcpStream {
    let stream = TcpStream::connect(endpoint).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// All that comes until the other side closes, and how long that took.
#[track_caller]
fn rest(stream: &mut TcpStream) -> (Vec<u8>, Duration) {
    let (since, mut rest) = (Instant::now(), Vec::new());
    match stream.read_to_end(&mut rest) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => panic!("still open: {error}"),
        _ => (rest, since.elapsed()),
    }
}

#[test]
fn https_and_http_take_turns_on_one_port() {
    let sandbox = start();
    let (http, https) = (sandbox.url(), sandbox.https_url().unwrap());
    let agent = agent(sandbox.ca_pem().unwrap());
    thread::scope(|scope| {
        for caller in 0..8 {
            let urls = if caller % 2 == 0 { [&http, &https] } else { [&https, &http] };
            let agent = &agent;
            scope.spawn(move || {
                for url in urls.into_iter().cycle().take(20) {
                    assert_eq!(call(agent, url, "yaoshi", "ListKeys").0, 200, "{url}");
                }
            });
        }
    });
}

#[test]
fn policies_see_whether_the_transport_is_secure() {
    let sandbox = start();
    let agent = agent(sandbox.ca_pem().unwrap());
    for action in ["ListKeys", "CreateKey"] {
        assert_eq!(call(&agent, &sandbox.https_url().unwrap(), "careful", action).0, 200);
        let (status, refused) = call(&agent, &sandbox.url(), "careful", action);
        assert_eq!((status, &refused["Code"]), (403, &"Forbidden.NoPermission".into()));
    }
}

#[test]
fn an_embedded_sandbox_is_plain_unless_asked() {
    let sandbox = Sandbox::start().unwrap();
    assert_eq!((sandbox.https_url(), sandbox.ca_pem()), (None, None));
    let mut stream = open(&sandbox.endpoint());
    stream.write_all(&client_hello([3, 3])).unwrap();
    let (answer, _) = rest(&mut stream);
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
}

#[rstest]
#[case::tls_1_2(&TLS12)]
#[case::tls_1_3(&TLS13)]
fn both_versions_of_tls_carry_both_versions_of_http(#[case] version: &'static SupportedProtocolVersion) {
    let sandbox = start();
    let ca = sandbox.ca_pem().unwrap();
    for (protocols, expected) in [(&[][..], None), (&["http/1.1"], Some(b"http/1.1"))] {
        let mut stream = handshake(&sandbox.endpoint(), client(ca, &[version], protocols), "localhost").unwrap();
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
        assert_eq!(stream.conn.alpn_protocol(), expected.map(<[u8; 8]>::as_slice));
        for _ in 0..3 {
            stream.write_all(b"GET /-/health HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
            let bytes = Read::by_ref(&mut stream).bytes().map(Result::unwrap);
            let answer: Vec<_> = bytes.take_while(|byte| *byte != b'}').collect();
            assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{answer:?}");
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answers = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(sandbox.endpoint()).await.unwrap();
        let connector = TlsConnector::from(client(ca, &[version], &["h2", "http/1.1"]));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let mut answers = Vec::new();
        for _ in 0..3 {
            let request = request(&sandbox.https_url().unwrap(), "careful", "ListKeys").map(|()| Empty::<Bytes>::new());
            let answer = sender.send_request(request).await.unwrap();
            answers.push((answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes()));
        }
        drop(sender);
        connection.await.unwrap().unwrap();
        answers
    });
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
}

#[test]
fn the_certificate_has_every_name_of_the_server() {
    let sandbox = start();
    let config = client(sandbox.ca_pem().unwrap(), &[&TLS13], &[]);
    let mut names: Vec<_> = ["localhost", "127.0.0.1", "::1", "kms.test", "192.0.2.7"].map(str::to_owned).into();
    for region in REGIONS {
        names.extend(["kms", "kms-vpc"].map(|prefix| format!("{prefix}.{region}.aliyuncs.com")));
    }
    for name in &names {
        handshake(&sandbox.endpoint(), Arc::clone(&config), name).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for stranger in ["kms.cn-nowhere.aliyuncs.com", "aliyuncs.com", "www.kms.test", "192.0.2.8"] {
        handshake(&sandbox.endpoint(), Arc::clone(&config), stranger).unwrap_err();
    }
    // Another sandbox has another CA.
    let other = client(start().ca_pem().unwrap(), &[&TLS13], &[]);
    handshake(&sandbox.endpoint(), other, "localhost").unwrap_err();
}

/// The first message of a client whose newest version is this one, and which can do what there was in its day.
fn client_hello(version: [u8; 2]) -> Vec<u8> {
    let extensions = [
        &[0, 10, 0, 4, 0, 2, 0, 23][..],  // supported_groups: secp256r1
        &[0, 11, 0, 2, 1, 0],             // ec_point_formats: uncompressed
        &[0, 13, 0, 6, 0, 4, 4, 3, 2, 3], // signature_algorithms: ECDSA with SHA-256, with SHA-1
    ]
    .concat();
    let suites = [0xc0, 0x2b, 0xc0, 0x09, 0xc0, 0x13, 0x00, 0x2f];
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let body = [
        &version[..],
        &[7; 32], // random
        &[0],     // no session
        &length(&suites),
        &suites,
        &[1, 0], // no compression
        &length(&extensions),
        &extensions,
    ]
    .concat();
    let message = [&[1, 0][..], &length(&body), &body].concat();
    [&[0x16, 3, 1][..], &length(&message), &message].concat()
}

const FATAL: u8 = 2;
const PROTOCOL_VERSION: u8 = 70;

/// SSL 3.0, TLS 1.0 and TLS 1.1 are told that their version is none; TLS 1.2 by the same words gets an answer.
#[test]
fn older_versions_of_tls_are_refused() {
    let sandbox = start();
    for version in [[3, 0], [3, 1], [3, 2]] {
        let mut stream = open(&sandbox.endpoint());
        stream.write_all(&client_hello(version)).unwrap();
        let (answer, _) = rest(&mut stream);
        assert_eq!((answer[0], &answer[3..]), (0x15, &[0, 2, FATAL, PROTOCOL_VERSION][..]), "{version:?}");
    }
    let mut stream = open(&sandbox.endpoint());
    stream.write_all(&client_hello([3, 3])).unwrap();
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!((answer[0], answer[5]), (0x16, 2), "a ServerHello");
}

/// As people check it; where there is no `openssl`, the test before has said as much.
#[test]
fn openssl_cannot_connect_with_tls_1_1() {
    let sandbox = start();
    let connect = |version: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-connect", &sandbox.endpoint(), version, "-cipher", "ALL:@SECLEVEL=0"]);
        openssl.stdin(Stdio::null()).output()
    };
    let Ok(refused) = connect("-tls1_1") else { return };
    assert!(!refused.status.success(), "{refused:?}");
    assert!(connect("-tls1_2").unwrap().status.success());
}

/// What comes of bytes on a new connection: how it ends, and how soon.
#[rstest]
#[case::one_byte(&[0x16], true)]
#[case::half_a_hello(&client_hello([3, 3])[..40], true)]
#[case::no_tls_after_all(b"\x16GET / HTTP/1.1\r\n\r\n", false)]
#[case::a_hello_too_large(&[0x16, 3, 1, 0xff, 0xff, 1, 2, 3, 4, 5], false)]
fn what_is_no_handshake_ends_soon(#[case] bytes: &[u8], #[case] waits: bool) {
    let sandbox = start_with(Limits { first_byte: SHORT, ..Limits::default() });
    let mut stream = open(&sandbox.endpoint());
    stream.write_all(bytes).unwrap();
    let (answer, took) = rest(&mut stream);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert_eq!(took >= SHORT / 2, waits, "{took:?}");
    assert!(took < LONG / 2, "{took:?}");
    // Nobody else noticed.
    let agent = agent(sandbox.ca_pem().unwrap());
    assert_eq!(call(&agent, &sandbox.https_url().unwrap(), "yaoshi", "ListKeys").0, 200);
}

#[test]
fn who_shakes_hands_and_then_is_silent_is_shown_out() {
    let sandbox = start_with(Limits { first_byte: SHORT, ..Limits::default() });
    let config = client(sandbox.ca_pem().unwrap(), &[&TLS13], &[]);
    let mut stream = handshake(&sandbox.endpoint(), config, "localhost").unwrap();
    let since = Instant::now();
    let read = stream.read(&mut [0; 1]);
    assert!(!matches!(read, Ok(1)), "nothing was asked");
    assert!((SHORT / 2..LONG / 2).contains(&since.elapsed()), "{:?}", since.elapsed());
}

#[test]
fn cleartext_within_a_tls_connection_ends_it() {
    let sandbox = start();
    let config = client(sandbox.ca_pem().unwrap(), &[&TLS13], &[]);
    let mut stream = handshake(&sandbox.endpoint(), config, "localhost").unwrap().sock;
    stream.write_all(b"GET /-/health HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let (answer, _) = rest(&mut stream);
    assert!(!answer.windows(4).any(|four| four == b"HTTP"), "{answer:?}");
}

#[test]
fn a_sandbox_ends_with_its_tls_connections() {
    let sandbox = start();
    let config = client(sandbox.ca_pem().unwrap(), &[&TLS13], &[]);
    let mut quiet = handshake(&sandbox.endpoint(), config, "localhost").unwrap();
    let since = Instant::now();
    drop(sandbox);
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert!(!matches!(quiet.read(&mut [0; 1]), Ok(1)));
}

// ---- the program

fn https(server: &Server) -> String {
    server.url.replace("http://", "https://")
}

#[test]
fn the_ca_is_kept_and_printed() {
    let folder = tempfile::tempdir().unwrap();
    let configuration = folder.path().to_str().unwrap();
    let file = folder.path().join("yaoshi").join("ca.pem");
    let ca = || outcome(&yaoshi(&["ca"]).env("XDG_CONFIG_HOME", configuration).output().unwrap());
    let mut first = None;
    for _ in 0..2 {
        // A CA that was printed before the server began, and one that the server made, are the same thing.
        let server = Server::start_in(&[("XDG_CONFIG_HOME", configuration)], &["serve", "--listen", "127.0.0.1:0"]);
        let (exit, pem, place) = ca();
        assert_eq!((exit, place), (0, format!("{}\n", file.display())));
        assert_eq!(pem, fs::read_to_string(&file).unwrap());
        assert_eq!(*first.get_or_insert(pem.clone()), pem);
        assert_eq!(call(&agent(&pem), &https(&server), "yaoshi", "ListKeys").0, 200);
        // The client commands find it where it is kept, or are told.
        for arguments in [&["call", "ListKeys"][..], &["health"]] {
            let endpoint = https(&server);
            let arguments = [arguments, &["--endpoint", &endpoint]].concat();
            let asked = yaoshi(&arguments).env("XDG_CONFIG_HOME", configuration).output().unwrap();
            assert_eq!(outcome(&asked).0, 0, "{arguments:?}: {asked:?}");
            assert_eq!(run(&[&arguments[..], &["--ca", file.to_str().unwrap()]].concat()).0, 0);
            let (exit, _, complaint) = run(&arguments);
            assert_eq!((exit, complaint.contains("UnknownIssuer")), (3, true), "not that of another: {complaint}");
        }
    }
    let data = tempfile::tempdir().unwrap();
    let own = data.path().join("data");
    let (exit, pem, place) = run(&["ca", "--data", own.to_str().unwrap()]);
    assert_eq!((exit, place), (0, format!("{}\n", own.join("ca.pem").display())));
    assert_eq!(run(&["ca", "--data", own.to_str().unwrap()]).1, pem);
    assert_ne!(first.unwrap(), pem);
    for _ in 0..2 {
        let server = Server::start(&["--data", own.to_str().unwrap()]);
        assert_eq!(call(&agent(&pem), &https(&server), "yaoshi", "ListKeys").0, 200);
    }
}

#[test]
fn what_the_server_says_of_https() {
    let mut serve = yaoshi(&["serve", "--listen", "127.0.0.1:0"]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = String::new();
    let mut out = child.stdout.take().unwrap();
    while said.lines().count() < 4 {
        let mut some = [0; 512];
        let length = out.read(&mut some).unwrap();
        said.push_str(std::str::from_utf8(&some[..length]).unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let expected = format!("https on the same port; CA: {CONFIG_FOLDER}/yaoshi/ca.pem (yaoshi ca prints it)");
    assert_eq!(said.lines().nth(1), Some(expected.as_str()));
}

/// A home that cannot be written to keeps nobody from starting, but a CA that cannot be used does.
#[test]
fn without_a_place_for_a_ca_there_is_one_that_ends_with_the_process() {
    let server = Server::start_in(&[("XDG_CONFIG_HOME", "/dev/null")], &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(run(&["health", "--endpoint", &server.url]).0, 0);
    assert_eq!(run(&["health", "--endpoint", &https(&server)]).0, 3, "its CA is not the one that is kept");
    let log = server.last_log();
    assert_eq!(log.lines().count(), 1, "{log}");
    for said in ["WARN", "/dev/null/yaoshi", "XDG_CONFIG_HOME", "--data", "--tls-cert"] {
        assert!(log.contains(said), "{said}: {log}");
    }
    let nowhere = outcome(&yaoshi(&["ca"]).env("XDG_CONFIG_HOME", "/dev/null").output().unwrap());
    assert_eq!((nowhere.0, nowhere.2.lines().count()), (1, 1), "{nowhere:?}");
}

#[test]
fn a_ca_that_is_broken_is_told_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("yaoshi");
    run(&["ca", "--data", data.to_str().unwrap()]);
    let key = data.join("ca.key");
    fs::write(&key, "broken\n").unwrap();
    let complaint = format!(
        "yaoshi: {} cannot be used: it is no private key for ECDSA (without ca.pem and ca.key a new CA is made)\n",
        key.display()
    );
    for arguments in [&["ca"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let told = yaoshi(arguments).env("XDG_CONFIG_HOME", folder.path()).output().unwrap();
        assert_eq!(outcome(&told), (1, String::new(), complaint.clone()));
    }
    assert_eq!(fs::read_to_string(&key).unwrap(), "broken\n");
}

#[test]
fn ones_own_certificate_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    run(&["ca", "--data", folder.path().to_str().unwrap()]);
    let now = World::real().clock.now();
    let authority = yaoshi::certificates::open(folder.path(), now).unwrap();
    let identity = authority.certify(&["kms.example".to_owned()], now).unwrap();
    let certificate = file(&folder, "own.pem", &identity.certificate);
    let key = file(&folder, "own.key", &identity.key);
    let server = Server::start(&["--tls-cert", &certificate, "--tls-key", &key]);
    let config = client(authority.certificate(), &[&TLS13], &[]);
    let endpoint = server.url.strip_prefix("http://").unwrap();
    handshake(endpoint, Arc::clone(&config), "kms.example").unwrap();
    handshake(endpoint, config, "localhost").unwrap_err();
    assert_eq!(run(&["health", "--endpoint", &server.url]).0, 0);
}

#[test]
fn what_is_wrong_with_certificates_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(&folder);
    let other = tempfile::tempdir().unwrap();
    let (other, _) = self::certificate(&other);
    let (empty, none) = (file(&folder, "empty", ""), "/none/a.pem".to_owned());
    let fails = |certificate: &str, key: &str, complaint: &str| {
        fails_with(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key], complaint);
    };
    fails(&none, &key, "cannot read /none/a.pem: No such file or directory (os error 2)");
    fails(&certificate, &none, "cannot read /none/a.pem: No such file or directory (os error 2)");
    fails(&empty, &key, &format!("{empty} cannot be used: it holds no certificates in PEM"));
    fails(&key, &key, &format!("{key} cannot be used: it holds no certificates in PEM"));
    fails(&certificate, &certificate, &format!("{certificate} cannot be used: it holds no private key in PEM"));
    let mismatch = "keys may not be consistent: KeyMismatch";
    fails(&other, &key, &format!("{other} cannot be used with {key}: {mismatch}"));
    let hostname = "--hostname: \"no name\" is neither a host name nor an IP address";
    fails_with(&["serve", "--listen", "127.0.0.1:0", "--hostname", "no name"], hostname);
    assert_eq!(run(&["serve", "--tls-cert", &certificate]).0, 2, "the key is missing");
    assert_eq!(run(&["serve", "--tls-key", &key]).0, 2, "the certificate is missing");
    for arguments in [&["call", "ListKeys"][..], &["health"]] {
        let ask = |ca: &str, complaint: &str| {
            fails_with(&[arguments, &["--endpoint", "https://127.0.0.1:1", "--ca", ca]].concat(), complaint);
        };
        ask(&none, "cannot read /none/a.pem: No such file or directory (os error 2)");
        ask(&empty, &format!("{empty} cannot be used: it holds no certificates in PEM"));
    }
}

/// A handshake that fails is the caller's affair: nothing is said of it but to those who look for defects.
#[test]
fn handshakes_that_fail_are_for_debugging() {
    let server = Server::start(&["--log", "debug"]);
    let mut stream = open(server.url.strip_prefix("http://").unwrap());
    stream.write_all(&client_hello([3, 2])).unwrap();
    rest(&mut stream);
    let since = Instant::now();
    while !server.log().contains("a TLS handshake failed") {
        assert!(since.elapsed() < LONG, "{}", server.log());
        thread::sleep(Duration::from_millis(10));
    }
    assert!(server.log().lines().all(|line| line.contains(" DEBUG ")), "{}", server.log());
}

#[test]
fn env_points_to_the_ca_for_https_only() {
    let ca = format!("{CONFIG_FOLDER}/yaoshi/ca.pem");
    let (_, plain, _) = run(&["env"]);
    assert!(!plain.contains("CA"), "{plain}");
    for (arguments, ca) in [(&[][..], ca.as_str()), (&["--ca", "/own/ca.pem"], "/own/ca.pem")] {
        let (exit, out, _) = run(&[&["env", "--endpoint", "https://localhost:7220/"], arguments].concat());
        assert_eq!(exit, 0);
        for (name, value) in [
            ("ALIBABA_CLOUD_ENDPOINT_KMS", "localhost:7220"),
            ("YAOSHI_ENDPOINT", "https://localhost:7220"),
            ("YAOSHI_CA", ca),
            ("NODE_EXTRA_CA_CERTS", ca),
            ("ALIBABA_CLOUD_CA_BUNDLE", ca),
        ] {
            assert!(out.lines().any(|line| line == format!("export {name}='{value}'")), "{name}: {out}");
        }
        // These would replace every CA that other programs trust.
        assert!(!out.contains("SSL_CERT_FILE") && !out.contains("REQUESTS_CA_BUNDLE"), "{out}");
    }
}
