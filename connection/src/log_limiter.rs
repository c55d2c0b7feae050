//! Limits lines of a log: at most one a second for each kind and name, and how many were left out.

use std::{
    borrow::Cow,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// The most kinds and names that have lines of their own: a peer may invent names.
const LINES: usize = 64;
/// How much of a name is shown, in characters.
const NAME_SHOWN: usize = 64;

/// Decides which lines are written. It writes none itself, so that each has its crate's target.
#[derive(Debug, Default)]
pub struct LogLimiter {
    lines: Mutex<Vec<Line>>,
    /// Whether something was suppressed and not reported yet.
    suppressed: AtomicBool,
}

#[derive(Debug)]
struct Line {
    /// As it came last.
    last: LogLine,
    /// When it was last written.
    since: Instant,
    suppressed: u64,
}

/// A line of a log, which never has the content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Lines of one kind and name are one. There are few kinds, whatever a peer does.
    pub kind: Cow<'static, str>,
    /// The text.
    pub what: String,
    /// The name of the message that it concerns, as [`shown_name`] returns it.
    pub name: Option<String>,
    /// How many things it reports.
    pub count: u64,
}

impl LogLimiter {
    /// The shortest time between two lines of one kind and name.
    pub const INTERVAL: Duration = Duration::from_secs(1);

    /// Writes a line, with how many were suppressed before it; or counts it, if one like it was written less
    /// than [`INTERVAL`](Self::INTERVAL) ago. Returns whether this is the first that isn't reported:
    /// [`flush`](Self::flush) has to be called then, an interval later.
    pub fn log(&self, mut line: LogLine, now: Instant, write: impl FnOnce(&LogLine, u64)) -> bool {
        let mut lines = self.lock();
        let is_same =
            |one: &Line, line: &LogLine| one.last.kind == line.kind && one.last.name == line.name;
        if lines.len() >= LINES && !lines.iter().any(|one| is_same(one, &line)) {
            lines
                .retain(|one| one.suppressed > 0 || now.duration_since(one.since) < Self::INTERVAL);
            if lines.len() >= LINES {
                line.name = None;
            }
        }
        let mut suppressed = 0;
        if let Some(one) = lines.iter_mut().find(|one| is_same(one, &line)) {
            one.last = line.clone();
            if now.duration_since(one.since) < Self::INTERVAL {
                one.suppressed += line.count;
                return !self.suppressed.swap(true, Ordering::Relaxed);
            }
            suppressed = std::mem::take(&mut one.suppressed);
            one.since = now;
        } else {
            lines.push(Line { last: line.clone(), since: now, suppressed: 0 });
        }
        // A subscriber's code runs in `write`: no lock may be held.
        drop(lines);
        write(&line, suppressed);
        false
    }

    /// Whether something was suppressed and not reported yet.
    pub fn has_suppressed(&self) -> bool {
        self.suppressed.load(Ordering::Relaxed)
    }

    /// Writes what was suppressed and is due; `all`: whatever was. The lines have a count of 0. Returns whether
    /// something is left that isn't due.
    pub fn flush(&self, now: Instant, all: bool, mut write: impl FnMut(&LogLine, u64)) -> bool {
        if !self.has_suppressed() {
            return false;
        }
        let mut lines = self.lock();
        let mut late = Vec::new();
        for one in lines.iter_mut().filter(|one| one.suppressed > 0) {
            if all || now.duration_since(one.since) >= Self::INTERVAL {
                one.since = now;
                let suppressed = std::mem::take(&mut one.suppressed);
                late.push((LogLine { count: 0, ..one.last.clone() }, suppressed));
            }
        }
        let is_left = lines.iter().any(|one| one.suppressed > 0);
        self.suppressed.store(is_left, Ordering::Relaxed);
        drop(lines);
        for (line, suppressed) in late {
            write(&line, suppressed);
        }
        is_left
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        // Nothing that may panic runs under this lock.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name in a log: a peer may have chosen it.
#[must_use]
pub fn shown_name(name: &str) -> String {
    let mut out: String = name.chars().take(NAME_SHOWN).flat_map(char::escape_debug).collect();
    if name.chars().nth(NAME_SHOWN).is_some() {
        out.push('…');
    }
    out
}

/// A text for a person, which a peer or an application may have written: what could end the line or move the
/// cursor is escaped. Unlike with `str::escape_debug`, quotes stay as they are.
#[must_use]
pub fn shown_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' => out.push(c),
            _ => out.extend(c.escape_debug()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &'static str, name: Option<&str>) -> LogLine {
        LogLine { kind: kind.into(), what: "what".to_owned(), name: name.map(shown_name), count: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_is_written_and_the_rest_is_counted() {
        let (limiter, began) = (LogLimiter::default(), Instant::now());
        let mut written = Vec::new();
        let mut log = |kind, name, at: u64| {
            let now = began + Duration::from_millis(at);
            limiter.log(line(kind, name), now, |line, suppressed| {
                written.push((line.kind.to_string(), line.name.clone(), suppressed));
            })
        };
        assert!(!log("a", None, 0) && !log("b", None, 0) && !log("a", Some("x"), 0));
        assert!(log("a", None, 1), "the first that is left out");
        assert!(!log("a", None, 999) && !log("b", None, 999));
        assert!(!log("a", None, 1_000));
        let name = |kind: &str, name: Option<&str>| (kind.to_owned(), name.map(str::to_owned));
        let expected = [("a", None, 0), ("b", None, 0), ("a", Some("x"), 0), ("a", None, 2)];
        let expected = expected.map(|(kind, of, count)| {
            let (kind, of) = name(kind, of);
            (kind, of, count)
        });
        assert_eq!(written, expected);
        let mut late = Vec::new();
        let at = |millis| began + Duration::from_millis(millis);
        let mut flush = |now| limiter.flush(now, false, |line, n| late.push((line.clone(), n)));
        assert!(flush(at(999)), "not due");
        assert!(!flush(at(1_001)) && !flush(at(9_000)));
        assert_eq!(late, [(LogLine { count: 0, ..line("b", None) }, 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn invented_names_share_a_line_beyond_a_number_of_them() {
        let (limiter, now) = (LogLimiter::default(), Instant::now());
        let mut written = 0;
        for number in 0..10_000 {
            limiter.log(line("a", Some(&number.to_string())), now, |_, _| written += 1);
        }
        assert_eq!(written, LINES + 1);
        assert_eq!(limiter.lock().len(), LINES + 1);
    }

    #[test]
    fn quotes_in_a_text_stay_as_they_are() {
        assert_eq!(shown_text("it can't be \"x\"\n\u{1b}[2J"), "it can't be \"x\"\\n\\u{1b}[2J");
    }

    #[test]
    fn names_are_escaped_and_cut() {
        assert_eq!(shown_name("a\u{1b}[31m\n"), "a\\u{1b}[31m\\n");
        assert_eq!(shown_name(&"n".repeat(65)), format!("{}…", "n".repeat(64)));
    }
}
