//! Parameter types with their bounds: a value that exists is a value that is right.

use std::fmt;
use std::str::Utf8Error;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, Engine};
use base64::{DecodeError, alphabet};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::dialect::alibaba::fault::{self, Fault};
use crate::keyring::VersionId;

/// Standard base64; padding may be left off, as some clients do.
pub const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes that `text` writes in [`BASE64`]. Nothing is left behind of them, nor of what comes before an error.
pub fn unbase64(text: impl AsRef<[u8]>) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
    let mut bytes = Zeroizing::default();
    BASE64.decode_vec(text, &mut bytes)?;
    Ok(bytes)
}

/// Parse the text of a parameter; `parse` says what is wrong with it.
pub fn from_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor(parse))
}

struct TextVisitor<F>(F);

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for TextVisitor<F> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Within<MIN, MAX> {
    /// `value`, which must be in bounds: for defaults, checked when the program is built.
    pub const fn of(value: u32) -> Self {
        assert!(MIN <= value && value <= MAX);
        Self(value)
    }

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u32::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&value) {
            return Ok(Self(value));
        }
        let expected = format!("a number from {MIN} to {MAX}");
        Err(de::Error::invalid_value(Unexpected::Unsigned(value.into()), &expected.as_str()))
    }
}

/// A text of up to `MAX` characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<const MAX: usize>(pub String);

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| match text.chars().count() {
            length if length > MAX => Err(format!("{length} characters, more than {MAX}")),
            _ => Ok(Self(text.to_owned())),
        })
    }
}

/// A list of 1 to `MAX` elements, which stand in parameters of their own (`Name.1`, `Name.2` …).
#[derive(Debug)]
pub struct Several<T, const MAX: usize>(pub Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Several<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Vec::deserialize(deserializer)? {
            list if list.len() > MAX => Err(de::Error::custom(format!("{} elements, more than {MAX}", list.len()))),
            list => Ok(Self(list)),
        }
    }
}

/// What is to be encrypted: up to 6,144 bytes of data in base64.
///
/// The text itself is encrypted, and comes back from decryption as it was. Text that is not base64 is taken too, and
/// counted by its own bytes.
#[derive(Debug)]
pub struct Plaintext {
    text: SecretString,
    pub is_base64: bool,
}

impl Plaintext {
    /// Largest data in bytes. Source: Encrypt page, "up to 6 KB".
    const MAX: usize = 6144;

    pub fn as_bytes(&self) -> &[u8] {
        self.text.expose_secret().as_bytes()
    }
}

impl<'de> Deserialize<'de> for Plaintext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let decoded = unbase64(text);
            match decoded.as_ref().map_or(text.len(), |data| data.len()) {
                length if length > Self::MAX => Err(format!("{length} bytes of data, more than {}", Self::MAX)),
                _ => Ok(Self { is_base64: decoded.is_ok(), text: text.into() }),
            }
        })
    }
}

/// Up to `MAX` bytes in base64.
pub struct Base64<const MAX: usize>(pub Zeroizing<Vec<u8>>);

impl<const MAX: usize> fmt::Debug for Base64<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Base64({} bytes)", self.0.len())
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Base64<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| match unbase64(text) {
            Ok(bytes) if bytes.len() > MAX => Err(format!("{} bytes, more than {MAX}", bytes.len())),
            Ok(bytes) => Ok(Self(bytes)),
            Err(error) => Err(error.to_string()),
        })
    }
}

/// A digest that is signed: 32 bytes in base64, whatever the algorithm.
#[derive(Debug)]
pub struct Digest(pub [u8; 32]);

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Base64::<1024>::deserialize(deserializer)?.0;
        let length = bytes.len();
        bytes.as_slice().try_into().map(Self).map_err(|_| de::Error::invalid_length(length, &"32 bytes"))
    }
}

/// A plaintext that a reply tells. It shows itself nowhere else.
pub struct Revealed(Zeroizing<String>);

impl Revealed {
    /// Errors: it is not UTF-8.
    pub fn text(mut plaintext: Zeroizing<Vec<u8>>) -> Result<Self, Utf8Error> {
        let text = String::from_utf8(std::mem::take(&mut *plaintext));
        text.map(|text| Self(text.into())).map_err(|error| {
            let why = error.utf8_error();
            drop(Zeroizing::new(error.into_bytes()));
            why
        })
    }

    /// In base64.
    pub fn base64(plaintext: &[u8]) -> Self {
        Self(BASE64_STANDARD.encode(plaintext).into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Revealed")
    }
}

impl Serialize for Revealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The id of a key version. A text that cannot be one is an id that no key has.
#[derive(Debug, Clone, Copy)]
pub struct VersionRef(Option<VersionId>);

impl VersionRef {
    /// Errors: `Forbidden.KeyVersionNotFound`.
    pub fn get(&self) -> Result<VersionId, Fault> {
        self.0.ok_or_else(|| (&fault::KEY_VERSION_NOT_FOUND).into())
    }
}

impl<'de> Deserialize<'de> for VersionRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| Ok(Self(VersionId::parse(text.as_bytes()))))
    }
}

/// A moment as the number of seconds since 1970, not before that.
#[derive(Debug, Clone, Copy)]
pub struct UnixTime(pub Timestamp);

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let seconds: i64 = text.parse().map_err(|_| format!("{text:?} is no whole number"))?;
            match Timestamp::from_second(seconds) {
                Ok(moment) if seconds >= 0 => Ok(Self(moment)),
                _ => Err(format!("{seconds} is out of bounds")),
            }
        })
    }
}

/// A whole number and a unit (`d`, `h`, `m`, `s`), from 7 to 730 days.
/// Source: CreateKey and UpdateRotationPolicy pages (2021, en-US); narrower ones are documented per kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationInterval(pub SignedDuration);

impl RotationInterval {
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let seconds_in_unit = match unit {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        let seconds = number.parse::<i64>().ok()?.checked_mul(seconds_in_unit)?;
        (7 * 86_400..=730 * 86_400).contains(&seconds).then(|| Self(SignedDuration::from_secs(seconds)))
    }
}

impl<'de> Deserialize<'de> for RotationInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| Self::parse(text).ok_or_else(|| format!("{text:?} is not within 7d and 730d")))
    }
}

/// A moment as the service writes it: `2026-11-22T07:03:49Z`.
pub fn timestamp(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Parse the JSON text of a parameter; `check` says what is wrong with what it holds.
pub fn from_json<'de, D: Deserializer<'de>, J: DeserializeOwned, T>(
    deserializer: D,
    check: impl FnOnce(J) -> Result<T, String>,
) -> Result<T, D::Error> {
    from_text(deserializer, |text| serde_json::from_str(text).map_err(|error| error.to_string()).and_then(check))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_intervals() {
        for (text, days) in [
            ("7d", Some(7)),
            ("168h", Some(7)),
            ("10080m", Some(7)),
            ("604800s", Some(7)),
            ("730d", Some(730)),
            ("731d", None),
            ("6d", None),
            ("604799s", None),
            ("7", None),
            ("d", None),
            ("", None),
            ("+7d", None),
            ("7D", None),
            ("7ü", None),
            ("99999999999999999999d", None),
        ] {
            let expected = days.map(|days| RotationInterval(SignedDuration::from_hours(24 * days)));
            assert_eq!(RotationInterval::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_secret_shows_itself_in_answers_alone() {
        let text = Revealed::text(Zeroizing::new(b"hello".to_vec())).unwrap();
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""hello""#);
        assert_eq!((Revealed::base64(b"hello").as_bytes(), text.as_bytes()), (&b"aGVsbG8="[..], &b"hello"[..]));
        assert!(Revealed::text(Zeroizing::new(vec![0xff])).is_err());
        let parameter = Base64::<5>(Zeroizing::new(b"hello".to_vec()));
        let plaintext = Plaintext { text: "hello".into(), is_base64: false };
        for shown in [format!("{text:?}"), format!("{parameter:?}"), format!("{plaintext:?}")] {
            assert!(!shown.contains("hello") && !shown.contains("104"), "{shown}");
        }
    }

    #[test]
    fn base64_with_padding_or_without() {
        for (text, expected) in
            [("aGk=", Some("hi")), ("aGk", Some("hi")), ("", Some("")), ("a", None), ("aGk=x", None), ("aG k=", None)]
        {
            let bytes = unbase64(text).ok();
            assert_eq!(bytes.as_deref().map(Vec::as_slice), expected.map(str::as_bytes), "{text}");
        }
    }
}
