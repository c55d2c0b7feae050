//! The server's answer to the upgrade request, for those who want to know more than its status.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue};

/// A server's answer to the upgrade request: the 101 of an open connection
/// ([`Client::upgrade_response`](crate::Client::upgrade_response)), or the answer that refused it
/// ([`ConnectError::response`](crate::Error::response),
/// [`Disconnect::response`](crate::Disconnect::response)).
///
/// Its `Debug` form shows the status and sizes alone: a cookie or a body may be a credential. Clones
/// are cheap.
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
    /// The most of a body that is read, in bytes.
    pub const MAX_BODY: usize = 16 * 1024;

    /// An answer without headers or body, for a test of your own code.
    pub fn new(status: u16) -> Self {
        Self::of(status, HeaderMap::new(), Vec::new(), true)
    }

    pub(crate) fn of(status: u16, headers: HeaderMap, body: Vec<u8>, whole: bool) -> Self {
        Self(Arc::new(Parts { status, headers, body, whole }))
    }

    /// Adds a header. One that HTTP doesn't allow is left out.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            Arc::make_mut(&mut self.0).headers.append(name, value);
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl AsRef<[u8]>) -> Self {
        Arc::make_mut(&mut self.0).body = body.as_ref().to_vec();
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The first value of a header, if it is visible ASCII. The case of the name doesn't matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.get(name)?.to_str().ok()
    }

    /// Every header with each of its values: names in lower case, values as they were sent.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// The body of an answer that refused the upgrade: at most [`MAX_BODY`](Self::MAX_BODY) bytes of
    /// it, and what arrived within half a second and before `connect_timeout`. A 101 has none.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Whether [`body`](Self::body) is the whole body, to its declared end or the end of the
    /// connection.
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
