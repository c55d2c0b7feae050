//! The server's answer to the upgrade request: status, headers, and the beginning of its body.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue};

/// A server's answer to the upgrade request.
///
/// It is the 101 of an open connection
/// ([`Client::upgrade_response`](crate::Client::upgrade_response)), or the answer that refused the upgrade
/// ([`ConnectError::response`](crate::Error::response),
/// [`Disconnect::response`](crate::Disconnect::response)).
///
/// The `Debug` form shows the status and sizes only, because a cookie or a body may be a credential.
/// Clones are cheap.
///
/// ```
/// use wirebond_client::UpgradeResponse;
///
/// let response = UpgradeResponse::new(403)
///     .with_header("Content-Type", "application/json")
///     .with_body(br#"{"error":"session expired"}"#);
/// assert_eq!(response.header("content-type"), Some("application/json"));
/// assert!(response.body().ends_with(b"}"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UpgradeResponse(Arc<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    whole: bool,
}

impl UpgradeResponse {
    /// How much of a body is read at most, in bytes.
    pub const MAX_BODY: usize = 16 * 1024;

    /// Makes an answer without headers or body, for a test of your own code.
    ///
    /// ```
    /// use wirebond_client::{Disconnect, UpgradeResponse};
    ///
    /// let disconnect = Disconnect::answered(UpgradeResponse::new(503));
    /// assert_eq!(disconnect.status, Some(503));
    /// ```
    pub fn new(status: u16) -> Self {
        Self::of(status, HeaderMap::new(), Vec::new(), true)
    }

    pub(crate) fn of(status: u16, headers: HeaderMap, body: Vec<u8>, whole: bool) -> Self {
        Self(Arc::new(Parts { status, headers, body, whole }))
    }

    /// Adds a header. One that isn't valid in HTTP is ignored.
    ///
    /// ```
    /// use wirebond_client::UpgradeResponse;
    ///
    /// let response = UpgradeResponse::new(503).with_header("Retry-After", "30");
    /// assert_eq!(response.header("retry-after"), Some("30"));
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            Arc::make_mut(&mut self.0).headers.append(name, value);
        }
        self
    }

    /// Sets the body.
    ///
    /// ```
    /// use wirebond_client::UpgradeResponse;
    ///
    /// assert_eq!(UpgradeResponse::new(403).with_body("banned").body(), b"banned");
    /// ```
    #[must_use]
    pub fn with_body(mut self, body: impl AsRef<[u8]>) -> Self {
        Arc::make_mut(&mut self.0).body = body.as_ref().to_vec();
        self
    }

    /// Returns the HTTP status.
    ///
    /// ```
    /// use wirebond_client::UpgradeResponse;
    ///
    /// assert_eq!(UpgradeResponse::new(403).status(), 403);
    /// ```
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns the first value of a header, if it is visible ASCII. The case of the name doesn't matter.
    ///
    /// ```
    /// use wirebond_client::UpgradeResponse;
    ///
    /// let response = UpgradeResponse::new(401).with_header("WWW-Authenticate", "Bearer");
    /// assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.get(name)?.to_str().ok()
    }

    /// Returns all headers: names in lower case, values as sent. A name with several values comes several
    /// times.
    ///
    /// ```
    /// use wirebond_client::UpgradeResponse;
    ///
    /// let response = UpgradeResponse::new(101).with_header("Set-Cookie", "server=b");
    /// let cookies: Vec<_> =
    ///     response.headers().filter(|(name, _)| *name == "set-cookie").collect();
    /// assert_eq!(cookies, [("set-cookie", "server=b".as_bytes())]);
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Returns the body of an answer that refused the upgrade: at most [`MAX_BODY`](Self::MAX_BODY) bytes,
    /// and only what arrived within half a second and before `connect_timeout`. A 101 has no body.
    ///
    /// ```
    /// use wirebond_client::UpgradeResponse;
    ///
    /// let response = UpgradeResponse::new(403).with_body("banned");
    /// assert_eq!(String::from_utf8_lossy(response.body()), "banned");
    /// ```
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns whether [`body`](Self::body) is the whole body, up to its declared length or the end of the
    /// connection.
    ///
    /// ```
    /// use wirebond_client::UpgradeResponse;
    ///
    /// assert!(UpgradeResponse::new(403).with_body("banned").is_body_whole());
    /// ```
    pub fn is_body_whole(&self) -> bool {
        self.0.whole
    }
}

impl fmt::Debug for UpgradeResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeResponse")
            .field("status", &self.0.status)
            .field("headers", &self.0.headers.len())
            .field("body", &self.0.body.len())
            .finish_non_exhaustive()
    }
}
