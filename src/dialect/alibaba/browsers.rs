//! Browsers are strangers: no web page may talk to this server in its reader's name.

use std::net::IpAddr;

use http::header::ORIGIN;
use http::request::Parts;

use super::fault::{self, Fault};
use super::host;

/// The hosts that requests may be for.
#[derive(Debug)]
pub enum Browsers {
    /// Any host: every AccessKey is a secret, so a page that points a name of its own at us can sign nothing.
    AnyHost,
    /// Loopback, `*.aliyuncs.com` and these: there is an AccessKey that everybody knows.
    KnownHosts(Vec<String>),
}

impl Browsers {
    /// Errors: `Forbidden.BrowserRequest` for a request with an `Origin`, from another site, or for a foreign host.
    pub(super) fn refuse(&self, head: &Parts) -> Result<(), Fault> {
        let refused = |why: &str| Err(Fault::about(&fault::BROWSER_REQUEST, why));
        if head.headers.contains_key(ORIGIN) {
            return refused("the request has an Origin");
        }
        if head.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
            return refused("the request comes from another site");
        }
        let Self::KnownHosts(names) = self else { return Ok(()) };
        match host::of(head).map(host::name) {
            Some(host) if !is_known(host, names) => refused(&format!(
                "the host {host:?} is not known while everybody knows an AccessKey; name it with --hostname"
            )),
            _ => Ok(()),
        }
    }
}

fn is_known(host: &str, names: &[String]) -> bool {
    let host = host.to_ascii_lowercase();
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.ends_with(".aliyuncs.com")
        || names.iter().any(|name| name.eq_ignore_ascii_case(&host))
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
            (&known, "sec-fetch-site", "none", false),
            (&Browsers::AnyHost, "host", "kms.example", false),
            (&Browsers::AnyHost, "origin", "http://kms.example", true),
        ] {
            let (head, ()) = http::Request::builder().header(name, value).body(()).unwrap().into_parts();
            assert_eq!(browsers.refuse(&head).is_err(), is_refused, "{name}: {value}");
        }
    }
}
