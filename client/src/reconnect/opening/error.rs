//! Why a connection could not be opened.

use std::{error::Error as StdError, fmt};

use crate::connect::provider::Unauthorized;

/// Why a connection could not be opened: what the closure of
/// [`Builder::opening`](crate::Builder::opening) returns.
///
/// Every error converts to it, so that `?` works, and so does a string. The attempt fails, is reported with
/// the error's text, and is retried like any other attempt. Two kinds are different: an [`Unauthorized`] is
/// treated as an HTTP status 401 is, and [`stop`](Self::stop) ends the attempts.
///
/// It appears in errors and logs, so it must not contain a secret. It isn't an error type itself, as
/// otherwise not every error could convert to it.
///
/// ```
/// use wirebond_client::{OpeningError, Unauthorized};
///
/// fn check(answer: &str) -> Result<u32, OpeningError> {
///     match answer {
///         "banned" => Err(OpeningError::stop("this account is banned")),
///         "expired" => Err(Unauthorized::new("the token has expired").into()),
///         "busy" => Err("the server is busy".into()),
///         number => Ok(number.parse()?),
///     }
/// }
///
/// assert_eq!(check("busy").unwrap_err().to_string(), "the server is busy");
/// ```
pub struct OpeningError {
    verdict: Verdict,
    source: Box<dyn StdError + Send + Sync>,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Retry,
    Unauthorized,
    Stop,
}

impl OpeningError {
    /// Makes an error after which the client makes no other attempt: its state becomes `Closed`.
    ///
    /// ```
    /// use wirebond_client::OpeningError;
    ///
    /// let error = OpeningError::stop("this client is too old");
    /// assert_eq!(error.to_string(), "this client is too old");
    /// ```
    pub fn stop(why: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { verdict: Verdict::Stop, source: why.into() }
    }

    /// Makes an error that names a message which may not come now.
    ///
    /// ```
    /// use wirebond_client::OpeningError;
    ///
    /// let error = OpeningError::unexpected("ready");
    /// assert_eq!(error.to_string(), "\"ready\" was not expected");
    /// ```
    pub fn unexpected(name: &str) -> Self {
        format!("{name:?} was not expected").into()
    }

    pub(super) fn other(expected: &str, name: &str) -> Self {
        format!("expected {expected:?}, and {name:?} arrived").into()
    }

    pub(super) fn over() -> Self {
        "the opening is over".into()
    }

    /// What the client does.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for OpeningError {
    fn from(error: E) -> Self {
        let source = error.into();
        let is_unauthorized = source.is::<Unauthorized>();
        let verdict = if is_unauthorized { Verdict::Unauthorized } else { Verdict::Retry };
        Self { verdict, source }
    }
}

impl fmt::Display for OpeningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl fmt::Debug for OpeningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpeningError")
            .field("verdict", &self.verdict)
            .field("source", &self.source)
            .finish()
    }
}
