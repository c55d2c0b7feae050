//! A numbered message, and its outcome.

use std::fmt;

use super::control::GapReason;

/// Whether a message may be lost or repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A plain message.
    Message,
    /// A call that must not run twice.
    Call,
    /// A call that may run twice.
    IdempotentCall,
    /// The answer to a call. It is never dropped.
    Reply,
    /// A message of this session alone: another one doesn't take it over.
    Once,
}

/// A message's permanent name: it stays when the message is sent again in another session.
///
/// An application that stores it in the same transaction as the message's effect has the effect once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// The session in which it was first sent.
    pub session: String,
    /// Its number there.
    pub number: u64,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.session, self.number)
    }
}

/// What happens to a message that finds no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// It is refused.
    Refuse,
    /// The oldest messages that may be dropped make room.
    DropOldest,
}

/// Which end sends. The client drops only what was never written; a server also drops what was
/// written to a client that has no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Client,
    Server,
}

/// A message that was accepted and isn't written in the present session.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept<T> {
    /// It.
    pub message: T,
    /// Its bytes.
    pub size: usize,
    /// Whether it may be lost or repeated.
    pub class: Class,
    /// Its name in the session in which it was first sent, if it was: then it may have arrived.
    pub again: Option<MessageId>,
}

/// A message that was dropped. A gap stands in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Dropped<T> {
    /// What was dropped.
    pub message: T,
    /// Its number.
    pub number: u64,
    /// Whether it was written to a connection: then it may have arrived.
    pub was_written: bool,
}

/// There is no room; the message comes back.
#[derive(Debug, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// What to write next.
#[derive(Debug, PartialEq, Eq)]
pub enum Write<'a, T> {
    /// This message.
    Message {
        /// It.
        message: &'a T,
        /// Its number.
        number: u64,
        /// Its name in the session in which it was first sent, if that was another one.
        again: Option<&'a MessageId>,
    },
    /// A gap: numbers that will not come.
    Gap {
        /// How many.
        n: u64,
        /// Why.
        why: GapReason,
    },
}
