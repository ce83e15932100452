//! Text with the wildcards `*` and `?`.

/// A pattern: `*` stands for any run of characters, the empty one included, and crosses `:` and
/// `/`; `?` stands for exactly one character; all else for itself. There is no way to escape them.
///
/// Matching allocates nothing and takes at most (length of pattern × length of text) steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::access) struct Pattern {
    text: Box<str>,
    shape: Shape,
}

/// The forms that most patterns have, which need no search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `*` alone.
    Anything,
    /// No wildcard.
    Literal,
    /// A `*` at the end is the only wildcard.
    Prefix,
    General,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let shape = match text.find(['*', '?']) {
            None => Shape::Literal,
            Some(0) if text == "*" => Shape::Anything,
            Some(at) if &text[at..] == "*" => Shape::Prefix,
            Some(_) => Shape::General,
        };
        Self { text: text.into(), shape }
    }

    pub(in crate::access) fn as_str(&self) -> &str {
        &self.text
    }

    pub(in crate::access) fn matches(&self, text: &str) -> bool {
        self.matches_by(text, |one, other| one == other)
    }

    /// The same, with ASCII letters equal in either case.
    pub(in crate::access) fn matches_ignoring_case(&self, text: &str) -> bool {
        self.matches_by(text, |one, other| one.eq_ignore_ascii_case(&other))
    }

    fn matches_by(&self, text: &str, equal: impl Fn(u8, u8) -> bool) -> bool {
        let (pattern, text) = (self.text.as_bytes(), text.as_bytes());
        match self.shape {
            Shape::Anything => true,
            Shape::Literal => pattern.len() == text.len() && is_start(pattern, text, equal),
            Shape::Prefix => {
                let prefix = &pattern[..pattern.len() - 1];
                text.len() >= prefix.len() && is_start(prefix, text, equal)
            }
            Shape::General => search(pattern, text, equal),
        }
    }
}

fn is_start(start: &[u8], text: &[u8], equal: impl Fn(u8, u8) -> bool) -> bool {
    start.iter().zip(text).all(|(one, other)| equal(*one, *other))
}

/// Only the latest `*` is ever widened: what an earlier one could take instead, the later can too.
fn search(pattern: &[u8], text: &[u8], equal: impl Fn(u8, u8) -> bool) -> bool {
    let (mut at_pattern, mut at_text) = (0, 0);
    let mut latest_star = None;
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some(b'*') => {
                at_pattern += 1;
                if at_pattern == pattern.len() {
                    return true;
                }
                latest_star = Some((at_pattern, at_text));
            }
            Some(b'?') => {
                at_pattern += 1;
                at_text += width(text[at_text]);
            }
            Some(byte) if equal(*byte, text[at_text]) => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => {
                let Some((after_star, taken)) = latest_star else { return false };
                // What is left for the rest begins with a character that the rest can begin with.
                let (from, next) = (taken + width(text[taken]), pattern[after_star]);
                let skipped = text[from..].iter().position(|byte| next == b'?' || equal(next, *byte));
                let Some(skipped) = skipped else { return false };
                latest_star = Some((after_star, from + skipped));
                (at_pattern, at_text) = (after_star, from + skipped);
            }
        }
    }
    pattern[at_pattern..].iter().all(|byte| *byte == b'*')
}

/// Bytes of the UTF-8 character that begins with `lead`.
fn width(lead: u8) -> usize {
    match lead {
        0x00..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("acs:kms:*:*:key/*", "acs:kms:cn-hangzhou:1:key/a", true)]
    #[case("acs:kms:*:*:key/*", "acs:kms:cn-hangzhou:1:key", false)]
    #[case("acs:kms:*:*:key*", "acs:kms:cn-hangzhou:1:key", true)]
    #[case("acs:kms:*:*:key*", "acs:kms:cn-hangzhou:1:keystore/kst-1", true)]
    #[case("acs:*:*cn-beijing*:*:*", "acs:kms:cn-beijing:1:key", true)]
    #[case("acs:kms:*", "acs:kms:r:1:alias/a/b", true)]
    #[case("acs:ram:*:*:role/x", "acs:ram::1:role/x", true)]
    #[case("key/?", "key/a", true)]
    #[case("key/?", "key/", false)]
    #[case("key/?", "key/ab", false)]
    #[case("key/?", "key/钥", true)]
    #[case("*?", "钥", true)]
    #[case("*??", "钥", false)]
    #[case("Key", "key", false)]
    #[case("*", "", true)]
    #[case("", "", true)]
    #[case("", "a", false)]
    #[case("a*", "", false)]
    #[case("**a**", "bab", true)]
    fn wildcards(#[case] pattern: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(Pattern::new(pattern).matches(text), expected);
    }

    #[rstest]
    #[case("kms:Decrypt", "KMS:decrypt", true)]
    #[case("KMS:re*from", "kms:ReEncryptFrom", true)]
    #[case("kms:gen*", "kms:GenerateMac", true)]
    #[case("kms:gen*", "kms:ge", false)]
    #[case("kms:Decrypt", "kms:Decrypt2", false)]
    fn case_can_be_ignored(#[case] pattern: &str, #[case] text: &str, #[case] expected: bool) {
        assert_eq!(Pattern::new(pattern).matches_ignoring_case(text), expected);
    }

    /// With backtracking over every star this would outlast the universe.
    #[test]
    fn many_stars_stay_quick() {
        assert!(!Pattern::new(&format!("{}b", "a*".repeat(100))).matches(&"a".repeat(10_000)));
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab钥*?]{0,9}", text in "[abB钥é]{0,9}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let compiled = Pattern::new(&pattern);
            prop_assert_eq!(compiled.matches(&text), naive(&characters(&pattern), &characters(&text)));
            let lower = characters(&text.to_ascii_lowercase());
            prop_assert_eq!(compiled.matches_ignoring_case(&text), naive(&characters(&pattern), &lower));
        }
    }

    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            (['*', rest @ ..], _) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
            (['?', rest @ ..], [_, after @ ..]) => naive(rest, after),
            ([own, rest @ ..], [first, after @ ..]) => own == first && naive(rest, after),
            (_, []) => false,
        }
    }
}
