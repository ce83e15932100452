//! Resource names: `acs:<service>:<region>:<account>:<relative id>`.

use std::fmt;

use super::AccountId;

/// A resource name taken apart, or about to be put together.
///
/// Text form `acs:<service>:<region>:<account>:<relative>`. Region and account may be empty (RAM's
/// own names have no region); `relative` may itself hold `:` and `/`.
/// Source: "Resource" in RAM's "Basic elements of a policy".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// RAM code of the service, such as `kms` or `ram`.
    pub service: &'a str,
    /// Region id, such as `cn-hangzhou`; empty for a service without regions.
    pub region: &'a str,
    /// Account the resource belongs to, in digits.
    pub account: &'a str,
    /// The rest, such as `key/<key id>`, `alias/<name>` or the container `key`.
    pub relative: &'a str,
}

impl<'a> Arn<'a> {
    /// The name of a RAM entity: `acs:ram::<account>:<relative>`.
    pub fn ram(account: &'a AccountId, relative: &'a str) -> Self {
        Self { service: "ram", region: "", account: account.as_str(), relative }
    }

    /// Takes `text` apart; `None` if it does not begin `acs:` or has fewer than five parts.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (service, rest) = part(text.strip_prefix("acs:")?)?;
        let (region, rest) = part(rest)?;
        let (account, relative) = part(rest)?;
        Some(Self { service, region, account, relative })
    }

    /// The name as text, in one allocation.
    pub fn text(&self) -> String {
        ["acs:", self.service, ":", self.region, ":", self.account, ":", self.relative].concat()
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, region, account, relative } = self;
        write!(out, "acs:{service}:{region}:{account}:{relative}")
    }
}

/// The text up to the first colon, and the text after it. For parts this short a plain loop is
/// about twice as fast as `split_once`, and every decision takes a name apart.
fn part(text: &str) -> Option<(&str, &str)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_name_is_put_together() {
        let account = AccountId::parse("1234567890").unwrap();
        let arn = Arn::ram(&account, "user/example");
        assert_eq!(arn.text(), "acs:ram::1234567890:user/example");
        assert_eq!(arn.to_string(), arn.text());
        assert_eq!(Arn::parse(&arn.text()), Some(arn));
    }

    #[rstest]
    #[case("acs:ram::1:user/a", Some(["ram", "", "1", "user/a"]))]
    #[case("acs:kms:r:1:secret/a:b", Some(["kms", "r", "1", "secret/a:b"]))]
    #[case("acs:kms:r:1:", Some(["kms", "r", "1", ""]))]
    #[case("acs:kms:r:1", None)]
    #[case("ACS:kms:r:1:key", None)]
    #[case("arn:aws:kms:r:1:key", None)]
    #[case("*", None)]
    #[case("", None)]
    fn names_are_taken_apart(#[case] text: &str, #[case] expected: Option<[&str; 4]>) {
        let parts = Arn::parse(text).map(|arn| [arn.service, arn.region, arn.account, arn.relative]);
        assert_eq!(parts, expected);
    }
}
