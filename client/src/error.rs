//! One error type and a kind per operation.

use std::{error::Error as StdError, fmt, sync::Arc};

use crate::connect::response::UpgradeResponse;

type Source = Arc<dyn StdError + Send + Sync>;

/// What went wrong: a kind to match on, and words for a person.
///
/// The kind tells the operation: [`ConnectError`], [`SendError`], [`FlushError`], [`BuildError`]; an
/// `Error` without parameter is what [`on_error`](crate::Client::on_error) reports. No error holds a
/// credential or a message's content, and cloning one is cheap.
#[derive(Clone)]
pub struct Error<K = ErrorKind> {
    kind: K,
    context: Option<Arc<str>>,
    message: Option<Arc<str>>,
    source: Option<Source>,
    response: Option<UpgradeResponse>,
}

/// Why [`Builder::build`](crate::Builder::build) refused.
pub type BuildError = Error<BuildErrorKind>;
/// Why [`Client::connect`](crate::Client::connect) gave up.
pub type ConnectError = Error<ConnectErrorKind>;
/// Why a message was not accepted.
pub type SendError = Error<SendErrorKind>;
/// Why [`Client::flush`](crate::Client::flush) could not say that everything arrived.
pub type FlushError = Error<FlushErrorKind>;

impl<K> Error<K> {
    pub(crate) fn new(kind: K) -> Self {
        Self { kind, context: None, message: None, source: None, response: None }
    }

    /// Adds what a person needs to know.
    pub(crate) fn context(mut self, context: impl Into<String>) -> Self {
        self.context = Some(context.into().into());
        self
    }

    /// Names the message that it is about.
    pub(crate) fn about(mut self, message: &str) -> Self {
        self.message = Some(message.into());
        self
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> &K {
        &self.kind
    }

    /// The wire name of the message that it is about, if it is about one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// What it says, without the name of the message that it is about.
    pub(crate) fn text(&self) -> String
    where
        K: fmt::Display,
    {
        let detail = self.context.as_ref().map(ToString::to_string);
        match detail.or_else(|| self.source.as_ref().map(ToString::to_string)) {
            Some(detail) => format!("{}: {detail}", self.kind),
            None => self.kind.to_string(),
        }
    }

    pub(crate) fn map<L>(self, kind: impl FnOnce(K) -> L) -> Error<L> {
        let Self { kind: own, context, message, source, response } = self;
        Error { kind: kind(own), context, message, source, response }
    }
}

/// An error of this kind without further words: for a test of your own code.
///
/// ```
/// use wirebond_client::{ConnectError, ConnectErrorKind};
///
/// let error = ConnectError::from(ConnectErrorKind::Timeout);
/// assert_eq!(error.to_string(), "the server did not answer in time");
/// ```
impl<K> From<K> for Error<K> {
    fn from(kind: K) -> Self {
        Self::new(kind)
    }
}

impl ConnectError {
    /// Adds the server's answer. The client does so wherever there was one; this is for a test of your
    /// own code.
    #[must_use]
    pub fn with_response(mut self, response: UpgradeResponse) -> Self {
        self.response = Some(response);
        self
    }

    /// The server's answer, if one was read: its status, its headers and the beginning of its body,
    /// which often says why. None of them stands in the error's own text.
    ///
    /// ```no_run
    /// # async fn example(client: wirebond_client::Client) {
    /// if let Err(error) = client.connect().await
    ///     && let Some(response) = error.response()
    /// {
    ///     eprintln!("{}: {}", response.status(), String::from_utf8_lossy(response.body()));
    /// }
    /// # }
    /// ```
    pub fn response(&self) -> Option<&UpgradeResponse> {
        self.response.as_ref()
    }
}

impl Error {
    /// The server's answer, if this is an attempt to connect that failed with one:
    /// see [`ConnectError::response`](Error::response).
    pub fn response(&self) -> Option<&UpgradeResponse> {
        self.response.as_ref()
    }
}

impl<K: fmt::Display> fmt::Display for Error<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(message) = &self.message {
            write!(f, " ({message:?})")?;
        }
        if let Some(context) = &self.context {
            write!(f, ": {context}")?;
        } else if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl<K: fmt::Debug> fmt::Debug for Error<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.kind);
        if let Some(message) = &self.message {
            out.field("message", message);
        }
        if let Some(context) = &self.context {
            out.field("context", context);
        }
        if let Some(source) = &self.source {
            out.field("source", source);
        }
        if let Some(response) = &self.response {
            // Its sizes: what it holds may be a credential.
            out.field("response", response);
        }
        out.finish()
    }
}

impl<K: fmt::Debug + fmt::Display> StdError for Error<K> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// An enum of kinds, each with its words.
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
    /// Why [`Builder::build`](crate::Builder::build) refused.
    BuildErrorKind {
        /// The URL can't be used: it isn't `ws://` or `wss://`, has no host, has a fragment, or asks
        /// for TLS in a build without it.
        Url => "the URL can't be used",
        /// A setting is out of range or contradicts another.
        Setting => "a setting can't work",
        /// The certificates or the key for TLS can't be used.
        Tls => "the TLS settings can't be used",
        /// A header or subprotocol isn't valid in HTTP.
        Header => "a header can't be sent",
    }
}

/// Why an attempt to connect failed, or why [`Client::connect`](crate::Client::connect) gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectErrorKind {
    /// The provider of the URL, the headers or the bind code failed.
    Provider,
    /// The provider, or the server with 401 or 403, said that we may not.
    Unauthorized,
    /// The name was not found, the connection refused, reset or ended.
    Io,
    /// `connect_timeout` went by.
    Timeout,
    /// The TLS handshake failed, for a reason other than the certificate.
    Tls,
    /// The server's certificate isn't valid for this host.
    Certificate,
    /// The server answered with another HTTP status than 101.
    Http {
        /// That status.
        status: u16,
    },
    /// The server's answer isn't a valid upgrade (RFC 6455, section 4.1).
    Handshake,
    /// The server didn't confirm any of the subprotocols that were offered.
    Subprotocol,
    /// The connection was lost again before it could be used.
    Lost,
    /// `disconnect()` was called, or the last handle dropped.
    Disconnected,
    /// There is no tokio runtime with I/O and time enabled, or it was shut down.
    Runtime,
    /// A synchronous handler blocks on `connect()`, which needs the very task that waits for the
    /// handler. The attempts go on. Connect from an asynchronous handler or from outside.
    WouldDeadlock,
}

impl fmt::Display for ConnectErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Provider => "the provider of the URL or its credentials failed",
            Self::Unauthorized => "the server does not let us in",
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
        /// The message alone is larger than the queue.
        TooLarge => "the message is larger than the outbound queue",
        /// The client is closing: `disconnect()` is under way, or the last handle was dropped.
        Closed => "the client is closing",
        /// The client has stopped: its state is `Closed` or `Failed`. Nothing is queued until
        /// `connect()` is called again.
        Stopped => "the client has stopped",
        /// A synchronous handler blocks on a `send` that waits for room, and the task that would make
        /// room is the one that waits for the handler. Send from an asynchronous handler, or use
        /// `try_send`.
        WouldDeadlock => "a synchronous handler can't wait for its own client",
        /// The payload could not be serialized, or holds NaN or infinity: JSON has no such numbers (RFC 8259,
        /// section 6), and the contract's own reader would refuse the `null` in their place.
        Payload => "the payload could not be serialized",
    }
}

kinds! {
    /// Why [`Client::flush`](crate::Client::flush) could not say that everything arrived.
    FlushErrorKind {
        /// There is no open connection.
        NotOpen => "there is no open connection",
        /// The connection was lost first: what was in flight is unconfirmed.
        Lost => "the connection was lost before everything was confirmed",
        /// A message that waited was dropped: it expired or was pushed out of the queue.
        Dropped => "a message was dropped before it was written",
        /// The connection stands still because a handler or stream doesn't take its messages.
        Stalled => "the connection is stalled by a handler that does not keep up",
        /// Confirmation is switched off, or the server doesn't answer Pings.
        Unavailable => "confirmation is off or unavailable",
        /// A synchronous handler blocks on a `flush`, which needs the very task that waits for the
        /// handler. Flush from an asynchronous handler or from outside.
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
    /// The server sent a message larger than `max_message_size`.
    TooLarge,
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
    /// A handler blocks its thread: a call or a poll of it has not returned for more than a second.
    /// Reported while it lasts, once for each call.
    HandlerBlocked,
    /// The runtime doesn't run the client's task: it isn't driven, or all of its threads are blocked.
    RuntimeStalled,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect(kind) => return kind.fmt(f),
            Self::Connection => "the connection was lost",
            Self::HeartbeatTimeout => "the server stopped answering",
            Self::Protocol => "the server broke the WebSocket protocol",
            Self::TooLarge => "the server sent a message larger than max_message_size",
            Self::Envelope => "a frame is not a message",
            Self::Payload => "a payload is not of its type",
            Self::Binary => "binary frames are not supported",
            Self::Handler => "a handler failed",
            Self::HandlerPanic => "a handler panicked",
            Self::HandlerBlocked => "a handler blocks its thread",
            Self::RuntimeStalled => "the runtime does not run the client's task",
        })
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        error.map(ErrorKind::Connect)
    }
}
