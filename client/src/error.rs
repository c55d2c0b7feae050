//! One error type and a kind per operation.

use std::{error::Error as StdError, fmt, sync::Arc};

use crate::connect::response::UpgradeResponse;

type Source = Arc<dyn StdError + Send + Sync>;

/// An error of this crate: a [`kind`](Self::kind) to match on, and a message for a person.
///
/// Each operation has a kind of its own: see [`ConnectError`], [`SendError`], [`FlushError`] and
/// [`BuildError`]. An `Error` without parameter is what [`on_error`](crate::Client::on_error) reports.
///
/// No error contains a credential or the content of a message. Clones are cheap.
///
/// # Display and source
///
/// As with [`std::io::Error`], the `Display` form includes the text of the wrapped error, if there is
/// one. [`source`](StdError::source) returns what caused that one, so that a report which prints the
/// whole chain repeats nothing. [`get_ref`](Self::get_ref) returns the wrapped error itself.
///
/// # Examples
///
/// ```
/// use wirebond_client::{Client, SendErrorKind};
///
/// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
/// let error = client.try_send("reading", &f64::NAN).unwrap_err();
/// assert_eq!(*error.kind(), SendErrorKind::Payload);
/// assert_eq!(error.message_name(), Some("reading"));
/// # Ok::<(), wirebond_client::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Error<K = ErrorKind> {
    kind: K,
    context: Option<Arc<str>>,
    message: Option<Arc<str>>,
    source: Option<Source>,
    response: Option<UpgradeResponse>,
}

/// The error of [`Builder::build`](crate::Builder::build).
pub type BuildError = Error<BuildErrorKind>;
/// The error of [`Client::connect`](crate::Client::connect).
pub type ConnectError = Error<ConnectErrorKind>;
/// The error of [`Client::send`](crate::Client::send): the message was not accepted.
pub type SendError = Error<SendErrorKind>;
/// The error of [`Client::flush`](crate::Client::flush): it is not known whether everything arrived.
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

    /// Returns the kind of this error.
    ///
    /// ```
    /// use wirebond_client::{BuildErrorKind, Client};
    ///
    /// let error = Client::builder("ftp://127.0.0.1/").build().unwrap_err();
    /// assert_eq!(*error.kind(), BuildErrorKind::Url);
    /// ```
    pub fn kind(&self) -> &K {
        &self.kind
    }

    /// Returns the wire name of the message that this error concerns, if it concerns one.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let error = client.try_send("reading", &f64::NAN).unwrap_err();
    /// assert_eq!(error.message_name(), Some("reading"));
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn message_name(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The old name of [`message_name`](Self::message_name).
    #[deprecated(since = "0.1.0", note = "renamed to `message_name`")]
    pub fn message(&self) -> Option<&str> {
        self.message_name()
    }

    /// Returns the error that this one wraps, if it wraps one: the `serde_json::Error` of a payload, for
    /// example.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let error = client.try_send("reading", &f64::NAN).unwrap_err();
    /// assert!(error.get_ref().is_some_and(|inner| inner.is::<serde_json::Error>()));
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn get_ref(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.source.as_deref()
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

/// Makes an error of this kind without further detail, for a test of your own code.
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
    /// Adds the server's answer, for a test of your own code. The client adds it wherever there was one.
    ///
    /// ```
    /// use wirebond_client::{ConnectError, ConnectErrorKind, UpgradeResponse};
    ///
    /// let error = ConnectError::from(ConnectErrorKind::Unauthorized)
    ///     .with_response(UpgradeResponse::new(401));
    /// assert_eq!(error.response().map(UpgradeResponse::status), Some(401));
    /// ```
    #[must_use]
    pub fn with_response(mut self, response: UpgradeResponse) -> Self {
        self.response = Some(response);
        self
    }

    /// Returns the server's answer, if one was read: its status, its headers and the beginning of its
    /// body, which often says why. The error's own text contains none of them.
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
    /// Returns the server's answer, if this is a failed attempt to connect that was answered. The error's
    /// own text contains nothing of it.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// client.on_error(|error| match error.response() {
    ///     Some(response) => eprintln!("{error} (status {})", response.status()),
    ///     None => eprintln!("{error}"),
    /// });
    /// # }
    /// ```
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
        // The text of the wrapped error is part of this one's.
        self.source.as_deref().and_then(StdError::source)
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
    /// The credentials were rejected: by the server with HTTP status 401 or 403, or by a provider that
    /// returned [`Unauthorized`](crate::Unauthorized).
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
        /// room is the one that runs the handler. Send from an asynchronous handler, or use `try_send`.
        WouldDeadlock => "a synchronous handler can't wait for its own client",
        /// The payload could not be serialized, or contains NaN or infinity: JSON has no such numbers (RFC 8259,
        /// section 6), and a reader of the contract would reject a `null` in their place.
        Payload => "the payload could not be serialized",
    }
}

kinds! {
    /// Why [`Client::flush`](crate::Client::flush) failed.
    FlushErrorKind {
        /// There is no open connection.
        NotOpen => "there is no open connection",
        /// The connection was lost first: what was in flight is unconfirmed.
        Lost => "the connection was lost before everything was confirmed",
        /// A queued message was dropped: it expired or a newer one took its place.
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
    /// The server sent a message larger than `max_message_size`.
    TooLarge,
    /// A text frame isn't a message: it isn't JSON, or has no `type`.
    Envelope,
    /// The payload of a message doesn't match its type.
    Payload,
    /// The server sent a binary frame; messages are JSON text.
    Binary,
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
