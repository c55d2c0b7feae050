//! Imports: the crates and modules import only what CONTRIBUTING.md's tables allow, and there
//! are no circles between files but those that it lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

mod graph;
mod source;
mod table;
mod tokens;

use source::{Files, Name};
use table::room_of;

/// The crates whose files are checked.
const CRATES: [&str; 7] = ["core", "macros", "connection", "client", "server", "schema", "cli"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap()
}

/// The crates that are there, with their files.
fn crates() -> Vec<(&'static str, Files)> {
    let there = CRATES.into_iter().filter(|name| root().join(name).join("src").is_dir());
    there.map(|name| (name, Files::read(&root().join(name).join("src")))).collect()
}

/// Our crates that one depends on, those for its tests left out.
fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let manifest = fs::read_to_string(manifest).unwrap();
    let mut section = "";
    let mut out = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        if section.ends_with("dependencies]") && !section.contains("dev-") {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            out.extend(name.strip_prefix("wirebond-").map(str::to_owned));
        }
    }
    out
}

#[test]
fn crates_depend_on_what_the_table_allows() {
    let allowed = table::crates(&page());
    let mut wrong = Vec::new();
    for (name, _) in crates() {
        let Some(row) = allowed.get(name) else {
            wrong.push(format!("`{name}` has no row"));
            continue;
        };
        for other in dependencies(&root().join(name).join("Cargo.toml")) {
            if row.as_ref().is_some_and(|row| !row.contains(&other)) {
                wrong.push(format!("`{name}` depends on `{other}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "against the table in CONTRIBUTING.md:\n{}", wrong.join("\n"));
}

fn shown(name: &Name) -> String {
    if name.is_empty() { "lib".to_owned() } else { name.join("/") }
}

#[test]
fn modules_import_what_the_tables_allow() {
    let page = page();
    let mut wrong = Vec::new();
    for (name, files) in crates() {
        let rooms = table::rooms(&page, name);
        let lost = files.names().filter(|file| !file.is_empty() && room_of(&rooms, file).is_none());
        wrong.extend(lost.map(|file| format!("{name}: `{}` is in no room", shown(file))));
        for (from, to) in files.arrows() {
            let (Some(room), Some(other)) = (room_of(&rooms, &from), room_of(&rooms, &to)) else {
                continue;
            };
            if room.name != other.name && !room.imports.contains(&other.name) {
                let (from, to) = (shown(&from), shown(&to));
                wrong.push(format!(
                    "{name}: {} → {}: `{from}` imports `{to}`",
                    room.name, other.name
                ));
            }
        }
        // The tables themselves have no circles; otherwise they would restrict nothing.
        let arrows: BTreeSet<_> = rooms
            .iter()
            .flat_map(|room| room.imports.iter().map(|import| (room.name.clone(), import.clone())))
            .collect();
        for circle in graph::circles(&arrows) {
            wrong.push(format!("{name}: the table allows a circle between {circle:?}"));
        }
    }
    assert!(wrong.is_empty(), "against the tables in CONTRIBUTING.md:\n{}", wrong.join("\n"));
}

#[test]
fn files_have_no_circles_but_those_that_are_listed() {
    let listed = table::circles(&page());
    let mut found = BTreeSet::new();
    for (name, files) in crates() {
        // A crate's root only re-exports, and has the macros that it exports.
        let arrows = files.arrows().into_iter().filter(|(_, to)| !to.is_empty()).collect();
        for circle in graph::circles(&arrows) {
            found.insert(
                circle
                    .iter()
                    .map(|file| format!("{name}/{}", shown(file)))
                    .collect::<BTreeSet<_>>(),
            );
        }
    }
    let show = |circles: Vec<&BTreeSet<String>>| {
        let lines = circles.iter().map(|circle| {
            let files: Vec<_> = circle.iter().map(|file| format!("`{file}`")).collect();
            format!("- {}: ", files.join(" "))
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let new = show(found.difference(&listed).collect());
    assert!(new.is_empty(), "circles that CONTRIBUTING.md does not list:\n{new}");
    let old = show(listed.difference(&found).collect());
    assert!(old.is_empty(), "CONTRIBUTING.md lists circles that are gone:\n{old}");
}

/// Prints the arrows between the top-level modules, to help write a table.
#[test]
#[ignore = "prints the arrows; `cargo test --test it arrows -- --ignored --nocapture`"]
#[expect(clippy::print_stdout, reason = "its output is what it is for")]
fn shows_the_arrows() {
    for (name, files) in crates() {
        let mut tops: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in files.arrows().iter().filter(|(from, to)| from.first() != to.first()) {
            let top = |file: &Name| file.first().cloned().unwrap_or_else(|| "lib".to_owned());
            tops.entry(top(from)).or_default().insert(top(to));
        }
        println!("{name}:");
        for (from, to) in tops {
            println!("    {from} → {}", to.into_iter().collect::<Vec<_>>().join(" "));
        }
    }
}
