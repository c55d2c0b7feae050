//! Values that are fixed, or asked for anew at every attempt: the URL, headers, subprotocols.

use std::{
    error::Error as StdError,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use crate::{
    error::{ConnectError, ConnectErrorKind, Error},
    settings::Settings,
};

/// A boxed future.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type AnyError = Box<dyn StdError + Send + Sync>;

/// The attempt that a provider is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// 0 for the first attempt of a `connect()`, then the number of the attempt to reconnect.
    pub number: u32,
    /// Whether the server rejected the credentials of the previous attempt: don't use cached ones.
    pub refused: bool,
}

impl Attempt {
    /// Makes an attempt with this number, for a test of your own provider. `refused` is whether the
    /// server rejected the credentials of the previous attempt.
    ///
    /// ```
    /// use wirebond_client::Attempt;
    ///
    /// fn must_ask_again(attempt: Attempt) -> bool {
    ///     attempt.refused
    /// }
    ///
    /// assert!(!must_ask_again(Attempt::new(0, false)));
    /// assert!(must_ask_again(Attempt::new(1, true)));
    /// ```
    pub const fn new(number: u32, refused: bool) -> Self {
        Self { number, refused }
    }
}

/// The error of a provider that has no valid credentials. The client stops and makes no other attempt.
///
/// ```
/// # use wirebond_client::{Client, Unauthorized};
/// let client = Client::builder(|| async {
///     let token = std::env::var("TOKEN").map_err(|_| Unauthorized::new("TOKEN is not set"))?;
///     Ok::<_, Unauthorized>(format!("wss://api.example.com/ws?token={token}"))
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unauthorized(String);

impl Unauthorized {
    /// Makes an error with this message, which appears in errors and logs: it must not contain a secret.
    ///
    /// ```
    /// use wirebond_client::Unauthorized;
    ///
    /// assert_eq!(Unauthorized::new("signed out").to_string(), "signed out");
    /// ```
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Unauthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Unauthorized {}

/// A value for every attempt.
pub(crate) enum Provider<T> {
    Fixed(T),
    Asked(Arc<dyn Fn(Attempt) -> BoxFuture<Result<T, AnyError>> + Send + Sync>),
}

impl<T: Clone> Provider<T> {
    /// Whether another attempt may get another value.
    pub(crate) fn is_asked(&self) -> bool {
        matches!(self, Self::Asked(_))
    }

    pub(crate) async fn get(&self, attempt: Attempt) -> Result<T, ConnectError> {
        let ask = match self {
            Self::Fixed(value) => return Ok(value.clone()),
            Self::Asked(ask) => ask,
        };
        let panicked = || Error::new(ConnectErrorKind::Provider).context("the provider panicked");
        caught(|| ask(attempt)).await.ok_or_else(panicked)?.map_err(|error| {
            let kind = if error.is::<Unauthorized>() {
                ConnectErrorKind::Unauthorized
            } else {
                ConnectErrorKind::Provider
            };
            Error::new(kind).context(error.to_string())
        })
    }
}

/// Awaits foreign code; `None` if it panics, at once or later.
pub(crate) async fn caught<T>(begin: impl FnOnce() -> BoxFuture<T>) -> Option<T> {
    let mut answer = catch_unwind(AssertUnwindSafe(begin)).ok()?;
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

impl<T> fmt::Debug for Provider<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may be a credential.
        f.write_str(match self {
            Self::Fixed(_) => "Fixed(…)",
            Self::Asked(_) => "Asked(…)",
        })
    }
}

/// What [`Client::builder`](crate::Client::builder) accepts: a string, [`Settings`], or a provider.
///
/// A provider is a closure that returns a future of the URL and is called for every attempt. It names the
/// type of its error. An error is one failed attempt; [`Unauthorized`] stops the client.
///
/// ```
/// use std::io;
/// use wirebond_client::{Attempt, Client};
///
/// async fn host() -> io::Result<String> {
///     Ok("api.example.com".to_owned())
/// }
///
/// let fixed = Client::builder("wss://api.example.com/ws");
/// let asked = Client::builder(|| async { Ok::<_, io::Error>(format!("wss://{}/ws", host().await?)) });
/// let asked_for = Client::builder(|attempt: Attempt| async move {
///     Ok::<_, io::Error>(format!("wss://{}/ws?attempt={}", host().await?, attempt.number))
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no WebSocket URL",
    note = "pass a string, `Settings`, or a closure like `|| async move {{ Ok::<_, MyError>(url) }}`"
)]
pub trait UrlSource<M> {
    #[doc(hidden)]
    fn into_url(self) -> UrlInput;
}

/// The value of a [`UrlSource`].
#[doc(hidden)]
#[derive(Debug)]
pub struct UrlInput(pub(crate) UrlKind);

#[derive(Debug)]
pub(crate) enum UrlKind {
    Url(Provider<String>),
    Settings(Box<Settings>),
}

/// A value, or a provider of it: a closure that returns a future of the value and is called for every
/// attempt. It names the type of its error.
///
/// ```
/// use std::io;
/// use wirebond_client::{Attempt, Client};
///
/// async fn token(_afresh: bool) -> io::Result<String> {
///     Ok("t0ken".to_owned())
/// }
///
/// let client = Client::builder("wss://api.example.com/ws")
///     // A value.
///     .subprotocols(["chat.v2", "chat.v1"])
///     // A closure; with `|| async { … }` it doesn't get the attempt.
///     .headers(|attempt: Attempt| async move {
///         Ok::<_, io::Error>([("Authorization", token(attempt.refused).await?)])
///     })
///     .build()?;
/// # Ok::<(), wirebond_client::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither the value nor a provider of it",
    note = "pass a list, or a closure like `|| async move {{ Ok::<_, MyError>(list) }}`"
)]
pub trait Source<T, M> {
    #[doc(hidden)]
    fn into_provider(self) -> Provided<T>;
}

/// The value of a [`Source`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Provided<T>(pub(crate) Provider<T>);

/// Marks a fixed value.
#[derive(Debug)]
pub enum Fixed {}
/// Marks a closure without argument.
#[derive(Debug)]
pub enum Asked {}
/// Marks a closure that takes the attempt.
#[derive(Debug)]
pub enum AskedFor {}
/// Marks settings from a file.
#[derive(Debug)]
pub enum Configured {}

/// The forms that a value of a list may take.
#[doc(hidden)]
pub trait IntoValue<T> {
    fn into_value(self) -> T;
}

impl<S: Into<String>> IntoValue<String> for S {
    fn into_value(self) -> String {
        self.into()
    }
}

impl<I: IntoIterator<Item: Into<String>>> IntoValue<Vec<String>> for I {
    fn into_value(self) -> Vec<String> {
        self.into_iter().map(Into::into).collect()
    }
}

impl<I, N, V> IntoValue<Vec<(String, String)>> for I
where
    I: IntoIterator<Item = (N, V)>,
    N: Into<String>,
    V: Into<String>,
{
    fn into_value(self) -> Vec<(String, String)> {
        self.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }
}

impl<T, V: IntoValue<T>> Source<T, Fixed> for V {
    fn into_provider(self) -> Provided<T> {
        Provided(Provider::Fixed(self.into_value()))
    }
}

impl<T, F, A, V, E> Source<T, Asked> for F
where
    F: Fn() -> A + Send + Sync + 'static,
    A: Future<Output = Result<V, E>> + Send + 'static,
    V: IntoValue<T>,
    E: Into<AnyError>,
{
    fn into_provider(self) -> Provided<T> {
        Provided(Provider::Asked(Arc::new(move |_| {
            let answer = self();
            Box::pin(async move { Ok(answer.await.map_err(Into::into)?.into_value()) })
        })))
    }
}

impl<T, F, A, V, E> Source<T, AskedFor> for F
where
    F: Fn(Attempt) -> A + Send + Sync + 'static,
    A: Future<Output = Result<V, E>> + Send + 'static,
    V: IntoValue<T>,
    E: Into<AnyError>,
{
    fn into_provider(self) -> Provided<T> {
        Provided(Provider::Asked(Arc::new(move |attempt| {
            let answer = self(attempt);
            Box::pin(async move { Ok(answer.await.map_err(Into::into)?.into_value()) })
        })))
    }
}

impl<S: Source<String, M>, M> UrlSource<(M,)> for S {
    fn into_url(self) -> UrlInput {
        UrlInput(UrlKind::Url(self.into_provider().0))
    }
}

impl UrlSource<Configured> for Settings {
    fn into_url(self) -> UrlInput {
        UrlInput(UrlKind::Settings(Box::new(self)))
    }
}
