//! How a peer's connection ended, and what a client reports as dropped.

use wirebond_connection::session::GapReason;

use crate::outbox::Undelivered;

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disconnect {
    /// The code of the first Close frame: 1005 if it had none, 1006 if there was no Close frame (RFC 6455,
    /// section 7.1.5).
    pub code: u16,
    /// The reason in that frame. Escape it before you print it: it may contain any character.
    pub reason: String,
    /// Who ended the connection.
    pub by: EndedBy,
    /// The names of accepted messages that the peer did not get, with their number: those that were never
    /// written, and those of a session that made room for others after a connection broke, and that the
    /// client had not received when it came back. Their sum is [`PeerStats::undelivered`](crate::PeerStats::undelivered).
    pub undelivered: Vec<(String, u64)>,
    /// The names of messages of a session that were written and not acknowledged, with their number: the
    /// client may have got them. Those that made room for others while it was away are among them, unless it
    /// came back since. Without a session nothing is acknowledged, and this is empty.
    pub unconfirmed: Vec<(String, u64)>,
    /// The names of messages that were not sent because the client's contract can't read them, with their
    /// number: see [`ContractPolicy::Skip`](crate::ContractPolicy::Skip).
    pub skipped: Vec<(String, u64)>,
}

impl Disconnect {
    pub(crate) fn never_got(&mut self, messages: Undelivered) {
        self.undelivered = messages.lost.into_iter().collect();
        self.unconfirmed = messages.unconfirmed.into_iter().collect();
        self.skipped = messages.skipped.into_iter().collect();
    }

    /// Describes a connection that ended with everything written, for a test of your own code.
    ///
    /// ```
    /// use wirebond_server::{Disconnect, EndedBy};
    ///
    /// let end = Disconnect::new(1001, "", EndedBy::Peer);
    /// assert!(end.undelivered.is_empty());
    /// ```
    #[must_use]
    pub fn new(code: u16, reason: impl Into<String>, by: EndedBy) -> Self {
        Self {
            code,
            reason: reason.into(),
            by,
            undelivered: Vec::new(),
            unconfirmed: Vec::new(),
            skipped: Vec::new(),
        }
    }
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndedBy {
    /// The peer, with a Close frame.
    Peer,
    /// This server.
    Server,
    /// The network: the connection was reset, ended without a Close frame, or timed out.
    Network,
    /// Nobody: the session's client did not come back in time, or too many sessions had no connection.
    Expired,
}

/// Messages that the client of a session has dropped. See [`Builder::missed`](crate::Builder::missed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missed {
    /// How many will not come.
    pub count: u64,
    /// Why.
    pub reason: GapReason,
}
