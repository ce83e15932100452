//! What a request says of itself.

use jiff::Timestamp;

/// What a request says of itself: who calls, what, when. Nothing in it is believed before it is verified.
#[derive(Debug)]
pub struct Claim<'r> {
    /// Empty where a bearer token stands alone.
    pub access_key_id: &'r str,
    pub action: &'r str,
    pub version: Option<&'r str>,
    /// The moment of signing; `None` where it is absent or not of the form `2026-11-22T07:03:49Z`.
    pub time: Option<Timestamp>,
    pub nonce: Option<&'r str>,
    pub security_token: Option<&'r str>,
    /// The region in a V4 credential.
    pub region: Option<&'r str>,
}
