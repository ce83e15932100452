//! What Yaoshi itself answers, beside the services it stands for: at the paths that belong to it, in JSON.

use std::borrow::Cow;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::{Answer, Dialect, Request, Taken, Unacceptable};

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
}

/// Why there is no other answer.
#[derive(Serialize)]
struct Refusal<'a> {
    code: &'a str,
    message: &'a str,
}

impl Console {
    pub fn new(modes: Modes) -> Self {
        Self { modes }
    }

    fn answer(&self, head: &Parts) -> Answer {
        match (&head.method, head.uri.path()) {
            (&Method::GET, HEALTH) => {
                let health = Health { status: "ok", version: env!("CARGO_PKG_VERSION"), modes: &self.modes };
                json(StatusCode::OK, &health)
            }
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
