//! The moment of signing, as requests write it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// `2026-11-22T07:03:49Z`, and nothing else.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let digits_only = text.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        19 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    if text.len() != 20 || !digits_only {
        return None;
    }
    let civil: DateTime = text[..19].parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        assert_eq!(time("2026-11-22T07:03:49Z").unwrap().to_string(), "2026-11-22T07:03:49Z");
        for text in [
            "",
            "2026-11-22 07:03:49Z",
            "2026-13-22T07:03:49Z",
            "2026-11-22T07:03:49",
            "2026-11-22T7:03:49ZZ",
            "2026-11-22T07:03:49+",
            "2026-1é-22T07:03:4Z",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
