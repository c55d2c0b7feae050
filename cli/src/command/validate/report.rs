//! The report on the lines: each fault as it is found, and the counts at the end.

use std::{
    collections::BTreeMap,
    io::{self, StdoutLock, Write},
};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::{Failure, Fault, Reason, Rejection};
use crate::command::ignore_broken_pipe;

const PLACE: Style = Style::new().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();

/// How many lines there were of one message.
#[derive(Clone, Copy, Default)]
struct Count {
    valid: u64,
    invalid: u64,
}

/// Reports the results.
pub(super) struct Report<'a> {
    file: &'a str,
    is_json: bool,
    most: u64,
    faults: u64,
    lines: u64,
    unknown: u64,
    no_message: u64,
    messages: BTreeMap<String, Count>,
    bar: ProgressBar,
    out: AutoStream<StdoutLock<'static>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, is_json: bool, most: u64, bar: ProgressBar) -> Self {
        Self {
            file,
            is_json,
            most,
            faults: 0,
            lines: 0,
            unknown: 0,
            no_message: 0,
            messages: BTreeMap::new(),
            bar,
            out: AutoStream::auto(io::stdout().lock()),
        }
    }

    /// Something about the file that is no fault.
    pub(super) fn note(&self, text: &str) {
        self.bar.suspend(|| anstream::eprintln!("{}: {text}", self.file));
    }

    /// One line and its result: the message's name, or why it is none.
    pub(super) fn line(&mut self, number: u64, result: Result<&str, &Rejection>) {
        self.lines += 1;
        match result {
            Ok(name) => self.count(name).valid += 1,
            Err(rejection) => {
                match (rejection.reason(), rejection.message()) {
                    (Reason::Unknown, _) => self.unknown += 1,
                    (_, Some(name)) => self.count(name).invalid += 1,
                    _ => self.no_message += 1,
                }
                for fault in rejection.faults() {
                    self.fault(number, rejection, fault);
                }
            }
        }
    }

    fn count(&mut self, name: &str) -> &mut Count {
        self.messages.entry(name.to_owned()).or_default()
    }

    fn fault(&mut self, number: u64, rejection: &Rejection, fault: &Fault) {
        self.faults += 1;
        if self.faults > self.most {
            return;
        }
        let (file, path, expected) = (self.file, fault.path(), fault.expected());
        let line = if self.is_json {
            json!({
                "file": file,
                "line": number,
                "message": rejection.message(),
                "reason": rejection.reason().as_str(),
                "path": path,
                "expected": expected,
            })
            .to_string()
        } else {
            let name = rejection.message().map(|name| format!("{}: ", name.escape_debug()));
            let name = name.unwrap_or_default();
            let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
            format!("{PLACE}{file}:{number}:{PLACE:#} {name}{path}{expected}")
        };
        let Self { bar, out, .. } = self;
        // `finish` reports that standard output can't be written.
        bar.suspend(|| drop(writeln!(out, "{line}")));
    }

    /// Whether there was no line to check.
    pub(super) fn is_empty(&self) -> bool {
        self.lines == 0
    }

    pub(super) fn is_valid(&self) -> bool {
        self.faults == 0
    }

    /// The counts. Fails where standard output takes no more, as it may have done on the way.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let text = if self.is_json { format!("{}\n", self.as_json()) } else { self.as_text() };
        ignore_broken_pipe(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()))
            .map(drop)
    }

    fn valid(&self) -> u64 {
        self.messages.values().map(|count| count.valid).sum()
    }

    fn as_json(&self) -> Value {
        let messages = self.messages.iter().map(|(name, count)| {
            let Count { valid, invalid } = count;
            (name.clone(), json!({ "valid": valid, "invalid": invalid }))
        });
        json!({
            "lines": self.lines,
            "valid": self.valid(),
            "invalid": self.lines - self.valid(),
            "unknown": self.unknown,
            "no_message": self.no_message,
            "faults": self.faults,
            "messages": messages.collect::<serde_json::Map<_, _>>(),
        })
    }

    fn as_text(&self) -> String {
        let mut lines = Vec::new();
        if self.faults > self.most {
            let more = self.faults - self.most;
            lines.push(format!("{more} more faults, not shown (see --max-errors)"));
        }
        let width = self.messages.keys().map(|name| name.chars().count()).max().unwrap_or(0);
        for (name, Count { valid, invalid }) in &self.messages {
            let style = if *invalid == 0 { GOOD } else { BAD };
            lines.push(format!("{name:width$}  {valid} valid, {style}{invalid} invalid{style:#}"));
        }
        for (count, what) in
            [(self.unknown, "of an unknown type"), (self.no_message, "that are no message")]
        {
            if count > 0 {
                lines.push(format!("{BAD}{count} {what}{BAD:#}"));
            }
        }
        let style = if self.is_valid() { GOOD } else { BAD };
        let (valid, all) = (self.valid(), self.lines);
        lines.push(format!("{style}{valid} of {all} lines are valid{style:#}\n"));
        lines.join("\n")
    }
}
