//! The condition operators, and what a value in a policy means under each.

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use super::decimal::Decimal;
use super::key::{BOOLEAN_EXPECTED, DATE_EXPECTED, Seen, parse_time};
use super::pattern::Pattern;

/// Every operator there is: RAM has no `…IfExists`, no `Null`, no `ForAnyValue:`/`ForAllValues:`.
/// Names are exact. Source: "Conditional operators", 2025-12.
pub(super) const OPERATORS: &[Operator] = &[
    Operator::positive("StringEquals", Test::Exact),
    Operator::negated("StringNotEquals", Test::Exact),
    Operator::positive("StringEqualsIgnoreCase", Test::IgnoreCase),
    Operator::negated("StringNotEqualsIgnoreCase", Test::IgnoreCase),
    Operator::positive("StringLike", Test::Like),
    Operator::negated("StringNotLike", Test::Like),
    Operator::positive("NumericEquals", Test::Number(Ordering::is_eq)),
    Operator::negated("NumericNotEquals", Test::Number(Ordering::is_eq)),
    Operator::positive("NumericLessThan", Test::Number(Ordering::is_lt)),
    Operator::positive("NumericLessThanEquals", Test::Number(Ordering::is_le)),
    Operator::positive("NumericGreaterThan", Test::Number(Ordering::is_gt)),
    Operator::positive("NumericGreaterThanEquals", Test::Number(Ordering::is_ge)),
    Operator::positive("DateEquals", Test::Date(Ordering::is_eq)),
    Operator::negated("DateNotEquals", Test::Date(Ordering::is_eq)),
    Operator::positive("DateLessThan", Test::Date(Ordering::is_lt)),
    Operator::positive("DateLessThanEquals", Test::Date(Ordering::is_le)),
    Operator::positive("DateGreaterThan", Test::Date(Ordering::is_gt)),
    Operator::positive("DateGreaterThanEquals", Test::Date(Ordering::is_ge)),
    Operator::positive("Bool", Test::Boolean),
    Operator::positive("IpAddress", Test::Address),
    Operator::negated("NotIpAddress", Test::Address),
];

/// A condition operator.
#[derive(Debug)]
pub(in crate::access) struct Operator {
    name: &'static str,
    negated: bool,
    test: Test,
}

/// How one value of the policy is held against the value seen.
#[derive(Debug, Clone, Copy)]
enum Test {
    Exact,
    IgnoreCase,
    Like,
    Number(Comparison),
    Date(Comparison),
    Boolean,
    Address,
}

/// Whether the order of (seen, value in the policy) is the one asked for.
type Comparison = fn(Ordering) -> bool;

impl Operator {
    const fn positive(name: &'static str, test: Test) -> Self {
        Self { name, negated: false, test }
    }

    const fn negated(name: &'static str, test: Test) -> Self {
        Self { name, negated: true, test }
    }

    pub(super) fn named(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|operator| operator.name == name)
    }

    pub(in crate::access) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it is met where its positive twin is not, a missing key included.
    pub(in crate::access) fn is_negated(&self) -> bool {
        self.negated
    }

    /// Reads a value of the policy. Errors: what was expected, in words.
    pub(super) fn operand(&self, text: &str) -> Result<Operand, &'static str> {
        let (operand, expected) = match self.test {
            Test::Exact => (Some(Operand::Exact(text.into())), ""),
            Test::IgnoreCase => (Some(Operand::IgnoreCase(text.into())), ""),
            Test::Like => (Some(Operand::Like(Pattern::new(text))), ""),
            Test::Number(order) => {
                let number = Decimal::parse(text).map(|_| Operand::Number(order, text.into()));
                (number, "a number such as 5 or -1.5")
            }
            Test::Date(order) => (parse_time(text).map(|time| Operand::Date(order, time)), DATE_EXPECTED),
            Test::Boolean => (text.parse().ok().map(Operand::Boolean), BOOLEAN_EXPECTED),
            Test::Address => (network(text).map(Operand::Network), "an IPv4 or IPv6 address or a CIDR block"),
        };
        operand.ok_or(expected)
    }
}

/// A value of the policy, ready to be held against what a request shows.
#[derive(Debug)]
pub(super) enum Operand {
    Exact(Box<str>),
    /// Letters are equal in either case, beyond ASCII too.
    IgnoreCase(Box<str>),
    Like(Pattern),
    Number(Comparison, Box<str>),
    Date(Comparison, Timestamp),
    Boolean(bool),
    Network(IpNet),
}

impl Operand {
    /// A value seen that is not of this type is not accepted.
    pub(super) fn accepts(&self, seen: &Seen<'_>) -> bool {
        match self {
            Self::Exact(text) => seen.text() == **text,
            Self::IgnoreCase(text) => {
                let folded = |text: char| text.to_lowercase();
                text.chars().flat_map(folded).eq(seen.text().chars().flat_map(folded))
            }
            Self::Like(pattern) => pattern.matches(&seen.text()),
            Self::Number(order, own) => {
                let text = seen.text();
                let numbers = Decimal::parse(&text).zip(Decimal::parse(own));
                numbers.is_some_and(|(seen, own)| order(seen.compare(&own)))
            }
            Self::Date(order, own) => seen.time().is_some_and(|time| order(time.cmp(own))),
            Self::Boolean(own) => seen.boolean() == Some(*own),
            Self::Network(own) => seen.address().is_some_and(|address| own.contains(&address)),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) | Self::IgnoreCase(text) => write!(out, "{text:?}"),
            Self::Like(pattern) => write!(out, "{:?}", pattern.as_str()),
            Self::Number(_, digits) => out.write_str(digits),
            Self::Date(_, time) => write!(out, "{time}"),
            Self::Boolean(value) => write!(out, "{value}"),
            Self::Network(network) => write!(out, "{network}"),
        }
    }
}

/// A CIDR block, or an address as a block of one. Host bits of a block do not count; a block of IPv4 mapped into IPv6
/// counts as one of IPv4, as such addresses do.
fn network(text: &str) -> Option<IpNet> {
    /// The bits of `::ffff:0:0/96`, behind which IPv4 begins.
    const MAPPED: u8 = 96;

    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical().into());
    }
    let network: IpNet = text.parse().ok()?;
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(MAPPED)) {
        (address @ IpAddr::V4(_), Some(length)) if network.addr().is_ipv6() => IpNet::new(address, length).ok(),
        _ => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("NumericEquals", "five", "a number such as")]
    #[case("NumericLessThan", "1e3", "a number such as")]
    #[case("DateEquals", "2012-11-11", "a date such as")]
    #[case("DateGreaterThan", "2012-11-11T23:59:59", "with Z or an offset")]
    #[case("Bool", "True", "true or false")]
    #[case("Bool", "1", "true or false")]
    #[case("IpAddress", "10.0.0.0/33", "a CIDR block")]
    #[case("NotIpAddress", "10.0.0", "a CIDR block")]
    #[case("NotIpAddress", "", "a CIDR block")]
    fn a_value_must_be_of_its_family(#[case] name: &str, #[case] text: &str, #[case] expected: &str) {
        let refusal = Operator::named(name).unwrap().operand(text).unwrap_err();
        assert!(refusal.contains(expected), "{refusal}");
    }

    #[test]
    fn there_are_the_five_documented_families() {
        let count = |prefix: &str| OPERATORS.iter().filter(|row| row.name.starts_with(prefix)).count();
        assert_eq!([count("String"), count("Numeric"), count("Date")], [6, 6, 6]);
        assert_eq!((count("Bool"), count("IpAddress"), count("NotIpAddress"), OPERATORS.len()), (1, 1, 1, 21));
        assert!(OPERATORS.iter().all(|row| row.negated == row.name.contains("Not")));
    }
}
