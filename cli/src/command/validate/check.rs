//! One line after the other: what it holds, and whether that is a message.

use wirebond_schema::{
    Direction,
    validate::{Rejection, Validator},
};

use super::{
    report::Report,
    session::{self, Session},
};
use crate::command::{
    lines::Line,
    recording::{self, Captured, Har, Recorded},
};

/// What messages are checked against.
#[derive(Clone, Copy)]
pub(super) struct Validators<'i> {
    pub(super) contract: &'i Validator,
    /// For the frames of sessions, if they are asked for.
    pub(super) session: Option<&'i Session>,
}

/// Checks lines and passes the results to the report.
pub(super) struct Check<'i, 'r> {
    validators: Validators<'i>,
    report: &'i mut Report<'r>,
    /// Whose messages are asked for.
    side: Option<Direction>,
    most: usize,
    has_noted: bool,
    has_noted_session: bool,
    pub(super) is_empty_har: bool,
}

impl<'i, 'r> Check<'i, 'r> {
    pub(super) fn new(
        validators: Validators<'i>,
        side: Option<Direction>,
        most: usize,
        report: &'i mut Report<'r>,
    ) -> Self {
        let (has_noted, has_noted_session, is_empty_har) = (false, false, false);
        Self { validators, report, side, most, has_noted, has_noted_session, is_empty_har }
    }

    pub(super) fn line(&mut self, line: Line<'_>) {
        let (number, result) = match line {
            Line::Text { number: 1, bytes } if bytes.starts_with(b"\xEF\xBB\xBF") => {
                self.report.note("it starts with a byte order mark, which is skipped");
                (1, text(&bytes[3..]))
            }
            Line::Text { number, bytes } => (number, text(bytes)),
            Line::TooLong { number, length } => {
                let most = self.most;
                let expected =
                    format!("expected at most {most} bytes, found {length} (see --max-line)");
                return self.report.line(number, Err(&Rejection::no_text(expected)));
            }
        };
        match result {
            Ok(text) => self.text(number, text),
            Err(place) => {
                let expected =
                    format!("expected UTF-8 text, found something else (at byte {place})");
                self.report.line(number, Err(&Rejection::no_text(expected)));
            }
        }
    }

    fn text(&mut self, number: u64, text: &str) {
        if recording::is_chatter(text) {
            return;
        }
        if let Some(Captured { from, text }) = recording::captured(text) {
            return self.message(number, &text, Some(from));
        }
        let Some(Recorded { message, from }) = recording::split(text) else {
            return self.message(number, text, None);
        };
        if !std::mem::replace(&mut self.has_noted, true) {
            self.report.note(
                "lines begin with what a recording adds, which is skipped; `<` is taken for a message \
                 of the server, `>` for one of the client",
            );
        }
        self.message(number, message, from);
    }

    fn message(&mut self, number: u64, text: &str, from: Option<Direction>) {
        // The other side's messages are not asked for.
        if self.side.is_some() && from.is_some() && self.side != from {
            return;
        }
        let from = self.side.or(from).unwrap_or(Direction::Both);
        let Validators { contract, session } = self.validators;
        if let Some(result) = session.and_then(|session| session.check(text, from)) {
            return self.report.line(number, result.as_deref());
        }
        // Each message of an array counts by itself, with the number of its line.
        for result in contract.check_frame(text, from) {
            if result.is_err() && session::name(text).is_some() && !self.has_noted_session {
                self.has_noted_session = true;
                self.report.note(
                    "names that begin with `$` are those of sessions and calls: --session checks them too",
                );
            }
            self.report.line(number, result.as_ref().copied());
        }
    }

    /// Lines that were read before it was clear what they are.
    pub(super) fn lines(&mut self, first: u64, text: &[u8]) {
        let lines = text.split(|byte| *byte == b'\n');
        if lines.clone().count() > 1 && text.trim_ascii() != b"{" {
            self.report.note("messages are read one a line; `jq -c .` makes them so");
        }
        for (number, bytes) in (first..).zip(lines) {
            self.line(Line::Text { number, bytes });
        }
    }

    pub(super) fn har(&mut self, har: &Har<'_>) {
        self.report.note("it is a HAR file: its WebSocket messages are counted as lines");
        self.is_empty_har = har.messages().next().is_none();
        for (number, message) in (1..).zip(har.messages()) {
            if let Some(text) = message.text() {
                self.message(number, text, message.from());
            } else {
                let expected = "expected a text message, found a binary one".to_owned();
                self.report.line(number, Err(&Rejection::no_text(expected)));
            }
        }
    }
}

/// The text of a line, or the place of the first byte that is none, counted from 1.
fn text(bytes: &[u8]) -> Result<&str, usize> {
    std::str::from_utf8(bytes).map_err(|error| error.valid_up_to() + 1)
}
