//! The shape of `src`: who may import whom, where time and chance come from, whose words are spoken where.
//!
//! A small lexer of Rust is enough: comments are left out, texts are kept apart from code, paths are put together from
//! `use` trees and `super`s.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use yaoshi::dialect::alibaba::kms::ACTIONS;

/// Who may import whom. Every layer may import itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["config", "sandbox", "certificates", "server", "dialect", "console", "world", "journal"]),
    ("sandbox", &["config", "certificates", "server", "dialect", "console", "world"]),
    ("config", &["dialect", "access", "keyring", "world"]),
    ("certificates", &["world"]),
    ("server", &["dialect", "console"]),
    ("dialect", &["journal", "access", "keyring", "world"]),
    ("keyring", &["cipher", "world"]),
    ("console", &[]),
    ("journal", &[]),
    ("access", &["cipher"]),
    ("cipher", &[]),
    ("world", &[]),
];

/// Who may name which dialect; all others know only that there are dialects.
const MAY_NAME_A_DIALECT: &[&str] = &["cli", "sandbox", "config", "dialect"];

/// Where the time and chance come from: what ends so belongs to `world`.
const TIME_AND_CHANCE: &[&str] = &[
    "SystemTime::now",
    "std::time::Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "rand::rng",
    "rand::random",
    "thread_rng",
    "OsRng",
    "SysRng",
    "from_os_rng",
    "from_entropy",
    "getrandom::",
];

/// What hands out the real clock and the real random source, and who may ask for it.
const REAL_WORLD: &[&str] = &["World::real", "World::seeded", "SystemClock::start", "Chance::system"];
const MAY_HAND_OUT: &[&str] = &["main", "cli", "sandbox", "world"];

/// Where waiting is written with `async`; everything below is synchronous.
const ASYNCHRONOUS: &[&str] = &["server", "sandbox", "cli"];

/// Words of the wire that the keyring must not know, beside the names of actions and parameters.
const WIRE_WORDS: &[&str] = &[
    "Aliyun_",
    "ENCRYPT/DECRYPT",
    "EXTERNAL",
    "SOFTWARE",
    "Rejected.",
    "Forbidden.",
    "InvalidParameter",
    "acs:",
    "alias/",
    "PascalCase",
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// The code of a file without its comments; each token with its line.
fn tokens(code: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = code.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while at < chars.len() {
        let (start, first_line) = (at, line);
        let rest = &chars[at..];
        let raw_hashes = rest.iter().skip_while(|c| "br".contains(**c)).take_while(|c| **c == '#').count();
        let prefix = rest.iter().take_while(|c| "br".contains(**c)).count();
        match rest {
            ['/', '/', ..] => at += rest.iter().take_while(|c| **c != '\n').count(),
            ['/', '*', ..] => {
                let mut depth = 0;
                loop {
                    match chars[at..] {
                        ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
                        ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            // r"…", br#"…"#: no escapes, as many signs at the end as at the start.
            [.., _] if prefix > 0 && rest[..prefix].contains(&'r') && rest.get(prefix + raw_hashes) == Some(&'"') => {
                at += prefix + raw_hashes + 1;
                let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', raw_hashes)).collect();
                let text: String = chars[at..].iter().collect();
                let length = text[..text.find(&end).expect("a raw text ends")].chars().count();
                tokens.push((first_line, Token::Text(chars[at..at + length].iter().collect())));
                at += length + end.len();
            }
            ['"', ..] | ['b', '"', ..] => {
                at += if rest[0] == 'b' { 2 } else { 1 };
                let from = at;
                while chars[at] != '"' {
                    at += if chars[at] == '\\' { 2 } else { 1 };
                }
                tokens.push((first_line, Token::Text(chars[from..at].iter().collect())));
                at += 1;
            }
            // 'a' and '\n' are characters, 'a without a second quote a lifetime.
            ['\'', '\\', ..] => at += 2 + rest[2..].iter().skip(1).take_while(|c| **c != '\'').count() + 2,
            ['\'', _, '\'', ..] => at += 3,
            ['\'', ..] => at += 1,
            [c, ..] if is_word(*c) => {
                at += rest.iter().take_while(|c| is_word(**c)).count();
                tokens.push((first_line, Token::Word(chars[start..at].iter().collect())));
            }
            [c, ..] => {
                at += 1;
                if !c.is_whitespace() {
                    tokens.push((first_line, Token::Sign(*c)));
                }
            }
            [] => unreachable!(),
        }
        line += chars[start..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

/// A path that a file names, put together from where it begins: `crate::…`, or an external crate.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    line: usize,
    path: String,
    /// Whether it stands in a `use` or a `mod` line.
    is_import: bool,
}

/// A file of `src`.
struct Source {
    /// `server/mod.rs`
    name: String,
    tokens: Vec<(usize, Token)>,
    paths: Vec<Named>,
}

impl Source {
    fn new(name: &str, code: &str) -> Self {
        let tokens = tokens(code);
        let paths =
            Reader { tokens: &tokens, at: 0, module: module_of(name), paths: Vec::new(), imports: BTreeMap::new() };
        Self { name: name.to_owned(), paths: paths.read(), tokens }
    }

    /// The first folder, or the file itself where it has none.
    fn layer(&self) -> &str {
        let first = self.name.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("src/{}:{line}: {what}", self.name)
    }
}

/// `dialect/alibaba/mod.rs` is `crate::dialect::alibaba`.
fn module_of(name: &str) -> Vec<String> {
    let path = name.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let own = if ["main", "lib"].contains(&path) { "" } else { path };
    std::iter::once("crate").chain(own.split('/').filter(|part| !part.is_empty())).map(str::to_owned).collect()
}

/// Finds the paths in a file.
struct Reader<'t> {
    tokens: &'t [(usize, Token)],
    at: usize,
    module: Vec<String>,
    paths: Vec<Named>,
    /// What a name that was imported stands for.
    imports: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Named> {
        // Braces that are open, and whether each is that of an inline module.
        let mut open = Vec::new();
        while let Some((line, token)) = self.tokens.get(self.at) {
            match token {
                Token::Word(word) if word == "use" => {
                    self.at += 1;
                    self.import(*line, "");
                }
                Token::Word(word) if word == "mod" => {
                    let name = self.word(1).unwrap_or_default();
                    let is_inline = self.sign(2) == Some('{');
                    if is_inline {
                        self.module.push(name.clone());
                        open.push(true);
                    }
                    self.paths.push(Named { line: *line, path: name, is_import: true });
                    self.at += 3;
                }
                Token::Word(_) => self.path(*line),
                Token::Sign('{') => {
                    open.push(false);
                    self.at += 1;
                }
                Token::Sign('}') => {
                    if open.pop() == Some(true) {
                        self.module.pop();
                    }
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        self.paths
    }

    fn word(&self, ahead: usize) -> Option<String> {
        match self.tokens.get(self.at + ahead) {
            Some((_, Token::Word(word))) => Some(word.clone()),
            _ => None,
        }
    }

    fn sign(&self, ahead: usize) -> Option<char> {
        match self.tokens.get(self.at + ahead) {
            Some((_, Token::Sign(sign))) => Some(*sign),
            _ => None,
        }
    }

    /// A path in code: words joined by `::`.
    fn path(&mut self, line: usize) {
        let mut path = self.word(0).unwrap();
        self.at += 1;
        while self.sign(0) == Some(':') && self.sign(1) == Some(':') {
            self.at += 2;
            // `::<…>` and `::{…}` end what is of interest.
            let Some(word) = self.word(0) else { break };
            path = format!("{path}::{word}");
            self.at += 1;
        }
        let path = self.resolved(&path);
        self.paths.push(Named { line, path, is_import: false });
    }

    /// A tree behind `use`, below `prefix`; ends behind its `;`, `,` or `}`.
    fn import(&mut self, line: usize, prefix: &str) {
        let mut path = prefix.to_owned();
        loop {
            match self.tokens.get(self.at).map(|(_, token)| token) {
                Some(Token::Word(word)) if word == "as" => {
                    let alias = self.word(1).unwrap();
                    self.at += 2;
                    self.keep(line, &path, &alias);
                    return;
                }
                Some(Token::Word(word)) if word == "self" && !path.is_empty() => self.at += 1,
                Some(Token::Word(word)) => {
                    path = if path.is_empty() { word.clone() } else { format!("{path}::{word}") };
                    self.at += 1;
                }
                Some(Token::Sign('*')) => {
                    path.push_str("::*");
                    self.at += 1;
                }
                Some(Token::Sign(':')) => self.at += 1,
                Some(Token::Sign('{')) => {
                    self.at += 1;
                    while self.sign(0) != Some('}') {
                        self.import(line, &path);
                        if self.sign(0) == Some(',') {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                _ => break,
            }
        }
        let alias = path.rsplit("::").next().unwrap().to_owned();
        self.keep(line, &path, &alias);
    }

    fn keep(&mut self, line: usize, path: &str, alias: &str) {
        let path = self.resolved(path);
        self.imports.insert(alias.to_owned(), path.clone());
        self.paths.push(Named { line, path, is_import: true });
    }

    /// From its beginning: `super` and `self` by the module, imported names by their import.
    fn resolved(&self, path: &str) -> String {
        let mut module = self.module.clone();
        let mut parts = path.split("::").peekable();
        match parts.peek() {
            Some(&"super") => {
                while parts.next_if_eq(&"super").is_some() {
                    module.pop();
                }
            }
            Some(&"self") => drop(parts.next()),
            Some(first) => match self.imports.get(*first) {
                Some(import) => {
                    module = vec![import.clone()];
                    parts.next();
                }
                None => return path.to_owned(),
            },
            None => {}
        }
        module.into_iter().chain(parts.map(str::to_owned)).collect::<Vec<_>>().join("::")
    }
}

/// Imports against the arrows, and dialects named by those who must not.
fn against_the_arrows(source: &Source) -> Vec<String> {
    let layer = source.layer();
    if source.name == "lib.rs" {
        return Vec::new(); // the map
    }
    let Some((_, allowed)) = ARROWS.iter().find(|(own, _)| *own == layer) else {
        return vec![source.at(1, "a layer that the table of arrows does not know")];
    };
    let own_dialect = source.name.split('/').nth(1).filter(|_| layer == "dialect");
    let mut found = Vec::new();
    for Named { line, path, .. } in &source.paths {
        let mut parts = path.split("::");
        let begins_here = parts.next().is_some_and(|first| first == "crate" || (layer == "main" && first == "yaoshi"));
        let Some(other) = parts.next().filter(|_| begins_here) else { continue };
        // What `lib.rs` gives out again.
        let other = if other == "Sandbox" { "sandbox" } else { other };
        if other != layer && !allowed.contains(&other) {
            found.push(source.at(*line, &format!("{layer} must not know {other}: {path}")));
        }
        let is_a_dialect = |name: &str| dialects().contains(name);
        if let Some(dialect) = parts.next().filter(|name| other == "dialect" && is_a_dialect(name)) {
            let is_others = own_dialect.is_some_and(|own| is_a_dialect(own) && own != dialect);
            if is_others || !MAY_NAME_A_DIALECT.contains(&layer) {
                found.push(source.at(*line, &format!("the dialect {dialect} is named: {path}")));
            }
        }
    }
    found
}

/// The folders of `src/dialect`, and one more that there is none of, so that the law can be tested.
fn dialects() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("dialect")).unwrap().map(|entry| entry.unwrap().path());
    let names = folders.filter(|path| path.is_dir()).map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    names.chain(["imaginary".to_owned()]).collect()
}

fn is_at_end(path: &str, end: &str) -> bool {
    match end.strip_suffix("::") {
        Some(start) => path == start || path.starts_with(end),
        None => path == end || path.ends_with(&format!("::{end}")),
    }
}

/// Time and chance that do not come through `world`.
fn time_and_chance(source: &Source) -> Vec<String> {
    let layer = source.layer();
    let home: [(&[&str], &[&str]); 2] = [(TIME_AND_CHANCE, &["main", "world"]), (REAL_WORLD, MAY_HAND_OUT)];
    let mut found = Vec::new();
    for Named { line, path, is_import } in &source.paths {
        for (banned, allowed) in home {
            let is_banned = banned.iter().any(|end| is_at_end(path, end));
            if is_banned && !is_import && !allowed.contains(&layer) {
                found.push(source.at(*line, &format!("{path} belongs to {allowed:?}")));
            }
        }
    }
    found
}

/// Waiting where nothing waits.
fn asynchronous(source: &Source) -> Vec<String> {
    if ASYNCHRONOUS.contains(&source.layer()) {
        return Vec::new();
    }
    let words = source.tokens.iter().filter_map(|(line, token)| match token {
        Token::Word(word) => Some((line, word)),
        _ => None,
    });
    let banned = ["async", "await", "tokio", "futures"];
    words
        .filter(|(_, word)| banned.contains(&word.as_str()))
        .map(|(line, word)| source.at(*line, &format!("{word}: nothing below the server is asynchronous")))
        .collect()
}

/// The names in the catalogue: actions; parameters and members of replies.
fn catalogue() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = include_str!("../fixtures/catalogue/kms-2016-01-20.json");
    let catalogue: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
    let parameters = catalogue.values().flat_map(|action| action["request"].as_object().unwrap().keys().cloned());
    (catalogue.keys().cloned().collect(), parameters.collect())
}

/// Words of a protocol in the keyring. As a type's name `KeyId` is the keyring's own word; as a text it is the wire's.
fn wire_names(source: &Source) -> Vec<String> {
    if source.layer() != "keyring" {
        return Vec::new();
    }
    let (actions, parameters) = catalogue();
    let mut found = Vec::new();
    for (line, token) in &source.tokens {
        let name = match token {
            Token::Word(word) => actions.contains(word).then_some(word),
            Token::Text(text) => {
                let has_word =
                    |name: &String| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
                // `Value` may begin a sentence; `CiphertextBlob` does not.
                let is_compound = |name: &str| name.chars().filter(|c| c.is_uppercase()).count() > 1;
                let is_named = actions.iter().any(has_word)
                    || parameters.iter().any(|name| text == name || (is_compound(name) && has_word(name)))
                    || WIRE_WORDS.iter().any(|word| text.contains(word));
                is_named.then_some(text)
            }
            Token::Sign(_) => None,
        };
        found.extend(name.map(|name| source.at(*line, &format!("a word of the wire: {name}"))));
    }
    found
}

/// Where the name of an action is written: the constant `NAME` in its file, the line in `ACTIONS`, and nowhere else.
/// Its own file may name its own type.
fn places_of_action(name: &str, sources: &[Source]) -> Vec<String> {
    let is_own_file = |source: &Source| {
        let is_struct = |two: &[(usize, Token)]| matches!(two, [(_, Token::Word(keyword)), (_, Token::Word(own))] if keyword == "struct" && own == name);
        source.name.starts_with("dialect/alibaba/kms/") && source.tokens.windows(2).any(is_struct)
    };
    let mut places = Vec::new();
    for source in sources {
        for (line, token) in &source.tokens {
            if *token == Token::Text(name.to_owned()) {
                places.push(source.at(*line, "as a text"));
            }
        }
        if !is_own_file(source) {
            let named =
                source.paths.iter().filter(|path| !path.is_import && path.path.split("::").any(|part| part == name));
            places.extend(named.map(|path| source.at(path.line, "as a type")));
        }
    }
    places
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    assert!(found.len() > 50, "src is there");
    found
}

#[test]
fn src_keeps_its_shape() {
    let laws = [against_the_arrows, time_and_chance, asynchronous, wire_names];
    let broken: Vec<_> = sources().iter().flat_map(|source| laws.map(|law| law(source))).flatten().collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn an_actions_name_is_written_in_two_places() {
    let sources = sources();
    for action in ACTIONS {
        let places = places_of_action(action.name, &sources);
        let is_list = |place: &String| place.starts_with("src/dialect/alibaba/kms/mod.rs");
        let right =
            places.len() == 2 && places.iter().any(is_list) && places.iter().any(|place| place.ends_with("text"));
        assert!(right, "{}: {places:#?}", action.name);
    }
}

/// The laws see what they are there to see, and nothing in comments, texts and other people's names.
#[test]
fn the_laws_can_be_broken() {
    type Law = fn(&Source) -> Vec<String>;
    let cases: &[(Law, &str, &str, bool)] = &[
        (against_the_arrows, "server/mod.rs", "use crate::keyring::Keys;", true),
        (against_the_arrows, "server/mod.rs", "use crate::{dialect::Dialect, access};", true),
        (against_the_arrows, "server/mod.rs", "use crate::{dialect::Dialect, console};", false),
        (against_the_arrows, "server/mod.rs", "fn f() { crate::world::Chance::x() }", true),
        (against_the_arrows, "server/mod.rs", "use crate::dialect::alibaba::Gateway;", true),
        (
            against_the_arrows,
            "server/mod.rs",
            "/// [`crate::keyring`]\n// use crate::keyring;\nconst A: &str = \"crate::keyring\";",
            false,
        ),
        (
            against_the_arrows,
            "server/mod.rs",
            "/* /* */ use crate::keyring; */ const C: char = '\"'; fn f<'a>() {}",
            false,
        ),
        (against_the_arrows, "server/mod.rs", "const A: &str = r#\"a\"b\"#; use crate::keyring;", true),
        (
            against_the_arrows,
            "server/mod.rs",
            "const A: &str = \"a\\\"\"; const C: char = '\\''; use crate::keyring;",
            true,
        ),
        (against_the_arrows, "access/mod.rs", "use super::keyring::Key;", true),
        (against_the_arrows, "access/policy/key.rs", "use super::super::super::keyring::Key;", true),
        (against_the_arrows, "access/policy/key.rs", "use super::super::arn::Arn;", false),
        (against_the_arrows, "access/arn.rs", "mod tests { use super::super::identity::A; }", false),
        (against_the_arrows, "access/arn.rs", "mod tests { use super::super::super::keyring::A; }", true),
        (against_the_arrows, "access/arn.rs", "mod tests { fn f() {} } use super::super::keyring::A;", true),
        (against_the_arrows, "access/access_key.rs", "use crate::cipher::RsaPublicKey;", false),
        (against_the_arrows, "keyring/key.rs", "use crate::access::Arn;", true),
        (against_the_arrows, "keyring/key.rs", "use crate::cipher::Aead;", false),
        (against_the_arrows, "cipher/aead.rs", "use crate::world::Draw;", true),
        (against_the_arrows, "journal/mod.rs", "use crate::dialect::Answer;", true),
        (against_the_arrows, "cli/call.rs", "use crate::keyring::Key;", true),
        (against_the_arrows, "cli/call.rs", "use crate::Sandbox;", false),
        (against_the_arrows, "config/load.rs", "use crate::Sandbox;", true),
        (against_the_arrows, "main.rs", "fn main() { yaoshi::cli::run() }", false),
        (against_the_arrows, "main.rs", "fn main() { yaoshi::server::serve() }", true),
        (against_the_arrows, "dialect/alibaba/mod.rs", "use crate::dialect::imaginary::A;", true),
        (against_the_arrows, "dialect/imaginary/mod.rs", "use super::alibaba::Gateway;", true),
        (against_the_arrows, "dialect/alibaba/kms/mod.rs", "use crate::dialect::alibaba::fault;", false),
        (against_the_arrows, "helpers/mod.rs", "", true),
        (time_and_chance, "dialect/alibaba/mod.rs", "use std::time::Instant; fn f() { Instant::now(); }", true),
        (time_and_chance, "server/mod.rs", "use tokio::time::{self, Instant}; fn f() { Instant::now(); }", false),
        (time_and_chance, "server/mod.rs", "use std::time::Instant; fn f() { Instant::now(); }", true),
        (time_and_chance, "server/mod.rs", "fn f() { std::time::SystemTime::now(); }", true),
        (time_and_chance, "keyring/key.rs", "use jiff::Timestamp as T; fn f() { T::now(); }", true),
        (time_and_chance, "keyring/key.rs", "use uuid::Uuid; fn f() { Uuid::new_v4(); }", true),
        (time_and_chance, "keyring/key.rs", "fn f() { getrandom::fill(&mut []); }", true),
        (time_and_chance, "keyring/key.rs", "fn f() { rand::rng(); }", true),
        (time_and_chance, "keyring/key.rs", "use rand_core::OsRng; fn f() { OsRng.fill(); }", true),
        (time_and_chance, "world/chance.rs", "fn f() { getrandom::fill(&mut []); }", false),
        (time_and_chance, "dialect/alibaba/mod.rs", "use crate::world::World; fn f() { World::real(); }", true),
        (time_and_chance, "cli/serve.rs", "use crate::world::World; fn f() { World::real(); }", false),
        (asynchronous, "dialect/mod.rs", "async fn f() {}", true),
        (asynchronous, "keyring/mod.rs", "use tokio::sync::Mutex;", true),
        (asynchronous, "keyring/mod.rs", "fn f() { g().await }", true),
        (asynchronous, "server/mod.rs", "async fn f() { g().await }", false),
        (asynchronous, "dialect/mod.rs", "// async\nfn f() -> &str { \"await\" }", false),
        (wire_names, "keyring/key.rs", "struct Decrypt;", true),
        (wire_names, "keyring/key.rs", "const A: &str = \"KeyId\";", true),
        (wire_names, "keyring/key.rs", "const A: &str = \"no CiphertextBlob here\";", true),
        (wire_names, "keyring/key.rs", "const A: &str = \"Aliyun_AES_256\";", true),
        (wire_names, "keyring/key.rs", "const A: &str = \"Rejected.Disabled\";", true),
        (wire_names, "keyring/key.rs", "#[serde(rename_all = \"PascalCase\")] struct A;", true),
        (wire_names, "keyring/key.rs", "struct KeyId; // CreateKey\nconst A: &str = \"the key is gone\";", false),
        (wire_names, "dialect/alibaba/kms/words.rs", "const A: &str = \"Aliyun_AES_256\";", false),
    ];
    for (law, name, code, is_broken) in cases {
        let found = law(&Source::new(name, code));
        assert_eq!(!found.is_empty(), *is_broken, "{name}: {code}\n{found:#?}");
    }
}

#[test]
fn places_of_an_action_are_counted() {
    let own = "pub struct Go {} impl Action for Go { const NAME: &str = \"Go\"; }";
    let list = "mod go; pub use go::Go; const ACTIONS: &[Entry] = &[Entry::of::<go::Go>()];";
    for (more, expected) in [
        ("// Go", 2),
        ("use super::key::Go;", 2),
        ("match name { \"Go\" => 1 }", 3),
        ("fn f(go: Go) {}", 3),
        ("use super::key::Go; fn f(go: key::Go, name: &str) { name == \"Go\" }", 4),
    ] {
        let sources = [
            Source::new("dialect/alibaba/kms/key/go.rs", own),
            Source::new("dialect/alibaba/kms/mod.rs", list),
            Source::new("dialect/alibaba/kms/other.rs", more),
        ];
        let places = places_of_action("Go", &sources);
        assert_eq!(places.len(), expected, "{more}: {places:#?}");
    }
}
