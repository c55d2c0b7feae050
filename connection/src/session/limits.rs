//! How much a sender holds until it is acknowledged.

/// How much may be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of messages, replies included.
    pub messages: usize,
    /// The bytes of messages.
    pub bytes: usize,
}
