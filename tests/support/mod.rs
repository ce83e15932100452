//! A sandbox for one test: a clock that can be turned, callers that sign, answers taken apart.

pub mod blob;
pub mod client;
pub mod engine;
pub mod openssl;
pub mod pair;
pub mod samples;
pub mod unsteady;
pub mod wire;
pub mod wrap;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use yaoshi::call::{Limits, Premises};
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::signature::sign::{Scheme, Unsigned};
use yaoshi::dialect::front::Front;
use yaoshi::dialect::{Abandoned, Answer, Request, Taken, Waited};
use yaoshi::sandbox::{Assembly, StartError};
use yaoshi::state::{Change, Holdings};
use yaoshi::world::{Chance, ManualClock, Store, World};

/// The moment at which every test begins.
pub const NOW: &str = "2026-11-22T07:00:00Z";

/// The account of `fixtures/sandbox.toml` that most tests are about.
pub const ACCOUNT: &str = "1234567890123456";

/// The configuration folder of whoever runs the programs under test: never the home of whoever runs the tests.
pub const CONFIG_FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/config");

/// The secret of an AccessKey of `fixtures/sandbox.toml`.
pub fn secret_of(access_key: &str) -> String {
    if access_key == "yaoshi" { "yaoshi".to_owned() } else { format!("{access_key}-secret") }
}

/// What answers, without the server around it.
pub struct Service {
    pub front: Arc<Front>,
    pub premises: Arc<Premises>,
    /// What was said of the sandbox file.
    pub warnings: Vec<String>,
    pub clock: Arc<ManualClock>,
    chance: Arc<Chance>,
}

impl Service {
    /// With the sandbox file `text`, and no limits.
    pub fn with_file(text: &str) -> Self {
        let file = SandboxFile::parse("test.toml", text).unwrap_or_else(|error| panic!("{error}"));
        Self::with_options(&Options { file: Some(file), limits: Limits::Off, ..Options::default() })
    }

    /// With `fixtures/sandbox.toml`, and no limits.
    pub fn with_fixture() -> Self {
        Self::with_file(include_str!("../../fixtures/sandbox.toml"))
    }

    pub fn with_options(options: &Options) -> Self {
        let clock = Arc::new(ManualClock::at(NOW.parse().unwrap()));
        Self::put_together(options, clock, |world| Assembly::new(options, world, &mut |_, _| {}))
    }

    /// Over what `store` keeps, with the time of `clock`, which may be others' too.
    pub fn over(options: &Options, clock: Arc<ManualClock>, store: Box<dyn Store<Change>>) -> Self {
        let holdings = Holdings::open(store, &[7; 32], &mut |_, _| {}).unwrap_or_else(|error| panic!("{error}"));
        Self::put_together(options, clock, |world| Assembly::over(options, world, holdings, &mut |_, _| {}))
    }

    fn put_together(
        options: &Options,
        clock: Arc<ManualClock>,
        start: impl FnOnce(World) -> Result<Assembly, StartError>,
    ) -> Self {
        let chance = Arc::new(options.seed.map_or_else(Chance::system, Chance::seeded));
        let world = World { clock: Arc::clone(&clock) as _, chance: Arc::clone(&chance) };
        let assembly = start(world).unwrap_or_else(|error| panic!("{error}"));
        let (front, premises) = (Arc::clone(assembly.front()), Arc::clone(assembly.premises()));
        Self { front, premises, warnings: assembly.warnings, clock, chance }
    }

    /// Move the clock on.
    pub fn turn_clock_to(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Call as the holder of `access_key`, whose secret is its id with `-secret` behind it (the well-known one has
    /// its own), signed V3, in the default region.
    pub fn call(&self, access_key: &str, action: &str, parameters: &[(&str, &str)]) -> Reply {
        self.call_signed(Scheme::V3, access_key, action, parameters)
    }

    pub fn call_signed(
        &self,
        scheme: Scheme<'_>,
        access_key: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Reply {
        let secret = secret_of(access_key);
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let region = parameters.iter().find(|(name, _)| name == "RegionId").map(|(_, region)| region.clone());
        let parameters: Vec<_> = parameters.into_iter().filter(|(name, _)| name != "RegionId").collect();
        let signed = Unsigned {
            action,
            parameters: &parameters,
            region: region.as_deref().unwrap_or("cn-hangzhou"),
            host: "127.0.0.1:7220",
            access_key_id: access_key,
            access_key_secret: &secret,
            now: yaoshi::world::Clock::now(&*self.clock),
            nonce: &self.chance.request_id().to_string(),
        }
        .sign(scheme);
        let mut request =
            http::Request::builder().method("POST").uri(format!("/?{}", signed.query)).header("host", "127.0.0.1:7220");
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        self.send(request.body(Bytes::new()).unwrap())
    }

    /// Send a request as it is.
    pub fn send(&self, request: http::Request<Bytes>) -> Reply {
        Reply::from(self.front.answer(from_loopback(request)))
    }
}

/// What a call is answered in the end, wherever it waits for that.
pub fn after_waiting(mut taken: Taken) -> Answer {
    loop {
        match taken {
            Taken::Answered(answer) => return answer,
            Taken::Later(work) => taken = (work.run)(Waited::Through(&Abandoned::never())),
        }
    }
}

/// A request as it comes off a connection.
pub fn from_loopback(request: http::Request<Bytes>) -> Request {
    let (head, body) = request.into_parts();
    Request::new(head, body, IpAddr::V4(Ipv4Addr::LOCALHOST), false)
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let header = |name| {
            let value = answer.headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        Self {
            status: answer.status.as_u16(),
            content_type: header("content-type"),
            request_id: header("x-acs-request-id"),
            text: String::from_utf8(answer.body).unwrap(),
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// From the header, as the next; empty where there is none.
    pub content_type: String,
    pub request_id: String,
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A member of the answer, by path: `KeyMetadata.KeyId`.
    #[track_caller]
    pub fn text_at(&self, path: &str) -> String {
        let json = self.json();
        let found = path.split('.').try_fold(&json, |value, name| value.get(name));
        found.and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path}: {}", self.text)).to_owned()
    }

    /// `OK`, or the error code.
    pub fn outcome(&self) -> String {
        match self.json().get("Code") {
            Some(code) => code.as_str().unwrap_or("a code that is no text").to_owned(),
            None => "OK".to_owned(),
        }
    }

    /// Check that the call succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!((self.status, self.outcome().as_str()), (200, "OK"), "{}", self.text);
        self
    }

    /// The error message.
    #[track_caller]
    pub fn message(&self) -> String {
        self.text_at("Message")
    }

    /// Check that the call was refused so.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.outcome().as_str()), (status, code), "{}", self.text);
        self
    }

    /// Check that the call was refused for what this parameter is.
    #[track_caller]
    pub fn invalid(self, parameter: &str) {
        let message = self.refused(400, "InvalidParameter").message();
        assert_eq!(message, format!("The specified parameter  {parameter}  is not valid."));
    }

    /// Check that the call was refused for the lack of this parameter.
    #[track_caller]
    pub fn missing(self, parameter: &str) {
        let message = self.refused(400, "MissingParameter").message();
        assert_eq!(message, format!("The parameter  {parameter}  needed but no provided."));
    }
}

/// Status and code of the answer to a request as it stands.
pub fn outcome(service: &Service, raw: &wire::Raw) -> (u16, String) {
    let reply = service.send(raw.to_http());
    (reply.status, reply.outcome())
}

/// The [`outcome`] of a success.
pub fn ok() -> (u16, String) {
    (200, "OK".to_owned())
}

/// The [`outcome`] of a refusal.
pub fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
