//! The server's half of the opening handshake (RFC 6455, section 4.2).

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tungstenite::handshake::derive_accept_key;
use wirebond_connection::{log_limiter::shown_name, session::SUBPROTOCOL};

use crate::{
    log::{Log, Name},
    origin,
    settings::Settings,
    upgrade::{Request, UpgradeError},
};

/// The most bytes that a request's head may have.
const MAX_HEAD: usize = 16 * 1024;
/// The most header fields that a request may have.
const MAX_HEADERS: usize = 100;

/// The contents of the 101.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    accept: String,
    subprotocol: Option<String>,
    has_session: bool,
}

impl Accepted {
    /// The user's subprotocol that was selected, and whether the connection has a session.
    pub(crate) fn selected(&self) -> (Option<String>, bool) {
        (self.subprotocol.clone(), self.has_session)
    }

    /// What the answer selects. An offer of sessions must be answered if nothing else was selected: browsers
    /// fail the connection otherwise.
    fn answer(&self) -> Option<&str> {
        self.subprotocol.as_deref().or_else(|| self.has_session.then_some(SUBPROTOCOL))
    }
}

/// Checks a request against the RFC and the settings.
pub(crate) fn check(request: &Request, settings: &Settings) -> Result<Accepted, UpgradeError> {
    if request.method != Method::GET {
        return Err(UpgradeError::Invalid("the method is not GET"));
    }
    if !has_token(&request.headers, &header::CONNECTION, "upgrade") {
        return Err(UpgradeError::Invalid("no `Connection: Upgrade`"));
    }
    if !has_token(&request.headers, &header::UPGRADE, "websocket") {
        return Err(UpgradeError::Invalid("no `Upgrade: websocket`"));
    }
    let hosts = request.headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.uri.authority().is_none()) {
        return Err(UpgradeError::Invalid("not exactly one `Host`"));
    }
    if request.header("sec-websocket-version").map(str::trim) != Some("13") {
        return Err(UpgradeError::Version);
    }
    let mut keys = request.headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
    let key = match (keys.next(), keys.next()) {
        (Some(key), None) if is_key(key.as_bytes()) => key,
        _ => return Err(UpgradeError::Invalid("no `Sec-WebSocket-Key` of 16 bytes")),
    };
    if !is_expected_origin(request, settings) {
        return Err(UpgradeError::Origin);
    }
    let subprotocol = settings
        .subprotocols
        .iter()
        .find(|name| has_token_exactly(&request.headers, &header::SEC_WEBSOCKET_PROTOCOL, name));
    let offers = &request.headers;
    let has_session = settings.sessions.is_some()
        && has_token_exactly(offers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    let accept = derive_accept_key(key.as_bytes());
    Ok(Accepted { accept, subprotocol: subprotocol.cloned(), has_session })
}

/// Whether it is base64 of 16 bytes.
fn is_key(key: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    matches!(key, [digits @ .., b'=', b'='] if digits.len() == 22 && digits.iter().all(is_base64))
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|one| one.eq_ignore_ascii_case(token))
}

fn has_token_exactly(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|one| one == token)
}

/// Whether the origin of the page, if a page makes the request, is allowed (RFC 6455, section 10.2).
fn is_expected_origin(request: &Request, settings: &Settings) -> bool {
    let Some(allowed) = &settings.origins else { return true };
    let Some(origin) = request.headers.get(header::ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|text| origin::normalized(text).ok()) else {
        return false;
    };
    if allowed.contains(&origin) {
        return true;
    }
    // A page of the same host, whatever its scheme: TLS may end before this server.
    let host = request
        .header("host")
        .or_else(|| request.uri.authority().map(http::uri::Authority::as_str));
    let Some((scheme, page)) = origin.split_once("://") else { return false };
    let without_default = |host: &str| {
        let default = if scheme == "https" { ":443" } else { ":80" };
        host.strip_suffix(default).unwrap_or(host).to_ascii_lowercase()
    };
    host.is_some_and(|host| without_default(host) == page)
}

/// Logs that a request is refused.
pub(crate) fn log_refusal(error: &UpgradeError, address: Option<SocketAddr>) {
    let address = address.map(tracing::field::display);
    tracing::debug!(status = error.status(), reason = %error, address, "an upgrade was refused");
}

/// Warns of a page that may not connect: often the deployment is wrong, and not the page.
pub(crate) fn warn_of_origin(log: &Log, request: &Request) {
    let shown = |name: HeaderName| {
        let value = request.headers.get(name).map(HeaderValue::as_bytes);
        value.map_or("absent".to_owned(), |value| shown_name(&String::from_utf8_lossy(value)))
    };
    let what = format!(
        "a page of the origin {} was refused, because it is not of this host ({}): \
         `Builder::allowed_origins` allows an origin",
        shown(header::ORIGIN),
        shown(header::HOST)
    );
    log.warn(None, "origin", what, Name::None);
}

/// The answer, for an HTTP server to write.
pub(crate) fn response<B: From<String>>(
    answer: Result<Accepted, UpgradeError>,
) -> http::Response<B> {
    let body = answer.as_ref().err().map_or(String::new(), |error| format!("{error}\n"));
    let length = body.len();
    let mut response = http::Response::new(B::from(body));
    let headers = response.headers_mut();
    let text = |value: &str| HeaderValue::from_str(value).ok();
    let status = match answer {
        Ok(accepted) => {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.extend(text(&accepted.accept).map(|key| (header::SEC_WEBSOCKET_ACCEPT, key)));
            let subprotocol = accepted.answer().and_then(text);
            headers.extend(subprotocol.map(|name| (header::SEC_WEBSOCKET_PROTOCOL, name)));
            StatusCode::SWITCHING_PROTOCOLS
        }
        Err(error) => {
            if error == UpgradeError::Version {
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            if error == UpgradeError::Unavailable {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            let text = HeaderValue::from_static("text/plain; charset=utf-8");
            headers.insert(header::CONTENT_TYPE, text);
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
        }
    };
    *response.status_mut() = status;
    response
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for UpgradeError {
    fn into_response(self) -> axum_core::response::Response {
        log_refusal(&self, None);
        response(Err(self))
    }
}

/// Reads a request's head from a stream, with what came behind it.
pub(crate) async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
) -> Result<(Request, Vec<u8>), UpgradeError> {
    let mut received = Vec::with_capacity(1024);
    loop {
        if let Some((request, length)) = parse(&received)? {
            return Ok((request, received.split_off(length)));
        }
        if received.len() >= MAX_HEAD {
            return Err(UpgradeError::Invalid("its head is too long"));
        }
        let count = stream.read_buf(&mut received).await.map_err(|_| UpgradeError::Ended)?;
        if count == 0 {
            return Err(UpgradeError::Ended);
        }
    }
}

/// Reads a request's head once it is complete. Also returns its length.
fn parse(received: &[u8]) -> Result<Option<(Request, usize)>, UpgradeError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(received) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Ok(httparse::Status::Complete(length)) => length,
        Err(_) => return Err(UpgradeError::Invalid("it is not HTTP")),
    };
    if request.version != Some(1) {
        return Err(UpgradeError::Invalid("it is not HTTP/1.1"));
    }
    let mut headers = HeaderMap::new();
    for field in request.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let value = HeaderValue::from_bytes(field.value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(UpgradeError::Invalid("a header field is not valid"));
        };
        headers.append(name, value);
    }
    let method = request.method.and_then(|method| method.parse::<Method>().ok());
    let uri = request.path.and_then(|path| path.parse::<Uri>().ok());
    match (method, uri) {
        (Some(method), Some(uri)) => Ok(Some((Request::new(method, uri, headers), length))),
        _ => Err(UpgradeError::Invalid("its first line is not valid")),
    }
}

/// Writes the answer to a stream.
pub(crate) async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    answer: Result<Accepted, UpgradeError>,
) -> std::io::Result<()> {
    let refused = answer.is_err();
    let response = response::<String>(answer);
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut out = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(response.body().as_bytes());
    stream.write_all(&out).await?;
    stream.flush().await?;
    if refused { stream.shutdown().await } else { Ok(()) }
}
