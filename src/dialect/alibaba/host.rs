//! Regions in the names of hosts.

use super::regions::REGIONS;

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
