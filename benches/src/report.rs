//! `docs/performance.md` and its chart.

use std::{fmt::Write as _, fs, io, path::Path, process::Command};

use crate::rounds::{Results, Spread, Table};

mod chart;
mod goals;

/// The machine and what ran on it.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc =
        rustc.map_or_else(|_| String::new(), |out| String::from_utf8_lossy(&out.stdout).into());
    let load = read("/proc/loadavg");
    format!(
        "{model}, {cores} cores for this process, Linux {}, {}; release build, thin LTO. Load before \
         the report was written: {}.",
        kernel.trim(),
        rustc.trim(),
        load.split(' ').next().unwrap_or("?"),
    )
}

/// The versions of those who are compared, from the lock file.
fn versions() -> String {
    let lock = include_str!("../Cargo.lock");
    let names = [
        "tokio",
        "tokio-tungstenite",
        "serde_json",
        "ezsockets",
        "jsonrpsee",
        "fastwebsockets",
        "tokio-websockets",
        "axum",
        "socketioxide",
        "wirebond",
    ];
    let packages = lock.split("[[package]]").filter_map(|package| {
        let field =
            |key: &str| package.lines().find_map(|line| line.strip_prefix(key)?.strip_suffix('"'));
        Some((field("name = \"")?, field("version = \"")?))
    });
    let found = packages.filter(|(name, _)| names.contains(name));
    found.map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ")
}

/// Three digits that count.
fn figure(value: f64) -> String {
    let places = if value >= 99.5 {
        0
    } else if value >= 9.95 {
        1
    } else if value >= 0.0995 {
        2
    } else {
        4
    };
    format!("{value:.places$}")
}

fn spread(spread: Spread) -> String {
    format!("{} – {}", figure(spread.low), figure(spread.high))
}

fn table(out: &mut String, table: &Table) {
    let Table { title, unit, base, rows } = table;
    let _ = writeln!(out, "\n### {title}\n");
    let _ = writeln!(out, "| who | {unit}, median | quartiles | × {base} |\n|---|---|---|---|");
    for (who, figures) in rows {
        let Some(own) = Spread::of(figures.clone()) else { continue };
        let ratio = table.ratio(who, base);
        let ratio = ratio.filter(|ratio| ratio.median.is_finite()).map_or_else(
            || "–".to_owned(),
            |ratio| format!("{} ({})", figure(ratio.median), spread(ratio)),
        );
        let _ = writeln!(out, "| {who} | {} | {} | {ratio} |", figure(own.median), spread(own));
    }
}

/// The whole report as Markdown.
pub fn markdown(results: &Results, rounds: usize) -> String {
    let mut out = format!(
        "# Performance\n\n\
         Written by `cargo run --release --manifest-path benches/Cargo.toml -- --write \
         docs/performance.md`. All who are compared take turns in each of {rounds} rounds or more; a \
         figure is the median of its rounds, a ratio the median of the ratios round by round, and both \
         stand with their quartiles. Lower is better everywhere but among the goals.\n\n\
         {}\n\n{}.\n\n\
         *hand-written* is a `tokio-tungstenite` `next()` loop, serde's adjacently tagged enum and a \
         `match`; *bare TCP* walks frame headers itself and decodes the same payload: the floor. Servers run \
         in one thread, and their clients in another process, which drains what it is sent; *axum, by \
         hand* is its `WebSocket` with the same enum and a channel for each member of the room, and a \
         broadcast of *bare TCP* is a write of the ready frame for each.\n\n\
         ![What a message costs](performance.svg)\n\n## Goals\n\n{}\n{}## Figures\n",
        machine(),
        versions(),
        goals::markdown(results),
        include_str!("../floor.md"),
    );
    for id in &results.order {
        table(&mut out, &results.tables[id]);
    }
    out
}

/// Writes the report to this file, and the chart beside it.
pub fn write(results: &Results, rounds: usize, path: &Path) -> io::Result<()> {
    fs::write(path, markdown(results, rounds))?;
    fs::write(path.with_extension("svg"), chart::svg(results))
}
