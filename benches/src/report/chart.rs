//! A bar chart: what a message costs, relative to the hand-written client.

use std::fmt::Write as _;

use crate::rounds::{Results, Spread};

/// Tables that the chart shows.
const SHOWN: &[(&str, &str)] = &[
    ("decode/150 B/type", "Decode and dispatch"),
    ("encode/150 B", "Encode"),
    ("receive/current", "Receive, current-thread"),
    ("receive/multi", "Receive, multi-thread"),
    ("send/current", "Send, current-thread"),
    ("send/multi", "Send, multi-thread"),
    ("round-trip/p50", "Round trip, p50"),
    ("idle/5000/memory", "Memory of an idle connection"),
    ("server/receive/flood", "Server: receive from 100 clients"),
    ("server/broadcast/2000/paced", "Server: broadcast to 2,000, paced"),
    ("server/broadcast/2000/burst", "Server: broadcast to 2,000, 40 at once"),
    ("server/idle", "Server: memory of an idle peer"),
    ("server/upgrade", "Server: accepting a connection"),
];

const LABEL: f64 = 250.0;
const WIDTH: f64 = 920.0;
const BAR: f64 = 18.0;
/// What doesn't fit is cut here, and marked.
const MOST: f64 = 3.0;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

pub fn svg(results: &Results) -> String {
    let mut body = String::new();
    let mut y = 44.0;
    let scale = (WIDTH - LABEL - 150.0) / MOST;
    for (id, title) in SHOWN {
        let Some(table) = results.tables.get(*id) else { continue };
        let unit = table.unit;
        let _ = writeln!(body, r#"<text x="8" y="{y}" class="title">{}</text>"#, escape(title));
        y += 8.0;
        for (who, figures) in &table.rows {
            let (Some(ratio), Some(own)) =
                (table.ratio(who, table.base), Spread::of(figures.clone()))
            else {
                continue;
            };
            let length = ratio.median.min(MOST) * scale;
            let class = if who.starts_with("wirebond") { "own" } else { "peer" };
            let cut = if ratio.median > MOST { " →" } else { "" };
            let text = y + BAR - 6.0;
            let end = LABEL + length + 6.0;
            let _ = writeln!(
                body,
                r#"<text x="{:.0}" y="{text:.0}" class="label">{}</text><rect x="{LABEL}" y="{:.0}" width="{length:.1}" height="{:.0}" class="{class}"/><text x="{end:.0}" y="{text:.0}">{:.2}{cut} <tspan class="unit">{} {unit}</tspan></text>"#,
                LABEL - 8.0,
                escape(who),
                y + 1.0,
                BAR - 4.0,
                ratio.median,
                super::figure(own.median),
            );
            y += BAR;
        }
        y += 26.0;
    }
    let line = LABEL + scale;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y:.0}" viewBox="0 0 {WIDTH} {y:.0}" font-family="system-ui, sans-serif" font-size="12">
<style>text {{ fill: #333 }} .title {{ font-weight: 600; font-size: 13px }} .label {{ text-anchor: end }} .unit {{ fill: #777 }} .own {{ fill: #2f6f4f }} .peer {{ fill: #b8c4cc }} @media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} .own {{ fill: #58b98a }} .peer {{ fill: #566470 }} }}</style>
<text x="8" y="18">Cost relative to the base of each group (1.00, the dashed line); shorter is better</text>
<line x1="{line:.1}" x2="{line:.1}" y1="28" y2="{y:.0}" stroke="#999" stroke-dasharray="3 4"/>
{body}</svg>
"##
    )
}
