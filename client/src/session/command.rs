//! What a handle may ask of the task. Everything else goes through what they share.

/// Ends the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Command(pub(crate) Stop);

/// Why a session ends on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// `disconnect()`: the queue is kept.
    Disconnect,
    /// The last handle was dropped: nobody will ever connect again.
    Abandon,
}

impl Stop {
    /// The close code (RFC 6455, section 7.4.1).
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Disconnect => 1000,
            Self::Abandon => 1001,
        }
    }
}
