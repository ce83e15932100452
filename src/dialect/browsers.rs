//! Browsers are strangers: no web page may talk to this server in its reader's name.

use std::net::IpAddr;

use http::HeaderName;
use http::header::{HOST, ORIGIN};
use http::request::Parts;

use super::host::Host;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The hosts that requests may be for.
#[derive(Debug)]
pub enum Browsers {
    /// Any host: whoever calls knows a secret, so a page that points a name of its own at us can do nothing.
    AnyHost,
    /// Loopback, the services' own names below `aliyuncs.com`, and these: calls are taken from those who know no secret.
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
    #[error("the request does not say in one header which host it is for")]
    NoHost,
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
        // A host that is not text, or stands twice, is none that anybody could know.
        let is_one = head.headers.get_all(HOST).iter().count() <= 1;
        match host.name().filter(|_| is_one) {
            Some(host) if is_known(host, names) => Ok(()),
            Some(host) => Err(Stranger::Host(host.to_owned())),
            None => Err(Stranger::NoHost),
        }
    }
}

fn is_known(host: &str, names: &[String]) -> bool {
    let is_named = names.iter().any(|name| name.eq_ignore_ascii_case(host));
    if let Ok(address) = host.parse::<IpAddr>() {
        return is_named || address.is_loopback();
    }
    let host = host.to_ascii_lowercase();
    is_named || host == "localhost" || host.ends_with(".localhost") || is_a_service(&host)
}

/// Whether a host is one of those that stand for the services here. Nobody else has names below that of their cloud by
/// which we could be reached: `kms.…`, `kms-vpc.…`, `sts.…`, `ram.…`, and `<instance>.cryptoservice.kms.…`.
fn is_a_service(host: &str) -> bool {
    let Some(name) = host.strip_suffix(".aliyuncs.com") else { return false };
    let first = name.split('.').next().unwrap_or_default();
    let is_instance = name.split_once('.').is_some_and(|(_, rest)| rest == "cryptoservice.kms");
    is_instance || ["kms", "kms-vpc", "sts", "sts-vpc", "ram"].contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_refused() {
        let known = Browsers::KnownHosts(vec!["kms.test".into(), "10.0.0.7".into()]);
        for (browsers, name, value, is_refused) in [
            (&known, "host", "127.0.0.1:7220", false),
            (&known, "host", "http://localhost:7220/kms", false),
            (&known, "host", "[::1]:7220", false),
            (&known, "host", "kms.cn-hangzhou.aliyuncs.com", false),
            (&known, "host", "KMS.test:80", false),
            (&known, "host", "10.0.0.7:7220", false),
            (&known, "host", "10.0.0.8", true),
            (&known, "host", "evil.example", true),
            (&known, "host", "aliyuncs.com.evil.example", true),
            (&known, "host", "127.0.0.1.evil.example", true),
            (&known, "host", "kms-vpc.cn-hangzhou.aliyuncs.com", false),
            (&known, "host", "KMS.aliyuncs.com", false),
            (&known, "host", "sts.aliyuncs.com", false),
            (&known, "host", "ram.aliyuncs.com", false),
            (&known, "host", "kst-1.cryptoservice.kms.aliyuncs.com", false),
            (&known, "host", "oss-cn-hangzhou.aliyuncs.com", true),
            (&known, "host", "a.kms.aliyuncs.com", true),
            (&known, "host", "xkms.aliyuncs.com", true),
            (&known, "host", "aliyuncs.com", true),
            (&known, "host", "app.localhost", false),
            (&known, "host", "notlocalhost", true),
            (&known, "host", "ключ", true),
            (&known, "host", "", true),
            (&known, "accept", "*/*", true),
            (&Browsers::AnyHost, "accept", "*/*", false),
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
            // What is not about the host is asked of one that is known.
            let host = (name != "host" && name != "accept").then_some(("host", "127.0.0.1:7220"));
            let headers = [("x-test", "1"), host.unwrap_or(("x-test", "2"))];
            let request =
                headers.iter().fold(http::Request::builder(), |request, (name, value)| request.header(*name, *value));
            let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            let (head, ()) = request.header(name, value.clone()).body(()).unwrap().into_parts();
            assert_eq!(browsers.refuse(&head, &Host::of(&head)).is_err(), is_refused, "{name}: {value:?}");
        }
        let twice = http::Request::builder().header("sec-fetch-site", "none").header("sec-fetch-site", "cross-site");
        let (head, ()) = twice.body(()).unwrap().into_parts();
        assert_eq!(known.refuse(&head, &Host::of(&head)), Err(Stranger::Page));
        let two = http::Request::builder().header("host", "127.0.0.1").header("host", "127.0.0.1");
        let (head, ()) = two.body(()).unwrap().into_parts();
        assert_eq!(known.refuse(&head, &Host::of(&head)), Err(Stranger::NoHost));
        assert_eq!(Browsers::AnyHost.refuse(&head, &Host::of(&head)), Ok(()));
    }
}
