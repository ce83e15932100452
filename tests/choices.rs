//! `docs/choices.md`: every choice has an id for ever, a reason, and codes that the program has.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Expr, Item, Lit, Type};

/// Codes that a choice names though Yaoshi answers otherwise, and why it names them.
const NOT_ANSWERED: &[(u16, &str, &str)] =
    &[(400, "Forbidden.NoPermission", "what the metadata of CreateKey alone says; E-15 answers 403")];

/// A status and a code, as a row of the fault table has them.
type Row = (u16, String);

#[derive(Debug)]
struct Choice {
    section: char,
    id: String,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/choices.md")).expect("there is a docs/choices.md")
}

/// The choices of a page: its list items, each on one line, with the letter of the section it stands in.
fn choices(page: &str) -> Vec<Choice> {
    let (mut found, mut section, mut is_item) = (Vec::<Choice>::new(), None, false);
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            let (letter, _) =
                title.split_once(": ").unwrap_or_else(|| panic!("a section begins with its letter: {title}"));
            section = Some(letter.parse::<char>().expect("one letter"));
        }
        is_item = if let Some(item) = line.strip_prefix("- ") {
            let item = item.strip_prefix("**").and_then(|item| item.split_once("** "));
            let (id, text) = item.unwrap_or_else(|| panic!("a choice begins with its id in bold: {line}"));
            let section = section.expect("choices stand in sections");
            found.push(Choice { section, id: id.to_owned(), text: text.to_owned() });
            true
        } else {
            is_item && line.starts_with("  ")
        };
        if let Some(more) = line.strip_prefix("  ").filter(|_| is_item) {
            let choice = found.last_mut().expect("what continues has begun");
            choice.text.extend([" ", more]);
        }
    }
    found
}

/// What stands in backquotes, each with the number before it if that is a status.
fn quoted(text: &str) -> Vec<(Option<u16>, &str)> {
    let parts: Vec<_> = text.split('`').collect();
    assert!(parts.len() % 2 == 1, "a backquote is not closed: {text}");
    let pairs = parts.chunks_exact(2);
    pairs.map(|pair| (pair[0].split_whitespace().next_back().and_then(status), pair[1])).collect()
}

/// Three digits and nothing else.
fn status(word: &str) -> Option<u16> {
    (word.len() == 3).then(|| word.parse().ok()).flatten()
}

/// Whether it can only be meant as a code: `Rejected.Disabled`, but not `Tag.1.Key` or `EncryptionContext.k=v`.
fn is_dotted_code(word: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    word.contains('.') && word.split('.').all(is_part)
}

/// What is wrong with the codes that a choice names, each of them with its status at least once.
fn wrong_codes(text: &str, rows: &BTreeSet<Row>) -> Vec<String> {
    let named = quoted(text);
    let is_not_answered = |status, code| NOT_ANSWERED.iter().any(|row| (row.0, row.1) == (status, code));
    let mut wrong = Vec::new();
    for (status, code) in &named {
        let is_code = is_dotted_code(code) || rows.iter().any(|row| row.1 == *code);
        match status {
            Some(status) if rows.contains(&(*status, (*code).to_owned())) || is_not_answered(*status, code) => {}
            Some(status) => wrong.push(format!("no row is {status} {code}")),
            None if !is_code || named.iter().any(|(status, other)| status.is_some() && other == code) => {}
            None => wrong.push(format!("{code} stands without its status")),
        }
    }
    wrong
}

/// The fault tables of the program: every constant of type `Code` that `code(status, name, message)` makes.
fn rows() -> BTreeSet<Row> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("src"), &mut files);
    let sources = files.iter().map(|path| fs::read_to_string(path).unwrap());
    sources.filter(|source| source.contains(": Code =")).flat_map(|source| rows_of(&source)).collect()
}

fn rows_of(source: &str) -> Vec<Row> {
    let file = syn::parse_file(source).expect("it is Rust");
    let codes = file.items.into_iter().filter_map(|item| match item {
        Item::Const(item) if matches!(&*item.ty, Type::Path(path) if path.path.is_ident("Code")) => Some(item),
        _ => None,
    });
    codes
        .map(|item| {
            let Expr::Call(call) = *item.expr else { panic!("{}: a row is made by a call", item.ident) };
            let literal = |at: usize| match &call.args[at] {
                Expr::Lit(literal) => literal.lit.clone(),
                _ => panic!("{}: a row is made of literals", item.ident),
            };
            let (Lit::Int(status), Lit::Str(name)) = (literal(0), literal(1)) else {
                panic!("{}: a row is a status and a name", item.ident)
            };
            (status.base10_parse().expect("a status is a number"), name.value())
        })
        .collect()
}

/// `E-1`, `E-2` …: the section's letter, and no number left out, so that none is used again.
#[test]
fn every_choice_has_an_id_of_its_own_and_a_reason() {
    let choices = choices(&page());
    assert!(choices.len() > 100, "{} choices", choices.len());
    let mut sections: Vec<char> = choices.iter().map(|choice| choice.section).collect();
    sections.dedup();
    assert_eq!(sections.len(), sections.iter().collect::<BTreeSet<_>>().len(), "a letter has two sections");
    for letter in sections {
        assert!(letter.is_ascii_uppercase());
        let own = choices.iter().filter(|choice| choice.section == letter);
        for (number, choice) in (1..).zip(own) {
            assert_eq!(choice.id, format!("{letter}-{number}"));
        }
    }
    for Choice { id, text, .. } in &choices {
        let reasons = text.matches("Why: ").count();
        assert!(reasons == 1, "{id} has {reasons} reasons");
    }
}

#[test]
fn codes_are_rows_of_the_fault_table() {
    let (rows, choices) = (rows(), choices(&page()));
    assert!(rows.len() > 40, "{} rows: the fault table is elsewhere", rows.len());
    let wrong: Vec<_> = choices
        .iter()
        .flat_map(|choice| wrong_codes(&choice.text, &rows).into_iter().map(|what| format!("{}: {what}", choice.id)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (status, code, why) in NOT_ANSWERED {
        assert!(!rows.contains(&(*status, (*code).to_owned())), "{status} {code} is a row: {why}");
        let is_named = choices.iter().any(|choice| quoted(&choice.text).contains(&(Some(*status), code)));
        assert!(is_named, "no choice names {status} {code}");
    }
}

/// What other pages call `choice E-1` is there.
#[test]
fn other_pages_name_choices_that_there_are() {
    let ids: BTreeSet<_> = choices(&page()).into_iter().map(|choice| choice.id).collect();
    let mut named = 0;
    for page in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for rest in text.split("choice ").skip(1) {
            let id: String =
                rest.chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '-').collect();
            if id.contains('-') {
                assert!(ids.contains(&id), "{page} names choice {id}");
                named += 1;
            }
        }
    }
    assert!(named > 0, "the README names some");
}

/// The checks see what they are there to see.
#[test]
fn wrong_codes_are_seen() {
    let table = "pub const A: Code = code(409, \"Rejected.Disabled\", \"\"); const B: Code = code(404, \"NotFound\", \"\");\
                 const C: u16 = 7;";
    let rows: BTreeSet<Row> = rows_of(table).into_iter().collect();
    assert_eq!(rows, BTreeSet::from([(404, "NotFound".to_owned()), (409, "Rejected.Disabled".to_owned())]));
    for (text, wrong) in [
        ("409 `Rejected.Disabled` and `Tag.1.Key`, `KeyId`, `EncryptionContext.k=v`", 0),
        ("404 `NotFound`, and later `NotFound` again", 0),
        ("400 `Rejected.Disabled`", 1),
        ("404 `NotFond`", 1),
        ("`Rejected.Disabled` alone", 1),
        ("`Rejected.Disabeld`", 1),
        ("404 `NotFound`, 403 `NotFound`", 1),
    ] {
        assert_eq!(wrong_codes(text, &rows).len(), wrong, "{text}");
    }
    let page = "# T\n\n## A: a\n\ntext\n- **A-1** one\n  more\n\n  not this\n- **A-2** two\n";
    let read: Vec<_> = choices(page).into_iter().map(|choice| (choice.section, choice.id, choice.text)).collect();
    assert_eq!(read, [('A', "A-1".to_owned(), "one more".to_owned()), ('A', "A-2".to_owned(), "two".to_owned())]);
}
