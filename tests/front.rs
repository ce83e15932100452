//! The front of all dialects: whose a request is, who is let in to none of them, and what is said to those who are not.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use rstest::rstest;
use serde_json::{Value, json};
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::kms::ACTIONS;
use yaoshi::dialect::browsers::{Browsers, Stranger};
use yaoshi::dialect::console::{Console, Modes};
use yaoshi::dialect::front::Front;
use yaoshi::dialect::{
    Abandoned, Answer, Attendance, Dialect, Fate, Queue, Request, Taken, Unacceptable, Waited, Work,
};
use yaoshi::journal::Lost;

use crate::support::samples::{PENDING_IMPORT, Sample, fixture_with};
use crate::support::wire::{Draft, Raw, Signing};
use crate::support::{NOW, Reply, Service, after_waiting, from_loopback};

const KIB: usize = 1024;

/// Who is let in without a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LetIn {
    /// Whoever knows the AccessKey that everybody knows.
    WellKnown,
    /// Whoever names an AccessKey.
    Unverified,
    Nobody,
}

fn service(let_in: LetIn) -> Service {
    let file = include_str!("../fixtures/sandbox.toml");
    let without = file.replace(r#"{ id = "yaoshi", secret = "yaoshi" }"#, r#"{ id = "root", secret = "root-secret" }"#);
    assert_ne!(file, without);
    let file = if let_in == LetIn::WellKnown { file } else { &without };
    Service::with_options(&Options {
        file: Some(SandboxFile::parse("sandbox.toml", file).unwrap()),
        limits: Limits::Off,
        verify_signatures: let_in != LetIn::Unverified,
        hostnames: vec!["kms.test".to_owned()],
        ..Options::default()
    })
}

/// A request that each dialect answers, with one more header, or another host.
fn right(let_in: LetIn, header: (&'static str, &str)) -> [Raw; 4] {
    let console = |path| Raw::parse(format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:7220\r\n\r\n").as_bytes());
    let call = |signing| {
        let mut draft = Draft::new(signing, "ListKeys", &[]);
        if header.0 == "host" {
            header.1.clone_into(&mut draft.host);
        }
        draft.by(if let_in == LetIn::WellKnown { "yaoshi" } else { "root" }).sign()
    };
    let mut all = [console("/-/health"), console("/latest/meta-data/"), call(Signing::V1), call(Signing::V3)];
    for raw in &mut all {
        raw.set_header(header.0, header.1);
    }
    all
}

fn code(reply: &Reply) -> Option<String> {
    let json = reply.json();
    json.get("Code").or(json.get("code")).and_then(Value::as_str).map(str::to_owned)
}

/// Web pages are strangers, at every door, whoever is let in.
#[rstest]
fn what_a_web_page_sends_is_refused_at_every_door(
    #[values(LetIn::WellKnown, LetIn::Unverified, LetIn::Nobody)] let_in: LetIn,
) {
    let must_be_known = let_in != LetIn::Nobody;
    let service = service(let_in);
    for (name, value, is_refused) in [
        ("accept", "*/*", false),
        ("origin", "https://evil.example", true),
        ("origin", "http://127.0.0.1:7220", true),
        ("origin", "null", true),
        ("origin", "", true),
        ("sec-fetch-site", "cross-site", true),
        ("sec-fetch-site", "same-site", true),
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "NONE", true),
        ("sec-fetch-site", "none", false),
        ("host", "evil.example:7220", must_be_known),
        ("host", "http://evil.example/127.0.0.1", must_be_known),
        ("host", "127.0.0.1.evil.example", must_be_known),
        ("host", "kms.cn-hangzhou.aliyuncs.com.evil.example", must_be_known),
        ("host", "192.168.1.5:7220", must_be_known),
        ("host", "kms.test", false),
        ("host", "127.8.9.1:7220", false),
        ("host", "[::1]:7220", false),
        ("host", "localhost:7220", false),
        ("host", "a.localhost:7220", false),
        ("host", "kms.cn-hangzhou.aliyuncs.com", false),
    ] {
        for (raw, otherwise) in right(let_in, (name, value)).iter().zip([200, 404, 200, 200]) {
            let reply = service.send(raw.to_http());
            let expected = if is_refused { 403 } else { otherwise };
            assert_eq!(reply.status, expected, "{} {name}: {value}, {let_in:?}: {}", raw.target(), reply.text);
            assert_eq!(code(&reply).as_deref() == Some("Forbidden.BrowserRequest"), is_refused);
        }
    }
}

/// The reason is told, in the words of whoever was asked.
#[test]
fn the_guard_says_why() {
    let service = service(LetIn::WellKnown);
    for (name, value, why) in [
        ("origin", "null", "the request has an Origin"),
        ("sec-fetch-site", "same-origin", "the request comes from a page of this or another site"),
        (
            "host",
            "evil.example:80",
            "the host \"evil.example\" is not known while calls are taken from those who know no secret; name it with \
             --hostname",
        ),
    ] {
        let replies = right(LetIn::WellKnown, (name, value)).map(|raw| service.send(raw.to_http()));
        let message = format!("Requests of web pages, or for a host name that is not known, are refused: {why}.");
        for reply in &replies[..2] {
            assert_eq!(reply.json(), json!({"code": "Forbidden.BrowserRequest", "message": message}));
            assert_eq!((&*reply.content_type, &*reply.request_id), ("application/json;charset=utf-8", ""));
        }
        for reply in &replies[2..] {
            let start = "Requests from web pages of other sites, or for a host name that this server does not know, are \
                         refused: ";
            assert_eq!(reply.message(), format!("{start}{why}."));
            assert_eq!(reply.text_at("RequestId"), reply.request_id);
            assert_eq!(reply.json()["HostId"], if name == "host" { "evil.example" } else { "127.0.0.1" });
        }
    }
}

/// In the format that the request asks for, where its way to sign leaves a choice.
#[rstest]
#[case(Signing::V1, "XML", true)]
#[case(Signing::V1, "JSON", false)]
#[case(Signing::V3, "XML", false)]
#[case(Signing::V4, "XML", false)]
fn the_guard_speaks_in_the_format_asked_for(#[case] signing: Signing, #[case] format: &str, #[case] is_xml: bool) {
    let mut draft = Draft::new(signing, "ListKeys", &[("Format", format)]);
    draft.headers.push(("origin", "null".to_owned()));
    let reply = Service::with_fixture().send(draft.sign().to_http());
    assert_eq!((reply.status, reply.text.starts_with("<?xml")), (403, is_xml), "{}", reply.text);
    assert!(reply.text.contains("Forbidden.BrowserRequest"));
}

fn head(method: &str, target: &str) -> Parts {
    http::Request::builder().method(method).uri(target).body(()).unwrap().into_parts().0
}

fn console() -> Console {
    let modes = Modes { verify_signatures: true, limits: "off".to_owned(), seeded: false };
    Console::new(modes, Lost::default(), Service::with_fixture().premises)
}

/// Each dialect has a word for all that can be wrong before it is asked.
#[test]
fn whatever_cannot_be_taken_is_refused_in_the_dialects_words() {
    type Refusal = (u16, &'static str, &'static str);
    const SAME: Refusal = (0, "", "");
    let service = Service::with_fixture();
    let rows: [(_, Refusal, Refusal); 6] = [
        (Unacceptable::Browser(Stranger::Origin), (403, "Forbidden.BrowserRequest", "web pages"), SAME),
        (
            Unacceptable::BodyTooLarge,
            (413, "RequestEntityTooLarge", "larger than 64 KiB."),
            (413, "RequestEntityTooLarge", "larger than 1 MiB."),
        ),
        (Unacceptable::BodyIncomplete, (408, "RequestTimeout", "did not arrive whole in time."), SAME),
        (Unacceptable::HeadTooLarge, (431, "RequestHeaderFieldsTooLarge", "more than 256 headers"), SAME),
        (
            Unacceptable::TooBusy,
            (503, "ServiceUnavailable", "than this server takes at once."),
            (429, "Rejected.Throttling", "QPS Limit Exceeded"),
        ),
        (
            Unacceptable::Failed,
            (500, "InternalFailure", "Something went wrong on our side."),
            (500, "InternalFailure", "Internal Failure"),
        ),
    ];
    for (reason, of_console, of_gateway) in rows {
        let [by_console, by_gateway] = ["/-/health", "/"].map(|path| {
            let head = head("POST", path);
            Reply::from(service.front.claimant(&head).unwrap().refuse(&head, reason.clone()))
        });
        let (status, code, message) = of_console;
        assert_eq!(by_console.status, status);
        assert_eq!(by_console.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "message"]);
        assert_eq!(by_console.json()["code"], code);
        assert!(by_console.text_at("message").contains(message), "{}", by_console.text);
        assert!(by_console.request_id.is_empty());
        let (status, code, message) = if of_gateway == SAME { of_console } else { of_gateway };
        assert_eq!(by_gateway.request_id, by_gateway.text_at("RequestId"));
        assert!(by_gateway.refused(status, code).message().contains(message));
    }
}

/// As much as each dialect takes, and no more.
#[rstest]
#[case("GET", "/-/health", 64 * KIB)]
#[case("POST", "/", KIB * KIB)]
fn bodies_are_bounded_by_their_dialect(#[case] method: &str, #[case] path: &str, #[case] largest: usize) {
    let service = Service::with_fixture();
    for (length, is_refused) in [(largest, false), (largest + 1, true)] {
        let request = http::Request::builder().method(method).uri(path).header("host", "127.0.0.1:7220");
        let reply = service.send(request.body(Bytes::from("x".repeat(length))).unwrap());
        assert_eq!(reply.status == 413, is_refused, "{path}, {length}: {}", reply.text);
    }
}

/// A dialect that claims what begins with its name, and answers with it.
struct Named(&'static str);

impl Dialect for Named {
    fn claims(&self, head: &Parts) -> bool {
        head.uri.path().starts_with(self.0)
    }

    fn largest_body(&self) -> usize {
        3
    }

    fn take(self: Arc<Self>, request: Request) -> Taken {
        let name = self.0;
        let answer = move || plain(200, &format!("{name} {}", request.body.len()));
        if name == "/later" {
            return Taken::Later(Work {
                queue: Queue::Compute,
                fair_by: 0,
                run: Box::new(move |waited| {
                    let Waited::Through(abandoned) = waited else { panic!("there is nobody else") };
                    assert!(!abandoned.is_gone(), "who calls a function waits for it");
                    Taken::Answered(answer())
                }),
            });
        }
        Taken::Answered(answer())
    }

    fn refuse(&self, _head: &Parts, reason: Unacceptable) -> Answer {
        plain(400, &format!("{} {reason:?}", self.0))
    }
}

fn plain(status: u16, text: &str) -> Answer {
    let content_type = http::HeaderValue::from_static("text/plain");
    Answer::new(http::StatusCode::from_u16(status).unwrap(), content_type, text.into())
}

#[rstest]
#[case("/a", "", 200, "/a 0")]
#[case("/ab", "", 200, "/a 0")] // the first that claims it, not the nearest
#[case("/later", "123", 200, "/later 3")]
#[case("/a", "1234", 400, "/a BodyTooLarge")]
#[case("/-/health", "", 200, "health")]
#[case("/nobodys", "", 404, "")]
fn the_first_dialect_that_claims_a_request_has_it(
    #[case] path: &str,
    #[case] body: &'static str,
    #[case] status: u16,
    #[case] text: &str,
) {
    let dialects: Vec<Arc<dyn Dialect>> =
        vec![Arc::new(console()), Arc::new(Named("/a")), Arc::new(Named("/ab")), Arc::new(Named("/later"))];
    let front = Front::new(dialects, Browsers::AnyHost);
    let request = || http::Request::get(path).body(Bytes::from(body)).unwrap();
    let answer = front.answer(from_loopback(request()));
    assert_eq!((answer.status.as_u16(), answer.fate), (status, Fate::Send));
    match text {
        "health" => assert!(answer.body.starts_with(br#"{"status":"ok""#)),
        text => assert_eq!(answer.body, text.as_bytes()),
    }
    // A stranger is refused by whoever would have answered.
    let mut strange = request();
    strange.headers_mut().insert("origin", "null".parse().unwrap());
    let refused = front.answer(from_loopback(strange));
    if path.starts_with("/a") {
        assert_eq!(refused.body, b"/a Browser(Origin)");
    }
    assert_ne!(refused.status, 200);
}

/// What the gateway makes of a call, without doing what it puts off.
fn taken(service: &Service, raw: &Raw) -> Taken {
    let request = from_loopback(raw.to_http());
    Arc::clone(service.front.claimant(&request.head).unwrap()).take(request)
}

fn draft(action: &str, signing: Signing) -> Draft {
    Draft::new(signing, action, &[])
}

/// A stranger queues nothing: whatever is wrong with who calls is answered at once.
#[test]
fn calls_of_the_unverified_never_wait() {
    type Wrong = (&'static str, fn(&mut Draft), fn(&mut Raw), u16);
    const WRONG: &[Wrong] = &[
        ("another secret", |draft| draft.secret = "wrong".into(), |_| (), 400),
        ("an unknown AccessKey", |draft| draft.access_key_id = "stranger".into(), |_| (), 404),
        ("an inactive AccessKey", |draft| *draft = draft.clone().by("reader-old"), |_| (), 403),
        ("an old request", |draft| draft.set("Timestamp", "2026-11-22T06:00:00Z"), |_| (), 400),
        ("a session's token", |draft| draft.set("SecurityToken", "CAIS"), |_| (), 400),
        ("another version", |draft| draft.set("Version", "2014-05-26"), |_| (), 400),
        ("more than was signed", |_| (), |raw| raw.query.push_str("&More=1"), 400),
        ("parameters that are no text", |_| (), |raw| raw.query.push_str("&More=%FF"), 400),
        ("another method", |draft| draft.method = "PUT", |_| (), 403),
        ("a region that is none", |draft| draft.set_parameter("RegionId", "?"), |_| (), 400),
    ];
    for service in [service(LetIn::WellKnown), Service::with_options(&seeded())] {
        for action in ACTIONS {
            for signing in [Signing::V1, Signing::V3] {
                for (what, write, tamper, status) in WRONG {
                    let mut draft = self::draft(action.name, signing);
                    write(&mut draft);
                    let mut raw = draft.sign();
                    tamper(&mut raw);
                    let Taken::Answered(answer) = taken(&service, &raw) else {
                        panic!("{} waits: {what}, {signing:?}", action.name)
                    };
                    assert_eq!(answer.status, *status, "{}: {what}, {signing:?}", action.name);
                }
                // A nonce that was used.
                let raw = draft(action.name, signing).sign();
                drop(taken(&service, &raw));
                let Taken::Answered(answer) = taken(&service, &raw) else { panic!("{} waits twice", action.name) };
                assert_eq!(answer.status, 400);
            }
        }
    }
}

fn seeded() -> Options {
    let file = SandboxFile::parse("sandbox.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    Options { file: Some(file), limits: Limits::Off, seed: Some(7), ..Options::default() }
}

/// What writes waits for the disk, and what takes long for a processor. With a seed everything waits, since calls of an
/// account take turns there.
#[test]
fn calls_wait_where_what_they_need_is_waited_for() {
    for (service, is_seeded) in [(Service::with_fixture(), false), (Service::with_options(&seeded()), true)] {
        for action in ACTIONS {
            let expected = match action.name {
                _ if action.writes => Some(Queue::Disk),
                _ if action.is_long || is_seeded => Some(Queue::Compute),
                _ => None,
            };
            let sample = Sample::of(action.name).ready(&service);
            let parameters = sample.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let parameters: Vec<_> = parameters.collect();
            let queue = match taken(&service, &Draft::new(Signing::V3, action.name, &parameters).sign()) {
                Taken::Answered(_) => None,
                Taken::Later(work) => Some(work.queue),
            };
            assert_eq!(queue, expected, "{}, seeded: {is_seeded}", action.name);
        }
    }
    // What cannot be read is told at once.
    let unreadable = taken(&Service::with_fixture(), &Draft::new(Signing::V3, "CreateAlias", &[]).sign());
    assert!(matches!(unreadable, Taken::Answered(_)));
}

/// What settles a due rotation writes, whatever it does else: it waits, and nothing happens before.
#[test]
fn a_call_that_settles_a_rotation_waits() {
    const BEFORE: &str = "2026-11-29T06:59:59Z";
    const DUE: &str = "2026-11-29T07:00:00Z";
    let service = Service::with_fixture();
    let week = [("EnableAutomaticRotation", "true"), ("RotationInterval", "7d")];
    let key = service.call("yaoshi", "CreateKey", &week).ok().text_at("KeyMetadata.KeyId");
    let encrypted = service.call("yaoshi", "Encrypt", &[("KeyId", &key), ("Plaintext", "aGk=")]).ok();
    let (blob, first) = (encrypted.text_at("CiphertextBlob"), encrypted.text_at("KeyVersionId"));
    let (by_key, by_blob) = ([("KeyId", key.as_str())], [("CiphertextBlob", blob.as_str())]);
    let primary = || {
        service.turn_clock_to(NOW.parse().unwrap());
        service.call("yaoshi", "DescribeKey", &by_key).ok().text_at("KeyMetadata.PrimaryKeyVersion")
    };
    let mut put_off = Vec::new();
    for (now, access_key, action, parameters, waits) in [
        (BEFORE, "yaoshi", "Decrypt", &by_blob, false),
        (BEFORE, "yaoshi", "DescribeKey", &by_key, false),
        (DUE, "nobody", "Decrypt", &by_blob, false),
        (DUE, "yaoshi", "Decrypt", &by_blob, true),
        (DUE, "yaoshi", "DescribeKey", &by_key, true),
    ] {
        service.turn_clock_to(now.parse().unwrap());
        let mut draft = Draft::new(Signing::V3, action, parameters).by(access_key);
        draft.set("Timestamp", now);
        let taken = taken(&service, &draft.sign());
        assert_eq!(matches!(taken, Taken::Later(_)), waits, "{action} by {access_key} at {now}");
        assert_eq!(primary(), first, "{action} by {access_key} at {now}");
        put_off.extend(if let Taken::Later(work) = taken { Some(work) } else { None });
    }
    for work in put_off {
        assert_eq!(after_waiting(Taken::Later(work)).status, 200);
        assert_ne!(primary(), first, "once it is done");
    }
}

/// Only what makes a key pair waits for one, and not before it is clear that it may: whoever is refused is told so from
/// where it was.
#[test]
fn calls_wait_for_key_pairs_once_it_is_known_that_they_make_one() {
    let old = |id: &str, spec: &str, more: &str| {
        format!("[[account.key]]\nid = {id:?}\nspec = {spec:?}\ncreated = 2026-01-01T00:00:00Z\n{more}\n")
    };
    let material = include_str!("../fixtures/keys/rsa-2048.pem");
    let version = format!(
        "usage = \"SIGN/VERIFY\"\nversions = [{{ id = \"5e0c9a31-41d7-4c5e-9f00-000000000001\", material = '''{material}''' }}]"
    );
    let blocks = [old("symmetric", "Aliyun_AES_256", ""), old("pair", "RSA_2048", &version)].concat();
    let service = Service::with_file(&fixture_with(&blocks));
    let import =
        |spec, algorithm| [("KeyId", PENDING_IMPORT), ("WrappingKeySpec", spec), ("WrappingAlgorithm", algorithm)];
    let (rsa, sm2) = (import("RSA_2048", "RSAES_OAEP_SHA_256"), import("EC_SM2", "SM2PKE"));
    for (caller, action, parameters, waits, status) in [
        ("yaoshi", "CreateKey", &[("KeySpec", "EC_P256")][..], &[Queue::Disk][..], 200),
        ("yaoshi", "CreateKey", &[("KeySpec", "RSA_4096")], &[Queue::Disk, Queue::KeyPair], 0),
        ("yaoshi", "CreateKey", &[("KeySpec", "RSA_4096"), ("KeyUsage", "GENERATE/VERIFY_MAC")], &[Queue::Disk], 400),
        ("reader", "CreateKey", &[("KeySpec", "RSA_4096")], &[Queue::Disk], 403),
        ("yaoshi", "CreateKeyVersion", &[("KeyId", "symmetric")], &[Queue::Disk], 200),
        ("yaoshi", "CreateKeyVersion", &[("KeyId", "pair")], &[Queue::Disk, Queue::KeyPair], 0),
        ("reader", "CreateKeyVersion", &[("KeyId", "pair")], &[Queue::Disk], 403),
        ("yaoshi", "GetParametersForImport", &rsa, &[Queue::Compute, Queue::KeyPair], 0),
        ("reader", "GetParametersForImport", &rsa, &[Queue::Compute], 403),
        ("yaoshi", "GetParametersForImport", &sm2, &[Queue::Compute], 200),
    ] {
        let draft = Draft::new(Signing::V3, action, parameters).by(caller);
        let (waited, answered) = until_a_pair_is_made(taken(&service, &draft.sign()));
        assert_eq!((waited.as_slice(), answered), (waits, status), "{action} {parameters:?} by {caller}");
    }
}

/// Where it waits, and the status of its answer; nothing for what comes to the making of a key pair.
fn until_a_pair_is_made(mut taken: Taken) -> (Vec<Queue>, u16) {
    let mut waited = Vec::new();
    loop {
        match taken {
            Taken::Answered(answer) => return (waited, answer.status.as_u16()),
            Taken::Later(work) => {
                waited.push(work.queue);
                if work.queue == Queue::KeyPair {
                    return (waited, 0);
                }
                taken = (work.run)(Waited::Through(&Abandoned::never()));
            }
        }
    }
}

/// Its caller has gone while the key pair was being made: there is no key then.
#[test]
fn a_key_that_nobody_waits_for_any_more_is_not_kept() {
    let service = Service::with_fixture();
    let count = || service.call("yaoshi", "ListKeys", &[]).ok().json()["TotalCount"].clone();
    let before = count();
    let draft = Draft::new(Signing::V3, "CreateKey", &[("KeySpec", "RSA_4096")]);
    let Taken::Later(first) = taken(&service, &draft.sign()) else { panic!("it is not answered at once") };
    let Taken::Later(pair) = (first.run)(Waited::Through(&Abandoned::never())) else { panic!("it makes no key pair") };
    let (caller, (started, is_started)) = (Attendance::default(), mpsc::channel());
    let look = caller.look();
    let making = thread::spawn(move || {
        started.send(()).unwrap();
        (pair.run)(Waited::Through(&look))
    });
    is_started.recv().unwrap();
    // A fraction of what it takes. Gone before it begins would do as well.
    thread::sleep(Duration::from_millis(20));
    drop(caller);
    let Taken::Answered(answer) = making.join().unwrap() else { panic!("it waits for more") };
    assert_eq!((answer.status.as_u16(), count()), (503, before));
}

/// What finds no room to wait leaves no trace, and says so as whatever else its caller is told.
#[rstest]
#[case(Signing::V1, "XML")]
#[case(Signing::V3, "JSON")]
fn calls_without_room_to_wait_are_refused_in_the_callers_words(#[case] signing: Signing, #[case] format: &str) {
    let service = Service::with_fixture();
    let count = || service.call("yaoshi", "ListKeys", &[]).ok().json()["TotalCount"].clone();
    let before = count();
    let draft = Draft::new(signing, "CreateKey", &[("Format", format)]);
    let Taken::Later(work) = taken(&service, &draft.sign()) else { panic!("it is not answered at once") };
    let Taken::Answered(answer) = (work.run)(Waited::InVain) else { panic!("it waits all the same") };
    let reply = Reply::from(answer);
    assert_eq!((reply.status, reply.text.starts_with("<?xml")), (429, format == "XML"));
    assert!(reply.text.contains("Rejected.Throttling"), "{}", reply.text);
    assert_eq!(count(), before);
}

/// Callers of one account share its place in a queue; other accounts have their own.
#[test]
fn waiting_is_fair_between_accounts() {
    let service = Service::with_fixture();
    let [one, of_the_same, other] = ["yaoshi", "reader", "other"].map(|access_key| {
        match taken(&service, &Draft::new(Signing::V3, "CreateKey", &[]).by(access_key).sign()) {
            Taken::Later(work) => work.fair_by,
            Taken::Answered(answer) => panic!("{answer:?}"),
        }
    });
    assert_eq!(one, of_the_same);
    assert_ne!(one, other);
}
