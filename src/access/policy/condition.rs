//! One condition of a statement: an operator, a key, and the values it may have.

use std::fmt;

use super::key::{ConditionKey, Seen};
use super::operator::{Operand, Operator};

/// A condition. Several values are alternatives; all conditions of a statement must hold.
#[derive(Debug)]
pub(in crate::access) struct Condition {
    operator: &'static Operator,
    key: ConditionKey,
    operands: Box<[Operand]>,
}

impl Condition {
    pub(super) fn new(operator: &'static Operator, key: ConditionKey, operands: Vec<Operand>) -> Self {
        Self { operator, key, operands: operands.into() }
    }

    pub(in crate::access) fn operator(&self) -> &'static Operator {
        self.operator
    }

    pub(in crate::access) fn key(&self) -> &ConditionKey {
        &self.key
    }

    /// Whether the condition is met by the value its key has in the request.
    ///
    /// A positive operator is met if any of its values accepts the one seen; a negated operator if
    /// none does. So where the key is missing, or its value is not of the operator's type,
    /// a positive operator is not met and a negated one is (the latter is not documented by RAM;
    /// chosen, as other policy languages do it).
    pub(in crate::access) fn holds(&self, seen: Option<Seen<'_>>) -> bool {
        let accepted = seen.is_some_and(|seen| self.operands.iter().any(|own| own.accepts(&seen)));
        accepted != self.operator.is_negated()
    }
}

/// As in `StringEquals kms:tag/env "a" or "b"`.
impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.operator.name(), self.key)?;
        for (index, operand) in self.operands.iter().enumerate() {
            write!(out, "{} {operand}", if index == 0 { "" } else { " or" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use rstest::rstest;

    use super::super::operator::OPERATORS;
    use super::*;

    fn condition(operator: &str, values: &[&str]) -> Condition {
        let operator = Operator::named(operator).unwrap();
        let operands = values.iter().map(|value| operator.operand(value).unwrap()).collect();
        Condition::new(operator, ConditionKey::parse("any:key").unwrap(), operands)
    }

    #[rstest]
    #[case("StringEquals", &["a", "b"], "b", true)]
    #[case("StringEquals", &["a"], "A", false)]
    #[case("StringEquals", &["a*"], "ab", false)]
    #[case("StringEquals", &[""], "", true)]
    #[case("StringNotEquals", &["a", "b"], "b", false)]
    #[case("StringNotEquals", &["a", "b"], "c", true)]
    #[case("StringEqualsIgnoreCase", &["Prod"], "pROD", true)]
    #[case("StringEqualsIgnoreCase", &["Élan"], "élan", true)]
    #[case("StringEqualsIgnoreCase", &["Prod"], "Production", false)]
    #[case("StringNotEqualsIgnoreCase", &["Prod"], "pROD", false)]
    #[case("StringNotEqualsIgnoreCase", &["Prod"], "test", true)]
    #[case("StringLike", &["x", "pro?-*"], "prod-1/a:b", true)]
    #[case("StringLike", &["Prod*"], "prod", false)]
    #[case("StringNotLike", &["prod*", "test"], "production", false)]
    #[case("StringNotLike", &["prod*", "test"], "dev", true)]
    #[case("NumericEquals", &["1", "2"], "2.0", true)]
    #[case("NumericEquals", &["1"], "one", false)]
    #[case("NumericNotEquals", &["1", "2"], "2", false)]
    #[case("NumericNotEquals", &["1"], "one", true)]
    #[case("NumericLessThan", &["5"], "5", false)]
    #[case("NumericLessThan", &["5"], "4.9", true)]
    #[case("NumericLessThanEquals", &["5"], "5", true)]
    #[case("NumericLessThanEquals", &["5"], "6", false)]
    #[case("NumericGreaterThan", &["5"], "5", false)]
    #[case("NumericGreaterThan", &["5"], "10", true)]
    #[case("NumericGreaterThanEquals", &["5"], "5", true)]
    #[case("NumericGreaterThanEquals", &["5"], "-6", false)]
    #[case("DateEquals", &["2020-01-01T08:00:00+08:00"], "2020-01-01T00:00:00Z", true)]
    #[case("DateEquals", &["2020-01-01T00:00:00Z"], "2020-01-01T00:00:01Z", false)]
    #[case("DateEquals", &["2020-01-01T00:00:00Z"], "today", false)]
    #[case("DateNotEquals", &["2020-01-01T08:00:00+08:00"], "2020-01-01T00:00:00Z", false)]
    #[case("DateNotEquals", &["2020-01-01T00:00:00Z"], "today", true)]
    #[case("DateLessThan", &["2020-01-01T00:00:00Z"], "2020-01-01T00:00:00Z", false)]
    #[case("DateLessThan", &["2020-01-01T00:00:00Z"], "2019-12-31T23:59:59Z", true)]
    #[case("DateLessThanEquals", &["2020-01-01T00:00:00Z"], "2020-01-01T00:00:00Z", true)]
    #[case("DateLessThanEquals", &["2020-01-01T00:00:00Z"], "2020-01-02T00:00:00Z", false)]
    #[case("DateGreaterThan", &["2020-01-01T00:00:00Z"], "2020-01-01T00:00:00Z", false)]
    #[case("DateGreaterThan", &["2020-01-01T00:00:00Z"], "2020-01-01T00:00:00.001Z", true)]
    #[case("DateGreaterThanEquals", &["2020-01-01T00:00:00Z"], "2020-01-01T00:00:00Z", true)]
    #[case("DateGreaterThanEquals", &["2020-01-01T00:00:00Z"], "2019-01-01T00:00:00Z", false)]
    #[case("Bool", &["true"], "true", true)]
    #[case("Bool", &["true"], "false", false)]
    #[case("Bool", &["false"], "false", true)]
    #[case("Bool", &["true", "false"], "maybe", false)]
    #[case("IpAddress", &["192.0.2.0/24", "10.0.0.1"], "10.0.0.1", true)]
    #[case("IpAddress", &["192.0.2.0/24"], "192.0.2.255", true)]
    #[case("IpAddress", &["192.0.2.7/24"], "192.0.2.9", true)]
    #[case("IpAddress", &["192.0.2.0/24"], "192.0.3.0", false)]
    #[case("IpAddress", &["192.0.2.1"], "::ffff:192.0.2.1", true)]
    #[case("IpAddress", &["::ffff:192.0.2.1"], "192.0.2.1", true)]
    #[case("IpAddress", &["::ffff:127.0.0.0/104"], "127.1.2.3", true)]
    #[case("IpAddress", &["::ffff:127.0.0.0/104"], "::ffff:127.1.2.3", true)]
    #[case("IpAddress", &["::ffff:127.0.0.0/104"], "128.0.0.1", false)]
    #[case("IpAddress", &["::ffff:127.0.0.1/128"], "127.0.0.1", true)]
    #[case("IpAddress", &["::ffff:0:0/96"], "203.0.113.7", true)]
    #[case("NotIpAddress", &["::ffff:127.0.0.0/104"], "127.0.0.1", false)]
    #[case("IpAddress", &["2001:db8::/32"], "2001:db8::1", true)]
    #[case("IpAddress", &["0.0.0.0/0"], "2001:db8::1", false)]
    #[case("IpAddress", &["0.0.0.0/0"], "here", false)]
    #[case("NotIpAddress", &["192.0.2.0/24", "10.0.0.1"], "10.0.0.1", false)]
    #[case("NotIpAddress", &["192.0.2.0/24"], "10.0.0.1", true)]
    #[case("NotIpAddress", &["192.0.2.0/24"], "here", true)]
    fn truth(#[case] operator: &str, #[case] values: &[&str], #[case] seen: &str, #[case] met: bool) {
        assert_eq!(condition(operator, values).holds(Some(Seen::Text(seen))), met);
    }

    #[rstest]
    #[case("StringEquals", "203.0.113.7", Seen::Address([203, 0, 113, 7].into()), true)]
    #[case("StringLike", "203.0.*", Seen::Address([203, 0, 113, 7].into()), true)]
    #[case("NumericEquals", "1", Seen::Address([203, 0, 113, 7].into()), false)]
    #[case("IpAddress", "203.0.113.0/24", Seen::Address([203, 0, 113, 7].into()), true)]
    #[case("Bool", "true", Seen::Boolean(true), true)]
    #[case("StringEquals", "true", Seen::Boolean(true), true)]
    #[case("StringEquals", "true", Seen::Boolean(false), false)]
    #[case("DateEquals", "1970-01-01T00:00:00Z", Seen::Time(jiff::Timestamp::UNIX_EPOCH), true)]
    #[case("StringLike", "1970-*", Seen::Time(jiff::Timestamp::UNIX_EPOCH), true)]
    #[case("Bool", "true", Seen::Time(jiff::Timestamp::UNIX_EPOCH), false)]
    fn typed_values(#[case] operator: &str, #[case] value: &str, #[case] seen: Seen<'_>, #[case] met: bool) {
        assert_eq!(condition(operator, &[value]).holds(Some(seen)), met);
    }

    #[test]
    fn a_missing_key_meets_the_negated_operators_only() {
        for operator in OPERATORS {
            let some_value = ["1", "true", "2020-01-01T00:00:00Z", "10.0.0.1"]
                .into_iter()
                .find_map(|value| operator.operand(value).ok())
                .unwrap();
            let condition = Condition::new(operator, ConditionKey::parse("any:key").unwrap(), vec![some_value]);
            assert_eq!(condition.holds(None), operator.name().contains("Not"), "{}", operator.name());
        }
    }

    proptest! {
        #[test]
        fn numbers_agree_with_a_naive_evaluation(
            name in select(vec![
                "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
                "NumericGreaterThan", "NumericGreaterThanEquals",
            ]),
            values in prop::collection::vec(-3i32..3, 1..4),
            seen in prop::option::of(-3i32..3),
        ) {
            let compare: fn(i32, i32) -> bool = match name {
                "NumericLessThan" => |seen, value| seen < value,
                "NumericLessThanEquals" => |seen, value| seen <= value,
                "NumericGreaterThan" => |seen, value| seen > value,
                "NumericGreaterThanEquals" => |seen, value| seen >= value,
                _ => |seen, value| seen == value,
            };
            let mut expected = false;
            for value in &values {
                expected |= seen.is_some_and(|seen| compare(seen, *value));
            }
            if name == "NumericNotEquals" {
                expected = !expected;
            }
            let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let seen = seen.map(|seen| seen.to_string());
            prop_assert_eq!(condition(name, &texts).holds(seen.as_deref().map(Seen::Text)), expected);
        }
    }
}
