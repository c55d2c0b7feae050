//! The tables and lists of CONTRIBUTING.md that say which imports are allowed.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Name;

/// One row: a room, what belongs to it, and the rooms that it may import.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: String,
    pub(crate) modules: Vec<String>,
    pub(crate) imports: Vec<String>,
}

/// The names in backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/').to_owned()).collect()
}

/// The names between commas.
fn listed(cell: &str) -> Vec<String> {
    cell.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The rows of the table whose first heading is this.
pub(crate) fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let heading = format!("| {heading} |");
    let lines = page.lines().skip_while(|line| !line.starts_with(&heading)).skip(2);
    lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// What each crate may depend on; `None` is everything.
pub(crate) fn crates(page: &str) -> BTreeMap<String, Option<Vec<String>>> {
    rows(page, "room | what is in it | imports of ours")
        .iter()
        .map(|row| {
            let imports = (row[2] != "all").then(|| quoted(&row[2]));
            (quoted(&row[0]).concat(), imports)
        })
        .collect()
}

/// The rooms of one crate.
pub(crate) fn rooms(page: &str, crate_name: &str) -> Vec<Room> {
    rows(page, &format!("room of `{crate_name}`"))
        .iter()
        .map(|row| Room {
            name: row[0].clone(),
            modules: quoted(&row[1]),
            imports: listed(&row[2]),
        })
        .collect()
}

/// The circles that are one unit by design: each item of the list names its files, then the reason.
pub(crate) fn circles(page: &str) -> BTreeSet<BTreeSet<String>> {
    let (_, list) = page.split_once("\nCircles:\n").unwrap_or_default();
    let list = list.split("\n## ").next().unwrap_or_default();
    let items = list.split("\n- ").skip(1);
    items
        .map(|item| {
            let (files, reason) = item.split_once(':').unwrap_or((item, ""));
            assert!(!reason.trim().is_empty(), "a circle without its reason: {item}");
            quoted(files).into_iter().collect()
        })
        .collect()
}

/// The room of a file: the one that names the most of its path.
pub(crate) fn room_of<'a>(rooms: &'a [Room], file: &Name) -> Option<&'a Room> {
    let path = file.join("/");
    let length = |room: &Room| {
        let fits = |module: &&String| {
            path.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        room.modules.iter().filter(fits).map(String::len).max()
    };
    rooms
        .iter()
        .filter_map(|room| Some((length(room)?, room)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, room)| room)
}
