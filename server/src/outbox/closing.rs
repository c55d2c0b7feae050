//! How a connection is to be ended from this side, and which of several ends is followed.

use std::time::Duration;

use wirebond_connection::session::GoneReason;

/// The close code of a connection whose credentials have expired.
pub(crate) const CREDENTIALS_EXPIRED: u16 = 4401;

/// How a connection is to be ended from this side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: String,
    /// The work that is left before the Close frame.
    pub(crate) drain: Drain,
    pub(crate) ends: Ends,
    /// How long the client of a session that ends may take to acknowledge what it has: half of `close_timeout`, and
    /// no longer than this.
    pub(crate) patience: Duration,
}

/// What ends with a connection that this side closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The connection alone: a session goes on.
    Connection,
    /// A session, too.
    Session,
    /// A session, too, because it isn't kept any longer.
    Expired,
    /// A session, too, in favour of others.
    Evicted,
}

/// The work that is left on a connection that this side closes, within `close_timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Drain {
    /// Nothing.
    None,
    /// Queued messages are written and received ones are handled; no message is accepted.
    Queue,
    /// The same, and the answers of handlers are accepted and written.
    Answers,
}

impl Closing {
    pub(crate) fn new(code: u16, reason: &str, drain: Drain, ends: Ends) -> Self {
        Self { code, reason: reason.to_owned(), drain, ends, patience: Duration::MAX }
    }

    pub(crate) fn ends_session(&self) -> bool {
        self.ends != Ends::Connection
    }

    /// Why a session is gone that ends with it, unless its numbers contradict each other.
    pub(crate) fn gone(&self) -> GoneReason {
        if self.ends == Ends::Evicted { GoneReason::Evicted } else { GoneReason::Expired }
    }

    /// Whether this one takes precedence over an earlier one: because it drains less, or ends a session.
    pub(super) fn overrides(&self, first: &Self) -> bool {
        self.drain < first.drain || (self.ends_session() && !first.ends_session())
    }

    /// Whether this is done once a session's connection is gone. `is_closed`: it was closed as this side had asked
    /// for.
    pub(super) fn ends_with_connection(&self, is_closed: bool) -> bool {
        !self.ends_session() && (is_closed || self.code == CREDENTIALS_EXPIRED)
    }
}
