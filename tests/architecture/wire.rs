//! Whose words are spoken where: those of a wire in the dialect that speaks it, the name of an action in two places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::check;
use super::source::{At, Source};

/// Who must not know a wire; the words of it that are also its own; signs within its own words.
/// `access` speaks of resources, and of actions as policies do: `kms:Decrypt`.
const NO_WIRE: &[(&str, &[&str], &str)] =
    &[("call", &[], "_"), ("access", &["acs:", "alias/"], "_:"), ("secrets", &[], "_"), ("keyring", &[], "_")];

/// Words of the wire, beside the names of actions and parameters.
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

/// Texts that are the name of a header.
const HEADERS: &[&str] = &["authorization", "content-length", "content-type", "sec-fetch-site", "user-agent"];

/// What only some may write in a text: files whose name begins so.
const SPOKEN_IN: &[(&str, &[&str])] = &[
    ("x-acs-", &["dialect/alibaba/"]),
    ("/-/", &["dialect/console/", "cli/"]),
    ("/credentials/", &["dialect/console/", "cli/"]),
    ("/latest/", &["dialect/console/", "cli/"]),
];

/// The names in the catalogue.
struct Catalogue {
    actions: BTreeSet<String>,
    parameters: BTreeSet<String>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let text = include_str!("../../fixtures/catalogue/kms-2016-01-20.json");
    let catalogue: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
    let parameters = catalogue.values().flat_map(|action| action["request"].as_object().unwrap().keys().cloned());
    Catalogue { parameters: parameters.collect(), actions: catalogue.keys().cloned().collect() }
});

impl Catalogue {
    /// As a text `KeyId` is the wire's word; `Value` may also begin a sentence, `CiphertextBlob` does not.
    fn is_named_in(&self, text: &str, signs: &str) -> bool {
        let is_compound = |name: &str| name.chars().filter(|c| c.is_uppercase()).count() > 1;
        let mut words = text.split(|c: char| !c.is_alphanumeric() && !signs.contains(c));
        self.parameters.contains(text)
            || words.any(|word| self.actions.contains(word) || (is_compound(word) && self.parameters.contains(word)))
    }
}

/// Words of a protocol where none is spoken. As a type's name `KeyId` is the keyring's own word.
pub fn wire_names(source: &Source) -> Vec<String> {
    let Some((_, own, signs)) = NO_WIRE.iter().find(|(layer, ..)| *layer == source.layer()) else { return Vec::new() };
    let is_wire = |text: &str| {
        let mut words = WIRE_WORDS.iter().filter(|word| !own.contains(word));
        CATALOGUE.is_named_in(text, signs)
            || HEADERS.iter().any(|header| header.eq_ignore_ascii_case(text))
            || words.any(|word| text.contains(word))
    };
    let texts = source.texts.iter().filter(|text| is_wire(&text.what));
    let is_http = |word: &str| ["http", "hyper"].contains(&word);
    let words = source.words.iter().filter(|word| CATALOGUE.actions.contains(&word.what) || is_http(&word.what));
    texts.chain(words).map(|At { line, what }| source.at(*line, &format!("a word of the wire: {what}"))).collect()
}

/// Texts that belong to one dialect, elsewhere.
pub fn foreign_texts(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for At { line, what } in &source.texts {
        let is_home = |homes: &[&str]| homes.iter().any(|home| source.name.starts_with(home));
        let foreign = SPOKEN_IN.iter().filter(|(text, homes)| what.contains(text) && !is_home(homes));
        found.extend(foreign.map(|(text, homes)| source.at(*line, &format!("{text} is said by {homes:?}: {what}"))));
    }
    found
}

/// Where the name of an action is written: the constant `NAME` in its file, the line in `ACTIONS`, and nowhere else.
/// Its own file may name its own type.
pub fn places_of_action(name: &str, sources: &[Source]) -> Vec<String> {
    let is_own_file = |source: &Source| {
        source.name.starts_with("dialect/alibaba/kms/")
            && source.scopes.values().any(|scope| scope.items.contains(name))
    };
    let mut places = Vec::new();
    for source in sources {
        let texts = source.texts.iter().filter(|text| text.what == name);
        places.extend(texts.map(|text| source.at(text.line, "as a text")));
        if !is_own_file(source) {
            let named = source.paths.iter().filter(|path| !path.what.is_import);
            let named = named.filter(|path| path.what.path.split("::").any(|part| part == name));
            places.extend(named.map(|path| source.at(path.line, "as a type")));
        }
    }
    places
}

#[test]
fn words_of_the_wire_are_seen() {
    check(
        wire_names,
        &[
            ("keyring/key.rs", "struct Decrypt;", true),
            ("keyring/key.rs", "fn f() { g!(Decrypt) }", true),
            ("keyring/key.rs", "const A: &str = \"KeyId\";", true),
            ("keyring/key.rs", "const A: &[u8] = b\"KeyId\";", true),
            ("keyring/key.rs", "const A: &str = r#\"a\"KeyId\"\"#;", true),
            ("keyring/key.rs", "fn f() { panic!(\"no CiphertextBlob here\") }", true),
            ("keyring/key.rs", "const A: &str = \"Aliyun_AES_256\";", true),
            ("keyring/key.rs", "const A: &str = \"Rejected.Disabled\";", true),
            ("keyring/key.rs", "const A: &str = \"acs:kms\";", true),
            ("keyring/key.rs", "#[serde(rename_all = \"PascalCase\")] struct A;", true),
            ("keyring/key.rs", "use http::StatusCode;", true),
            ("keyring/key.rs", "/// KeyId\nstruct KeyId; // CreateKey\nconst A: &str = \"the key is gone\";", false),
            ("keyring/key.rs", "const A: &str = \"Value and Description of the key\";", false),
            ("secrets/secret.rs", "const A: &str = \"GetSecretValue\";", true),
            ("call/turn.rs", "const A: &str = \"EncryptionContext\";", true),
            ("call/turn.rs", "const A: &str = \"Content-Type\";", true),
            ("call/turn.rs", "const A: &str = \"kms:Decrypt\";", true),
            ("access/request.rs", "const A: &str = \"acs:kms:*:1:alias/a, kms:tag/b, kms:Decrypt\";", false),
            ("access/request.rs", "const A: &str = \"Decrypt\";", true),
            ("access/request.rs", "const A: &str = \"KeyId\";", true),
            ("access/request.rs", "const A: &str = \"Forbidden.NoPermission\";", true),
            ("access/request.rs", "const A: &str = \"authorization\";", true),
            ("dialect/alibaba/kms/words.rs", "const A: &str = \"Aliyun_AES_256\";", false),
        ],
    );
}

#[test]
fn foreign_texts_are_seen() {
    check(
        foreign_texts,
        &[
            ("server/request.rs", "const A: HeaderName = HeaderName::from_static(\"x-acs-request-id\");", true),
            ("dialect/mod.rs", "const A: &[u8] = b\"x-acs-date\";", true),
            ("dialect/mod.rs", "/// For the header `x-acs-request-id`.\nstruct A;", false),
            ("dialect/alibaba/signature/names.rs", "const A: &str = \"x-acs-date\";", false),
            ("dialect/alibaba/fault.rs", "const A: &str = \"paths under /-/ are reserved\";", true),
            ("server/request.rs", "fn f() { path.starts_with(\"/latest/\") }", true),
            ("server/request.rs", "fn f() { matches!(path, \"/credentials/\") }", true),
            ("dialect/console/mod.rs", "const HEALTH: &str = \"/-/health\";", false),
            ("cli/health.rs", "fn f() { get(\"/-/health\") }", false),
        ],
    );
}

#[test]
fn places_of_an_action_are_counted() {
    let own = "pub struct Go {} impl Action for Go { const NAME: &str = \"Go\"; }";
    let list = "mod go; pub use go::Go; const ACTIONS: &[Entry] = &[Entry::of::<go::Go>()];";
    for (more, expected) in [
        ("// Go", 2),
        ("use super::key::Go;", 2),
        ("fn f() { match name { \"Go\" => 1 } }", 3),
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
