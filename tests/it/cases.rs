//! Every case of the list of faults, and every fault from the field, has a test that carries its number.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// How many faults the list has.
const CASES: u32 = 72;

/// Faults that users and other projects met and that became cases of the list: the label, and the cases whose
/// tests hold it.
const FIELD_CASES: [(&str, &[u32]); 14] = [
    ("a1", &[58]),
    ("a2", &[59]),
    ("a3", &[60]),
    ("a4", &[61]),
    ("a5", &[62]),
    ("a6", &[63]),
    ("a7", &[64, 72]),
    ("a8", &[65]),
    ("a9", &[66]),
    ("a10", &[67]),
    ("a11", &[68]),
    ("a12", &[69]),
    ("a13", &[70]),
    ("a14", &[71]),
];

/// Faults that users and other projects met, besides the cases: the label and subject of each.
/// A test of one is called `field_b3_…`.
const FIELD: [(&str, &str); 35] = [
    ("a15", "a default User-Agent"),
    ("a16", "the headers of the 101, and the body of a refused handshake"),
    ("b1", "hygiene of generated code"),
    ("b2", "names in documents that are no URI references"),
    ("b3", "what is serialized is valid by the published document"),
    ("b4", "descriptions change nothing in a contract"),
    ("b5", "unevaluatedProperties behind a $ref"),
    ("b6", "nested enums in other languages' models"),
    ("b7", "lenient readers"),
    ("b8", "a tagged newtype of a struct with a flattened map"),
    ("b9", "formats and patterns that other languages don't take"),
    ("b10", "names of JavaScript's prototypes"),
    ("b11", "TypeScript of every shape"),
    ("b12", "rename_all is serde's"),
    ("b13", "doc comments of every form"),
    ("b14", "defaults, aliases and types of one name"),
    ("b15", "undecided where breaking is certain"),
    ("b16", "first errors: another schemars, a renamed dependency"),
    ("b17", "64-bit integers in TypeScript"),
    ("c1", "TypeScript: losses are reported"),
    ("c2", "TypeScript: state and time"),
    ("c3", "TypeScript: disconnects"),
    ("c4", "TypeScript: payloads that are not of their type"),
    ("c5", "TypeScript: as generated code should be"),
    ("d1", "a stopped client refuses to send"),
    ("d2", "errors are logged where nobody subscribed"),
    ("d3", "a receipt for one message"),
    ("d4", "waiting for the next attempt"),
    ("d5", "diff: renamed messages and whole contracts"),
    ("d6", "validate and the schema agree"),
    ("d7", "names of classes in other languages' models"),
    ("d8", "bytes received, refusals by HTTP, docs of sources"),
    ("d9", "first errors of sending and subscribing"),
    ("d10", "values that a user's tests can construct"),
    ("d11", "docs, the server's page and the chat example"),
];

/// The files below a folder with one of these extensions, except those that tools create.
fn sources(folder: &Path, extensions: &[&str], out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !["node_modules", "build", "target", ".venv"].contains(&&*name) {
                sources(&path, extensions, out);
            }
        } else if path.extension().is_some_and(|it| extensions.iter().any(|ending| it == *ending)) {
            out.push(path);
        }
    }
}

/// The numbers in `case_07_…`, `cases_18_and_19_…` and `cases_20_to_25_…`.
fn numbers(test: &str) -> Vec<u32> {
    let mut parts = test.split('_');
    let many = match parts.next() {
        Some("case") => false,
        Some("cases") => true,
        _ => return Vec::new(),
    };
    let parts: Vec<_> = parts.collect();
    let number = |at: usize| parts.get(at).and_then(|part: &&str| part.parse::<u32>().ok());
    match (number(0), parts.get(1), number(2)) {
        (Some(first), Some(&"to"), Some(last)) if many => (first..=last).collect(),
        (Some(first), Some(&"and"), Some(second)) if many => vec![first, second],
        (Some(only), ..) if !many => vec![only],
        _ => Vec::new(),
    }
}

/// The tests of a source: functions right behind a `#[test]` or `#[tokio::test]`.
fn tests(source: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    source.lines().map(str::trim).filter_map(move |line| {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
        let name =
            line.trim_start_matches("pub ").trim_start_matches("async ").strip_prefix("fn ")?;
        std::mem::take(&mut is_test).then(|| name.split('(').next().unwrap_or_default())
    })
}

/// The label in `field_b3_…`.
fn label(test: &str) -> Option<&str> {
    let (label, rest) = test.strip_prefix("field_")?.split_once('_')?;
    (!rest.is_empty()).then_some(label)
}

/// Where tests are, in Rust and in other languages.
fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["client", "connection", "macros", "schema", "tests"] {
        sources(&root.join(folder), extensions, &mut files);
    }
    files
}

#[test]
fn every_case_is_named_by_a_test() {
    let named: BTreeSet<u32> = files(&["rs"])
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|source| tests(&source).flat_map(numbers).collect::<Vec<_>>())
        .collect();
    let missing: Vec<_> = (1..=CASES).filter(|case| !named.contains(case)).collect();
    assert!(missing.is_empty(), "no test is named after the cases {missing:?}");
    assert_eq!(named.last(), Some(&CASES), "the list ends there");
}

/// The numbers of a row of docs/reliability.md, which stand in parentheses: `(8, 12–15)`.
fn row_numbers(row: &str) -> BTreeSet<u32> {
    let groups = row.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    let mut numbers = BTreeSet::new();
    for part in groups.flat_map(|group| group.split(", ")) {
        let (first, last) = part.split_once('–').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse()) {
            numbers.extend(first..=last);
        }
    }
    numbers
}

#[test]
fn every_case_from_58_on_has_a_row_in_the_docs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let page = fs::read_to_string(page).unwrap_or_default();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let documented: BTreeSet<u32> = rows.flat_map(row_numbers).collect();
    let missing: Vec<_> = (58..=CASES).filter(|case| !documented.contains(case)).collect();
    assert!(missing.is_empty(), "docs/reliability.md has no row for the cases {missing:?}");
}

#[test]
fn every_fault_from_the_field_is_a_case_or_has_a_label() {
    let held: BTreeSet<u32> =
        FIELD_CASES.iter().flat_map(|(_, cases)| cases.iter().copied()).collect();
    assert_eq!(held, (58..=CASES).collect(), "the cases from 58 on came from the field");
    let labels: BTreeSet<&str> =
        FIELD_CASES.iter().map(|(label, _)| *label).chain(FIELD.iter().map(|(l, _)| *l)).collect();
    for (group, last) in [('a', 16), ('b', 17), ('c', 5), ('d', 11)] {
        for number in 1..=last {
            let label = format!("{group}{number}");
            assert!(labels.contains(&*label), "nothing holds {label}");
        }
    }
    assert_eq!(labels.len(), FIELD_CASES.len() + FIELD.len(), "each stands once");
}

#[test]
fn every_fault_from_the_field_is_named_by_a_test() {
    let mut named = BTreeSet::new();
    for file in files(&["rs"]) {
        // A file that must compile, or must not, is itself a test.
        let is_use = file.components().any(|part| part.as_os_str() == "ui");
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        named.extend(label(&stem).filter(|_| is_use).map(str::to_owned));
        let source = fs::read_to_string(&file).unwrap_or_default();
        named.extend(tests(&source).filter_map(label).map(str::to_owned));
    }
    for file in files(&["ts", "mjs"]) {
        let source = fs::read_to_string(&file).unwrap_or_default();
        let identifiers = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        named.extend(identifiers.filter_map(label).map(str::to_owned));
    }
    let missing: Vec<_> = FIELD.iter().filter(|(label, _)| !named.contains(*label)).collect();
    assert!(missing.is_empty(), "no test is named after the faults {missing:?}");
    let known: BTreeSet<_> = FIELD.iter().map(|(label, _)| (*label).to_owned()).collect();
    let unknown: Vec<_> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "tests are named after faults that the list lacks: {unknown:?}");
}
