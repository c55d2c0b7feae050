//! Every case of the list of faults has a test that carries its number.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// How many faults the list has.
const CASES: u32 = 57;

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// The numbers in `case_07_…`, `cases_18_and_19_…` and `cases_20_to_25_…`.
fn numbers(test: &str) -> Vec<u32> {
    let mut words = test.split('_');
    let many = match words.next() {
        Some("case") => false,
        Some("cases") => true,
        _ => return Vec::new(),
    };
    let words: Vec<_> = words.collect();
    let number = |at: usize| words.get(at).and_then(|word: &&str| word.parse::<u32>().ok());
    match (number(0), words.get(1), number(2)) {
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
        let name = line.trim_start_matches("async ").strip_prefix("fn ")?;
        std::mem::take(&mut is_test).then(|| name.split('(').next().unwrap_or_default())
    })
}

#[test]
fn every_case_is_named_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["client/src", "client/tests", "connection/src", "schema/src", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    let named: BTreeSet<u32> = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .flat_map(|source| tests(&source).flat_map(numbers).collect::<Vec<_>>())
        .collect();
    let missing: Vec<_> = (1..=CASES).filter(|case| !named.contains(case)).collect();
    assert!(missing.is_empty(), "no test is named after the cases {missing:?}");
    assert_eq!(named.last(), Some(&CASES), "the list ends there");
}
