//! What happens to a connection, as data.

use std::{borrow::Cow, fmt};

use crate::error::Error;

/// Where the client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum State {
    /// Not connected yet, or a first `connect()` failed.
    #[default]
    Idle,
    /// A first attempt is under way, or with `retry_first_connect` the next one waits: see
    /// [`Client::next_attempt`](crate::Client::next_attempt).
    Connecting,
    /// The connection is open.
    Open,
    /// The connection was lost; an attempt is waiting or under way.
    Reconnecting {
        /// Its number, counted from 1.
        attempt: u32,
    },
    /// `disconnect()` drains and closes.
    Closing,
    /// Closed for good: by `disconnect()`, by a refusal that no retry would change, or with its runtime.
    /// Messages are refused until `connect()`.
    Closed,
    /// The attempts to reconnect are exhausted. Messages are refused until `connect()`.
    Failed,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Idle => f.write_str("idle"),
            Self::Connecting => f.write_str("connecting"),
            Self::Open => f.write_str("open"),
            Self::Reconnecting { attempt } => write!(f, "reconnecting (attempt {attempt})"),
            Self::Closing => f.write_str("closing"),
            Self::Closed => f.write_str("closed"),
            Self::Failed => f.write_str("failed"),
        }
    }
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClosedBy {
    /// This client: `disconnect()`, the last handle dropped, or a protocol error that it answered.
    Client,
    /// The server, with a Close frame.
    Server,
    /// Neither said so: reset, ended without a Close frame, or silent beyond the heartbeat.
    Network,
    /// Nobody, for nothing was open: a first attempt was refused in a way that no retry would change.
    /// [`CloseInfo::reason`] says why, in the words of the error.
    Refused,
}

/// How a connection ended, or that the client stopped before one was open
/// ([`ClosedBy::Refused`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CloseInfo {
    /// The close code as in RFC 6455, section 7.1.5: 1005 when the Close frame had none, 1006 when
    /// there was no Close frame.
    pub code: u16,
    /// The reason in the Close frame, as sent. Escape it before you print it: a server may put
    /// anything there. With [`ClosedBy::Refused`], the error's message.
    pub reason: String,
    /// Whether both sides exchanged Close frames.
    pub clean: bool,
    /// Who ended it.
    pub by: ClosedBy,
}

impl CloseInfo {
    /// An ended connection, for a test of your own code. `clean` is set if the server's Close frame
    /// ended it.
    ///
    /// ```
    /// use wirebond_client::{CloseInfo, ClosedBy};
    ///
    /// let info = CloseInfo::new(4401, "token expired", ClosedBy::Server);
    /// assert_eq!(info.to_string(), r#"closed by the server with code 4401 ("token expired")"#);
    /// ```
    pub fn new(code: u16, reason: impl Into<String>, by: ClosedBy) -> Self {
        Self { code, reason: reason.into(), clean: by == ClosedBy::Server, by }
    }
}

impl fmt::Display for CloseInfo {
    /// In one line, with control characters of the reason escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            ClosedBy::Client => "the client",
            ClosedBy::Server => "the server",
            ClosedBy::Network => "the network",
            ClosedBy::Refused => "",
        };
        match self.by {
            ClosedBy::Refused => f.write_str("refused before a connection was open")?,
            _ => write!(f, "closed by {by} with code {}", self.code)?,
        }
        if self.reason.is_empty() { Ok(()) } else { write!(f, " ({:?})", self.reason) }
    }
}

/// Why an accepted message was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// It waited longer than `message_ttl`.
    Expired,
    /// A newer one took its place: `overflow` is `DropOldest`.
    Overflowed,
    /// The last handle was dropped before a connection could take it.
    Closed,
    /// With `Unconfirmed::Redeliver`: `max_deliveries` deliveries of it failed, or the peer answered it
    /// with Close 1009, "message too big" (RFC 6455, section 7.4.1).
    Undeliverable,
    /// [`Client::clear_queue`](crate::Client::clear_queue) was called.
    Cleared,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it waited longer than its time to live",
            Self::Overflowed => "a newer message took its place",
            Self::Closed => "the client was dropped",
            Self::Undeliverable => "no connection survived it",
            Self::Cleared => "the queue was cleared",
        })
    }
}

/// A message's wire name.
pub(crate) type Name = Cow<'static, str>;

/// What happened. See [`Client::events`](crate::Client::events).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A connection is open.
    Open,
    /// A connection ended: one for each [`Event::Open`]. A client that is refused for good before its
    /// first connection has one, too, with [`ClosedBy::Refused`].
    Close(CloseInfo),
    /// Something failed; the client goes on by its rules.
    Error(Error),
    /// An attempt to reconnect begins.
    Reconnect {
        /// Its number, counted from 1.
        attempt: u32,
    },
    /// The attempts are exhausted.
    ReconnectFailed,
    /// Messages had been written when their connection died, and nothing tells whether the server
    /// read them. With `Unconfirmed::Redeliver` they are queued again instead.
    Unconfirmed {
        /// The wire name.
        name: Name,
        /// How many.
        count: u64,
    },
    /// Accepted messages were dropped: before they were written, or because no peer takes them.
    Dropped {
        /// The wire name.
        name: Name,
        /// How many.
        count: u64,
        /// Why.
        reason: DropReason,
    },
    /// The client stopped for good while messages waited. They stay queued for the next `connect()`.
    Kept {
        /// How many.
        count: u64,
    },
    /// The server answers no Pings: from now on messages count as unconfirmed once they are written,
    /// without an event of their own. Those that were in flight are reported next.
    ConfirmationUnavailable,
    /// A handler or stream has not kept up for 10 s; nothing more is read until it does.
    Stalled {
        /// The wire name.
        name: Name,
    },
    /// A subscription lost its oldest messages because its inbox was full.
    Lagged {
        /// The wire name.
        name: Name,
        /// How many since the last such event.
        count: u64,
    },
}
