//! Annotations of GitHub Actions: workflow commands, one a line.

use std::{fmt::Write, path::Path};

use wirebond_schema::compat::{Level, Report};

/// What a command's text must not have as it is.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

pub(super) fn text(report: &Report, file: &Path) -> String {
    let file = property(&file.to_string_lossy());
    let mut out = String::new();
    for change in report.changes.iter().filter(|change| !change.allowed) {
        let command = match change.level {
            Level::Breaking | Level::Undecided => "error",
            Level::Warning => "warning",
            Level::Ok => continue,
        };
        let title = property(&format!("{}: {}", change.level, change.rule));
        let way = change.way.map(|way| format!(" ({way})")).unwrap_or_default();
        let message = data(&format!("{}{way}: {}", change.place(), change.why));
        let _ = writeln!(out, "::{command} file={file},title={title}::{message}");
    }
    for allow in &report.unused {
        let message = data(&format!("--allow {allow} matches no change: remove it"));
        let _ = writeln!(out, "::notice file={file},title=unused --allow::{message}");
    }
    // The verdict alone, for the log.
    let text = report.to_string();
    out.push_str(text.lines().last().unwrap_or_default());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        assert_eq!(property("a:b,c%d\r\n::e"), "a%3Ab%2Cc%25d%0D%0A%3A%3Ae");
        assert_eq!(data("100%: a,b\n"), "100%25: a,b%0A");
    }
}
