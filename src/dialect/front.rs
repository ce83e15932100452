//! The front of all dialects: whose a request is, and who is let in to none of them.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::browsers::Browsers;
use super::{Abandoned, Answer, Dialect, Fate, Host, Request, Taken, Unacceptable, Waited};

/// The dialects that are spoken here.
pub struct Front {
    dialects: Vec<Arc<dyn Dialect>>,
    browsers: Browsers,
}

impl Front {
    /// The first of `dialects` that claims a request has it.
    pub fn new(dialects: Vec<Arc<dyn Dialect>>, browsers: Browsers) -> Self {
        Self { dialects, browsers }
    }

    /// Whose a request with this `head` is.
    pub fn claimant(&self, head: &Parts) -> Option<&Arc<dyn Dialect>> {
        self.dialects.iter().find(|dialect| dialect.claims(head))
    }

    /// What is asked of every request, whatever its dialect. Errors: [`Unacceptable::Browser`].
    pub fn admit(&self, head: &Parts, host: &Host) -> Result<(), Unacceptable> {
        self.browsers.refuse(head, host).map_err(Unacceptable::Browser)
    }

    /// The answer to a request that no dialect claims.
    pub fn unclaimed() -> Answer {
        Answer { status: StatusCode::NOT_FOUND, headers: HeaderMap::new(), body: Vec::new(), fate: Fate::Send }
    }

    /// The answer to `request`, without a server: whatever it waits for is waited for here.
    pub fn answer(&self, request: Request) -> Answer {
        let Some(dialect) = self.claimant(&request.head) else { return Self::unclaimed() };
        if let Err(reason) = self.admit(&request.head, &request.host) {
            return dialect.refuse(&request.head, reason);
        }
        if request.body.len() > dialect.largest_body() {
            return dialect.refuse(&request.head, Unacceptable::BodyTooLarge);
        }
        let mut taken = Arc::clone(dialect).take(request);
        loop {
            match taken {
                Taken::Answered(answer) => return answer,
                Taken::Later(work) => taken = (work.run)(Waited::Through(&Abandoned::never())),
            }
        }
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Front").field("browsers", &self.browsers).finish_non_exhaustive()
    }
}
