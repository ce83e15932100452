//! What a `Host` header says, however oddly: some clients send a scheme or a path in it.

use http::header::HOST;
use http::request::Parts;

/// The name or address that a request is for, read once.
#[derive(Debug, Clone, Default)]
pub struct Host(Option<Box<str>>);

impl Host {
    /// Of the header, else of the target's authority.
    pub fn of(head: &Parts) -> Self {
        let header = head.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = header.or_else(|| head.uri.authority().map(http::uri::Authority::as_str));
        Self(host.map(|host| name(host).into()))
    }

    /// Without scheme, path, port and brackets; `None` where the request says none.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

fn name(host: &str) -> &str {
    let host = if host.contains('/') {
        let host = host.split_once("://").map_or(host, |(_, rest)| rest);
        host.split('/').next().unwrap_or_default()
    } else {
        host
    };
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    match host.rsplit_once(':') {
        Some((name, _port)) if !name.contains(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_what_clients_put_around_them() {
        for (host, expected) in [
            ("127.0.0.1:7220", "127.0.0.1"),
            ("http://127.0.0.1:7220", "127.0.0.1"),
            ("127.0.0.1:7220/kms", "127.0.0.1"),
            ("localhost", "localhost"),
            ("[::1]:7220", "::1"),
            ("::1", "::1"),
            ("https://kms.cn-hangzhou.aliyuncs.com/", "kms.cn-hangzhou.aliyuncs.com"),
            ("", ""),
        ] {
            assert_eq!(name(host), expected, "{host}");
        }
    }

    #[test]
    fn the_header_counts_before_the_target() {
        let head = |target: &str, header: Option<&str>| {
            let request = http::Request::builder().uri(target);
            let request = header.into_iter().fold(request, |request, host| request.header(HOST, host));
            request.body(()).unwrap().into_parts().0
        };
        let of = |target: &str, header| Host::of(&head(target, header)).name().map(str::to_owned);
        assert_eq!(of("http://a.test:80/", Some("b.test:81")).as_deref(), Some("b.test"));
        assert_eq!(of("http://a.test:80/", None).as_deref(), Some("a.test"));
        assert_eq!(of("/", None), None);
    }
}
