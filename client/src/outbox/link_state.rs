//! Whether messages can be written at present.

/// Whether a connection accepts messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// There is none; messages wait for the next.
    Down,
    Up,
    /// It is open, but reads nothing, so that no confirmation can arrive.
    Stalled,
    /// The last messages are written; no new one is accepted.
    Closing,
    /// The client has stopped: no new message is accepted until `connect()`.
    Stopped,
}
