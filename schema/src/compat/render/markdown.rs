//! A report as Markdown, for a comment on a pull request.

use std::fmt::Write;

use crate::{
    compat::{
        change::{Change, Level},
        report::{Report, Verdict},
    },
    printable::escaped,
};

impl Report {
    /// The report as GitHub-flavoured Markdown: the verdict, a table of the notable changes, and the
    /// rest folded away.
    ///
    /// Names that come from the contracts are escaped, so that they can't add anything of their own.
    ///
    /// ```
    /// # use wirebond_schema::{Document, compat};
    /// # let text = include_str!("../../../../tests/contract/shop.json");
    /// let document = Document::parse(text)?;
    /// let report = compat::diff(&document, &document, &compat::Options::default());
    /// assert!(report.to_markdown().starts_with("### Contract Shop 1.2.0 → 1.2.0: compatible\n"));
    /// # Ok::<_, wirebond_schema::ReadError>(())
    /// ```
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        let (name, old) = &self.old;
        let (_, new) = &self.new;
        let verdict = match self.verdict() {
            Verdict::Compatible => "compatible",
            Verdict::Undecided => "**undecided**",
            Verdict::Breaking => "**breaking**",
        };
        if self.is_first() {
            let (name, new) = (prose(name), prose(new));
            let _ = writeln!(out, "### Contract {name} {new}: {verdict}\n");
            out.push_str("It is new: there is no contract before it.\n");
            return out;
        }
        let (name, old, new) = (prose(name), prose(old), prose(new));
        let _ = writeln!(out, "### Contract {name} {old} → {new}: {verdict}\n");
        let listed = self.listed();
        let _ = writeln!(out, "Deployed `{}`: {}.", self.rollout, Self::counts(&listed));
        if let Some(required) = &self.required_version {
            let _ = writeln!(out, "Required version: **{}**.", prose(required));
        }
        let is_harmless = |change: &&&Change| change.level == Level::Ok && !change.allowed;
        let (quiet, notable): (Vec<_>, Vec<_>) =
            listed.iter().copied().partition(|change| is_harmless(&change));
        table(&notable, &mut out);
        for allow in &self.unused {
            let _ = writeln!(
                out,
                "\n`--allow` {} matches no change: remove it.",
                code(&allow.to_string())
            );
        }
        if !quiet.is_empty() {
            let count = quiet.len();
            let noun = if count == 1 { "change" } else { "changes" };
            let _ =
                writeln!(out, "\n<details><summary>{count} {noun} that nobody notices</summary>");
            table(&quiet, &mut out);
            out.push_str("\n</details>\n");
        }
        out
    }
}

fn table(changes: &[&Change], out: &mut String) {
    if changes.is_empty() {
        return;
    }
    out.push_str("\n| level | rule | place | direction | why |\n|---|---|---|---|---|\n");
    for change in changes {
        let level = if change.allowed { "allowed" } else { change.level.name() };
        let way = change.way.map(|way| way.to_string()).unwrap_or_default();
        let mut why = prose(&change.why);
        if !change.also.is_empty() {
            let also: Vec<_> = change.also.iter().map(|place| code(place)).collect();
            let _ = write!(why, " (also at {})", also.join(", "));
        }
        let (rule, place) = (change.rule, code(&change.place()));
        let _ = writeln!(out, "| {level} | `{rule}` | {place} | {way} | {why} |");
    }
}

/// Text in which nothing is Markdown but code between backticks.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // An unpaired backtick: none of them marks code.
        return plain(text);
    }
    let part = |(index, part): (usize, &&str)| {
        if index.is_multiple_of(2) { plain(part) } else { code(part) }
    };
    parts.iter().enumerate().map(part).collect()
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name in a contract must not mention a user.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', c]),
            c => push(c, &mut out),
        }
    }
    out
}

/// Code in a cell of a table, whatever is in it.
fn code(text: &str) -> String {
    let mut inner = String::new();
    for c in text.chars() {
        match c {
            '|' => inner.push_str("\\|"),
            c => push(c, &mut inner),
        }
    }
    if inner.is_empty() {
        return String::new();
    }
    let longest = inner.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{inner}{space}{fence}")
}

fn push(c: char, out: &mut String) {
    match escaped(c) {
        Some(escaped) => out.extend(escaped),
        None => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markdown_of_its_own() {
        assert_eq!(prose("`maximum` 10 → 9"), "`maximum` 10 → 9");
        assert_eq!(prose("a|b <img> @you *x* `"), "a\\|b &lt;img&gt; &#64;you \\*x\\* \\`");
        assert_eq!(code("a|b`c\n"), "`` a\\|b`c\\n ``");
    }
}
