//! The parameters of a call: pairs from query and form body, merged, in the order that signatures want.

use std::ops::Range;

use memchr::memchr;

use super::encoding::decode_form;
use super::fault::{self, Fault};

/// Names and values, decoded, in the order of the names' bytes. No name stands twice.
#[derive(Debug, Default)]
pub struct Parameters {
    /// All names and values, each followed by a separator.
    text: String,
    pairs: Vec<Pair>,
}

#[derive(Debug)]
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
    in_query: bool,
}

/// A parameter as [`Parameters::iter`] gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'p> {
    pub name: &'p str,
    pub value: &'p str,
    pub in_query: bool,
}

impl Parameters {
    /// How many parameters a call may have.
    const MAX: usize = 1024;

    /// Decode and merge. Errors: `ParseRequestParameterException` for what is not UTF-8 and for more than 1,024
    /// parameters; `InvalidParameter` for a name that stands twice (no client sends one, and signers disagree on which
    /// would count).
    pub fn read(query: &str, body: &[u8]) -> Result<Self, Fault> {
        let mut text = Vec::with_capacity(query.len() + body.len() + 2);
        let mut pairs = Vec::with_capacity(16);
        for (source, in_query) in [(query.as_bytes(), true), (body, false)] {
            for (name, value) in encoded_pairs(source) {
                if pairs.len() == Self::MAX {
                    return Err(Fault::from(&fault::PARSE_REQUEST_PARAMETER).because("more than 1,024 parameters"));
                }
                let (name, value) = (append(name, &mut text), append(value, &mut text));
                pairs.push(Pair { name, value, in_query });
            }
        }
        let text = String::from_utf8(text)
            .map_err(|error| Fault::from(&fault::PARSE_REQUEST_PARAMETER).because(error.to_string()))?;
        pairs.sort_unstable_by(|one, other| text[one.name.clone()].cmp(&text[other.name.clone()]));
        if let Some(twice) = pairs.windows(2).find(|two| text[two[0].name.clone()] == text[two[1].name.clone()]) {
            let name = &text[twice[0].name.clone()];
            return Err(Fault::about(&fault::INVALID_PARAMETER, name).because("the parameter stands twice"));
        }
        Ok(Self { text, pairs })
    }

    pub fn iter(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.pairs.iter().map(|pair| Parameter {
            name: &self.text[pair.name.clone()],
            value: &self.text[pair.value.clone()],
            in_query: pair.in_query,
        })
    }

    /// The value as sent, which may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        // Few pairs, of lengths that differ: quicker than a binary search.
        let mut pairs = self.pairs.iter().filter(|pair| pair.name.len() == name.len());
        pairs.find(|pair| self.text[pair.name.clone()] == *name).map(|pair| &self.text[pair.value.clone()])
    }

    /// The value, unless it is empty: a parameter that is sent empty counts as absent.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// What follows the dot, and the value, of the parameters called `<name>.…`.
    pub fn below(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(move |parameter| {
            parameter.name.strip_prefix(name)?.strip_prefix('.').map(|rest| (rest, parameter.value))
        })
    }
}

/// The value of a parameter where the whole cannot be read, if it stands there in plain characters.
pub(super) fn raw<'r>(query: &'r str, body: &'r [u8], name: &str) -> Option<&'r str> {
    let mut pairs = encoded_pairs(query.as_bytes()).chain(encoded_pairs(body));
    pairs.find(|(own, _)| *own == name.as_bytes()).and_then(|(_, value)| str::from_utf8(value).ok())
}

/// The pairs of a query or a form, as they are encoded. What has no `=` is a name without a value.
fn encoded_pairs(source: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = Some(source);
    std::iter::from_fn(move || {
        let pair = rest?;
        let (pair, tail) = memchr(b'&', pair).map_or((pair, None), |at| (&pair[..at], Some(&pair[at + 1..])));
        rest = tail;
        Some(memchr(b'=', pair).map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..])))
    })
    .filter(|(name, value)| !(name.is_empty() && value.is_empty()))
}

/// Decode `encoded` to the end of `text`, and put a separator behind: an ASCII byte, so that the whole can be UTF-8
/// only if each part is.
fn append(encoded: &[u8], text: &mut Vec<u8>) -> Range<usize> {
    let start = text.len();
    decode_form(encoded, text);
    let end = text.len();
    text.push(b'\n');
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_body_are_merged_and_sorted() {
        let parameters = Parameters::read("b=2&a=1+%2B&&c", b"A=x%3Dy&d==").unwrap();
        let pairs: Vec<_> = parameters.iter().map(|p| (p.name, p.value, p.in_query)).collect();
        assert_eq!(
            pairs,
            [("A", "x=y", false), ("a", "1 +", true), ("b", "2", true), ("c", "", true), ("d", "=", false)]
        );
        assert_eq!(parameters.get("c"), Some(""));
        assert_eq!(parameters.given("c"), None);
        assert_eq!(parameters.get("e"), None);
    }

    #[test]
    fn refusals() {
        for (query, body, code) in [
            ("a=1&a=1", "", "InvalidParameter"),
            ("a=1", "%61=2", "InvalidParameter"),
            ("a=%FF", "", "ParseRequestParameterException"),
            ("%E4=%B8%AD", "", "ParseRequestParameterException"),
        ] {
            assert_eq!(Parameters::read(query, body.as_bytes()).unwrap_err().code.name, code, "{query} {body}");
        }
    }

    #[test]
    fn flattened_maps_are_found_below_their_name() {
        let parameters = Parameters::read("M.a=1&M.b.c=2&Mx=3&M=4", b"").unwrap();
        assert_eq!(parameters.below("M").collect::<Vec<_>>(), [("a", "1"), ("b.c", "2")]);
    }
}
