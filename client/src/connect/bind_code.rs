//! One-time codes: some backends want `…/ws?code=…` with a code that an HTTP endpoint gives out.
//!
//! [`Builder::bind_code`](crate::Builder::bind_code) fetches a fresh one for every attempt;
//! [`get_socket_bind_code`] fetches one for a connection of your own.

use std::{
    fmt,
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use http::HeaderMap;
use serde_json::Value;

#[cfg(feature = "tls")]
use crate::connect::tls::by_rustls::HTTP_1;
use crate::{
    connect::dial::header_map,
    connect::drivers,
    connect::handshake::USER_AGENT,
    connect::provider::caught,
    connect::tls::Tls,
    connect::url::place,
    error::{BuildError, BuildErrorKind, ConnectError, ConnectErrorKind, Error, kinds},
};

/// The most of an answer that is read, in bytes.
const MOST: usize = 64 * 1024;
/// How long [`get_socket_bind_code`] waits. Within a client `connect_timeout` counts.
const PATIENCE: Duration = Duration::from_secs(10);

/// A code for one connection. Its `Debug` form doesn't show it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BindCode {
    /// What goes into the URL.
    pub code: String,
    /// Until when it may be used, if the endpoint said so.
    pub expire_time: Option<SystemTime>,
}

impl fmt::Debug for BindCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindCode").field("expire_time", &self.expire_time).finish_non_exhaustive()
    }
}

/// Why there is no code. No text of it shows a code, a header or the endpoint's query.
pub type BindCodeError = Error<BindCodeErrorKind>;

kinds! {
    /// Why there is no bind code.
    BindCodeErrorKind {
        /// The endpoint's URL or a header of the request can't be used.
        Endpoint => "the bind-code endpoint can't be asked",
        /// The endpoint answered with HTTP status 401 or 403: asking again won't help.
        Unauthorized => "the bind-code endpoint refuses us",
        /// It answered with another status than 2xx.
        Status => "the bind-code endpoint answered with an error",
        /// It could not be reached, or the connection to it broke.
        Network => "the bind-code endpoint could not be reached",
        /// It didn't answer in time.
        Timeout => "the bind-code endpoint did not answer in time",
        /// There is no tokio runtime with I/O and time enabled.
        Runtime => "no tokio runtime to run on",
        /// Its answer isn't `{"code":"…","expireTime":…}`.
        Answer => "the bind-code endpoint's answer holds no code",
    }
}

/// Where codes come from: a URL, or more than that.
///
/// ```
/// # use wirebond_client::{Client, bind_code::BindCodeEndpoint};
/// let client = Client::builder("wss://api.example.com/ws").bind_code(
///     BindCodeEndpoint::new("https://api.example.com/socket/bind-code")
///         .header("Authorization", "Bearer …")
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
    /// An endpoint that answers `GET` with `{"code":"…","expireTime":…}`.
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
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Where in the answer the object with `code` and `expireTime` is, or the code itself as a
    /// string: a JSON pointer (RFC 6901) such as `/data`. Default: the answer itself.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    /// What the code is called in the WebSocket URL's query. Default: `code`.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.parameter = name.into();
        self
    }

    /// Asks with a client of your own, with its proxy, cookies, redirects and TLS. Default: one with
    /// the TLS settings of the WebSocket client that goes through no proxy, whatever `HTTP_PROXY` and
    /// its like say, for the WebSocket goes through none either, and that follows a redirect within its
    /// host alone.
    ///
    /// reqwest is built here with its feature `rustls-no-provider`: unless your own dependency on it
    /// chooses a provider, install one before you make a client
    /// (`rustls::crypto::ring::default_provider().install_default()`).
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

/// Fetches one code, within 10 s. Cancelling gives the request up.
///
/// Fails with [`BindCodeErrorKind`]; a status of 401 or 403 is `Unauthorized`.
pub async fn get_socket_bind_code(
    endpoint: impl Into<BindCodeEndpoint>,
) -> Result<BindCode, BindCodeError> {
    let codes = BindCodes::new(endpoint.into())
        .map_err(|error| error.map(|_| BindCodeErrorKind::Endpoint))?;
    if tokio::runtime::Handle::try_current().is_err() {
        let words = "await this inside a tokio runtime";
        return Err(Error::new(BindCodeErrorKind::Runtime).context(words));
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
        let refuse = |kind, words: &str| Err(Error::new(kind).context(words));
        match reqwest::Url::parse(&endpoint.url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {}
            // The URL may hold a credential: it isn't repeated.
            _ => {
                let words = "the bind-code endpoint's is not a URL like https://host/path";
                return refuse(BuildErrorKind::Url, words);
            }
        }
        if !endpoint.pointer.is_empty() && !endpoint.pointer.starts_with('/') {
            let words = format!(
                "the bind-code endpoint's pointer {:?} does not begin with `/` (RFC 6901)",
                endpoint.pointer
            );
            return refuse(BuildErrorKind::Setting, &words);
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
            let words = match location.and_then(|location| location.to_str().ok()) {
                Some(location) => format!("{status}: it redirects to {}", place(location)),
                None => status.to_string(),
            };
            return Err(Error::new(BindCodeErrorKind::Status).context(words));
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
        // This client speaks nothing else.
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
    let mut words = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    Error::new(kind).context(words)
}

fn no_code(words: &str) -> BindCodeError {
    Error::new(BindCodeErrorKind::Answer).context(words)
}

/// Finds the code. No error repeats what the answer says: the code may be in it.
fn read(body: &[u8], pointer: &str) -> Result<BindCode, BindCodeError> {
    let answer: Value = serde_json::from_slice(body).map_err(|_| no_code("it is not JSON"))?;
    let place = answer
        .pointer(pointer)
        .ok_or_else(|| no_code(&format!("there is nothing at the pointer {pointer:?}")))?;
    let code = match place {
        Value::String(_) => place,
        _ => place.get("code").unwrap_or(&Value::Null),
    };
    let Value::String(code) = code else {
        return Err(no_code(
            "there is no string `code`; if the answer wraps it, say where with `pointer`, such as \
             \"/data\"",
        ));
    };
    if code.is_empty() {
        return Err(no_code("the code is empty"));
    }
    let expire_time = match place.get("expireTime") {
        None | Some(Value::Null) => None,
        Some(value) => Some(time(value).ok_or_else(|| {
            no_code("`expireTime` is neither milliseconds nor seconds since 1970 nor RFC 3339")
        })?),
    };
    Ok(BindCode { code: code.clone(), expire_time })
}

/// Milliseconds or seconds since 1970, as a number or a string, or RFC 3339.
fn time(value: &Value) -> Option<SystemTime> {
    let number = match value {
        Value::String(text) => {
            if let Ok(time) = text.parse::<jiff::Timestamp>() {
                let millis = u64::try_from(time.as_millisecond()).ok()?;
                return SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis));
            }
            text.trim().parse().ok()?
        }
        value => value.as_f64()?,
    };
    // As seconds this would be in the year 5138, as milliseconds in 1973.
    let seconds = if number.abs() >= 1e11 { number / 1_000.0 } else { number };
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, pointer: &str) -> Result<(String, Option<u64>), String> {
        let code = read(body.as_bytes(), pointer).map_err(|error| error.to_string())?;
        let seconds = code
            .expire_time
            .map(|time| time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs());
        Ok((code.code, seconds))
    }

    #[test]
    fn every_form_of_the_time_is_understood() {
        for time in [
            "1700000000000",
            "1700000000",
            "1700000000.5",
            "1.7e12",
            "\"1700000000000\"",
            "\"1700000000\"",
            "\"2023-11-14T22:13:20Z\"",
            "\"2023-11-15T06:13:20.25+08:00\"",
        ] {
            let body = format!(r#"{{"code":"c","expireTime":{time}}}"#);
            assert_eq!(found(&body, ""), Ok(("c".into(), Some(1_700_000_000))), "{time}");
        }
        for body in [r#"{"code":"c"}"#, r#"{"code":"c","expireTime":null}"#] {
            assert_eq!(found(body, ""), Ok(("c".into(), None)), "{body}");
        }
        for time in ["\"soon\"", "true", "-1", "1e300", "[]", "\"NaN\""] {
            let body = format!(r#"{{"code":"s3cret","expireTime":{time}}}"#);
            let error = found(&body, "").expect_err(time);
            assert!(error.contains("expireTime") && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_pointer_says_where_the_code_is() {
        let wrapped = r#"{"code":0,"data":{"code":"c","expireTime":1700000000}}"#;
        assert_eq!(found(wrapped, "/data"), Ok(("c".into(), Some(1_700_000_000))));
        assert_eq!(found(wrapped, "/data/code"), Ok(("c".into(), None)));
        assert!(found(wrapped, "").expect_err("a number").contains("pointer"));
        assert!(found(wrapped, "/result").expect_err("nowhere").contains("/result"));
    }

    #[test]
    fn an_answer_without_a_code_is_an_error_that_does_not_repeat_it() {
        for body in
            ["", "s3cret", "[\"s3cret\"]", r#"{"token":"s3cret"}"#, r#"{"code":""}"#, "null"]
        {
            let error = found(body, "").expect_err(body);
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn an_endpoint_that_cannot_be_is_refused_before_it_is_asked() {
        let refused = |endpoint: BindCodeEndpoint| {
            let error = BindCodes::new(endpoint).expect_err("refused");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
            *error.kind()
        };
        for url in ["", "s3cret", "/s3cret", "ftp://s3cret/", "ws://s3cret/", "http://s3cret:x/"] {
            assert_eq!(refused(url.into()), BuildErrorKind::Url, "{url}");
        }
        let endpoint = BindCodeEndpoint::new("http://h/");
        assert_eq!(refused(endpoint.clone().pointer("data")), BuildErrorKind::Setting);
        assert_eq!(refused(endpoint.clone().header("a b", "s3cret")), BuildErrorKind::Header);
        assert!(BindCodes::new(endpoint.pointer("/data")).is_ok());
    }

    #[test]
    fn nothing_shows_a_code() {
        let code = BindCode { code: "s3cret".into(), expire_time: None };
        let endpoint = BindCodeEndpoint::new("https://h/?key=s3cret").header("X-Key", "s3cret");
        let shown = format!("{code:?} {endpoint:?} {:?}", BindCodes::new(endpoint.clone()));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
