//! The derive as a function from tokens to tokens.

use std::{fs, path::Path};

use proc_macro2::TokenStream;
use proptest::prelude::*;
use syn::{Item, ItemMacro};

/// Set to write the expansions anew.
const UPDATE: &str = "WIREBOND_UPDATE";

/// The expansion as a person would write it, what stands inside `with_client!` included.
fn expanded(input: &str) -> String {
    let input: TokenStream = input.parse().expect("tokens");
    pretty(crate::derive(input))
}

fn pretty(items: TokenStream) -> String {
    let mut out = String::new();
    for item in syn::parse2::<syn::File>(items).expect("items").items {
        match item {
            Item::Macro(ItemMacro { mac, .. }) if ends_with(&mac.path, "with_client") => {
                out.push_str("with_client! {\n");
                for line in pretty(mac.tokens).lines() {
                    out.push_str(format!("    {line}").trim_end());
                    out.push('\n');
                }
                out.push_str("}\n");
            }
            item => {
                let file = syn::parse2(quote::quote!(#item)).expect("an item");
                out.push_str(&prettyplease::unparse(&file));
            }
        }
    }
    out
}

fn ends_with(path: &syn::Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

#[test]
fn expansions_are_the_committed_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .expect("macros/snapshots")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !path.to_string_lossy().ends_with(".expanded.rs"))
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    for path in inputs {
        let actual = expanded(&fs::read_to_string(&path).expect("an input"));
        let snapshot = path.with_extension("expanded.rs");
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&snapshot, actual).expect("written");
            continue;
        }
        let expected = fs::read_to_string(&snapshot).unwrap_or_default();
        let at = actual.lines().zip(expected.lines()).position(|(a, e)| a != e);
        let at = at.unwrap_or_else(|| actual.lines().count().min(expected.lines().count()));
        assert!(
            actual == expected,
            "{} differs at line {}:\n  committed: {:?}\n  now:       {:?}\nwrite it anew with \
             {UPDATE}=1 cargo test -p wirebond-macros, and read the diff",
            snapshot.display(),
            at + 1,
            expected.lines().nth(at),
            actual.lines().nth(at),
        );
    }
}

/// Pieces of enums and attributes, valid and not.
const PIECES: &[&str] = &[
    "enum App",
    "struct App",
    "union App",
    "pub",
    "fn",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    "'a",
    "T",
    "Chat",
    "Chat(Chat)",
    "Leave",
    "Ping",
    "Self",
    "__",
    "_1",
    "AppHandler",
    "Vec<Self>",
    "lenient",
    "handler",
    "$crate::w",
    "#[doc = include_str!(\"x\")]",
    "/** a\n * b */",
    "r#type",
    "HTTPError",
    "HttpError",
    "{ a: u8 }",
    "(u8, u8)",
    "(())",
    "()",
    ",",
    ":",
    "=",
    "#",
    "#[contract(",
    "#[message(",
    "reply",
    "error",
    "idempotent",
    "timeout",
    "\"5s\"",
    ")]",
    "#[serde(x)]",
    "#[doc = \"text\"]",
    "#[deprecated]",
    "#[cfg(any())]",
    "version",
    "name",
    "from",
    "method",
    "rename_all",
    "client",
    "crate",
    "\"1.0.0\"",
    "\"\"",
    "\"server\"",
    "\"$x\"",
    "\"a\\nb\"",
    "\"::w\"",
    "\"kebab-case\"",
    "1",
    "where T: Copy",
    "!",
    "..",
    "impl",
];

proptest! {
    /// For every name that a variant may have and every case, ours is the name that serde's own code
    /// makes.
    #[test]
    fn field_b12_rename_all_is_serdes_own_algorithm(
        ascii in "[A-Za-z_][A-Za-z0-9_]{0,16}",
        any in "[A-Z_][\\p{Lu}\\p{Ll}\\p{Lt}\\p{Lo}0-9_]{0,16}",
    ) {
        for (case, ours) in crate::case::Case::ALL {
            let Ok(theirs) = serde_derive_internals::attr::RenameRule::from_str(case) else {
                panic!("serde has no {case}");
            };
            for variant in [&ascii, &any] {
                prop_assert_eq!(ours.apply(variant), theirs.apply_to_variant(variant), "{}", case);
            }
        }
    }

    /// Whatever it is given, the derive answers with items: valid ones, or an error at its place.
    #[test]
    fn never_panics(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        // What isn't even tokens never reaches a macro.
        if let Ok(input) = pieces.join(" ").parse::<TokenStream>() {
            let out = crate::derive(input);
            prop_assert!(syn::parse2::<syn::File>(out.clone()).is_ok(), "{out}");
        }
    }

    /// The same for enums that are nearly right.
    #[test]
    fn never_panics_on_enums(
        settings in prop::collection::vec((prop::sample::select(PIECES), ".{0,8}"), 0..4),
        variants in prop::collection::vec((prop::sample::select(PIECES), "[A-Z_][A-Za-z_0-9]{0,6}"), 0..6),
    ) {
        let settings: Vec<_> =
            settings.iter().map(|(key, value)| format!("#[contract({key} = {value:?})]")).collect();
        let variants: Vec<_> = variants
            .iter()
            .map(|(piece, name)| format!("#[message(from = {piece})] {name} {piece},"))
            .collect();
        let (settings, variants) = (settings.concat(), variants.concat());
        if let Ok(input) = format!("{settings} enum App {{ {variants} }}").parse::<TokenStream>() {
            let out = crate::derive(input);
            prop_assert!(syn::parse2::<syn::File>(out.clone()).is_ok(), "{out}");
        }
    }
}

#[test]
fn the_contracts_of_a_history_are_embedded() {
    // What stands in a macro's call is formatted as tokens.
    let of = |settings: &str| {
        expanded(&format!("#[contract({settings})] enum App {{ Chat(String) }}"))
            .replace(char::is_whitespace, "")
    };
    let text = of(r#"server, history = "../tests/contract/exchange/""#);
    assert!(text.contains("/../tests/contract/exchange/1.0.0."), "{text}");
    // Nothing was released yet.
    let text = of(r#"server, history = "contracts""#);
    assert!(text.contains("released::<App>(&[])") && !text.contains("compile_error"), "{text}");
    assert!(!of("server").contains("released::<"));
    for (settings, why) in [
        (r#"history = "contracts""#, "add`server`"),
        (r#"server, history = """#, "afolderbeside"),
        (r#"server, history = "/contracts""#, "afolderbeside"),
        (r#"server, history = "src/lib.rs""#, "can'tberead"),
    ] {
        let text = of(settings);
        assert!(text.contains("compile_error") && text.contains(why), "{settings}: {text}");
    }
}
