//! What can go wrong, as the server's users see it.

use std::{error::Error as StdError, fmt};

/// Why [`Builder::build`](crate::Builder::build) refused: a setting or a handler that can't work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(pub(crate) String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for BuildError {}

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The payload could not be serialized; holds why.
    Payload(String),
    /// The message alone is larger than the peer's queue.
    TooLarge,
    /// The peer's queue is full: it reads too slowly.
    QueueFull,
    /// The peer is gone, or going.
    Gone,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload(why) => write!(f, "the payload could not be serialized: {why}"),
            Self::TooLarge => f.write_str("the message is larger than the peer's queue"),
            Self::QueueFull => f.write_str("the peer's queue is full"),
            Self::Gone => f.write_str("the peer is gone"),
        }
    }
}

impl StdError for SendError {}

/// What [`Builder::errors`](crate::Builder::errors) is called with. Its text never repeats what
/// the peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message_name: Option<String>,
    what: String,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A text frame is no message: not JSON, or without `type`.
    Envelope,
    /// A message's payload isn't of its type.
    Payload,
    /// A binary frame: the contract is JSON text.
    Binary,
    /// A handler returned an error.
    Handler,
    /// A handler panicked.
    HandlerPanic,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Envelope => "a frame is not a message",
            Self::Payload => "a payload is not of its type",
            Self::Binary => "binary frames are not supported",
            Self::Handler => "a handler failed",
            Self::HandlerPanic => "a handler panicked",
        })
    }
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        message_name: Option<&str>,
        what: impl Into<String>,
    ) -> Self {
        Self { kind, message_name: message_name.map(str::to_owned), what: what.into() }
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message's wire name, if it is about one.
    #[must_use]
    pub fn message_name(&self) -> Option<&str> {
        self.message_name.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(name) = &self.message_name {
            write!(f, " (message {name:?})")?;
        }
        if self.what.is_empty() { Ok(()) } else { write!(f, ": {}", self.what.escape_debug()) }
    }
}

impl StdError for Error {}
