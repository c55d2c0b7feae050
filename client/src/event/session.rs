//! What happens to a session, as data.

use std::fmt;

use wirebond_connection::session;

/// Something that happened to the client's session. See [`Builder::sessions`](crate::Builder::sessions).
///
/// ```
/// use wirebond_client::{Event, SessionEvent};
///
/// /// What the user sees.
/// fn notice(event: &Event) -> Option<&'static str> {
///     match event {
///         Event::Session(SessionEvent::Lost { .. } | SessionEvent::Gap { .. }) => {
///             Some("something may be missing: please reload")
///         }
///         _ => None,
///     }
/// }
///
/// assert_eq!(notice(&Event::Session(SessionEvent::Resumed)), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A session began: the first one, or another one after a loss.
    Began,
    /// The session continues on a new connection. Nothing is missing in either direction.
    Resumed,
    /// The session is lost: messages of the server may be missing. Of the client's own messages, those
    /// that may be lost are reported next, by name: [`Event::Unconfirmed`](crate::Event::Unconfirmed).
    #[non_exhaustive]
    Lost {
        /// Why.
        reason: SessionLoss,
    },
    /// The server has dropped messages to this client. They were to arrive here. Gaps of one reason that arrive
    /// together, without a message between them, are one event.
    #[non_exhaustive]
    Gap {
        /// How many.
        count: u64,
        /// Why.
        reason: GapReason,
    },
    /// The server has no sessions: from now on messages are confirmed by Pings and may be lost with a
    /// connection, as without the setting. Reported once, and again after a session.
    Plain,
}

/// Session events for a test of your own code.
impl SessionEvent {
    /// Makes a [`Lost`](Self::Lost).
    ///
    /// ```
    /// use wirebond_client::{SessionEvent, SessionLoss};
    ///
    /// let lost = SessionEvent::lost(SessionLoss::Expired);
    /// assert!(matches!(lost, SessionEvent::Lost { reason: SessionLoss::Expired, .. }));
    /// ```
    pub const fn lost(reason: SessionLoss) -> Self {
        Self::Lost { reason }
    }

    /// Makes a [`Gap`](Self::Gap).
    ///
    /// ```
    /// use wirebond_client::{GapReason, SessionEvent};
    ///
    /// let gap = SessionEvent::gap(2, GapReason::Overflow);
    /// assert!(matches!(gap, SessionEvent::Gap { count: 2, .. }));
    /// ```
    pub fn gap(count: u64, reason: impl Into<GapReason>) -> Self {
        Self::Gap { count, reason: reason.into() }
    }
}

/// Why a session is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionLoss {
    /// It had no connection for longer than the server keeps it, or the server has ended it.
    Expired,
    /// It had no connection, and the server ended it before its time: it keeps only so many, or so much for them.
    Evicted,
    /// The server doesn't know it: it was restarted, or another server answers.
    Unknown,
    /// The numbers of the two sides contradicted each other, or the server broke the protocol.
    Mismatch,
    /// The server closed the connection with 4409: the session can't continue.
    Refused,
    /// The server has no sessions now.
    Unsupported,
    /// The connection that began it ended before its opening did.
    Opening,
    /// A reason that this version doesn't know.
    Other,
}

impl fmt::Display for SessionLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "it had no connection for too long",
            Self::Evicted => "it had no connection, and the server had to make room",
            Self::Unknown => "the server doesn't know it",
            Self::Mismatch => "the message numbers of the two sides contradicted each other",
            Self::Refused => "the server has refused it",
            Self::Unsupported => "the server has no sessions",
            Self::Opening => "its connection was not opened",
            Self::Other => "for a reason that this version doesn't know",
        })
    }
}

impl From<session::GoneReason> for SessionLoss {
    fn from(reason: session::GoneReason) -> Self {
        match reason {
            session::GoneReason::Expired => Self::Expired,
            session::GoneReason::Evicted => Self::Evicted,
            session::GoneReason::Unknown => Self::Unknown,
            session::GoneReason::Mismatch => Self::Mismatch,
            _ => Self::Other,
        }
    }
}

/// Why the server dropped messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapReason {
    /// They had to make room for newer ones.
    Overflow,
    /// They waited longer than their time to live.
    Expired,
    /// They were lost on their way between servers.
    Room,
    /// A reason that this version doesn't know.
    Other,
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "they had to make room for newer ones",
            Self::Expired => "they waited longer than their time to live",
            Self::Room => "they were lost on their way between servers",
            Self::Other => "for a reason that this version doesn't know",
        })
    }
}

impl From<session::GapReason> for GapReason {
    fn from(reason: session::GapReason) -> Self {
        match reason {
            session::GapReason::Overflow => Self::Overflow,
            session::GapReason::Expired => Self::Expired,
            session::GapReason::Room => Self::Room,
            _ => Self::Other,
        }
    }
}
