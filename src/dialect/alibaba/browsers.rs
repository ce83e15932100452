//! Browsers are strangers: no web page may talk to this server in its reader's name.

use std::net::IpAddr;

use http::HeaderName;
use http::header::ORIGIN;
use http::request::Parts;

use super::fault::{self, Fault};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The hosts that requests may be for.
#[derive(Debug)]
pub enum Browsers {
    /// Any host: every AccessKey is a secret, so a page that points a name of its own at us can sign nothing.
    AnyHost,
    /// Loopback, `*.aliyuncs.com` and these: there is an AccessKey that everybody knows.
    KnownHosts(Vec<String>),
}

impl Browsers {
    /// `host`: the bare name or address that the request is for, if it says one.
    ///
    /// Errors: `Forbidden.BrowserRequest` for a request with an `Origin`, from another site, or for a foreign host.
    pub(super) fn refuse(&self, head: &Parts, host: Option<&str>) -> Result<(), Fault> {
        let refused = |why: &str| Err(Fault::about(&fault::BROWSER_REQUEST, why));
        if head.headers.contains_key(ORIGIN) {
            return refused("the request has an Origin");
        }
        if head.headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site") {
            return refused("the request comes from another site");
        }
        let Self::KnownHosts(names) = self else { return Ok(()) };
        match host {
            Some(host) if !is_known(host, names) => refused(&format!(
                "the host {host:?} is not known while everybody knows an AccessKey; name it with --hostname"
            )),
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
    use crate::dialect::alibaba::host;

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
            (&known, "sec-fetch-site", "none", false),
            (&Browsers::AnyHost, "host", "kms.example", false),
            (&Browsers::AnyHost, "origin", "http://kms.example", true),
        ] {
            let (head, ()) = http::Request::builder().header(name, value).body(()).unwrap().into_parts();
            assert_eq!(browsers.refuse(&head, host::of(&head).map(host::name)).is_err(), is_refused, "{name}: {value}");
        }
    }
}
