//! What Yaoshi itself answers, beside the service it stands for.

use http::Method;
use http::request::Parts;
use serde::Serialize;

/// The path that tells whether the server is up, and in which modes.
pub const HEALTH: &str = "/-/health";

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

impl Console {
    pub fn new(modes: Modes) -> Self {
        Self { modes }
    }

    /// The JSON that answers a request for one of the console's paths; `None` if there is nothing there.
    pub fn answer(&self, head: &Parts) -> Option<Vec<u8>> {
        if head.method != Method::GET || head.uri.path() != HEALTH {
            return None;
        }
        let health = Health { status: "ok", version: env!("CARGO_PKG_VERSION"), modes: &self.modes };
        serde_json::to_vec(&health).ok()
    }
}
