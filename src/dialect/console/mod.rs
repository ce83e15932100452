//! What Yaoshi itself answers, beside the services it stands for: at the paths that belong to it, in JSON.

use std::borrow::Cow;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::{Answer, Dialect, Request, Taken, Unacceptable};
use crate::call::Premises;
use crate::journal::Lost;

/// The path that tells whether the server is up, and in which modes.
pub const HEALTH: &str = "/-/health";

/// Paths that belong to Yaoshi itself.
const RESERVED: [&str; 3] = ["/-/", "/credentials/", "/latest/"];

/// Nothing here takes a body yet.
const LARGEST_BODY: usize = 64 * 1024;

/// Answers the reserved paths.
#[derive(Debug)]
pub struct Console {
    modes: Modes,
    lost: Lost,
    /// What it tells the health of.
    premises: Arc<Premises>,
}

/// What the server was told to do differently from the real service.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Modes {
    pub verify_signatures: bool,
    pub limits: String,
    /// Whether all chance follows from a seed.
    pub seeded: bool,
}

#[derive(Serialize)]
struct Health<'a> {
    status: &'a str,
    version: &'a str,
    #[serde(flatten)]
    modes: &'a Modes,
    /// Why it is not `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What is wrong and keeps nobody from working.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Why there is no other answer.
#[derive(Serialize)]
struct Refusal<'a> {
    code: &'a str,
    message: &'a str,
}

impl Console {
    /// `lost`: the lines that the log lost.
    pub fn new(modes: Modes, lost: Lost, premises: Arc<Premises>) -> Self {
        Self { modes, lost, premises }
    }

    fn health(&self) -> Answer {
        let warnings = match self.lost.lines() {
            0 => Vec::new(),
            1 => vec!["1 line of the log is lost".to_owned()],
            count => vec![format!("{count} lines of the log are lost")],
        };
        let reason = self.premises.holdings.failure().map(|error| error.to_string());
        let (code, status) =
            if reason.is_some() { (StatusCode::SERVICE_UNAVAILABLE, "degraded") } else { (StatusCode::OK, "ok") };
        let version = env!("CARGO_PKG_VERSION");
        json(code, &Health { status, version, modes: &self.modes, reason, warnings })
    }

    fn answer(&self, head: &Parts) -> Answer {
        match (&head.method, head.uri.path()) {
            (&Method::GET, HEALTH) => self.health(),
            _ => refusal(
                StatusCode::NOT_FOUND,
                "NotFound",
                "Paths under /-/, /credentials/ and /latest/ are reserved, and nothing is here.",
            ),
        }
    }
}

impl Dialect for Console {
    fn claims(&self, head: &Parts) -> bool {
        RESERVED.iter().any(|reserved| head.uri.path().starts_with(reserved))
    }

    fn largest_body(&self) -> usize {
        LARGEST_BODY
    }

    fn take(self: Arc<Self>, request: Request) -> Taken {
        Taken::Answered(self.answer(&request.head))
    }

    fn refuse(&self, _head: &Parts, reason: Unacceptable) -> Answer {
        let (status, code, message): (_, _, Cow<'_, str>) = match reason {
            Unacceptable::Browser(why) => (
                StatusCode::FORBIDDEN,
                "Forbidden.BrowserRequest",
                format!("Requests of web pages, or for a host name that is not known, are refused: {why}.").into(),
            ),
            Unacceptable::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                "The request body is larger than 64 KiB.".into(),
            ),
            Unacceptable::BodyIncomplete => {
                (StatusCode::REQUEST_TIMEOUT, "RequestTimeout", "The request body did not arrive whole in time.".into())
            }
            Unacceptable::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "RequestHeaderFieldsTooLarge",
                "The request has more than 256 headers, or a head of more than 128 KiB.".into(),
            ),
            Unacceptable::TooBusy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "More is under way than this server takes at once. Try again later.".into(),
            ),
            Unacceptable::Failed => {
                (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", "Something went wrong on our side.".into())
            }
        };
        refusal(status, code, &message)
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Answer {
    json(status, &Refusal { code, message })
}

fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).expect("answers are structs of texts and truths");
    Answer::new(status, const { HeaderValue::from_static("application/json;charset=utf-8") }, body)
}
