//! Warnings about what nobody subscribed to, logged at WARN: by message name, never by content, and at
//! most one line a second for each name.

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    error::{ConnectErrorKind, ErrorKind},
    event::{ClosedBy, ContractNotice, ContractVerdict, DropReason, Event, SessionEvent},
    sync::lock,
};

/// The shortest time between two lines of one name.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);
/// The most names that have lines of their own: a peer may invent names.
const NAMES: usize = 64;
/// How much of a name is shown, in characters.
const NAME_SHOWN: usize = 64;

/// Lines by their text and message name.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    lines: Mutex<Vec<Line>>,
    /// Whether something was suppressed and not reported yet.
    suppressed: AtomicBool,
}

#[derive(Debug)]
struct Line {
    kind: Cow<'static, str>,
    /// Its last text.
    what: String,
    name: Option<String>,
    /// When it was last written.
    since: Instant,
    suppressed: u64,
}

/// One thing to warn of.
pub(crate) struct Warning {
    /// Lines of one kind and name are one. There are few kinds, whatever a peer does.
    kind: Cow<'static, str>,
    what: String,
    name: Option<String>,
    count: u64,
}

impl Warning {
    fn new(what: &'static str, name: Option<&str>, count: u64) -> Self {
        Self::of_kind(what, what, name, count)
    }

    fn of_kind(
        kind: impl Into<Cow<'static, str>>,
        what: impl Into<String>,
        name: Option<&str>,
        count: u64,
    ) -> Self {
        Self { kind: kind.into(), what: what.into(), name: name.map(shown), count }
    }

    /// A message that the contract doesn't know.
    pub(crate) fn unknown(name: &str) -> Self {
        Self::new("a message with an unknown name was ignored", Some(name), 1)
    }

    /// The warning for an event that nobody subscribed to, if it deserves one.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Error(error) => {
                // The text of these may contain a part of a message or a credential.
                let what = match error.kind() {
                    kind @ (ErrorKind::Payload
                    | ErrorKind::Handler
                    | ErrorKind::HandlerPanic
                    | ErrorKind::Connect(ConnectErrorKind::Provider)) => {
                        format!("{kind}; `on_error` tells why")
                    }
                    _ => error.text(),
                };
                let kind = match error.kind() {
                    ErrorKind::Connect(_) => Cow::Borrowed("connect"),
                    kind => Cow::Owned(format!("{kind:?}")),
                };
                Self::of_kind(kind, what, error.message_name(), 1)
            }
            Event::Close(info) => {
                let by = match info.by {
                    // The client closed on purpose, or an error reports the reason.
                    ClosedBy::Client | ClosedBy::Refused => return None,
                    ClosedBy::Server => "the server",
                    ClosedBy::Network => "the network",
                };
                // Without the reason: a server may put anything there.
                Self::of_kind("close", format!("closed by {by} with code {}", info.code), None, 1)
            }
            Event::ReconnectFailed => Self::new(
                "the attempts to reconnect are exhausted; `connect()` starts afresh",
                None,
                1,
            ),
            Event::Unconfirmed { name, count } => {
                let what = "the connection ended before messages were confirmed; they may be lost";
                Self::new(what, Some(name), *count)
            }
            // They asked for it.
            Event::Dropped { reason: DropReason::Cleared, .. } => return None,
            Event::Dropped { name, count, reason } => {
                let what = format!("a message was dropped: {reason}");
                Self::of_kind(what.clone(), what, Some(name), *count)
            }
            Event::Kept { count } => {
                let what = "the client has stopped; messages stay queued for the next `connect()`";
                Self::new(what, None, *count)
            }
            Event::ConfirmationUnavailable => {
                Self::new("the server answers no Pings: messages can't be confirmed", None, 1)
            }
            Event::Stalled { name } => {
                let what = "a handler or stream doesn't keep up: nothing is read until it does";
                Self::new(what, Some(name), 1)
            }
            Event::Lagged { name, count } => {
                Self::new("a full inbox lost its oldest messages", Some(name), *count)
            }
            Event::Session(event) => return Self::of_session(event),
            Event::Contract(notice) => return Self::of_contract(notice),
            _ => return None,
        })
    }

    fn of_contract(notice: &ContractNotice) -> Option<Self> {
        let what = "the server has another contract, with which some messages don't work";
        (notice.verdict == ContractVerdict::Breaking).then(|| Self::new(what, None, 1))
    }

    fn of_session(event: &SessionEvent) -> Option<Self> {
        match event {
            SessionEvent::Began | SessionEvent::Resumed => None,
            SessionEvent::Plain => {
                let what = "the server has no sessions: messages may be lost with a connection";
                Some(Self::new(what, None, 1))
            }
            SessionEvent::Lost { reason } => {
                let what = format!("a session is lost, and messages may be missing: {reason}");
                Some(Self::of_kind("session lost", what, None, 1))
            }
            SessionEvent::Gap { count, reason } => {
                let what = format!("the server dropped messages ({reason})");
                Some(Self::of_kind("session gap", what, None, *count))
            }
        }
    }
}

impl Warnings {
    /// Logs a warning, or counts it if one like it was logged less than a second ago.
    #[cold]
    pub(crate) fn log(&self, warning: Warning, now: Instant) {
        if !tracing::enabled!(tracing::Level::WARN) {
            return;
        }
        let Warning { kind, what, mut name, count } = warning;
        let mut lines = lock(&self.lines);
        let is_known = |lines: &[Line], name: &Option<String>| {
            lines.iter().any(|line| line.kind == kind && line.name == *name)
        };
        if !is_known(&lines, &name) && lines.len() >= NAMES {
            lines.retain(|line| line.suppressed > 0 || now.duration_since(line.since) < INTERVAL);
            if lines.len() >= NAMES {
                name = None;
            }
        }
        let mut suppressed = 0;
        if let Some(line) = lines.iter_mut().find(|line| line.kind == kind && line.name == name) {
            line.what.clone_from(&what);
            if now.duration_since(line.since) < INTERVAL {
                line.suppressed += count;
                self.suppressed.store(true, Ordering::Relaxed);
                return;
            }
            suppressed = std::mem::take(&mut line.suppressed);
            line.since = now;
        } else {
            let (what, name) = (what.clone(), name.clone());
            lines.push(Line { kind, what, name, since: now, suppressed: 0 });
        }
        drop(lines);
        write(&what, name.as_deref(), count, suppressed);
    }

    /// Whether something was suppressed and not reported yet.
    pub(crate) fn has_suppressed(&self) -> bool {
        self.suppressed.load(Ordering::Relaxed)
    }

    /// Reports what was suppressed more than a second ago; `all`: whatever was.
    pub(crate) fn flush(&self, now: Instant, all: bool) {
        if !self.has_suppressed() {
            return;
        }
        let mut lines = lock(&self.lines);
        let mut late = Vec::new();
        for line in lines.iter_mut().filter(|line| line.suppressed > 0) {
            if all || now.duration_since(line.since) >= INTERVAL {
                line.since = now;
                let suppressed = std::mem::take(&mut line.suppressed);
                late.push((line.what.clone(), line.name.clone(), suppressed));
            }
        }
        self.suppressed.store(lines.iter().any(|line| line.suppressed > 0), Ordering::Relaxed);
        drop(lines);
        for (what, name, suppressed) in late {
            write(&what, name.as_deref(), 0, suppressed);
        }
    }
}

/// A subscriber's code runs in here: no lock is held.
fn write(what: &str, name: Option<&str>, count: u64, suppressed: u64) {
    // Absent fields don't appear in the line.
    let suppressed = (suppressed > 0).then_some(suppressed);
    let count = (count > 1).then_some(count);
    tracing::warn!(name, count, suppressed, "{what}");
}

/// A name in a log: a peer may have chosen it.
fn shown(name: &str) -> String {
    let mut out: String = name.chars().take(NAME_SHOWN).flat_map(char::escape_debug).collect();
    if name.chars().nth(NAME_SHOWN).is_some() {
        out.push('…');
    }
    out
}

impl fmt::Debug for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warning").field("what", &self.what).finish_non_exhaustive()
    }
}
