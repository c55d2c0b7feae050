//! `docs/architecture.md` names files and functions that are there, and its drawing is up to date.

use std::{fs, process::Command};

use crate::support::tools;

/// The maximum number of stops on a path.
const STOPS: usize = 6;

fn page() -> String {
    fs::read_to_string(tools::here("docs/architecture.md")).unwrap()
}

/// Whether a source defines an item of this name.
fn defines(source: &str, name: &str) -> bool {
    let name = name.rsplit("::").next().unwrap_or(name);
    let kinds = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];
    kinds.iter().any(|kind| {
        let begin = format!("{kind} {name}");
        source.match_indices(&begin).any(|(at, _)| {
            let next = source[at + begin.len()..].chars().next();
            next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
        })
    })
}

/// The files that a text names, each with the items in the parentheses behind it:
/// `` `path.rs` (`item`, `item`) ``.
fn named(text: &str) -> Vec<(String, Vec<String>)> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('`') {
        let (path, after) = after.split_once('`').unwrap_or((after, ""));
        rest = after;
        let is_path = path.contains('/') && !path.contains([' ', ':', '…', '*']);
        if !is_path {
            continue;
        }
        let items = after.strip_prefix(" (").and_then(|items| items.split_once(')'));
        let items = items.map_or("", |(items, _)| items);
        let items = items.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        out.push((path.to_owned(), items));
    }
    out
}

#[test]
fn every_file_and_function_that_the_page_names_is_there() {
    let mut missing = Vec::new();
    for (path, items) in named(&page()) {
        let file = tools::here(&path);
        if !file.exists() {
            missing.push(path);
            continue;
        }
        let source = fs::read_to_string(&file).unwrap_or_default();
        let lost = items.iter().filter(|item| !defines(&source, item));
        missing.extend(lost.map(|item| format!("`{item}` in {path}")));
    }
    assert!(missing.is_empty(), "docs/architecture.md names what is not there: {missing:#?}");
}

#[test]
fn a_way_has_at_most_six_stops_each_with_its_file_and_function() {
    let page = page();
    for heading in ["## A frame's way in", "## A send's way out"] {
        let (_, section) = page.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
        let section = section.split("\n## ").next().unwrap_or_default();
        let stops: Vec<_> = section
            .lines()
            .filter(|line| line.chars().next().is_some_and(|first| first.is_ascii_digit()))
            .collect();
        assert!((1..=STOPS).contains(&stops.len()), "{heading}: {} stops", stops.len());
        for stop in stops {
            let files = named(stop);
            let has_functions = files.iter().all(|(_, functions)| !functions.is_empty());
            assert!(!files.is_empty() && has_functions, "no file, or no function: {stop}");
        }
    }
}

#[test]
fn the_drawing_is_up_to_date() {
    if !tools::has_program("the drawing of docs/architecture.md", "python3") {
        return;
    }
    let script = tools::here("docs/architecture.py");
    let output = Command::new("python3").arg(script).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
