//! The snapshot of a contract, `contract.json`, which is committed beside the enum: a test keeps the two
//! equal.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use wirebond_core::Contract;

use crate::{
    compat::{self, Options, Report, Rule},
    document::Document,
    generate::View,
    history::{Archive, ClientVerdict, History},
};

pub use self::difference::difference;

mod difference;

/// Set to anything, the file is written instead of compared.
const UPDATE: &str = "WIREBOND_UPDATE";
/// The value with which it is written although its version promises other peers that nothing breaks.
const FORCE: &str = "force";

/// What becomes of a file that is not what the code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Compare,
    Update,
    Force,
}

impl Mode {
    fn from_environment() -> Self {
        match std::env::var_os(UPDATE) {
            None => Self::Compare,
            Some(value) if value == FORCE => Self::Force,
            Some(_) => Self::Update,
        }
    }
}

/// Fails the test it stands in unless the file holds this contract's document.
///
/// The path is relative to the crate that the test belongs to. With the environment variable
/// `WIREBOND_UPDATE` the file is written, or made if there is none; commit it, and read its diff. A change that breaks
/// deployed peers is only written with the version that it requires; `WIREBOND_UPDATE=force` writes it all the same,
/// for a version that nobody has yet.
///
/// ```no_run
/// # use wirebond_schema as wirebond;
/// # fn test<App: wirebond_schema::Contract>() {
/// wirebond::assert_contract!(App, "contract.json");
/// # }
/// ```
///
/// It prints the contract's [`Fingerprint`](crate::Fingerprint), which `cargo test -- --show-output` shows of
/// a test that passes.
///
/// # Older contracts
///
/// `history = "contracts"` names a folder of the contracts that clients may still have, relative to the crate
/// as well. When `WIREBOND_UPDATE` writes a file with another version, the one that it replaces is kept there
/// as `VERSION.FINGERPRINT.json`; commit it too. The test fails if one of those files is not what it was, and prints
/// what the contract means for the clients of each. [`History`](crate::History) answers the same in code.
///
/// ```no_run
/// # use wirebond_schema as wirebond;
/// # fn test<App: wirebond_schema::Contract>() {
/// wirebond::assert_contract!(App, "contract.json", history = "contracts");
/// # }
/// ```
#[macro_export]
macro_rules! assert_contract {
    ($contract:ty, $path:expr, history = $history:expr $(,)?) => {
        if let ::core::result::Result::Err(__message) =
            $crate::internal::check_snapshot_with_history::<$contract>(
                ::core::convert::AsRef::<::std::path::Path>::as_ref($path),
                ::core::convert::AsRef::<::std::path::Path>::as_ref($history),
                ::core::env!("CARGO_MANIFEST_DIR"),
            )
        {
            ::core::panic!("{__message}");
        }
    };
    ($contract:ty, $path:expr $(,)?) => {
        if let ::core::result::Result::Err(__message) = $crate::internal::check_snapshot::<$contract>(
            ::core::convert::AsRef::<::std::path::Path>::as_ref($path),
            ::core::env!("CARGO_MANIFEST_DIR"),
        ) {
            ::core::panic!("{__message}");
        }
    };
}

/// Compares or updates. `built_in` is where the crate was when it was compiled; it may have moved.
pub fn check<C: Contract>(path: &Path, built_in: &str) -> Result<(), String> {
    check_at::<C>(&crate_folder(built_in).join(path), None, Mode::from_environment())
}

/// The same with a folder of older contracts.
pub fn check_with_history<C: Contract>(
    path: &Path,
    history: &Path,
    built_in: &str,
) -> Result<(), String> {
    let folder = crate_folder(built_in);
    let archive = Archive::at(folder.join(history));
    check_at::<C>(&folder.join(path), Some(&archive), Mode::from_environment())
}

fn crate_folder(built_in: &str) -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| built_in.into(), PathBuf::from)
}

fn check_at<C: Contract>(path: &Path, archive: Option<&Archive>, mode: Mode) -> Result<(), String> {
    let shown = path.display();
    let how = format!("write it with `{UPDATE}=1 cargo test`, read its diff, and commit it");
    let (document, warnings) = Document::with_warnings::<C>(View::default())
        .map_err(|error| format!("the contract {} has no document: {error}", C::NAME))?;
    for warning in warnings {
        // Written past the output capture of a test that passes. If it can't be shown, the document is still right.
        let _ = writeln!(io::stderr(), "warning: the contract {}: {warning}", C::NAME);
    }
    let text = document.to_json();
    if mode == Mode::Update {
        allow_update(path, &document)?;
    }
    if let Some(archive) = archive {
        if mode != Mode::Compare {
            keep_replaced(path, &document, archive)?;
        }
        let older = archive.read()?;
        println!("{}", meaning(&document, &older));
    }
    if mode != Mode::Compare {
        return fs::write(path, text).map_err(|error| format!("{shown} can't be written: {error}"));
    }
    let committed = match fs::read_to_string(path) {
        Ok(committed) => committed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("{shown} does not exist yet: {how}"));
        }
        Err(error) => return Err(format!("{shown} can't be read: {error}")),
    };
    // A checkout may have changed the line ends.
    let committed = committed.replace("\r\n", "\n");
    if committed == text {
        println!("{} {}: fingerprint {}", C::NAME, C::VERSION, document.fingerprint());
        return Ok(());
    }
    let mut message = format!("{shown} is not the contract that the code has: {how}\n");
    message.push_str("- committed\n+ code\n");
    message.push_str(&difference(&committed, &text));
    message.push_str(&verdict(&committed, &document));
    Err(message)
}

/// Fails where the committed contract has a version that the code must not have as well: two contracts of one version
/// can't be distinguished. Only warns of what breaks nobody.
fn allow_update(path: &Path, document: &Document) -> Result<(), String> {
    // What is no contract was no release.
    let Ok(committed) = fs::read_to_string(path) else { return Ok(()) };
    let Ok(committed) = Document::parse(&committed) else { return Ok(()) };
    let report = compat::diff(&committed, document, &Options::default());
    let has = |rule: Rule| report.changes.iter().any(|change| change.rule == rule);
    if has(Rule::MajorBumpMissing) || has(Rule::VersionDowngraded) {
        return Err(format!(
            "{} was not written: it would replace version {} by what breaks peers that have it. Set the version that \
             is required (`#[contract(version = \"…\")]`) and write it again. If nobody has {} yet, write it with \
             `{UPDATE}={FORCE} cargo test`.\n{}",
            path.display(),
            committed.version(),
            committed.version(),
            consequences(&committed, document, &report),
        ));
    }
    if has(Rule::VersionUnchanged) {
        let consequences = consequences(&committed, document, &report);
        let _ =
            writeln!(io::stderr(), "warning: {} is written anew:\n{consequences}", path.display());
    }
    Ok(())
}

/// Keeps the committed contract where the code has another version.
fn keep_replaced(path: &Path, document: &Document, archive: &Archive) -> Result<(), String> {
    // A file that isn't there, or no contract, was no release.
    let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
    match Document::parse(&text) {
        Ok(committed) if committed.version() != document.version() => {
            archive.keep(&committed, &committed.to_json())
        }
        _ => Ok(()),
    }
}

/// What a contract means for the clients that have an older one.
fn meaning(document: &Document, older: &[Document]) -> String {
    let history = History::of(document, older);
    let mut out = format!("{} {}, for clients with", document.name(), document.version());
    for client in older {
        let (verdict, names) = match history.verdict(client.fingerprint()) {
            ClientVerdict::Known(known) => {
                (known.verdict().name(), [known.unreadable(), known.refused()].concat())
            }
            _ => ("the same messages", Vec::new()),
        };
        let _ = write!(out, "\n  {}: {verdict}", client.version());
        if !names.is_empty() {
            let _ = write!(out, " ({})", names.join(", "));
        }
    }
    out
}

/// What the change means for peers that are deployed already, and the version that it requires.
fn verdict(committed: &str, document: &Document) -> String {
    match Document::parse(committed) {
        Err(error) => format!("(what is committed is no contract: {error})\n"),
        Ok(committed) => {
            let report = compat::diff(&committed, document, &Options::default());
            consequences(&committed, document, &report)
        }
    }
}

fn consequences(committed: &Document, document: &Document, report: &Report) -> String {
    let (old, new) = (committed.fingerprint(), document.fingerprint());
    let fingerprint = if old == new {
        format!("{new}, as committed: the messages are the same")
    } else {
        format!("{old} → {new}")
    };
    format!(
        "Fingerprint: {fingerprint}\n\
         What that means for peers that have the committed contract (docs/rules.md):\n{report}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_comes_with_its_verdict_and_the_required_version() {
        let committed = include_str!("../../tests/contract/shop.json");
        let parse = |text: &str| Document::parse(text).expect("a contract");
        let of = |old: &str, new: &str| {
            let changed = committed.replace(old, new);
            assert_ne!(changed, committed);
            verdict(committed, &parse(&changed))
        };
        let required = r#""required": ["id", "name"]"#;
        let message = of(required, r#""required": ["id"]"#);
        assert!(message.contains("breaking  field-became-optional  $.data.user.name"), "{message}");
        assert!(message.ends_with("2 breaking; required version: 2.0.0\n"), "{message}");
        let message = of(required, r#""required": ["name"]"#).replace("2.0.0", "");
        assert!(message.contains("$.data.user.id"), "{message}");
        assert!(message.contains("Fingerprint: ") && message.contains(" → "), "{message}");
        let field = r#""street": { "type": "string" }"#;
        let message = of(field, &format!(r#""floor": {{ "type": "integer" }}, {field}"#));
        assert!(message.contains("optional-field-added"), "{message}");
        let message = of(r#""deprecated": true,"#, "");
        let end = "compatible: Shop 1.2.0 → 1.2.0, server-first: 1 ok\n";
        assert!(message.ends_with(end), "{message}");
        assert!(message.contains(", as committed: the messages are the same"), "{message}");
        assert!(verdict("{", &parse(committed)).contains("no contract"));
    }

    #[test]
    fn a_release_is_kept_when_the_next_one_is_written_and_told_what_it_misses() {
        let folder = std::env::temp_dir().join(format!("wirebond-history-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("made");
        let (path, archive) = (folder.join("contract.json"), Archive::at(folder.join("old")));
        let text = include_str!("../../tests/contract/shop.json");
        let parse = |text: &str| Document::parse(text).expect("a contract");
        let (old, leave) = (parse(text), r##"{ "$ref": "#/$defs/LeaveMessage" },"##);
        fs::write(&path, text).expect("written");
        // The same version: it isn't released yet.
        keep_replaced(&path, &old, &archive).expect("nothing to do");
        assert!(archive.read().expect("no folder").is_empty());
        let new = parse(&text.replace("shop:1.2.0", "shop:2.0.0").replace(leave, ""));
        keep_replaced(&path, &new, &archive).expect("kept");
        let older = archive.read().expect("sound");
        assert_eq!(older.len(), 1);
        let meaning = meaning(&new, &older);
        assert_eq!(meaning, "Shop 2.0.0, for clients with\n  1.2.0: breaking (leave)");
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_breaking_change_is_not_written_over_the_version_that_peers_have() {
        let folder = std::env::temp_dir().join(format!("wirebond-update-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("made");
        let path = folder.join("contract.json");
        let text = include_str!("../../tests/contract/shop.json");
        let parse = |text: &str| Document::parse(text).expect("a contract");
        let breaking = text.replace(r#""required": ["id", "name"]"#, r#""required": ["id"]"#);
        let field = r#""content": { "type": "string" }"#;
        let added = text.replace(field, &format!(r#""mood": {{ "type": "string" }}, {field}"#));
        assert_ne!(added, text);
        let version =
            |text: &str, version: &str| text.replace("shop:1.2.0", &format!("shop:{version}"));
        // What isn't there, or is no contract, was no release.
        assert_eq!(allow_update(&path, &parse(text)), Ok(()));
        fs::write(&path, "{").expect("written");
        assert_eq!(allow_update(&path, &parse(text)), Ok(()));
        fs::write(&path, text).expect("written");
        for new in
            [text.to_owned(), added.clone(), version(&added, "1.3.0"), version(&breaking, "2.0.0")]
        {
            assert_eq!(allow_update(&path, &parse(&new)), Ok(()));
        }
        for (new, required) in [
            (breaking.clone(), "2.0.0"),
            (version(&breaking, "1.3.0"), "2.0.0"),
            (version(text, "1.1.0"), "1.2.0"),
        ] {
            let error = allow_update(&path, &parse(&new)).expect_err("refused");
            assert!(error.contains(&format!("required version: {required}")), "{error}");
            assert!(
                error.contains("WIREBOND_UPDATE=force") && error.contains("version 1.2.0"),
                "{error}"
            );
        }
        let error = allow_update(&path, &parse(&breaking)).expect_err("refused");
        assert!(error.contains("major-bump-missing"), "{error}");
        fs::remove_dir_all(&folder).expect("removed");
    }
}
