//! A file of `src`, read once: which paths it names, which words and texts stand in its code, how long it is.
//! Comments are left out, doc comments too; what stands inside macros is read as tokens.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, Lit, Signature, UseTree, Visibility};

/// Something in a file, and the line where it stands.
pub struct At<T> {
    pub line: usize,
    pub what: T,
}

/// A path that a file names, from where it begins: `crate::…`, or an external crate.
#[derive(Debug, Clone)]
pub struct Named {
    pub path: String,
    /// The module that names it: that of the file, or one written inside the file.
    pub module: String,
    pub is_import: bool,
    /// An import that is visible outside: the name is given out again.
    pub is_given_out: bool,
    /// Within `#[cfg(test)]`.
    pub is_test: bool,
}

/// The names that a module gives a meaning to.
#[derive(Default)]
pub struct Scope {
    /// What an imported name stands for.
    pub imports: BTreeMap<String, String>,
    /// The modules whose names are all imported.
    pub globs: Vec<String>,
    /// Its own items, modules aside.
    pub items: BTreeSet<String>,
    pub children: BTreeSet<String>,
}

impl Scope {
    fn knows(&self, name: &str) -> bool {
        self.imports.contains_key(name) || self.items.contains(name) || self.children.contains(name)
    }
}

/// A file of `src`.
#[derive(Default)]
pub struct Source {
    /// `server/mod.rs`
    pub name: String,
    /// `crate::server`
    pub module: String,
    pub length: usize,
    pub paths: Vec<At<Named>>,
    /// Identifiers, and the words `async` and `await`.
    pub words: Vec<At<String>>,
    pub texts: Vec<At<String>>,
    /// Every function, with its length in lines.
    pub functions: Vec<At<(String, usize)>>,
    /// By module: that of the file, and those written inside the file.
    pub scopes: BTreeMap<String, Scope>,
}

impl Source {
    pub fn new(name: &str, code: &str) -> Self {
        let file = syn::parse_file(code).unwrap_or_else(|error| panic!("src/{name}: {error}"));
        let module = module_of(name);
        let source = Self { name: name.to_owned(), length: code.lines().count(), module, ..Self::default() };
        let mut reader = Reader { module: source.module.clone(), is_test: false, source };
        reader.scope();
        reader.visit_file(&file);
        reader.source.with_paths_from_their_beginning()
    }

    /// The first folder, or the file itself where it has none.
    pub fn layer(&self) -> &str {
        let first = self.name.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    pub fn at(&self, line: usize, what: &str) -> String {
        format!("src/{}:{line}: {what}", self.name)
    }

    fn with_paths_from_their_beginning(mut self) -> Self {
        let mut scopes = BTreeMap::new();
        for (module, scope) in &self.scopes {
            let whole = |path: &String| resolved(&self.scopes, module, path);
            let imports = scope.imports.iter().map(|(name, path)| (name.clone(), whole(path))).collect();
            let globs = scope.globs.iter().map(whole).collect();
            let (items, children) = (scope.items.clone(), scope.children.clone());
            scopes.insert(module.clone(), Scope { imports, globs, items, children });
        }
        for At { what: named, .. } in &mut self.paths {
            named.path = resolved(&self.scopes, &named.module, &named.path);
        }
        Self { scopes, ..self }
    }
}

/// `dialect/alibaba/mod.rs` is `crate::dialect::alibaba`; `cipher/rsa_tests.rs` are the tests of `crate::cipher::rsa`.
fn module_of(name: &str) -> String {
    let path = name.strip_suffix(".rs").expect("a file of Rust");
    let path = path.strip_suffix("/mod").unwrap_or(path).replace("_tests", "/tests");
    let own = if ["main", "lib"].contains(&path.as_str()) { "" } else { &path };
    std::iter::once("crate").chain(own.split('/').filter(|part| !part.is_empty())).collect::<Vec<_>>().join("::")
}

/// `path`, named in `module`, from its beginning.
fn resolved(scopes: &BTreeMap<String, Scope>, module: &str, path: &str) -> String {
    let (first, rest) = path.split_once("::").map_or((path, None), |(first, rest)| (first, Some(rest)));
    let below = |start: &str| rest.map_or(start.to_owned(), |rest| format!("{start}::{rest}"));
    let parent = || module.rsplit_once("::").map_or("crate", |(parent, _)| parent);
    match (first, rest) {
        ("", Some(external)) => return external.to_owned(),
        ("crate", _) => return path.to_owned(),
        ("self", _) => return below(module),
        ("super", Some(rest)) if rest == "super" || rest.starts_with("super::") => {
            return resolved(scopes, parent(), rest);
        }
        ("super", _) => return below(parent()),
        _ => {}
    }
    let Some(scope) = scopes.get(module) else { return path.to_owned() };
    // A function may have the name of its module: only the module has something below it.
    if scope.children.contains(first) && (rest.is_some() || !scope.imports.contains_key(first)) {
        return below(&format!("{module}::{first}"));
    }
    match scope.imports.get(first) {
        // `use http;`: a crate.
        Some(import) if import.split("::").next() == Some(first) && !scope.children.contains(first) => {
            return below(import);
        }
        Some(import) => return below(&resolved(scopes, module, import)),
        None if scope.items.contains(first) => return below(&format!("{module}::{first}")),
        None => {}
    }
    let is_ours = |glob: &&String| ["crate", "self", "super"].contains(&glob.split("::").next().unwrap_or_default());
    let globs = scope.globs.iter().filter(is_ours).map(|glob| resolved(scopes, module, glob));
    let known = globs.filter(|glob| glob != module && scopes.get(glob).is_some_and(|scope| scope.knows(first)));
    known.map(|glob| resolved(scopes, &glob, path)).next().unwrap_or_else(|| path.to_owned())
}

struct Reader {
    source: Source,
    module: String,
    is_test: bool,
}

impl Reader {
    fn scope(&mut self) -> &mut Scope {
        self.source.scopes.entry(self.module.clone()).or_default()
    }

    fn word(&mut self, span: Span, word: &(impl ToString + ?Sized)) {
        self.source.words.push(At { line: span.start().line, what: word.to_string() });
    }

    fn text(&mut self, span: Span, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.source.texts.push(At { line: span.start().line, what: text });
    }

    fn path(&mut self, span: Span, path: String, is_import: bool, is_given_out: bool) {
        let (module, is_test) = (self.module.clone(), self.is_test);
        let what = Named { path, module, is_import, is_given_out, is_test };
        self.source.paths.push(At { line: span.start().line, what });
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        let (first, last) = (signature.fn_token.span.start().line, block.brace_token.span.close().end().line);
        self.source.functions.push(At { line: first, what: (signature.ident.to_string(), last + 1 - first) });
    }

    /// A tree behind `use`, below `prefix`.
    fn import(&mut self, tree: &UseTree, prefix: &str, is_given_out: bool) {
        let (ident, alias) = match tree {
            UseTree::Path(below) => {
                return self.import(&below.tree, &format!("{prefix}{}::", below.ident), is_given_out);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, prefix, is_given_out));
            }
            UseTree::Glob(glob) => {
                self.scope().globs.push(prefix.trim_end_matches("::").to_owned());
                return self.path(glob.star_token.spans[0], format!("{prefix}*"), true, is_given_out);
            }
            UseTree::Name(name) => (&name.ident, &name.ident),
            UseTree::Rename(renamed) => (&renamed.ident, &renamed.rename),
        };
        let is_self = ident == "self" && !prefix.is_empty();
        let path = if is_self { prefix.trim_end_matches("::").to_owned() } else { format!("{prefix}{ident}") };
        let last = path.rsplit("::").next().unwrap_or_default().to_owned();
        let alias = if alias == "self" { last } else { alias.to_string() };
        self.scope().imports.insert(alias, path.clone());
        self.path(ident.span(), path, true, is_given_out);
    }

    /// What stands in a macro: paths are words joined by `::`, but not the member behind a dot.
    fn tokens(&mut self, stream: TokenStream) {
        let is = |tree: &TokenTree, sign| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == sign);
        let trees: Vec<_> = stream.into_iter().collect();
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            at += 1;
            match tree {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => self.visit_lit(&Lit::new(literal.clone())),
                TokenTree::Ident(first) => {
                    self.word(first.span(), first);
                    let dots = trees[..at - 1].iter().rev().take_while(|tree| is(tree, '.')).count();
                    let mut path = first.to_string();
                    while let [one, two, TokenTree::Ident(next), ..] = &trees[at..]
                        && is(one, ':')
                        && is(two, ':')
                    {
                        self.word(next.span(), next);
                        path = format!("{path}::{next}");
                        at += 3;
                    }
                    if dots != 1 {
                        self.path(first.span(), path, false, false);
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let name = match item {
            Item::Const(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Fn(item) => Some(&item.sig.ident),
            Item::Macro(item) => item.ident.as_ref(),
            Item::Static(item) => Some(&item.ident),
            Item::Struct(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Type(item) => Some(&item.ident),
            _ => None,
        };
        if let Some(name) = name {
            self.scope().items.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.scope().children.insert(item.ident.to_string());
        let outer = (self.module.clone(), self.is_test);
        let is_test = |attribute: &Attribute| {
            let condition = attribute.parse_args::<syn::Ident>();
            attribute.path().is_ident("cfg") && condition.is_ok_and(|condition| condition == "test")
        };
        self.is_test |= item.attrs.iter().any(is_test);
        if item.content.is_some() {
            self.module = format!("{}::{}", self.module, item.ident);
            self.scope();
        }
        visit::visit_item_mod(self, item);
        (self.module, self.is_test) = outer;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let prefix = if item.leading_colon.is_some() { "::" } else { "" };
        self.import(&item.tree, prefix, !matches!(item.vis, Visibility::Inherited));
        visit::visit_item_use(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let start = if path.leading_colon.is_some() { "::" } else { "" };
        self.path(path.segments[0].ident.span(), format!("{start}{}", parts.join("::")), false, false);
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if !attribute.path().is_ident("doc") {
            visit::visit_attribute(self, attribute);
        }
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_ident(&mut self, ident: &'ast syn::Ident) {
        self.word(ident.span(), ident);
    }

    fn visit_lit(&mut self, literal: &'ast Lit) {
        match literal {
            Lit::Str(text) => self.text(text.span(), text.value().as_bytes()),
            Lit::ByteStr(text) => self.text(text.span(), &text.value()),
            Lit::CStr(text) => self.text(text.span(), text.value().as_bytes()),
            _ => {}
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        if let Some(word) = signature.asyncness {
            self.word(word.span, "async");
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.word(block.async_token.span, "async");
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        if let Some(word) = closure.asyncness {
            self.word(word.span, "async");
        }
        visit::visit_expr_closure(self, closure);
    }

    fn visit_expr_await(&mut self, wait: &'ast syn::ExprAwait) {
        self.word(wait.await_token.span, "await");
        visit::visit_expr_await(self, wait);
    }
}
