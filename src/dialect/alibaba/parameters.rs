//! The parameters of a call: pairs from query and form body, merged, in the order that signatures want.

use std::ops::Range;

use super::encoding::{ByteSet, decode_form};
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
    /// The name's first eight bytes, which settle most comparisons of names.
    prefix: u64,
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
    pub const MAX: usize = 1024;

    /// Decode and merge. Errors: `ParseRequestParameterException` for what is not UTF-8 and for more than 1,024
    /// parameters; `InvalidParameter` for a name that stands twice (no client sends one, and signers disagree on which
    /// would count).
    pub fn read(query: &str, body: &[u8]) -> Result<Self, Fault> {
        let mut text = Vec::with_capacity(query.len() + body.len() + 2);
        let mut pairs = Vec::with_capacity(16);
        for (source, in_query) in [(query.as_bytes(), true), (body, false)] {
            let mut rest = source;
            while !rest.is_empty() {
                if pairs.len() == Self::MAX {
                    return Err(Fault::from(&fault::PARSE_REQUEST_PARAMETER).because("more than 1,024 parameters"));
                }
                let (name, after_name) = append(rest, &NAME_STOPS, &mut text);
                let equals = after_name.strip_prefix(b"=");
                let (value, after_value) = append(equals.unwrap_or(after_name), &VALUE_STOPS, &mut text);
                if equals.is_some() || !name.is_empty() {
                    pairs.push(Pair { prefix: prefix(&text[name.clone()]), name, value, in_query });
                }
                rest = after_value.strip_prefix(b"&").unwrap_or(after_value);
            }
        }
        let text = String::from_utf8(text)
            .map_err(|error| Fault::from(&fault::PARSE_REQUEST_PARAMETER).because(error.to_string()))?;
        let name = |pair: &Pair| &text.as_bytes()[pair.name.clone()];
        pairs.sort_unstable_by(|one, other| one.prefix.cmp(&other.prefix).then_with(|| name(one).cmp(name(other))));
        if let Some(twice) = pairs.windows(2).find(|two| name(&two[0]) == name(&two[1])) {
            let name = &text[twice[0].name.clone()];
            return Err(Fault::about(&fault::INVALID_PARAMETER, name).because("the parameter stands twice"));
        }
        Ok(Self { text, pairs })
    }

    pub fn iter(&self) -> impl Iterator<Item = Parameter<'_>> + Clone {
        self.pairs.iter().map(|pair| Parameter {
            name: &self.text[pair.name.clone()],
            value: &self.text[pair.value.clone()],
            in_query: pair.in_query,
        })
    }

    /// The value as sent, which may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        // Few pairs, of lengths that differ: quicker than a binary search.
        let bytes = self.text.as_bytes();
        let mut pairs = self.pairs.iter().filter(|pair| pair.name.len() == name.len());
        pairs.find(|pair| bytes[pair.name.clone()] == *name.as_bytes()).map(|pair| &self.text[pair.value.clone()])
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
    let body = str::from_utf8(body).unwrap_or_default();
    let mut pairs = query.split('&').chain(body.split('&')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// The first eight bytes of `name`, zeros for those it lacks, as a number that is ordered as they are.
fn prefix(name: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = name.len().min(8);
    bytes[..length].copy_from_slice(&name[..length]);
    u64::from_be_bytes(bytes)
}

const NAME_STOPS: ByteSet = ByteSet::escapes_and(b"=&");
const VALUE_STOPS: ByteSet = ByteSet::escapes_and(b"&");

/// Decode a name or value to the end of `text`, and put a separator behind: an ASCII byte, so that the whole can be
/// UTF-8 only if each part is. Gives back where it stands now, and what follows it.
fn append<'f>(form: &'f [u8], stops: &ByteSet, text: &mut Vec<u8>) -> (Range<usize>, &'f [u8]) {
    let start = text.len();
    let rest = decode_form(form, stops, text);
    let end = text.len();
    text.push(b'\n');
    (start..end, rest)
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
        let nameless: Vec<_> =
            Parameters::read("&&=&", b"").unwrap().iter().map(|p| p.name.len() + p.value.len()).collect();
        assert_eq!(nameless, [0], "an equals sign alone is a pair, nothing at all is none");
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
