//! A second dialect in ten minutes: one operation on the same keys, in a framing of its own.
//!
//! The dialect is the module `hexadecimal`, of 160 lines with its words for what can be refused, built on the way of a
//! call, the state and the keyring alone. A deed of its own brings permission, throttling, key states, rotation, the
//! queue and the record in the log with it.

use std::io;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use tracing::Dispatch;
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::{self, Gateway};
use yaoshi::dialect::browsers::Browsers;
use yaoshi::dialect::front::Front;
use yaoshi::dialect::{Answer, Dialect, Queue, Taken, Unacceptable};
use yaoshi::keyring::{Place, Ring, States, VersionId};

use crate::support::samples::{APP, APP_NEW, SM4, allow, fixture_with, user};
use crate::support::{ACCOUNT, Service, after_waiting, from_loopback};
use hexadecimal::Hexadecimal;

mod hexadecimal {
    //! `POST /hex {"key": "<id>", "text": "<text>"}` by the holder of a bearer token is answered
    //! `<version>:<hex of IV, ciphertext and tag>`.

    use std::sync::Arc;
    use std::time::Duration;

    use http::header::AUTHORIZATION;
    use http::request::Parts;
    use http::{HeaderValue, StatusCode};
    use jiff::Timestamp;
    use serde::Deserialize;
    use yaoshi::access::Principal;
    use yaoshi::call::{
        self, Asks, Deed, Done, Found, Limit, MustWait, Premises, Record, Refusal, Resource, Subject, Turn, Waiting,
    };
    use yaoshi::dialect::{Answer, Dialect, Request, Taken, Unacceptable, Waited, Work};
    use yaoshi::keyring::{self, Admitted, Error, Key, Place, Sealed, States};
    use yaoshi::state::{Mode, Read, View};

    /// What is refused: a status and a word.
    #[derive(Debug)]
    pub struct Fault(u16, &'static str);

    impl From<Refusal> for Fault {
        fn from(refusal: Refusal) -> Self {
            match refusal {
                Refusal::Throttled | Refusal::TooBusy => Self(429, "too often"),
                Refusal::Denied(_) => Self(403, "not allowed"),
                Refusal::Key(error) => error.into(),
                Refusal::Unkept(_) => Self(500, "not kept"),
                Refusal::Abandoned => Self(503, "nobody waits"),
            }
        }
    }

    impl From<Error> for Fault {
        fn from(error: Error) -> Self {
            match error {
                Error::KeyNotFound => Self(404, "no such key"),
                Error::NotUsable(_) => Self(409, "not usable"),
                _ => Self(400, "not for this"),
            }
        }
    }

    /// The key that a request names.
    pub struct Named(Arc<Key>);

    impl Subject for Named {
        type Fault = Fault;
        type Reference<'r> = &'r str;
        type Admitted = Admitted;

        fn find<M: Mode>(id: &str, asks: Asks, view: &View<'_, M>) -> Found<Self, Fault> {
            let found = view.keys().find(id);
            let key = found.as_ref().ok().cloned();
            let name = format!("acs:kms:{}:{}:key/{id}", view.place().region, view.place().account);
            let resources = vec![Resource { key, ..Resource::new(asks.first(), name) }];
            Found { resources, outcome: found.map(Self).map_err(Fault::from) }
        }

        fn admit(self, states: &States, now: Timestamp) -> Result<Admitted, keyring::Error> {
            states.admit(self.0, now)
        }
    }

    #[derive(Deserialize)]
    struct Encrypt {
        key: String,
        text: String,
    }

    impl Deed for Encrypt {
        const NAME: &'static str = "Encrypt";
        const STATES: States = States::ENABLED;
        const LIMIT: Limit = Limit::Symmetric;
        type Mode = Read;
        type Subject = Named;
        type Reply = Sealed;

        fn subject(&self) -> &str {
            &self.key
        }

        fn run(&self, key: Admitted, view: &mut View<'_, Read>) -> Result<Sealed, Fault> {
            Ok(key.seal(self.text.as_bytes(), b"hexadecimal", &mut view.draw)?)
        }
    }

    pub struct Hexadecimal(pub Arc<Premises>);

    impl Dialect for Hexadecimal {
        fn claims(&self, head: &Parts) -> bool {
            head.uri.path() == "/hex"
        }

        fn largest_body(&self) -> usize {
            1024
        }

        fn take(self: Arc<Self>, request: Request) -> Taken {
            let record = Record { action: "Encrypt".into(), ..Record::default() };
            let Some(caller) = self.caller(&request.head) else {
                return Taken::Answered(answer(&record, Err(Fault(401, "who is it?"))));
            };
            let Ok(deed) = serde_json::from_slice::<Encrypt>(&request.body) else {
                return Taken::Answered(answer(&record, Err(Fault(400, "not to be read"))));
            };
            let turn = Turn {
                premises: Arc::clone(&self.0),
                service: "kms",
                source_ip: request.peer,
                secure_transport: request.secure,
                place: Place { account: caller.account().shared(), region: "cn-hangzhou".into() },
                wall: self.0.world.clock.now(),
                dry_run: false,
                record: Record { caller: Some(Arc::clone(&caller)), ..record },
                caller,
                done: Done::default(),
            };
            proceed(deed, turn, Waiting::Not)
        }

        fn refuse(&self, _head: &Parts, reason: Unacceptable) -> Answer {
            let status = if matches!(reason, Unacceptable::Browser(_)) { 403 } else { 400 };
            answer(&Record::default(), Err(Fault(status, "not taken")))
        }
    }

    impl Hexadecimal {
        fn caller(&self, head: &Parts) -> Option<Arc<Principal>> {
            let token = head.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
            self.0.holdings.state().people.holder(token).cloned()
        }
    }

    /// Go on with a call where it stands, as far as it may wait there.
    fn proceed(deed: Encrypt, mut turn: Turn, waiting: Waiting<'_>) -> Taken {
        match call::take(&deed, &mut turn, waiting) {
            Ok(outcome) => Taken::Answered(answer(&turn.record, outcome)),
            Err(MustWait(queue)) => Taken::Later(Work {
                queue,
                fair_by: 0,
                run: Box::new(move |waited| match waited {
                    Waited::Through(abandoned) => proceed(deed, turn, Waiting::For(queue, abandoned)),
                    Waited::InVain => Taken::Answered(answer(&turn.record, Err(Refusal::TooBusy.into()))),
                }),
            }),
        }
    }

    fn answer(record: &Record, outcome: Result<Sealed, Fault>) -> Answer {
        let (status, text, word) = match outcome {
            Ok(Sealed { version, iv, body }) => {
                (200, format!("{version}:{}", base16ct::lower::encode_string(&[&iv[..], &body].concat())), "OK")
            }
            Err(Fault(status, word)) => (status, word.to_owned(), word),
        };
        record.file("", status, word, None, Duration::ZERO);
        let status = StatusCode::from_u16(status).expect("it is one");
        Answer::new(status, HeaderValue::from_static("text/plain"), text.into())
    }
}

/// Both dialects over one sandbox.
struct Both {
    service: Service,
    front: Front,
}

impl Both {
    fn new(limits: Limits) -> Self {
        let users = [
            user("sealer", &allow("kms:Encrypt", &format!("acs:kms:*:*:key/{APP}"))),
            user("opener", &allow("kms:Decrypt", "*")),
        ];
        let tokens = users.concat().replace("[[account.user]]\n", "[[account.user]]\nbearer_tokens = [\"?\"]\n");
        let tokens = ["sealer", "opener"].iter().fold(tokens, |text, name| text.replacen('?', &token(name), 1));
        let file = SandboxFile::parse("test.toml", &fixture_with(&tokens)).unwrap();
        let service = Service::with_options(&Options { file: Some(file), limits, ..Options::default() });
        let options = alibaba::Options { region: "cn-hangzhou".into(), verify_signatures: true };
        let dialects: Vec<Arc<dyn Dialect>> = vec![
            Arc::new(Hexadecimal(Arc::clone(&service.premises))),
            Arc::new(Gateway::new(Arc::clone(&service.premises), options)),
        ];
        Self { service, front: Front::new(dialects, Browsers::KnownHosts(Vec::new())) }
    }

    fn request(caller: &str, body: &Value) -> http::Request<Bytes> {
        let request = http::Request::post("/hex").header("host", "127.0.0.1:7220");
        let request = request.header("authorization", format!("Bearer {}", token(caller)));
        request.body(body.to_string().into()).unwrap()
    }

    /// Status and text of the answer to one of the callers.
    fn encrypt(&self, caller: &str, key: &str) -> (u16, String) {
        self.send(Self::request(caller, &json!({ "key": key, "text": "hello" })))
    }

    fn send(&self, request: http::Request<Bytes>) -> (u16, String) {
        let Answer { status, body, .. } = self.front.answer(from_loopback(request));
        (status.as_u16(), String::from_utf8(body).unwrap())
    }

    /// What the sandbox's keyring finds in a sealed text.
    fn open(&self, sealed: &str) -> String {
        let (version, rest) = sealed.split_once(':').unwrap();
        let rest = base16ct::lower::decode_vec(rest).unwrap();
        let (iv, body) = rest.split_first_chunk().unwrap();
        let version = VersionId::parse(version.as_bytes()).unwrap();
        let (state, place) = (self.service.premises.holdings.state(), place());
        let key = Ring::new(&state.keys, &place, Timestamp::UNIX_EPOCH).find_sealing(version).unwrap();
        let key = States::ENABLED.admit(key, Timestamp::UNIX_EPOCH).unwrap();
        String::from_utf8(key.open(version, iv, b"hexadecimal", body).unwrap().to_vec()).unwrap()
    }
}

fn token(caller: &str) -> String {
    format!("bearer-of-the-{caller}")
}

fn place() -> Place {
    Place { account: ACCOUNT.into(), region: "cn-hangzhou".into() }
}

fn refused(status: u16, word: &str) -> (u16, String) {
    (status, word.to_owned())
}

#[test]
fn what_it_seals_the_keyring_opens() {
    let both = Both::new(Limits::Off);
    let (status, sealed) = both.encrypt("account", APP);
    assert_eq!((status, both.open(&sealed).as_str()), (200, "hello"), "{sealed}");
    assert!(sealed.starts_with(&format!("{}:", APP_NEW.id)), "the primary version encrypts");
    assert_eq!(sealed.len(), 36 + 1 + 2 * (12 + "hello".len() + 16));
    assert_ne!(both.encrypt("account", APP).1, sealed);
    assert_eq!(both.encrypt("sealer", APP).0, 200);
    // The gateway beside it takes everything else, on the same keys.
    let rest = http::Request::post("/hex/").header("host", "127.0.0.1:7220").body(Bytes::new()).unwrap();
    assert!(both.send(rest).1.contains("MissingParameter"));
    both.service.call("yaoshi", "DisableKey", &[("KeyId", APP)]).ok();
    assert_eq!(both.encrypt("sealer", APP), refused(409, "not usable"));
}

#[rstest]
#[case("stranger", APP, 401, "who is it?")]
#[case("opener", APP, 403, "not allowed")]
#[case("sealer", SM4, 403, "not allowed")]
#[case("sealer", "unknown", 403, "not allowed")] // before it is told that there is none
#[case("account", "unknown", 404, "no such key")]
#[case("account", "202b9877-5a25-46e3-a763-e20791b50003", 409, "not usable")]
#[case("account", "202b9877-5a25-46e3-a763-e20791b50004", 409, "not usable")]
#[case("account", "202b9877-5a25-46e3-a763-e20791b50013", 400, "not for this")]
fn what_is_refused_to_whom(#[case] caller: &str, #[case] key: &str, #[case] status: u16, #[case] word: &str) {
    assert_eq!(Both::new(Limits::Off).encrypt(caller, key), refused(status, word));
}

/// The limit is the sandbox's, by principal and action: what is called in the other dialect counts too.
#[test]
fn who_calls_too_often_is_refused() {
    let both = Both::new(Limits::Each(NonZeroU32::new(2).unwrap()));
    let sealed = both.encrypt("account", APP);
    assert_eq!(sealed.0, 200, "{}", sealed.1);
    both.service.call("yaoshi", "Encrypt", &[("KeyId", APP), ("Plaintext", "aGk=")]).ok();
    assert_eq!(both.encrypt("account", APP), refused(429, "too often"));
    both.service
        .call("yaoshi", "Encrypt", &[("KeyId", APP), ("Plaintext", "aGk=")])
        .refused(429, "Rejected.Throttling");
    assert_eq!(both.encrypt("sealer", APP).0, 200, "others have limits of their own");
    // It is counted before anything is looked for.
    let told = [APP, "unknown", APP].map(|key| both.encrypt("opener", key).0);
    assert_eq!(told, [403, 403, 429]);
}

#[rstest]
#[case("origin", "null")]
#[case("sec-fetch-site", "same-origin")]
#[case("host", "evil.example")]
fn web_pages_are_strangers_here_too(#[case] name: &'static str, #[case] value: &str) {
    let mut request = Both::request("account", &json!({ "key": APP, "text": "hello" }));
    request.headers_mut().insert(name, value.parse().unwrap());
    assert_eq!(Both::new(Limits::Off).send(request), refused(403, "not taken"));
}

#[test]
fn what_cannot_be_read_is_refused() {
    let both = Both::new(Limits::Off);
    for body in [json!({ "key": APP }), json!([APP]), json!("x".repeat(2000))] {
        assert_eq!(both.send(Both::request("sealer", &body)).0, 400, "{body}");
    }
    let head = http::Request::post("/hex").body(()).unwrap().into_parts().0;
    let answer = both.front.claimant(&head).unwrap().refuse(&head, Unacceptable::BodyIncomplete);
    assert_eq!(answer.status, 400);
}

/// A rotation that is due is settled, where waiting holds up nobody.
#[test]
fn a_due_rotation_is_settled_on_the_way() {
    let both = Both::new(Limits::Off);
    let policy = [("KeyId", APP), ("EnableAutomaticRotation", "true"), ("RotationInterval", "365d")];
    both.service.call("yaoshi", "UpdateRotationPolicy", &policy).ok();
    both.service.turn_clock_to("2027-07-01T00:00:00Z".parse().unwrap());
    let request = from_loopback(Both::request("sealer", &json!({ "key": APP, "text": "hello" })));
    let dialect = Arc::clone(both.front.claimant(&request.head).unwrap());
    let Taken::Later(work) = dialect.take(request) else { panic!("it writes") };
    assert_eq!(work.queue, Queue::Disk);
    let answer = after_waiting(Taken::Later(work));
    let sealed = String::from_utf8(answer.body).unwrap();
    assert_eq!(both.open(&sealed), "hello");
    assert!(!sealed.starts_with(APP_NEW.id), "the new version encrypts");
}

/// With a seed, calls of an account take turns: they wait for that elsewhere.
#[test]
fn with_a_seed_everything_waits() {
    let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    let service = Service::with_options(&Options { file: Some(file), seed: Some(7), ..Options::default() });
    let request = from_loopback(Both::request("account", &json!({ "key": APP, "text": "hello" })));
    let taken = Arc::new(Hexadecimal(Arc::clone(&service.premises))).take(request);
    assert!(matches!(taken, Taken::Later(work) if work.queue == Queue::Compute));
}

/// What a test reads of the log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_call_has_its_line_in_the_log() {
    let (both, lines) = (Both::new(Limits::Off), Lines::default());
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let log = Dispatch::new(log);
    // With one subscriber alone, what is logged first on a thread of another test counts as read by nobody.
    let _second = Dispatch::new(tracing_subscriber::registry());
    tracing::dispatcher::with_default(&log, || {
        both.encrypt("sealer", APP);
        both.encrypt("opener", APP);
        both.encrypt("stranger", APP);
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let arn = |user: &str| format!("acs:ram::{ACCOUNT}:user/{user}");
    let expected =
        [(arn("sealer"), "OK", 200), (arn("opener"), "not allowed", 403), (String::new(), "who is it?", 401)];
    assert_eq!(text.lines().count(), expected.len(), "{text}");
    for (line, (caller, word, status)) in text.lines().zip(expected) {
        let told = format!("action=\"Encrypt\" caller=\"{caller}\" outcome=\"{word}\" status={status}");
        assert!(line.contains(&told), "{told}: {line}");
    }
}
