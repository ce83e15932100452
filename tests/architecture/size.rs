//! A file or a function that is long is a sign that a part wants a name of its own.

use super::check;
use super::source::{At, Source};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;

pub fn law(source: &Source) -> Vec<String> {
    let file = (source.length > LONGEST_FILE)
        .then(|| source.at(LONGEST_FILE, &format!("{} lines: at most {LONGEST_FILE}", source.length)));
    let long = source.functions.iter().filter(|function| function.what.1 > LONGEST_FUNCTION);
    let told = |At { line, what: (name, length) }: &At<(String, usize)>| {
        source.at(*line, &format!("{name} has {length} lines: at most {LONGEST_FUNCTION}"))
    };
    file.into_iter().chain(long.map(told)).collect()
}

#[test]
fn what_is_long_is_seen() {
    let lines = |count: usize| "\n".repeat(count);
    let function = |body: usize| format!("/// Long.\n#[inline]\nfn f() {{{}}}", lines(body));
    for (code, is_broken) in [
        (lines(400), false),
        (lines(401), true),
        (function(59), false),
        (function(60), true),
        (format!("impl A {{ {} }}", function(60)), true),
        (format!("trait A {{ {} }}", function(60)), true),
        (format!("mod tests {{ {} }}", function(60)), true),
        (format!("{} {}", function(50), function(50)), false),
    ] {
        check(law, &[("keyring/key.rs", &code, is_broken)]);
    }
}
