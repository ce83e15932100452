//! The percent-encoding that signatures are computed over: RFC 3986, upper-case hex, UTF-8.

const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Whether a byte stands for itself, by its value.
const UNRESERVED: [bool; 256] = {
    let mut unreserved = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 255")]
        let value = byte as u8;
        unreserved[byte] = value.is_ascii_alphanumeric() || matches!(value, b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    unreserved
};

pub(super) fn is_unreserved(byte: u8) -> bool {
    UNRESERVED[usize::from(byte)]
}

/// Append `text`, every byte but unreserved ones as `%XX`.
pub(super) fn encode_once(text: &str, into: &mut Vec<u8>) {
    encode(text, b"%", into);
}

/// Append `text` encoded, and that encoded again.
pub(super) fn encode_twice(text: &str, into: &mut Vec<u8>) {
    encode(text, b"%25", into);
}

fn encode(text: &str, escape: &[u8], into: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    loop {
        let plain = rest.iter().position(|byte| !is_unreserved(*byte)).unwrap_or(rest.len());
        into.extend_from_slice(&rest[..plain]);
        let Some((byte, tail)) = rest[plain..].split_first() else { return };
        into.extend_from_slice(escape);
        into.extend_from_slice(&hex_digits(*byte));
        rest = tail;
    }
}

/// Decode the start of a form to the end of `into`: `+` is a space, `%XX` a byte, and a `%` without two digits itself.
/// Stops before the first byte of `stops`; gives back what is left, beginning with that byte.
pub(super) fn decode_form<'f>(form: &'f [u8], stops: &ByteSet, into: &mut Vec<u8>) -> &'f [u8] {
    let mut rest = form;
    loop {
        let plain = rest.iter().position(|byte| stops.0[usize::from(*byte)]).unwrap_or(rest.len());
        into.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        match rest {
            [b'+', tail @ ..] => {
                into.push(b' ');
                rest = tail;
            }
            [b'%', tail @ ..] => {
                let escaped = tail.first_chunk().and_then(|[high, low]| byte_of(*high, *low));
                into.push(escaped.unwrap_or(b'%'));
                rest = if escaped.is_some() { &tail[2..] } else { tail };
            }
            _ => return rest,
        }
    }
}

/// Where [`decode_form`] looks up.
pub(super) struct ByteSet([bool; 256]);

impl ByteSet {
    /// `%`, `+` and these.
    pub(super) const fn escapes_and(bytes: &[u8]) -> Self {
        let mut set = [false; 256];
        set[b'%' as usize] = true;
        set[b'+' as usize] = true;
        let mut index = 0;
        while index < bytes.len() {
            set[bytes[index] as usize] = true;
            index += 1;
        }
        Self(set)
    }
}

/// The byte that two hex digits write.
fn byte_of(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// The bytes that lower-case hex writes.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    base16ct::lower::decode_vec(text).ok()
}

/// A hash in lower-case hex.
pub(super) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    base16ct::lower::encode(bytes, &mut text).expect("two digits write a byte");
    text
}

fn hex_digits(byte: u8) -> [u8; 2] {
    [HEX_UPPER[usize::from(byte >> 4)], HEX_UPPER[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_is_not_unreserved() {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        encode_once("aZ0-_.~ *+/ü", &mut once);
        encode_twice(" ü", &mut twice);
        assert_eq!(once, b"aZ0-_.~%20%2A%2B%2F%C3%BC");
        assert_eq!(twice, b"%2520%25C3%25BC");
    }

    #[test]
    fn hex_is_lower_case_and_in_pairs() {
        let bytes = std::array::from_fn(|index| u8::try_from(index * 8 + 7).unwrap());
        let text = hex(&bytes);
        assert_eq!(&text[..16], b"070f171f272f373f");
        assert_eq!(unhex(str::from_utf8(&text).unwrap()).as_deref(), Some(bytes.as_slice()));
        for (text, expected) in [
            ("", Some(&[][..])),
            ("00ff", Some(&[0, 255])),
            ("0", None),
            ("00f", None),
            ("00fF", None),
            ("0g", None),
            ("+1", None),
            ("ü", None),
        ] {
            assert_eq!(unhex(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn decodes_as_a_form_does() {
        for (form, decoded, left) in [
            ("a+b%20c%2B", "a b c+", ""),
            ("%", "%", ""),
            ("%4", "%4", ""),
            ("%zz%41", "%zzA", ""),
            ("", "", ""),
            ("a%26&b", "a&", "&b"),
            ("&", "", "&"),
        ] {
            let mut bytes = Vec::new();
            let rest = decode_form(form.as_bytes(), &ByteSet::escapes_and(b"&"), &mut bytes);
            assert_eq!((bytes.as_slice(), rest), (decoded.as_bytes(), left.as_bytes()), "{form}");
        }
    }
}
