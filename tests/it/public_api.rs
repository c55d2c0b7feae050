//! The rules of the public API that can be read from the sources: every method has an example, what
//! returns a `Result` names its errors, and what may grow is `#[non_exhaustive]`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Fields, ImplItem, Item, ReturnType, Type, UseTree, Visibility};

/// Crates whose methods users call.
const CRATES: [&str; 3] = ["client", "core", "server"];

/// Public items that need no `#[non_exhaustive]`, and why.
const CLOSED: [(&str, &str); 9] = [
    ("Direction", "there are two sides"),
    ("Envelope", "users write it as a literal: the wire form has these two parts besides the name"),
    ("ClientEnvelope", "as `Envelope`"),
    ("ServerEnvelope", "as `Envelope`"),
    ("JsonText", "users write it as a literal around a value"),
    ("Received", "users take it apart: it is an `Envelope` of one message"),
    ("Backoff::Exponential", "users write it as a literal: growth is another variant"),
    ("State::Reconnecting", "users compare with it: growth is another state"),
    ("ConnectErrorKind::Http", "the rest of the answer is in `ConnectError::response`"),
];

/// Public functions without an example, and why.
const WITHOUT_EXAMPLE: [(&str, &str); 0] = [];

/// What a crate exports by name: types, functions, and modules with all that is public in them.
fn exports(lib: &syn::File) -> BTreeSet<String> {
    fn leaves(tree: &UseTree, out: &mut BTreeSet<String>) {
        match tree {
            UseTree::Path(path) => leaves(&path.tree, out),
            UseTree::Name(name) => drop(out.insert(name.ident.to_string())),
            UseTree::Rename(rename) => drop(out.insert(rename.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, out)),
            UseTree::Glob(_) => panic!("a glob in a crate's lib.rs: exports have names"),
        }
    }
    let mut out = BTreeSet::new();
    for item in &lib.items {
        if let Item::Use(item) = item
            && matches!(item.vis, Visibility::Public(_))
            && !is_hidden(&item.attrs)
        {
            leaves(&item.tree, &mut out);
        }
    }
    out
}

fn docs(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter(|attr| attr.path().is_ident("doc"));
    let text = lines.filter_map(|attr| match &attr.meta.require_name_value().ok()?.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    });
    text.collect::<Vec<_>>().join("\n")
}

fn is_hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("doc")
            && attr.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("hidden"))
    })
}

fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
}

fn name_of(of: &Type) -> Option<String> {
    let Type::Path(path) = of else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

fn returns_result(signature: &syn::Signature) -> bool {
    matches!(&signature.output, ReturnType::Type(_, of) if name_of(of).as_deref() == Some("Result"))
}

/// What is wrong with the public items of one crate.
#[derive(Default)]
struct Report {
    problems: Vec<String>,
    functions: usize,
}

impl Report {
    fn function(&mut self, name: &str, attrs: &[Attribute], signature: &syn::Signature) {
        if is_hidden(attrs) || has(attrs, "deprecated") {
            return;
        }
        self.functions += 1;
        let docs = docs(attrs);
        let excepted = WITHOUT_EXAMPLE.iter().any(|(excepted, _)| *excepted == name);
        if docs.contains("```") == excepted {
            let what = if excepted { "has an example after all" } else { "has no example" };
            self.problems.push(format!("{name} {what}"));
        }
        if returns_result(signature) && !docs.contains("# Errors") {
            self.problems.push(format!("{name} returns a `Result` and has no `# Errors`"));
        }
    }

    fn growth(&mut self, name: &str, attrs: &[Attribute], may_grow: bool) {
        let excepted = CLOSED.iter().any(|(excepted, _)| *excepted == name);
        if may_grow && !has(attrs, "non_exhaustive") && !excepted {
            self.problems.push(format!("{name} is not `#[non_exhaustive]`"));
        }
    }

    fn item(&mut self, item: &Item, exports: &BTreeSet<String>, all: bool) {
        let is_public = |vis: &Visibility, name: &syn::Ident| {
            matches!(vis, Visibility::Public(_)) && (all || exports.contains(&name.to_string()))
        };
        match item {
            Item::Fn(item) if is_public(&item.vis, &item.sig.ident) => {
                self.function(&item.sig.ident.to_string(), &item.attrs, &item.sig);
            }
            Item::Struct(item) if is_public(&item.vis, &item.ident) && !is_hidden(&item.attrs) => {
                let fields = item.fields.iter();
                let visible = fields.filter(|field| matches!(field.vis, Visibility::Public(_)));
                let all_visible = !item.fields.is_empty() && visible.count() == item.fields.len();
                self.growth(&item.ident.to_string(), &item.attrs, all_visible);
            }
            Item::Enum(item) if is_public(&item.vis, &item.ident) && !is_hidden(&item.attrs) => {
                self.growth(&item.ident.to_string(), &item.attrs, true);
                for variant in &item.variants {
                    let name = format!("{}::{}", item.ident, variant.ident);
                    let named = matches!(variant.fields, Fields::Named(_));
                    self.growth(&name, &variant.attrs, named);
                }
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let Some(of) = name_of(&item.self_ty) else { return };
                if !exports.contains(&of) && !all {
                    return;
                }
                for item in &item.items {
                    if let ImplItem::Fn(item) = item
                        && matches!(item.vis, Visibility::Public(_))
                    {
                        let name = format!("{of}::{}", item.sig.ident);
                        self.function(&name, &item.attrs, &item.sig);
                    }
                }
            }
            Item::Mod(item) if !has(&item.attrs, "test") => {
                let inner = item.content.iter().flat_map(|(_, items)| items);
                inner.for_each(|item| self.item(item, exports, all));
            }
            _ => {}
        }
    }
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn the_public_api_keeps_its_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::default();
    for name in CRATES {
        let sources = root.join(name).join("src");
        let Ok(lib) = fs::read_to_string(sources.join("lib.rs")) else { continue };
        let exports = exports(&syn::parse_file(&lib).unwrap());
        let mut files = Vec::new();
        rust_files(&sources, &mut files);
        for file in files {
            let all = file.file_stem().is_some_and(|stem| exports.contains(stem.to_str().unwrap()));
            let parsed = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap();
            parsed.items.iter().for_each(|item| report.item(item, &exports, all));
        }
    }
    assert!(report.functions > 100, "only {} functions were found", report.functions);
    assert!(report.problems.is_empty(), "{}", report.problems.join("\n"));
}
