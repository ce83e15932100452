//! The percent-encoding that signatures are computed over: RFC 3986, upper-case hex, UTF-8.

use std::fmt::Write;

/// Append `text`, every byte but unreserved ones as `%XX`.
pub(super) fn encode_once(text: &str, into: &mut String) {
    encode(text, "%", into);
}

/// Append `text` encoded, and that encoded again.
pub(super) fn encode_twice(text: &str, into: &mut String) {
    encode(text, "%25", into);
}

fn encode(text: &str, escape: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if is_unreserved(byte) {
            into.push(char::from(byte));
        } else {
            into.push_str(escape);
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Append `encoded` decoded as a form does: `+` is a space, `%XX` a byte, and a `%` without two digits itself.
pub(super) fn decode_form(encoded: &[u8], into: &mut Vec<u8>) {
    let mut rest = encoded;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail) {
            (b'+', _) => into.push(b' '),
            (b'%', [high, low, tail @ ..]) if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) => {
                into.push(high << 4 | low);
                rest = tail;
            }
            _ => into.push(*byte),
        }
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_is_not_unreserved() {
        let (mut once, mut twice) = (String::new(), String::new());
        encode_once("aZ0-_.~ *+/ü", &mut once);
        encode_twice(" ü", &mut twice);
        assert_eq!(once, "aZ0-_.~%20%2A%2B%2F%C3%BC");
        assert_eq!(twice, "%2520%25C3%25BC");
    }

    #[test]
    fn decodes_as_a_form_does() {
        for (encoded, decoded) in [("a+b%20c%2B", "a b c+"), ("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("", "")] {
            let mut bytes = Vec::new();
            decode_form(encoded.as_bytes(), &mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), decoded, "{encoded}");
        }
    }
}
