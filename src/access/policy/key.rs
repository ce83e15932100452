//! Names of condition keys, and the values they hold.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;

/// A condition key such as `acs:SourceIp` or `kms:tag/<tag key>`.
///
/// Two keys are the same if they agree in any case up to the first `/`, and exactly after it: the
/// documentation writes `acs:PrincipalARN`, users `acs:PrincipalArn`, but tag keys are case
/// sensitive.
#[derive(Debug, Clone)]
pub(in crate::access) struct ConditionKey {
    written: Box<str>,
    canonical: Box<str>,
    known: KnownKey,
}

/// The keys whose meaning or type is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::access) enum KnownKey {
    SourceIp,
    CurrentTime,
    SecureTransport,
    PrincipalArn,
    MfaPresent,
    VpcSourceIp,
    Tag,
    Other,
}

impl ConditionKey {
    /// `None` unless the key is `<service>:<name>`.
    pub(in crate::access) fn parse(written: &str) -> Option<Self> {
        let (service, name) = written.split_once(':')?;
        if service.is_empty() || name.is_empty() {
            return None;
        }
        let canonical = match written.split_once('/') {
            Some((name, tag)) => format!("{}/{tag}", name.to_ascii_lowercase()),
            None => written.to_ascii_lowercase(),
        };
        let known = match canonical.as_str() {
            "acs:sourceip" => KnownKey::SourceIp,
            "acs:currenttime" => KnownKey::CurrentTime,
            "acs:securetransport" => KnownKey::SecureTransport,
            "acs:principalarn" => KnownKey::PrincipalArn,
            "acs:mfapresent" => KnownKey::MfaPresent,
            "acs:vpcsourceip" => KnownKey::VpcSourceIp,
            text if text.starts_with(TAG) => KnownKey::Tag,
            _ => KnownKey::Other,
        };
        Some(Self { written: written.into(), canonical: canonical.into(), known })
    }

    pub(in crate::access) fn known(&self) -> KnownKey {
        self.known
    }

    /// The tag key of `kms:tag/<tag key>`, case kept.
    pub(in crate::access) fn tag(&self) -> &str {
        self.canonical.strip_prefix(TAG).unwrap_or_default()
    }

    pub(super) fn is_source_vpc(&self) -> bool {
        &*self.canonical == "acs:sourcevpc"
    }

    /// `None` if `value` is of the type this key holds, else that type in words.
    pub(in crate::access) fn value_expected(&self, value: &Seen<'_>) -> Option<&'static str> {
        let (fits, expected) = match self.known {
            KnownKey::SourceIp | KnownKey::VpcSourceIp => (value.address().is_some(), "an IPv4 or IPv6 address"),
            KnownKey::CurrentTime => (value.time().is_some(), DATE_EXPECTED),
            KnownKey::SecureTransport | KnownKey::MfaPresent => (value.boolean().is_some(), BOOLEAN_EXPECTED),
            KnownKey::PrincipalArn | KnownKey::Tag | KnownKey::Other => (true, ""),
        };
        (!fits).then_some(expected)
    }
}

impl PartialEq for ConditionKey {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

/// The key as its author wrote it.
impl fmt::Display for ConditionKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.written)
    }
}

/// The value of a condition key in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::access) enum Seen<'a> {
    Text(&'a str),
    Address(IpAddr),
    Time(Timestamp),
    Boolean(bool),
}

impl<'a> Seen<'a> {
    /// The value as text, which string operators compare. Only a value that is not text by nature
    /// costs an allocation.
    pub(super) fn text(&self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Address(address) => Cow::Owned(address.to_string()),
            Self::Time(time) => Cow::Owned(time.to_string()),
            Self::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        }
    }

    /// IPv4 mapped into IPv6 comes back as IPv4.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Text(text) => text.parse().ok().map(|address: IpAddr| address.to_canonical()),
            Self::Time(_) | Self::Boolean(_) => None,
        }
    }

    pub(super) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(time) => Some(*time),
            Self::Text(text) => parse_time(text),
            Self::Address(_) | Self::Boolean(_) => None,
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Text(text) => text.parse().ok(),
            Self::Address(_) | Self::Time(_) => None,
        }
    }
}

/// A moment in ISO 8601 with `Z` or an offset. Without one it is no moment; a zone name in
/// brackets is not ISO 8601.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    if text.contains('[') { None } else { text.parse().ok() }
}

pub(super) const DATE_EXPECTED: &str = "a date such as 2012-11-11T23:59:59Z, with Z or an offset,";
pub(super) const BOOLEAN_EXPECTED: &str = "true or false";

const TAG: &str = "kms:tag/";

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("acs:SourceIp", "ACS:sourceIP", true)]
    #[case("acs:PrincipalARN", "acs:PrincipalArn", true)]
    #[case("kms:tag/Env", "KMS:Tag/Env", true)]
    #[case("kms:tag/Env", "kms:tag/env", false)]
    #[case("acs:ResourceTag/A", "acs:resourcetag/A", true)]
    #[case("acs:SourceIp", "acs:SourceVpc", false)]
    fn keys_are_compared_in_any_case_but_for_tags(#[case] left: &str, #[case] right: &str, #[case] same: bool) {
        assert_eq!(ConditionKey::parse(left) == ConditionKey::parse(right), same);
    }

    #[rstest]
    fn a_key_has_a_service_and_a_name(#[values("", "SourceIp", ":a", "acs:", "kms")] text: &str) {
        assert!(ConditionKey::parse(text).is_none());
    }

    #[test]
    fn a_tag_key_is_kept_whole() {
        assert_eq!(ConditionKey::parse("KMS:TAG/A/b:C").unwrap().tag(), "A/b:C");
    }

    #[rstest]
    #[case("2012-11-11T23:59:59Z", Some("2012-11-11T23:59:59Z"))]
    #[case("2019-08-12T17:00:00+08:00", Some("2019-08-12T09:00:00Z"))]
    #[case("2019-08-12T17:00+08:00", Some("2019-08-12T09:00:00Z"))]
    #[case("2019-08-12T17:00:00.5Z", Some("2019-08-12T17:00:00.5Z"))]
    #[case("2019-08-12T17:00:00", None)]
    #[case("2019-08-12", None)]
    #[case("2019-08-12T17:00:00+08:00[Asia/Shanghai]", None)]
    #[case("1565600400", None)]
    #[case("", None)]
    fn dates_are_moments(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(parse_time(text), expected.map(|time| time.parse().unwrap()));
    }
}
