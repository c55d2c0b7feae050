//! One-time codes: some servers require `…/ws?code=…` with a code from an HTTP endpoint.
//!
//! [`Builder::bind_code`](crate::Builder::bind_code) fetches a fresh code for every attempt.
//! [`get_socket_bind_code`] fetches one for a connection of your own.

use std::{fmt, sync::OnceLock, time::Duration};

use http::HeaderMap;

#[cfg(feature = "tls")]
use crate::connect::tls::by_rustls::HTTP_1;
use crate::{
    connect::drivers,
    connect::handshake::USER_AGENT,
    connect::headers::header_map,
    connect::provider::caught,
    connect::tls::Tls,
    connect::url::place,
    error::{BuildError, BuildErrorKind, ConnectError, ConnectErrorKind, Error},
};

mod answer;

pub use answer::{BindCode, BindCodeError, BindCodeErrorKind};
use answer::{no_code, read};

/// The most of an answer that is read, in bytes.
const MOST: usize = 64 * 1024;
/// How long [`get_socket_bind_code`] waits. Within a client `connect_timeout` counts.
const PATIENCE: Duration = Duration::from_secs(10);

/// The HTTP endpoint that codes come from. A string converts into one.
///
/// ```
/// use wirebond_client::{Client, bind_code::BindCodeEndpoint};
///
/// let client = Client::builder("ws://127.0.0.1:9001/ws").bind_code(
///     BindCodeEndpoint::new("http://127.0.0.1:9001/bind-code")
///         .header("Authorization", "Bearer t0ken")
///         // {"code":0,"data":{"code":"…","expireTime":…}}
///         .pointer("/data"),
/// );
/// ```
#[derive(Clone)]
pub struct BindCodeEndpoint {
    url: String,
    headers: Vec<(String, String)>,
    pointer: String,
    parameter: String,
    client: Option<reqwest::Client>,
}

impl BindCodeEndpoint {
    /// Describes an endpoint that answers `GET` with `{"code":"…","expireTime":…}`.
    ///
    /// ```
    /// use wirebond_client::bind_code::BindCodeEndpoint;
    ///
    /// let endpoint = BindCodeEndpoint::new("https://api.example.com/socket/bind-code");
    /// ```
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
            pointer: String::new(),
            parameter: "code".to_owned(),
            client: None,
        }
    }

    /// Adds a header to the request.
    ///
    /// ```
    /// use wirebond_client::bind_code::BindCodeEndpoint;
    ///
    /// let endpoint = BindCodeEndpoint::new("https://api.example.com/socket/bind-code")
    ///     .header("Authorization", "Bearer t0ken");
    /// ```
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets where in the answer the object with `code` and `expireTime` is, or the code itself as a string:
    /// a JSON pointer (RFC 6901). Default: the answer itself.
    ///
    /// ```
    /// use wirebond_client::bind_code::BindCodeEndpoint;
    ///
    /// // {"code":0,"data":{"code":"…","expireTime":…}}
    /// let endpoint = BindCodeEndpoint::new("https://api.example.com/socket/bind-code").pointer("/data");
    /// ```
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    /// Sets the name of the code in the query of the WebSocket's URL. Default: `code`.
    ///
    /// ```
    /// use wirebond_client::bind_code::BindCodeEndpoint;
    ///
    /// // wss://api.example.com/ws?ticket=…
    /// let endpoint = BindCodeEndpoint::new("https://api.example.com/ticket").parameter("ticket");
    /// ```
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.parameter = name.into();
        self
    }

    /// Sets the HTTP client, with its own proxy, cookies, redirects and TLS.
    ///
    /// The default one has the TLS settings of the WebSocket client. Like the WebSocket it ignores
    /// `HTTP_PROXY` and similar variables, and it follows redirects only within the same host.
    ///
    /// reqwest is built here with its feature `rustls-no-provider`. Unless your own dependency on reqwest
    /// chooses a crypto provider, install one before you make a client.
    ///
    /// ```
    /// use wirebond_client::{bind_code::BindCodeEndpoint, rustls::crypto::ring};
    ///
    /// let _ = ring::default_provider().install_default();
    /// let client = reqwest::Client::builder().user_agent("my-app").build()?;
    /// let endpoint =
    ///     BindCodeEndpoint::new("https://api.example.com/socket/bind-code").client(client);
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    #[must_use]
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }
}

impl<S: Into<String>> From<S> for BindCodeEndpoint {
    fn from(url: S) -> Self {
        Self::new(url)
    }
}

impl fmt::Debug for BindCodeEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL and the headers may hold credentials.
        f.debug_struct("BindCodeEndpoint").field("pointer", &self.pointer).finish_non_exhaustive()
    }
}

/// Fetches one code, within 10 s.
///
/// ```no_run
/// use wirebond_client::bind_code::get_socket_bind_code;
///
/// # async fn example() -> Result<(), wirebond_client::bind_code::BindCodeError> {
/// let code = get_socket_bind_code("http://127.0.0.1:9001/bind-code").await?;
/// let url = format!("ws://127.0.0.1:9001/ws?code={}", code.code);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`BindCodeErrorKind`] lists them.
///
/// # Cancel safety
///
/// Cancelling aborts the request.
pub async fn get_socket_bind_code(
    endpoint: impl Into<BindCodeEndpoint>,
) -> Result<BindCode, BindCodeError> {
    let codes = BindCodes::new(endpoint.into())
        .map_err(|error| error.map(|_| BindCodeErrorKind::Endpoint))?;
    if tokio::runtime::Handle::try_current().is_err() {
        let message = "await this inside a tokio runtime";
        return Err(Error::new(BindCodeErrorKind::Runtime).context(message));
    }
    if !drivers::have_time() {
        let error = drivers::missing("timers");
        return Err(error.map(|_| BindCodeErrorKind::Runtime));
    }
    tokio::time::timeout(PATIENCE, codes.fetch(&Tls::default()))
        .await
        .unwrap_or_else(|_| Err(Error::new(BindCodeErrorKind::Timeout)))
}

/// Where a client gets its codes.
pub(crate) struct BindCodes {
    endpoint: BindCodeEndpoint,
    headers: HeaderMap,
    /// Made at the first use, if the user brought none.
    client: OnceLock<reqwest::Client>,
}

impl BindCodes {
    pub(crate) fn new(mut endpoint: BindCodeEndpoint) -> Result<Self, BuildError> {
        let refuse = |kind, message: &str| Err(Error::new(kind).context(message));
        match reqwest::Url::parse(&endpoint.url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {}
            // The URL may hold a credential: it isn't repeated.
            _ => {
                let message = "the bind-code endpoint's is not a URL like https://host/path";
                return refuse(BuildErrorKind::Url, message);
            }
        }
        if !endpoint.pointer.is_empty() && !endpoint.pointer.starts_with('/') {
            let message = format!(
                "the bind-code endpoint's pointer {:?} does not begin with `/` (RFC 6901)",
                endpoint.pointer
            );
            return refuse(BuildErrorKind::Setting, &message);
        }
        let headers = header_map(&endpoint.headers)?;
        let client = endpoint.client.take().map(OnceLock::from).unwrap_or_default();
        Ok(Self { endpoint, headers, client })
    }

    /// A fresh code for an attempt, and what it is called in the query.
    pub(crate) async fn for_attempt(&self, tls: &Tls) -> Result<(&str, String), ConnectError> {
        let code = self.fetch(tls).await.map_err(|error| {
            let kind = match error.kind() {
                BindCodeErrorKind::Unauthorized => ConnectErrorKind::Unauthorized,
                BindCodeErrorKind::Runtime => return error.map(|_| ConnectErrorKind::Runtime),
                _ => ConnectErrorKind::Provider,
            };
            Error::new(kind).context(error.to_string())
        })?;
        Ok((&self.endpoint.parameter, code.code))
    }

    async fn fetch(&self, tls: &Tls) -> Result<BindCode, BindCodeError> {
        let client = if let Some(client) = self.client.get() {
            client.clone()
        } else {
            let client = default_client(tls)?;
            self.client.get_or_init(|| client).clone()
        };
        let request = client.get(&self.endpoint.url).headers(self.headers.clone());
        // tokio panics where its I/O is off.
        let answer = caught(|| Box::pin(request.send())).await;
        let missing = || drivers::missing("I/O").map(|_| BindCodeErrorKind::Runtime);
        let mut answer = answer.ok_or_else(missing)?.map_err(network)?;
        let status = answer.status();
        if matches!(status.as_u16(), 401 | 403) {
            return Err(Error::new(BindCodeErrorKind::Unauthorized).context(status.to_string()));
        }
        if !status.is_success() {
            let location = answer.headers().get("location").filter(|_| status.is_redirection());
            let message = match location.and_then(|location| location.to_str().ok()) {
                Some(location) => format!("{status}: it redirects to {}", place(location)),
                None => status.to_string(),
            };
            return Err(Error::new(BindCodeErrorKind::Status).context(message));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > MOST {
                return Err(no_code(&format!("it is longer than {MOST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        read(&body, &self.endpoint.pointer)
    }
}

impl fmt::Debug for BindCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}

#[cfg_attr(
    not(feature = "tls"),
    expect(unused_variables, reason = "without TLS only http:// endpoints can be asked")
)]
fn default_client(tls: &Tls) -> Result<reqwest::Client, BindCodeError> {
    let builder = reqwest::Client::builder()
        // The WebSocket goes through none either.
        .no_proxy()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::custom(within_the_host));
    #[cfg(feature = "tls")]
    let builder = {
        let config = tls
            .rustls
            .config()
            .map_err(|error| Error::new(BindCodeErrorKind::Endpoint).context(error.to_string()))?;
        let mut config = config.as_ref().clone();
        // This client supports nothing else.
        config.alpn_protocols = vec![HTTP_1.to_vec()];
        builder.tls_backend_preconfigured(config)
    };
    builder.build().map_err(network)
}

/// A redirect to another host is not followed: headers and query may hold credentials.
fn within_the_host(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let (to, from) = (attempt.url(), attempt.previous().last());
    let port = reqwest::Url::port_or_known_default;
    let same = from.is_some_and(|from| {
        let upgraded = from.scheme() == "http" && to.scheme() == "https";
        let stays = from.scheme() == to.scheme() && port(from) == port(to);
        from.host_str() == to.host_str() && (stays || upgraded)
    });
    if same && attempt.previous().len() < 10 { attempt.follow() } else { attempt.stop() }
}

fn network(error: reqwest::Error) -> BindCodeError {
    // The URL may hold a credential.
    let error = error.without_url();
    let kind = if error.is_timeout() {
        BindCodeErrorKind::Timeout
    } else if error.is_builder() {
        BindCodeErrorKind::Endpoint
    } else {
        BindCodeErrorKind::Network
    };
    let mut message = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        message = format!("{message}: {error}");
        source = error.source();
    }
    Error::new(kind).context(message)
}

#[cfg(test)]
mod tests;
