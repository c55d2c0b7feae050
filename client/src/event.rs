//! What happens to a connection, as data.

use std::{borrow::Cow, fmt};

use crate::error::Error;

mod session;

pub use session::{GapReason, SessionEvent, SessionLoss};
pub use wirebond_connection::session::{ContractNotice, ContractVerdict};

/// The state of a client.
///
/// ```
/// use wirebond_client::{Client, State};
///
/// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
/// assert_eq!(client.state(), State::Idle);
/// # Ok::<(), wirebond_client::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum State {
    /// Not connected yet, or a first `connect()` failed.
    #[default]
    Idle,
    /// The first connection is being made. With `retry_first_connect` the client may be between two
    /// attempts: see [`Client::next_attempt`](crate::Client::next_attempt).
    Connecting,
    /// The connection is open.
    Open,
    /// The connection was lost; an attempt to reconnect is scheduled or under way.
    Reconnecting {
        /// The number of the attempt, counted from 1.
        attempt: u32,
    },
    /// `disconnect()` drains the queue and closes the connection.
    Closing,
    /// The client has stopped: after `disconnect()`, after an answer of the server that a retry would not
    /// change, or because its runtime was shut down. Messages are refused until `connect()`.
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
    /// Neither: the connection was reset, ended without a Close frame, or timed out.
    Network,
    /// No connection was open: the server refused a first attempt in a way that a retry would not change.
    /// [`CloseInfo::reason`] is the message of that error.
    Refused,
}

/// How a connection ended. With [`ClosedBy::Refused`], the client stopped before one was open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CloseInfo {
    /// The close code (RFC 6455, section 7.1.5): 1005 if the Close frame had none, 1006 if there was no
    /// Close frame.
    pub code: u16,
    /// The reason in the Close frame, as sent. Escape it before you print it: it may contain any
    /// character. With [`ClosedBy::Refused`], the error's message.
    pub reason: String,
    /// Whether both sides exchanged Close frames.
    pub clean: bool,
    /// Who ended it.
    pub by: ClosedBy,
}

impl CloseInfo {
    /// Describes a connection that ended, for a test of your own code. `clean` is true if the server
    /// closed it.
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
    /// Writes one line, with the control characters of the reason escaped.
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
    /// The last handle was dropped before the message could be written.
    Closed,
    /// With `Unconfirmed::Redeliver`: `max_deliveries` deliveries of it failed, or the server answered it
    /// with Close 1009, "message too big" (RFC 6455, section 7.4.1). Or it is an answer to a call of the server's,
    /// and larger than `max_outgoing_message_size`.
    Undeliverable,
    /// [`Client::clear_queue`](crate::Client::clear_queue) was called.
    Cleared,
    /// It was the answer to a call of the server's, whose connection has ended. The same is counted, but
    /// not reported, for the request of a call that nobody waits for any more.
    Withdrawn,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it waited longer than its time to live",
            Self::Overflowed => "a newer message took its place",
            Self::Closed => "the client was dropped",
            Self::Undeliverable => "it could not be delivered",
            Self::Cleared => "the queue was cleared",
            Self::Withdrawn => "nobody waits for it any more",
        })
    }
}

/// A message's wire name.
pub(crate) type Name = Cow<'static, str>;

/// Something that happened to the client. See [`Client::events`](crate::Client::events).
///
/// Events and their fields may be added: a `match` has an arm `_`, and a pattern ends with `..`.
///
/// ```
/// use wirebond_client::Event;
///
/// fn show(event: &Event) -> Option<String> {
///     match event {
///         Event::Close(info) => Some(info.to_string()),
///         Event::Unconfirmed { name, count, .. } => Some(format!("{count} of {name} may be lost")),
///         _ => None,
///     }
/// }
///
/// assert_eq!(show(&Event::unconfirmed("chat", 2)).as_deref(), Some("2 of chat may be lost"));
/// assert_eq!(show(&Event::Open), None);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A connection is open.
    Open,
    /// A connection ended: there is one for each [`Event::Open`]. A client that stops before its first
    /// connection reports one as well, with [`ClosedBy::Refused`].
    Close(CloseInfo),
    /// Something failed. What the client does next doesn't depend on whether anyone handles this.
    Error(Error),
    /// An attempt to reconnect begins.
    #[non_exhaustive]
    Reconnect {
        /// The number of the attempt, counted from 1.
        attempt: u32,
    },
    /// The attempts to reconnect are exhausted.
    ReconnectFailed,
    /// Messages had been written when their connection ended, and it is not known whether the server
    /// read them. With `Unconfirmed::Redeliver` they are queued again instead. In a session: when the
    /// session ended, and it is not known whether the server handled them.
    #[non_exhaustive]
    Unconfirmed {
        /// The wire name.
        name: Name,
        /// How many.
        count: u64,
    },
    /// Accepted messages were dropped: before they were written, or because they can't be delivered. Those that
    /// waited to be written again (`Unconfirmed::Redeliver`, calls that may run twice) may have been read by the
    /// server.
    #[non_exhaustive]
    Dropped {
        /// The wire name.
        name: Name,
        /// How many.
        count: u64,
        /// Why.
        reason: DropReason,
    },
    /// The client stopped while messages were queued. They stay queued for the next `connect()`.
    #[non_exhaustive]
    Kept {
        /// How many.
        count: u64,
    },
    /// The server answers no Pings: from now on messages count as unconfirmed once they are written,
    /// without an event of their own. Those that were in flight are reported next.
    ConfirmationUnavailable,
    /// A handler or stream has not kept up for 10 s; nothing more is read until it does.
    #[non_exhaustive]
    Stalled {
        /// The wire name.
        name: Name,
    },
    /// A subscription lost its oldest messages because its inbox was full. Or a connection ended before messages that
    /// had arrived on it were delivered: `$opening` has those that waited for an
    /// [opening](crate::Builder::opening), `$batch` the rest of a frame that held several.
    #[non_exhaustive]
    Lagged {
        /// The wire name.
        name: Name,
        /// How many since the last such event.
        count: u64,
    },
    /// Something happened to the session: see [`Builder::sessions`](crate::Builder::sessions).
    Session(SessionEvent),
    /// The server has another contract than this client, and says what that means: see
    /// [`Builder::contract`](crate::Builder::contract). If the server doesn't know this client's contract, the
    /// typed client compares the messages by their fingerprints. It comes before the first message of a connection.
    Contract(ContractNotice),
}

/// Events for a test of your own code.
impl Event {
    /// Makes a [`Reconnect`](Self::Reconnect).
    ///
    /// ```
    /// use wirebond_client::Event;
    ///
    /// assert!(matches!(Event::reconnect(1), Event::Reconnect { attempt: 1, .. }));
    /// ```
    pub const fn reconnect(attempt: u32) -> Self {
        Self::Reconnect { attempt }
    }

    /// Makes an [`Unconfirmed`](Self::Unconfirmed).
    ///
    /// ```
    /// use wirebond_client::Event;
    ///
    /// assert!(matches!(Event::unconfirmed("chat", 2), Event::Unconfirmed { count: 2, .. }));
    /// ```
    pub fn unconfirmed(name: impl Into<Cow<'static, str>>, count: u64) -> Self {
        Self::Unconfirmed { name: name.into(), count }
    }

    /// Makes a [`Dropped`](Self::Dropped).
    ///
    /// ```
    /// use wirebond_client::{DropReason, Event};
    ///
    /// let event = Event::dropped("chat", 2, DropReason::Expired);
    /// assert!(matches!(event, Event::Dropped { reason: DropReason::Expired, .. }));
    /// ```
    pub fn dropped(name: impl Into<Cow<'static, str>>, count: u64, reason: DropReason) -> Self {
        Self::Dropped { name: name.into(), count, reason }
    }

    /// Makes a [`Kept`](Self::Kept).
    ///
    /// ```
    /// use wirebond_client::Event;
    ///
    /// assert!(matches!(Event::kept(2), Event::Kept { count: 2, .. }));
    /// ```
    pub const fn kept(count: u64) -> Self {
        Self::Kept { count }
    }

    /// Makes a [`Stalled`](Self::Stalled).
    ///
    /// ```
    /// use wirebond_client::Event;
    ///
    /// assert!(matches!(Event::stalled("chat"), Event::Stalled { name, .. } if name == "chat"));
    /// ```
    pub fn stalled(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Stalled { name: name.into() }
    }

    /// Makes a [`Lagged`](Self::Lagged).
    ///
    /// ```
    /// use wirebond_client::Event;
    ///
    /// assert!(matches!(Event::lagged("chat", 2), Event::Lagged { count: 2, .. }));
    /// ```
    pub fn lagged(name: impl Into<Cow<'static, str>>, count: u64) -> Self {
        Self::Lagged { name: name.into(), count }
    }
}
