//! Warnings about what nobody subscribed to, logged at WARN: by message name, never by content, and at
//! most one line a second for each name.

use std::{borrow::Cow, fmt};

use tokio::time::Instant;
use wirebond_connection::log_limiter::{LogLimiter, LogLine, shown_name};

use crate::{
    error::{ConnectErrorKind, ErrorKind},
    event::{ClosedBy, ContractNotice, ContractVerdict, DropReason, Event, SessionEvent},
};

/// Lines by their text and message name.
#[derive(Debug, Default)]
pub(crate) struct Warnings(LogLimiter);

/// One thing to warn of.
pub(crate) struct Warning(LogLine);

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
        Self(LogLine { kind: kind.into(), what: what.into(), name: name.map(shown_name), count })
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
    pub(crate) fn log(&self, Warning(line): Warning, now: Instant) {
        if tracing::enabled!(tracing::Level::WARN) {
            self.0.log(line, now, write);
        }
    }

    /// Whether something was suppressed and not reported yet.
    pub(crate) fn has_suppressed(&self) -> bool {
        self.0.has_suppressed()
    }

    /// Reports what was suppressed more than a second ago; `all`: whatever was.
    pub(crate) fn flush(&self, now: Instant, all: bool) {
        self.0.flush(now, all, write);
    }
}

fn write(line: &LogLine, suppressed: u64) {
    let LogLine { what, name, count, .. } = line;
    // Absent fields don't appear in the line.
    let suppressed = (suppressed > 0).then_some(suppressed);
    let count = (*count > 1).then_some(*count);
    tracing::warn!(name, count, suppressed, "{what}");
}

impl fmt::Debug for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warning").field("what", &self.0.what).finish_non_exhaustive()
    }
}
