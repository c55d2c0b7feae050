//! A report for people.

use std::fmt::{self, Write};

use crate::{
    compat::{
        change::{Change, Level},
        report::{Report, Verdict},
    },
    printable::Printable,
};

/// What stands before and after a text to give it a colour. All empty: no colours.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paint<'p> {
    /// Breaking changes.
    pub breaking: (&'p str, &'p str),
    /// Undecided changes.
    pub undecided: (&'p str, &'p str),
    /// Warnings.
    pub warning: (&'p str, &'p str),
    /// Changes that no peer notices.
    pub ok: (&'p str, &'p str),
    /// Names of messages.
    pub name: (&'p str, &'p str),
    /// What is less important.
    pub dim: (&'p str, &'p str),
}

impl<'p> Paint<'p> {
    fn of(&self, level: Level) -> (&'p str, &'p str) {
        match level {
            Level::Breaking => self.breaking,
            Level::Undecided => self.undecided,
            Level::Warning => self.warning,
            Level::Ok => self.ok,
        }
    }
}

fn in_paint((on, off): (&str, &str), text: &str) -> String {
    [on, text, off].concat()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(&Paint::default()))
    }
}

impl Report {
    /// The changes by message, and the verdict in the last line.
    pub fn to_text(&self, paint: &Paint<'_>) -> String {
        let mut out = String::new();
        let mut message: Option<&Option<String>> = None;
        let listed = self.listed();
        for change in &listed {
            if message != Some(&change.message) {
                message = Some(&change.message);
                let name = change.message.as_deref().unwrap_or("the contract");
                let _ = writeln!(out, "{}", in_paint(paint.name, &printable(name)));
            }
            line(change, paint, &mut out);
        }
        if !self.changes.is_empty() {
            out.push('\n');
        }
        for allow in &self.unused {
            let mark = in_paint(paint.dim, "note:");
            let allow = printable(&allow.to_string());
            let _ = writeln!(out, "{mark} --allow {allow} matches no change: remove it");
        }
        self.ending(paint, &listed, &mut out);
        out
    }

    /// The changes that a report for people lists.
    pub(super) fn listed(&self) -> Vec<&Change> {
        let all = self.changes.iter().enumerate();
        all.filter(|(index, _)| !self.is_outdone(*index)).map(|(_, change)| change).collect()
    }

    /// Whether the same change is worse in the other direction, and harmless here: one line is enough.
    fn is_outdone(&self, index: usize) -> bool {
        let change = &self.changes[index];
        let is_same = |other: &Change| {
            (other.rule, &other.message, &other.path)
                == (change.rule, &change.message, &change.path)
        };
        change.level == Level::Ok
            && self.changes.iter().enumerate().any(|(at, other)| {
                is_same(other)
                    && (other.level > Level::Ok || (at < index && other.why == change.why))
            })
    }

    /// How many changes of each level are listed.
    pub(super) fn counts(listed: &[&Change]) -> String {
        let count = |level| listed.iter().filter(|one| !one.allowed && one.level == level).count();
        let allowed = listed.iter().filter(|one| one.allowed).count();
        let counts: Vec<String> = [Level::Breaking, Level::Undecided, Level::Warning, Level::Ok]
            .into_iter()
            .filter(|level| count(*level) > 0)
            .map(|level| match (level, count(level)) {
                (Level::Warning, 1) => "1 warning".to_owned(),
                (Level::Warning, count) => format!("{count} warnings"),
                (level, count) => format!("{count} {level}"),
            })
            .chain((allowed > 0).then(|| format!("{allowed} allowed")))
            .collect();
        if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") }
    }

    fn ending(&self, paint: &Paint<'_>, listed: &[&Change], out: &mut String) {
        let failing = self.changes.iter().find(|one| !one.allowed && one.level > Level::Warning);
        if let Some(change) = failing {
            let allow = format!("{}:{}", change.rule, printable(&change.place()));
            let hint = format!("to accept a change on purpose: --allow '{allow}'");
            let _ = writeln!(out, "{}", in_paint(paint.dim, &hint));
        }
        let (verdict, level) = match self.verdict() {
            Verdict::Compatible => ("compatible", Level::Ok),
            Verdict::Undecided => ("undecided", Level::Undecided),
            Verdict::Breaking => ("breaking", Level::Breaking),
        };
        let verdict = in_paint(paint.of(level), verdict);
        let counts = Self::counts(listed);
        let (name, old) = &self.old;
        let (_, new) = &self.new;
        let (name, old, new) = (printable(name), printable(old), printable(new));
        let rollout = self.rollout.name();
        if self.is_first() {
            let _ = writeln!(out, "{verdict}: {name} {new} is new: there is no contract before it");
            return;
        }
        let _ = write!(out, "{verdict}: {name} {old} → {new}, {rollout}: {counts}");
        if let Some(required) = &self.required_version {
            let _ = write!(out, "; required version: {required}");
        }
        out.push('\n');
    }
}

fn line(change: &Change, paint: &Paint<'_>, out: &mut String) {
    let level = if change.allowed { "allowed" } else { change.level.name() };
    let colour = if change.allowed { paint.dim } else { paint.of(change.level) };
    let level = in_paint(colour, &format!("{level:9}"));
    let mut rest = vec![change.rule.to_string(), printable(&change.path)];
    rest.extend(change.way.map(|way| in_paint(paint.dim, &format!("({way})"))));
    let _ = writeln!(out, "  {level} {}", rest.join("  "));
    let _ = writeln!(out, "            {}", printable(&change.why));
    if !change.also.is_empty() {
        let also = format!("also at {}", printable(&change.also.join(", ")));
        let _ = writeln!(out, "            {}", in_paint(paint.dim, &also));
    }
}

/// Without the characters that a hostile contract could steer a terminal with.
fn printable(text: &str) -> String {
    Printable(text).to_string()
}
