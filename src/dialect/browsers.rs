//! Browsers are strangers: no web page may talk to this server in its reader's name.

use std::net::IpAddr;

use http::HeaderName;
use http::header::ORIGIN;
use http::request::Parts;

use super::host::Host;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The hosts that requests may be for.
#[derive(Debug)]
pub enum Browsers {
    /// Any host: whoever calls knows a secret, so a page that points a name of its own at us can do nothing.
    AnyHost,
    /// Loopback, `*.aliyuncs.com` and these: calls are taken from those who know no secret.
    KnownHosts(Vec<String>),
}

/// What shows that a web page sent a request, or may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    #[error("the request has an Origin")]
    Origin,
    /// `Sec-Fetch-Site` says so. Only what somebody typed, or opened from outside any page, is from none.
    #[error("the request comes from a page of this or another site")]
    Page,
    #[error("the host {0:?} is not known while calls are taken from those who know no secret; name it with --hostname")]
    Host(String),
}

impl Browsers {
    /// Errors: why a request with this `head`, for this `host`, may be a web page's.
    pub fn refuse(&self, head: &Parts, host: &Host) -> Result<(), Stranger> {
        if head.headers.contains_key(ORIGIN) {
            return Err(Stranger::Origin);
        }
        if head.headers.get_all(SEC_FETCH_SITE).iter().any(|site| site != "none") {
            return Err(Stranger::Page);
        }
        let Self::KnownHosts(names) = self else { return Ok(()) };
        match host.name() {
            Some(host) if !is_known(host, names) => Err(Stranger::Host(host.to_owned())),
            _ => Ok(()),
        }
    }
}

fn is_known(host: &str, names: &[String]) -> bool {
    let is_below = |domain: &str| {
        let end = host.len().checked_sub(domain.len()).and_then(|at| host.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(domain))
    };
    is_below(".aliyuncs.com")
        || is_below(".localhost")
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || names.iter().any(|name| name.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_refused() {
        let known = Browsers::KnownHosts(vec!["kms.test".into()]);
        for (browsers, name, value, is_refused) in [
            (&known, "host", "127.0.0.1:7220", false),
            (&known, "host", "http://localhost:7220/kms", false),
            (&known, "host", "[::1]:7220", false),
            (&known, "host", "kms.cn-hangzhou.aliyuncs.com", false),
            (&known, "host", "KMS.test:80", false),
            (&known, "host", "evil.example", true),
            (&known, "host", "aliyuncs.com.evil.example", true),
            (&known, "host", "127.0.0.1.evil.example", true),
            (&known, "accept", "*/*", false),
            (&known, "origin", "null", true),
            (&known, "origin", "http://127.0.0.1:7220", true),
            (&known, "sec-fetch-site", "cross-site", true),
            (&known, "sec-fetch-site", "same-site", true),
            (&known, "sec-fetch-site", "same-origin", true),
            (&known, "sec-fetch-site", "", true),
            (&known, "sec-fetch-site", "none", false),
            (&Browsers::AnyHost, "host", "kms.example", false),
            (&Browsers::AnyHost, "origin", "http://kms.example", true),
            (&Browsers::AnyHost, "sec-fetch-site", "same-origin", true),
        ] {
            let (head, ()) = http::Request::builder().header(name, value).body(()).unwrap().into_parts();
            assert_eq!(browsers.refuse(&head, &Host::of(&head)).is_err(), is_refused, "{name}: {value}");
        }
        let twice = http::Request::builder().header("sec-fetch-site", "none").header("sec-fetch-site", "cross-site");
        let (head, ()) = twice.body(()).unwrap().into_parts();
        assert_eq!(known.refuse(&head, &Host::of(&head)), Err(Stranger::Page));
    }
}
