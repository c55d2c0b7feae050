//! One error type and a kind per operation.

use std::{error::Error as StdError, fmt, sync::Arc};

use crate::response::UpgradeResponse;

mod kind;

#[cfg(feature = "bind-code")]
pub(crate) use kind::kinds;
pub use kind::{BuildErrorKind, ConnectErrorKind, ErrorKind, FlushErrorKind, SendErrorKind};

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

    /// The error's text, without the name of the message that it is about.
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

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        error.map(ErrorKind::Connect)
    }
}
