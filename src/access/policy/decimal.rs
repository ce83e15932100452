//! Numbers as conditions compare them: exactly, however many digits.

use std::cmp::Ordering;

/// A decimal number: `-`, `+` or nothing, digits, perhaps `.` and digits. No exponent.
///
/// Compared by value (`1.0` equals `1`, `-0` equals `0`) and exactly: a floating point number
/// would confuse neighbouring 18-digit ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal<'a> {
    negative: bool,
    /// Without leading zeros.
    whole: &'a str,
    /// Without trailing zeros.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (negative, magnitude) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = match magnitude.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (magnitude, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole, fraction })
    }

    pub(super) fn compare(&self, other: &Decimal<'_>) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_magnitude(other),
            (true, true) => self.compare_magnitude(other).reverse(),
        }
    }

    fn compare_magnitude(&self, other: &Decimal<'_>) -> Ordering {
        let whole = |number: &Decimal<'_>| number.whole.len();
        whole(self)
            .cmp(&whole(other))
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1", "1.0", Ordering::Equal)]
    #[case("+007", "7", Ordering::Equal)]
    #[case("-0.0", "0", Ordering::Equal)]
    #[case("9", "10", Ordering::Less)]
    #[case("-9", "-10", Ordering::Greater)]
    #[case("0.5", "0.45", Ordering::Greater)]
    #[case("-1", "0", Ordering::Less)]
    #[case("299999999999999999", "299999999999999998", Ordering::Greater)]
    fn numbers_compare_by_value(#[case] left: &str, #[case] right: &str, #[case] expected: Ordering) {
        let compared = Decimal::parse(left).unwrap().compare(&Decimal::parse(right).unwrap());
        assert_eq!(compared, expected);
    }

    #[rstest]
    fn other_text_is_no_number(
        #[values(
            "", "-", "+", ".", "1.", ".5", "1e3", "NaN", "inf", "1_000", " 1", "1 ", "0x1", "--1", "\u{661}", "1.2.3"
        )]
        text: &str,
    ) {
        assert!(Decimal::parse(text).is_none());
    }

    proptest! {
        #[test]
        fn agrees_with_scaled_integers(left in -9999i64..9999, right in -9999i64..9999) {
            let text = |number: i64| format!(
                "{}{}.{:02}", if number < 0 { "-" } else { "" }, number.abs() / 100, number.abs() % 100
            );
            let (left_text, right_text) = (text(left), text(right));
            let compared = Decimal::parse(&left_text).unwrap().compare(&Decimal::parse(&right_text).unwrap());
            prop_assert_eq!(compared, left.cmp(&right));
        }
    }
}
