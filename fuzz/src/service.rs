//! What answers, without the server around it: the clock stands still, and all chance follows from a seed.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use serde_json::Value;
use yaoshi::call::Limits;
use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::Request;
use yaoshi::dialect::front::Front;
use yaoshi::sandbox::Assembly;
use yaoshi::world::{Chance, ManualClock, World};

pub const FIXTURE: &str = include_str!("../../fixtures/sandbox.toml");

/// A moment at which all captures in `fixtures` are fresh.
pub const NOW: &str = "2026-11-22T07:05:00Z";

/// A service with the sandbox file `text`, and no limits.
pub fn service(text: &str, verify_signatures: bool) -> Arc<Front> {
    let file = SandboxFile::parse("fuzz.toml", text).expect("the sandbox file is right");
    let options = Options { file: Some(file), limits: Limits::Off, verify_signatures, ..Options::default() };
    let clock = ManualClock::at(NOW.parse().expect("it is a time"));
    let world = World { clock: Arc::new(clock), chance: Arc::new(Chance::seeded(1)) };
    let assembly = Assembly::new(&options, world, &mut |_, _| {}).expect("the sandbox file fits together");
    Arc::clone(assembly.front())
}

pub fn request(head: Parts, body: impl Into<Bytes>) -> Request {
    Request::new(head, body.into(), IpAddr::V4(Ipv4Addr::LOCALHOST), false)
}

/// A POST to `/` that calls `action` and claims to be signed with `access_key`.
///
/// `query`: percent-encoded. `None`: it is too long for a target.
pub fn unsigned(access_key: &str, action: &str, query: &str, body: &[u8]) -> Option<Request> {
    let head = http::Request::post(format!("/?{query}"))
        .header("host", "127.0.0.1:7220")
        .header("x-acs-action", action)
        .header("x-acs-version", "2016-01-20")
        .header("authorization", format!("ACS3-HMAC-SHA256 Credential={access_key},SignedHeaders=,Signature="));
    Some(request(head.body(()).ok()?.into_parts().0, body.to_vec()))
}

/// The status of the answer, and its JSON.
pub fn answer(front: &Front, request: Request) -> (u16, Value) {
    let answer = front.answer(request);
    let json = serde_json::from_slice(&answer.body);
    (answer.status.as_u16(), json.expect("an answer to a call signed in its headers is JSON"))
}

/// A byte of a name or value as every reader takes it for that byte.
pub fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}
