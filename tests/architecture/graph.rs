//! What files import of one another: no circle, and nobody of a dialect imports the front.
//!
//! An edge runs from the file that names something to the file that defines it, through whoever gives it out again.
//! So `pub use child::Thing` in a `mod.rs` is no import of the child, and `super::Thing` in its sibling is not one of
//! the `mod.rs`; but a `mod.rs` that uses its children cannot also define what they share. Naming a module is no edge
//! yet: naming something in it is. Code under `#[cfg(test)]` may look back at whoever uses what it tests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::arrows::dialect_of;
use super::source::{At, Named, Scope, Source};

/// How often a name may be given out again before it comes to where it is defined.
const GIVEN_OUT: usize = 16;

/// The modules of the crate.
struct Modules<'s> {
    scopes: BTreeMap<&'s str, &'s Scope>,
    files: BTreeMap<&'s str, &'s Source>,
}

impl<'s> Modules<'s> {
    fn new(sources: &'s [Source]) -> Self {
        let ours = || sources.iter().filter(|source| source.name != "main.rs");
        let scopes = ours().flat_map(|source| source.scopes.iter().map(|(module, scope)| (module.as_str(), scope)));
        Self { scopes: scopes.collect(), files: ours().map(|source| (source.module.as_str(), source)).collect() }
    }

    /// The module that defines what `path` names; `None` for a module, an external crate, or, if it must be `certain`
    /// that the name is known there, a name that is not.
    fn home(&self, path: &str, certain: bool, steps: usize) -> Option<&'s str> {
        let mut parts = path.split("::");
        parts.next().filter(|first| *first == "crate" && steps > 0)?;
        let (mut module, mut scope) = self.scopes.get_key_value("crate")?;
        loop {
            let part = parts.next()?;
            let rest: String = parts.clone().flat_map(|part| ["::", part]).collect();
            let is_item = scope.items.contains(part) || scope.imports.contains_key(part);
            let child = self.scopes.get_key_value(format!("{module}::{part}").as_str());
            if let Some(child) = child.filter(|_| !(is_item && rest.is_empty())) {
                (module, scope) = child;
                continue;
            }
            if let Some(import) = scope.imports.get(part) {
                return self.home(&format!("{import}{rest}"), certain, steps - 1);
            }
            if scope.items.contains(part) {
                return Some(module);
            }
            let given_out = |glob: &String| self.home(&format!("{glob}::{part}{rest}"), true, steps - 1);
            return scope.globs.iter().find_map(given_out).or((!certain).then_some(module));
        }
    }

    /// The file that defines what is named.
    fn file(&self, named: &Named) -> Option<&'s Source> {
        let is_own = named.path.starts_with(&format!("{}::", named.module));
        if named.path.ends_with('*') || (named.is_given_out && is_own) {
            return None;
        }
        let scope = self.scopes.get(named.module.as_str())?;
        let by_glob =
            || scope.globs.iter().find_map(|glob| self.home(&format!("{glob}::{}", named.path), true, GIVEN_OUT));
        let mut module = self.home(&named.path, false, GIVEN_OUT).or_else(by_glob)?;
        loop {
            match self.files.get(module) {
                Some(source) => return Some(source),
                None => module = module.rsplit_once("::")?.0,
            }
        }
    }
}

/// By file: the files that it imports, with the first line that does.
type Edges<'s> = BTreeMap<&'s str, BTreeMap<&'s str, usize>>;

fn edges(sources: &[Source], with_tests: bool) -> Edges<'_> {
    let modules = Modules::new(sources);
    let mut edges = Edges::new();
    for source in modules.files.values() {
        for At { line, what: named } in source.paths.iter().filter(|path| with_tests || !path.what.is_test) {
            if let Some(other) = modules.file(named).filter(|other| other.name != source.name) {
                edges.entry(&source.name).or_default().entry(&other.name).or_insert(*line);
            }
        }
    }
    edges
}

/// The shortest way from `start` back to it.
fn circle<'s>(start: &'s str, edges: &Edges<'s>) -> Option<Vec<&'s str>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in edges.get(way[way.len() - 1]).into_iter().flat_map(BTreeMap::keys) {
            let longer = || way.iter().copied().chain([*next]).collect();
            if *next == start {
                return Some(longer());
            }
            if seen.insert(*next) {
                ways.push_back(longer());
            }
        }
    }
    None
}

/// The circles, shortest first, as chains of names with the lines that import. One that shares a step with another goes
/// when that goes, or is told then.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let edges = edges(sources, false);
    let mut circles: Vec<_> = edges.keys().filter_map(|start| circle(start, &edges)).collect();
    circles.sort_by_key(Vec::len);
    let mut steps = BTreeSet::new();
    let is_new = |circle: &Vec<&str>| {
        let own: BTreeSet<_> = circle.windows(2).map(|step| (step[0].to_owned(), step[1].to_owned())).collect();
        let is_new = own.is_disjoint(&steps);
        steps.extend(own);
        is_new
    };
    circles.retain(is_new);
    let told = circles.iter().map(|circle| {
        let steps = circle.windows(2).map(|step| format!("{}:{} ▶ ", step[0], edges[step[0]][step[1]]));
        format!("a circle: {}{}", steps.collect::<String>(), circle[0])
    });
    told.collect()
}

/// The front knows that there are dialects; no dialect knows that there is a front.
pub fn front_imported_from_below(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let edges = edges(sources, true);
    for source in sources.iter().filter(|source| dialect_of(source).is_some()) {
        let line = edges.get(source.name.as_str()).and_then(|imports| imports.get("dialect/front.rs"));
        found.extend(line.map(|line| source.at(*line, "a dialect must not know the front")));
    }
    found
}

fn sources(files: &[(&str, &str)]) -> Vec<Source> {
    let library = ("lib.rs", "pub mod a; pub mod dialect; pub use a::Whole;");
    [library].iter().chain(files).map(|(name, code)| Source::new(name, code)).collect()
}

#[test]
fn circles_are_seen() {
    let parent = ("a/mod.rs", "mod x; mod y; pub use x::X; pub use y::Y; pub struct Own;");
    for (x, y, is_circle) in [
        ("use super::y::Y; pub struct X;", "use super::x::X; pub struct Y;", true),
        ("use super::Y; pub struct X;", "use crate::a::X; pub struct Y;", true),
        ("use super::*; pub struct X(Y);", "pub struct Y; fn f(x: crate::a::x::X) {}", true),
        ("use super::y; pub struct X; fn f() { g!(y::Y) }", "use super::X; pub struct Y;", true),
        ("use super::Y as Z; pub struct X;", "pub struct Y; mod z { use super::super::X; }", true),
        ("pub use super::Y; pub struct X;", "use super::X; pub struct Y;", true),
        // A name that is given out again is nobody's import.
        ("use super::Y; pub struct X;", "pub struct Y;", false),
        ("use super::{Own, Y}; pub struct X;", "use super::Own; pub struct Y;", false),
        ("use super::{x, y}; pub struct X;", "use super::{x, y}; pub struct Y;", false),
        ("pub struct X(crate::a::X);", "pub struct Y;", false),
        // Nobody imports code for tests.
        ("pub struct X; #[cfg(test)] mod tests { use crate::a::Y; }", "use super::X; pub struct Y;", false),
        ("pub struct X; // Y\nconst C: &str = \"Y\";", "use super::X; pub struct Y;", false),
    ] {
        let found = circles(&sources(&[parent, ("a/x.rs", x), ("a/y.rs", y)]));
        assert_eq!(found.len(), usize::from(is_circle), "{x} {y}\n{found:#?}");
        assert!(found.iter().all(|circle| circle.starts_with("a circle: a/x.rs:1 ▶ a/y.rs:1 ▶ a/x.rs")), "{found:#?}");
    }
}

#[test]
fn circles_through_a_parent_and_through_others_are_seen() {
    let x = ("a/x.rs", "use super::Own; pub struct X;");
    let of_parent = sources(&[("a/mod.rs", "mod x; pub struct Own(x::X);"), x]);
    assert_eq!(circles(&of_parent), ["a circle: a/mod.rs:1 ▶ a/x.rs:1 ▶ a/mod.rs"]);
    let used_and_given_out = sources(&[("a/mod.rs", "mod x; pub use x::X; pub struct Own(X);"), x]);
    assert_eq!(circles(&used_and_given_out).len(), 1);
    let with_the_name_of_its_module = sources(&[
        ("a/mod.rs", "mod x; mod y; pub use x::x;"),
        ("a/x.rs", "use super::y::Y; pub fn x() {}"),
        ("a/y.rs", "pub struct Y; fn f() { super::x() }"),
    ]);
    assert_eq!(circles(&with_the_name_of_its_module).len(), 1);
    let of_three = sources(&[
        ("a/mod.rs", "mod x; mod y; mod z; pub struct Whole;"),
        ("a/x.rs", "use super::y::Y; pub struct X;"),
        ("a/y.rs", "use super::z::*; pub struct Y;\npub struct W(Z);"),
        ("a/z.rs", "use crate::Whole; use super::x::X as W; pub struct Z;"),
    ]);
    assert_eq!(circles(&of_three), ["a circle: a/x.rs:1 ▶ a/y.rs:2 ▶ a/z.rs:1 ▶ a/x.rs"]);
}

#[test]
fn a_dialect_that_imports_the_front_is_seen() {
    for (name, code, is_broken) in [
        ("dialect/alibaba/mod.rs", "use crate::dialect::front::Front;", true),
        ("dialect/alibaba/mod.rs", "use crate::dialect::Front;", true),
        ("dialect/alibaba/mod.rs", "#[cfg(test)] mod tests { use super::super::*; fn f(front: Front) {} }", true),
        ("dialect/imaginary/mod.rs", "use super::{Answer, front}; fn f() { front::f() }", true),
        ("dialect/alibaba/mod.rs", "use crate::dialect::Answer;", false),
        ("dialect/bounds.rs", "use super::Front;", false),
    ] {
        let parent = ("dialect/mod.rs", "pub mod alibaba; mod front; pub use front::Front; pub struct Answer;");
        let front = ("dialect/front.rs", "use super::Answer; pub struct Front; pub fn f() {}");
        let found = front_imported_from_below(&sources(&[parent, front, (name, code)]));
        assert_eq!(!found.is_empty(), is_broken, "{name}: {code}\n{found:#?}");
    }
}
