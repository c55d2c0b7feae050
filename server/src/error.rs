//! Errors of the server.

use std::{error::Error as StdError, fmt};

use wirebond_connection::log_limiter::shown_text;

/// The error of [`Builder::build`](crate::Builder::build): a setting or a handler is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(pub(crate) String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for BuildError {}

/// The error of [`Peer::send`](crate::Peer::send) and [`Target::send`](crate::Target::send): the message
/// was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The payload could not be serialized; contains the serializer's message.
    Payload(String),
    /// The message alone is larger than the peer's queue.
    TooLarge,
    /// The peer's queue is full: it reads too slowly.
    QueueFull,
    /// The connection has ended or is closing.
    Gone,
    /// A call was made outside of a tokio runtime, which its timeout needs.
    Runtime,
    /// The peer's contract can't read this call, and [`ContractPolicy::Skip`](crate::ContractPolicy::Skip) is set.
    Unreadable,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload(why) => write!(f, "the payload could not be serialized: {why}"),
            Self::TooLarge => f.write_str("the message is larger than the peer's queue"),
            Self::QueueFull => f.write_str("the peer's queue is full"),
            Self::Runtime => f.write_str("no tokio runtime to run on"),
            Self::Unreadable => f.write_str("the peer's contract can't read this call"),
            Self::Gone => f.write_str("the peer is gone"),
        }
    }
}

impl StdError for SendError {}

/// What [`Builder::errors`](crate::Builder::errors) reports. Its text contains nothing that the peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message_name: Option<String>,
    what: String,
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A text frame isn't a message: it isn't JSON, or has no `type`.
    Envelope,
    /// The payload of a message doesn't match its type.
    Payload,
    /// An answer arrived that no call waits for: it came too late, or twice.
    LateAnswer,
    /// The peer sent a binary frame; messages are JSON text.
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
            Self::LateAnswer => "no call waits for this answer",
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

    /// Returns the kind of this error.
    ///
    /// ```
    /// use wirebond_server::{ErrorKind, Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .errors(|peer: Peer, error| match error.kind() {
    ///         ErrorKind::Envelope | ErrorKind::Binary => peer.close(4400, "not a message"),
    ///         _ => eprintln!("{error}"),
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the wire name of the message that this error concerns, if it concerns one.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .errors(|_: Peer, error| eprintln!("{:?}: {error}", error.message_name()))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    #[must_use]
    pub fn message_name(&self) -> Option<&str> {
        self.message_name.as_deref()
    }

    /// The text without the name.
    pub(crate) fn text(&self) -> String {
        Self { message_name: None, ..self.clone() }.to_string()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(name) = &self.message_name {
            write!(f, " (message {name:?})")?;
        }
        if self.what.is_empty() { Ok(()) } else { write!(f, ": {}", shown_text(&self.what)) }
    }
}

impl StdError for Error {}
