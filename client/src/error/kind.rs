//! The kinds of errors: one enum for each operation.

use std::fmt;

/// An enum of kinds, each with its message.
macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)* })
            }
        }
    };
}

#[cfg(feature = "bind-code")]
pub(crate) use kinds;

kinds! {
    /// Why [`Builder::build`](crate::Builder::build) failed.
    BuildErrorKind {
        /// The URL is invalid: its scheme isn't `ws`, `wss`, `http` or `https`, it has no host, or it has
        /// a fragment. Or it needs TLS, and this build has none.
        Url => "the URL can't be used",
        /// A setting is out of range or contradicts another.
        Setting => "a setting can't work",
        /// The certificates or the key for TLS are invalid.
        Tls => "the TLS settings can't be used",
        /// A header or subprotocol isn't valid in HTTP.
        Header => "a header can't be sent",
    }
}

/// Why an attempt to connect failed, or why [`Client::connect`](crate::Client::connect) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectErrorKind {
    /// The provider of the URL, the headers or the bind code failed.
    Provider,
    /// The credentials were rejected: by the server with HTTP status 401 or 403, or by a provider or an opening
    /// that returned [`Unauthorized`](crate::Unauthorized).
    Unauthorized,
    /// The host name was not found, or the connection was refused, reset or closed.
    Io,
    /// The attempt took longer than `connect_timeout`.
    Timeout,
    /// The TLS handshake failed, for a reason other than the certificate.
    Tls,
    /// The server's certificate isn't valid for this host.
    Certificate,
    /// The server answered with an HTTP status other than 101.
    Http {
        /// The status.
        status: u16,
    },
    /// The server's answer isn't a valid upgrade (RFC 6455, section 4.1).
    Handshake,
    /// The server didn't confirm any of the subprotocols that were offered.
    Subprotocol,
    /// The opening failed, or its connection ended before it did: see
    /// [`Builder::opening`](crate::Builder::opening).
    Opening,
    /// The server has no sessions, and [`Sessions::Require`](crate::Sessions::Require) is set.
    Session,
    /// The connection was lost again before it could be used.
    Lost,
    /// `disconnect()` was called, or the last handle dropped.
    Disconnected,
    /// There is no tokio runtime with I/O and time enabled, or it was shut down.
    Runtime,
    /// A synchronous handler blocks on `connect()`, which needs the task that runs the handler. The
    /// attempts go on. Connect from an asynchronous handler or from outside.
    WouldDeadlock,
}

impl fmt::Display for ConnectErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Provider => "the provider of the URL or its credentials failed",
            Self::Unauthorized => "the credentials were rejected",
            Self::Io => "the server could not be reached",
            Self::Timeout => "the server did not answer in time",
            Self::Tls => "the TLS handshake failed",
            Self::Certificate => "the server's certificate was refused",
            Self::Http { status } => {
                return write!(
                    f,
                    "the server answered with HTTP status {status} instead of an upgrade"
                );
            }
            Self::Handshake => "the server's answer is not a WebSocket upgrade",
            Self::Subprotocol => "the server did not confirm the subprotocol",
            Self::Opening => "the opening of the connection failed",
            Self::Session => "the server has no sessions",
            Self::Lost => "the connection was lost",
            Self::Disconnected => "disconnected on request",
            Self::Runtime => "no tokio runtime to run on",
            Self::WouldDeadlock => "a synchronous handler can't wait for its own client",
        })
    }
}

kinds! {
    /// Why a message was not accepted.
    SendErrorKind {
        /// The outbound queue has no room: see the settings `queue` and `overflow`.
        QueueFull => "the outbound queue is full",
        /// The message alone is larger than the queue, or than `max_outgoing_message_size`. The error's text has both
        /// numbers.
        TooLarge => "the message is too large",
        /// The client is closing: `disconnect()` is under way, or the last handle was dropped.
        Closed => "the client is closing",
        /// The client has stopped: its state is `Closed` or `Failed`. Nothing is queued until
        /// `connect()` is called again.
        Stopped => "the client has stopped",
        /// A synchronous handler blocks on a `send` that waits for room, and the task that would make
        /// room is the one that runs the handler. Send from an asynchronous handler, or use `try_send`.
        WouldDeadlock => "a synchronous handler can't wait for its own client",
        /// The name is one of wirebond's own: `ping`, `pong`, or one that begins with `$`. Refused with
        /// the setting `sessions`, because messages of these names have no number.
        Reserved => "the name is reserved",
        /// The [opening](crate::Builder::opening) that makes the call is over, or its connection has ended.
        OpeningOver => "the opening is over",
        /// There is no tokio runtime with time enabled, neither the caller's nor the client's: only a call
        /// needs one, for its timeout.
        Runtime => "no tokio runtime to run on",
        /// The payload could not be serialized, or contains NaN or infinity: JSON has no such numbers (RFC 8259,
        /// section 6), and a reader of the contract would reject a `null` in their place.
        Payload => "the payload could not be serialized",
    }
}

kinds! {
    /// Why [`Client::flush`](crate::Client::flush) failed.
    FlushErrorKind {
        /// There is no open connection: none yet, the client reconnects, or it has stopped. What is queued stays so.
        NotOpen => "there is no open connection",
        /// The connection was lost first: what was in flight is unconfirmed. In a session it goes on with
        /// the next connection, and another `flush` waits for it.
        Lost => "the connection was lost before everything was confirmed",
        /// A queued message was dropped: it expired, a newer one took its place, or the queue was cleared.
        Dropped => "a message was dropped before it was written",
        /// Reading is paused because a handler or stream doesn't take its messages.
        Stalled => "the connection is stalled by a handler that does not keep up",
        /// Confirmation is switched off, or the server doesn't answer Pings.
        Unavailable => "confirmation is off or unavailable",
        /// A synchronous handler blocks on `flush()`, which needs the task that runs the handler. Flush
        /// from an asynchronous handler or from outside.
        WouldDeadlock => "a synchronous handler can't wait for its own client",
    }
}

/// What [`on_error`](crate::Client::on_error) reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An attempt to connect failed.
    Connect(ConnectErrorKind),
    /// The open connection was lost: reset, ended, or timed out.
    Connection,
    /// Nothing was received within `heartbeat_timeout` after a heartbeat.
    HeartbeatTimeout,
    /// The server broke the WebSocket protocol.
    Protocol,
    /// The server broke the session protocol: its numbers contradict the client's, or one of its frames
    /// can't be read.
    Session,
    /// The server sent a message larger than `max_message_size`.
    TooLarge,
    /// A text frame isn't a message: it isn't JSON, or has no `type`.
    Envelope,
    /// The payload of a message doesn't match its type.
    Payload,
    /// An answer arrived that no call waits for: it came too late, or twice.
    LateAnswer,
    /// The server refused a held message that is a call, or its answer can't be read. It stays held, and is tried again
    /// on the next connection.
    HoldRefused,
    /// The server sent a binary frame; messages are JSON text. `Builder::binary_as_text` reads JSON in binary frames.
    Binary,
    /// A heartbeat's message could not be made: its payload can't be serialized, or it is larger than
    /// `max_outgoing_message_size`. A Ping took its place.
    Heartbeat,
    /// A handler returned an error.
    Handler,
    /// A handler panicked.
    HandlerPanic,
    /// A handler blocks its thread: a call or a poll of it has not returned for more than a second.
    /// Reported while it blocks, once for each call.
    HandlerBlocked,
    /// The runtime doesn't run the client's task: nothing drives it, or all of its threads are blocked.
    RuntimeStalled,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect(kind) => return kind.fmt(f),
            Self::Connection => "the connection was lost",
            Self::HeartbeatTimeout => "the server stopped answering",
            Self::Protocol => "the server broke the WebSocket protocol",
            Self::Session => "the server broke the session protocol",
            Self::TooLarge => "the server sent a message larger than max_message_size",
            Self::Envelope => "a frame is not a message",
            Self::Payload => "a payload is not of its type",
            Self::LateAnswer => "no call waits for this answer",
            Self::HoldRefused => "a held message was refused",
            Self::Binary => "binary frames are not supported (`binary_as_text` reads JSON in them)",
            Self::Heartbeat => "a heartbeat's message could not be made",
            Self::Handler => "a handler failed",
            Self::HandlerPanic => "a handler panicked",
            Self::HandlerBlocked => "a handler blocks its thread",
            Self::RuntimeStalled => "the runtime does not run the client's task",
        })
    }
}
