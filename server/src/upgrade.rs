//! A request to upgrade, of any HTTP server.

use std::{fmt, future::Future, pin::Pin};

use http::{HeaderMap, Method, Uri};
use wirebond_connection::transport::Io;

/// The head of a request to upgrade, for authentication.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The method: `GET` in a valid request.
    pub method: Method,
    /// The path and the query.
    pub uri: Uri,
    /// The header fields.
    pub headers: HeaderMap,
}

impl Request {
    /// Makes a request, for a test of your own authentication.
    ///
    /// ```
    /// use http::{HeaderMap, Method, Uri};
    /// use wirebond_server::Request;
    ///
    /// let request = Request::new(Method::GET, Uri::from_static("/ws?room=lobby"), HeaderMap::new());
    /// assert_eq!(request.uri.query(), Some("room=lobby"));
    /// ```
    #[must_use]
    pub fn new(method: Method, uri: Uri, headers: HeaderMap) -> Self {
        Self { method, uri, headers }
    }

    /// Returns the first value of a header, if it is visible ASCII.
    ///
    /// ```
    /// # fn example(request: &wirebond_server::Request) {
    /// let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    /// # }
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The query and the header fields may hold credentials: none is shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Request");
        out.field("method", &self.method).field("path", &self.uri.path()).finish_non_exhaustive()
    }
}

/// Why a request to upgrade was refused. The body of the answer is its text, as one line. See
/// [`status`](Self::status).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpgradeError {
    /// 400: it isn't a valid request to upgrade (RFC 6455, section 4.2.1); contains the reason.
    Invalid(&'static str),
    /// 426: it is for a version of the protocol other than 13.
    Version,
    /// 401: authentication failed.
    Unauthorized,
    /// 403: access is denied.
    Forbidden,
    /// 403: the origin of the page isn't [allowed](crate::Builder::allowed_origins).
    Origin,
    /// 429: the user has too many connections.
    TooManyConnections,
    /// 503: the server is shutting down, or full.
    Unavailable,
    /// 408: the request didn't arrive in time.
    Timeout,
    /// 500: authentication panicked, or can't decide, for example because a database is down.
    Internal,
    /// The stream ended in the middle of the request or its answer.
    Ended,
}

impl UpgradeError {
    /// Returns the HTTP status of the answer.
    ///
    /// ```
    /// use wirebond_server::UpgradeError;
    ///
    /// assert_eq!(UpgradeError::Unauthorized.status(), 401);
    /// ```
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) | Self::Ended => 400,
            Self::Version => 426,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::Origin => 403,
            Self::TooManyConnections => 429,
            Self::Unavailable => 503,
            Self::Timeout => 408,
            Self::Internal => 500,
        }
    }
}

impl fmt::Display for UpgradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid(why) => return write!(f, "not a valid request to upgrade: {why}"),
            Self::Version => "a version of the WebSocket protocol other than 13",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Origin => "the origin of the page is not allowed",
            Self::TooManyConnections => "too many connections",
            Self::Unavailable => "the server accepts no more connections at present",
            Self::Timeout => "the request did not arrive in time",
            Self::Internal => "an internal error",
            Self::Ended => "the connection ended in the middle of the handshake",
        })
    }
}

impl std::error::Error for UpgradeError {}

/// The stream, once the answer has gone out, with what was read behind the request.
pub(crate) type Upgraded = Pin<Box<dyn Future<Output = Option<(Box<dyn Io>, Vec<u8>)>> + Send>>;

/// A request to upgrade that an HTTP server has read.
///
/// [`Server::accept`](crate::Server::accept) answers it. Until then it is a request like any other, so
/// that authentication, rate limits and tracing work as usual. With the feature `axum` it is an extractor.
pub struct Upgrade {
    request: Request,
    stream: Upgraded,
}

impl Upgrade {
    /// Makes an upgrade of a request and a future. The future resolves to the stream once the answer has been
    /// written, with the bytes that were read after the request, or to `None` if that failed.
    ///
    /// ```
    /// use http::{HeaderMap, Method, Uri};
    /// use wirebond_server::{Io, Upgrade};
    ///
    /// let (near, _far) = tokio::io::duplex(1024);
    /// let stream = async move { Some((Box::new(near) as Box<dyn Io>, Vec::new())) };
    /// let upgrade = Upgrade::new(Method::GET, Uri::from_static("/ws"), HeaderMap::new(), stream);
    /// assert_eq!(upgrade.request().uri.path(), "/ws");
    /// ```
    pub fn new(
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        stream: impl Future<Output = Option<(Box<dyn Io>, Vec<u8>)>> + Send + 'static,
    ) -> Self {
        Self { request: Request::new(method, uri, headers), stream: Box::pin(stream) }
    }

    /// Returns the request.
    ///
    /// ```
    /// # fn example(upgrade: &wirebond_server::Upgrade) {
    /// let room = upgrade.request().uri.query();
    /// # }
    /// ```
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn into_parts(self) -> (Request, Upgraded) {
        (self.request, self.stream)
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade").field("request", &self.request).finish_non_exhaustive()
    }
}

#[cfg(feature = "hyper")]
mod by_hyper {
    use http::request::Parts;
    use hyper::upgrade::OnUpgrade;
    use hyper_util::rt::TokioIo;

    use super::{Io, Upgrade};

    impl Upgrade {
        /// Takes the upgrade out of a request that hyper has read. Returns `None` if the connection can't
        /// be upgraded, for example with HTTP/2.
        ///
        /// ```
        /// use wirebond_server::{Identity, Server, Upgrade};
        ///
        /// /// A service of hyper.
        /// fn upgrade(server: &Server, request: http::Request<()>) -> http::Response<String> {
        ///     let (mut parts, _body) = request.into_parts();
        ///     match Upgrade::from_hyper(&mut parts) {
        ///         Some(upgrade) => server.accept(upgrade, Identity::anonymous()),
        ///         None => http::Response::new("this is a WebSocket endpoint".to_owned()),
        ///     }
        /// }
        /// ```
        pub fn from_hyper(parts: &mut Parts) -> Option<Self> {
            let on_upgrade = parts.extensions.remove::<OnUpgrade>()?;
            let stream = async move {
                let upgraded = on_upgrade.await.ok()?;
                Some((Box::new(TokioIo::new(upgraded)) as Box<dyn Io>, Vec::new()))
            };
            let (method, uri) = (parts.method.clone(), parts.uri.clone());
            Some(Self::new(method, uri, parts.headers.clone(), stream))
        }
    }
}

#[cfg(feature = "axum")]
mod by_axum {
    use axum_core::extract::FromRequestParts;
    use http::request::Parts;

    use super::{Upgrade, UpgradeError};

    impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
        type Rejection = UpgradeError;

        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, UpgradeError> {
            let cannot = UpgradeError::Invalid("this connection can't be upgraded");
            Self::from_hyper(parts).ok_or(cannot)
        }
    }
}
