//! What a `Host` header says, however oddly: some clients send a scheme or a path in it.

use http::header::HOST;
use http::request::Parts;

use super::regions::REGIONS;

/// The host that a request is for, as sent: the header, else the target's authority.
pub(super) fn of(head: &Parts) -> Option<&str> {
    let header = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| head.uri.authority().map(http::uri::Authority::as_str))
}

/// The name or address alone: without scheme, path, port and brackets.
pub(super) fn name(host: &str) -> &str {
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

/// The region in `kms[-vpc].<region>.aliyuncs.com`.
pub(super) fn region(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("kms.").or_else(|| name.strip_prefix("kms-vpc."))?;
    rest.strip_suffix(".aliyuncs.com").filter(|region| is_region(region))
}

/// The names that the real service has: two in every region of DescribeRegions.
pub fn service_names() -> impl Iterator<Item = String> {
    REGIONS.iter().flat_map(|region| ["kms", "kms-vpc"].map(|prefix| format!("{prefix}.{region}.aliyuncs.com")))
}

/// Whether `text` has a region's form: lower-case letters, digits and hyphens.
pub fn is_region(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
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
    fn regions_in_names() {
        for (name, expected) in [
            ("kms.cn-hangzhou.aliyuncs.com", Some("cn-hangzhou")),
            ("kms-vpc.ap-southeast-1.aliyuncs.com", Some("ap-southeast-1")),
            ("kms.aliyuncs.com", None),
            ("kms..aliyuncs.com", None),
            ("kms.a.b.aliyuncs.com", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(region(name), expected, "{name}");
        }
        assert_eq!(service_names().filter(|name| region(name).is_some()).count(), 2 * REGIONS.len());
    }
}
