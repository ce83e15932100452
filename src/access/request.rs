//! What a caller wants, and what its request shows of the world.

use std::net::IpAddr;

use jiff::Timestamp;

use super::Principal;
use super::policy::{ConditionKey, KnownKey, Seen};

/// The resource of an action that is about no thing in particular. It counts as the caller's own.
pub const ANYTHING: &str = "*";

/// One action on one resource. An API call that touches several resources asks once for each.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `<RAM code>:<action>`, such as `kms:Decrypt`.
    pub action: &'a str,
    /// Full name of the resource, such as `acs:kms:cn-hangzhou:123456:key/<id>`, or [`ANYTHING`].
    pub resource: &'a str,
    /// The tags of that resource.
    pub tags: &'a dyn Tags,
    /// How the request came in.
    pub circumstances: &'a Circumstances,
}

/// Where the tags of a resource are looked up. Asked only by a condition on `kms:tag/<key>`.
///
/// A trait, not a closure: a closure type would tie a [`Request`] to one exact lifetime.
pub trait Tags: Send + Sync {
    /// The value of the tag with this key (case matters).
    fn value(&self, key: &str) -> Option<&str>;
}

/// What the connection and the clock show; one for all [`Request`]s of an API call.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// The address the request comes from: `acs:SourceIp`. IPv4 mapped into IPv6 counts as IPv4.
    pub source_ip: IpAddr,
    /// Whether it came over TLS: `acs:SecureTransport`.
    pub secure_transport: bool,
    /// The account's present time: `acs:CurrentTime`.
    pub now: Timestamp,
}

impl Request<'_> {
    /// The value of a condition key as `principal` makes this request.
    ///
    /// The principal's own context comes first. `acs:MFAPresent` is absent from calls signed with
    /// an `AccessKey`; `acs:SourceVpc`, `acs:VpcSourceIp` and every key not known here are absent
    /// too, unless the context supplies them.
    pub(super) fn seen<'s>(&'s self, key: &ConditionKey, principal: &'s Principal) -> Option<Seen<'s>> {
        if let Some(value) = principal.context(key) {
            return Some(Seen::Text(value));
        }
        match key.known() {
            KnownKey::SourceIp => Some(Seen::Address(self.circumstances.source_ip.to_canonical())),
            KnownKey::CurrentTime => Some(Seen::Time(self.circumstances.now)),
            KnownKey::SecureTransport => Some(Seen::Boolean(self.circumstances.secure_transport)),
            KnownKey::PrincipalArn => Some(Seen::Text(principal.arn())),
            KnownKey::Tag => self.tags.value(key.tag()).map(Seen::Text),
            KnownKey::MfaPresent | KnownKey::VpcSourceIp | KnownKey::Other => None,
        }
    }
}
