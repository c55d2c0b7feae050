//! The client's half of the opening handshake (RFC 6455, section 4.1), over any stream.
//!
//! Done here rather than by tungstenite for three reasons: it writes the whole request, credentials
//! included, to the `log` at trace level; it accepts extensions that were never offered; and it
//! refuses a `Connection` header of several tokens, which the RFC allows.

use std::time::{Duration, SystemTime};

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tungstenite::handshake::{client::generate_key, derive_accept_key};

use crate::{
    error::{ConnectError, ConnectErrorKind, Error},
    ruling::{Cause, retry_after},
    url::Url,
};

/// The most bytes that an answer's head may have.
const MAX_HEAD: usize = 64 * 1024;
/// The most header fields that an answer may have.
const MAX_HEADERS: usize = 128;

/// A request to upgrade.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) subprotocols: &'a [String],
}

/// An upgraded stream.
#[derive(Debug)]
pub(crate) struct Upgraded {
    /// The subprotocol that the server chose.
    pub(crate) subprotocol: Option<String>,
    /// What arrived behind the answer.
    pub(crate) rest: Vec<u8>,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: ConnectError,
    pub(crate) cause: Cause,
    /// The answer's headers, if there was an answer; boxed, for this is an error.
    pub(crate) headers: Box<HeaderMap>,
}

impl From<ConnectError> for Refused {
    fn from(error: ConnectError) -> Self {
        Self { cause: Cause::Attempt(*error.kind()), error, headers: Box::default() }
    }
}

/// Asks for the upgrade and checks the answer.
pub(crate) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: Request<'_>,
) -> Result<Upgraded, Refused> {
    let key = generate_key();
    stream.write_all(&request.to_bytes(&key)).await.map_err(|error| io(&error))?;
    stream.flush().await.map_err(|error| io(&error))?;
    let mut received = Vec::with_capacity(1024);
    loop {
        let count = stream.read_buf(&mut received).await.map_err(|error| io(&error))?;
        if let Some((head, length)) = parse(&received)? {
            let subprotocol = check(&head, &key, request.subprotocols)?;
            return Ok(Upgraded { subprotocol, rest: received.split_off(length) });
        }
        if count == 0 {
            let words = "the connection ended in the middle of the handshake";
            return Err(Error::new(ConnectErrorKind::Io).context(words).into());
        }
        if received.len() > MAX_HEAD {
            return Err(handshake("its answer's headers do not end").into());
        }
    }
}

fn io(error: &std::io::Error) -> ConnectError {
    Error::new(ConnectErrorKind::Io).context(error.to_string())
}

fn handshake(words: &str) -> ConnectError {
    Error::new(ConnectErrorKind::Handshake).context(words)
}

impl Request<'_> {
    fn to_bytes(&self, key: &str) -> Vec<u8> {
        let mut out = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n",
            self.url.target(),
            self.url.host_header(),
        )
        .into_bytes();
        if !self.subprotocols.is_empty() {
            let offered = self.subprotocols.join(", ");
            out.extend_from_slice(format!("Sec-WebSocket-Protocol: {offered}\r\n").as_bytes());
        }
        if let Some(user_info) = &self.url.user_info
            && !self.headers.contains_key(header::AUTHORIZATION)
        {
            // RFC 7617; a user without a colon has an empty password.
            let colon = if user_info.contains(&b':') { &b""[..] } else { b":" };
            let basic = BASE64.encode(&[user_info, colon].concat());
            out.extend_from_slice(format!("Authorization: Basic {basic}\r\n").as_bytes());
        }
        for (name, value) in self.headers {
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out
    }
}

/// Headers that the handshake itself sets.
pub(crate) fn is_reserved(name: &HeaderName) -> bool {
    const RESERVED: [HeaderName; 7] = [
        header::HOST,
        header::UPGRADE,
        header::CONNECTION,
        header::SEC_WEBSOCKET_KEY,
        header::SEC_WEBSOCKET_VERSION,
        header::SEC_WEBSOCKET_EXTENSIONS,
        header::SEC_WEBSOCKET_PROTOCOL,
    ];
    RESERVED.contains(name)
}

struct Head {
    /// Whether it is HTTP/1.1.
    current: bool,
    status: u16,
    headers: HeaderMap,
}

/// Reads the answer's head once it is complete, and tells its length.
fn parse(received: &[u8]) -> Result<Option<(Head, usize)>, ConnectError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(received) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Ok(httparse::Status::Complete(length)) => length,
        Err(error) => {
            return Err(handshake(&format!("it does not speak HTTP/1.1 ({error})")));
        }
    };
    let mut headers = HeaderMap::new();
    for field in response.headers {
        // httparse has checked both against the same grammar.
        let name = HeaderName::from_bytes(field.name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value)) {
            headers.append(name, value);
        }
    }
    let (current, status) = (response.version == Some(1), response.code.unwrap_or(0));
    Ok(Some((Head { current, status, headers }, length)))
}

/// RFC 6455, section 4.1, the six checks of the answer. Returns the chosen subprotocol.
fn check(head: &Head, key: &str, offered: &[String]) -> Result<Option<String>, Refused> {
    if head.status != 101 {
        return Err(other_status(head));
    }
    let refuse = |kind, words: &str| {
        let error = Error::new(kind).context(words);
        Err(Refused { headers: Box::new(head.headers.clone()), ..error.into() })
    };
    let wrong = |words: &str| refuse(ConnectErrorKind::Handshake, words);
    if !head.current {
        return wrong("its answer is not HTTP/1.1");
    }
    if !has_token(&head.headers, &header::UPGRADE, "websocket") {
        return wrong("its answer has no `Upgrade: websocket`");
    }
    if !has_token(&head.headers, &header::CONNECTION, "upgrade") {
        return wrong("its answer has no `Connection: Upgrade`");
    }
    let accept = head.headers.get(header::SEC_WEBSOCKET_ACCEPT);
    if accept.is_none_or(|accept| accept.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
    {
        return wrong("its `Sec-WebSocket-Accept` does not answer our key");
    }
    if head.headers.contains_key(header::SEC_WEBSOCKET_EXTENSIONS) {
        return wrong("it uses an extension that was not offered");
    }
    let chosen = head.headers.get(header::SEC_WEBSOCKET_PROTOCOL);
    match chosen.map(|chosen| String::from_utf8_lossy(chosen.as_bytes()).into_owned()) {
        None if offered.is_empty() => Ok(None),
        None => refuse(ConnectErrorKind::Subprotocol, "it chose none of those offered"),
        Some(chosen) if offered.contains(&chosen) => Ok(Some(chosen)),
        Some(chosen) => {
            let words = format!("it chose {chosen:?}, which was not offered");
            refuse(ConnectErrorKind::Subprotocol, &words)
        }
    }
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
}

/// Where a redirect leads to: without query and user, which are somebody's secrets as ours are.
fn without_secrets(location: &str) -> String {
    let place = location.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = place.split_once("//") else { return place.to_owned() };
    // An `@` in the path is nobody's password.
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}//{host}{path}")
}

fn other_status(head: &Head) -> Refused {
    let status = head.status;
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let kind = match status {
        401 | 403 => ConnectErrorKind::Unauthorized,
        _ => ConnectErrorKind::Http { status },
    };
    let error = Error::new(kind);
    let error = match (status, text(header::LOCATION)) {
        (300..=399, Some(location)) => error.context(format!(
            "it redirects to {:?}; use that URL if it is the right one",
            without_secrets(location)
        )),
        (401 | 403, _) => error.context(format!("HTTP status {status}")),
        _ => error,
    };
    let delay: Option<Duration> =
        text(header::RETRY_AFTER).and_then(|v| retry_after(v, SystemTime::now()));
    Refused { error, cause: Cause::Status(status, delay), headers: Box::new(head.headers.clone()) }
}

/// Reads an answer as [`upgrade`] does.
#[cfg(fuzzing)]
pub(crate) fn fuzz(received: &[u8]) {
    if let Ok(Some((head, length))) = parse(received) {
        assert!(length <= received.len());
        let _ = check(&head, "dGhlIHNhbXBsZSBub25jZQ==", &["chat".to_owned()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_11_a_place_keeps_its_path_and_loses_its_secrets() {
        for (location, place) in [
            ("wss://u:p@h.test/a?token=t#x", "wss://h.test/a"),
            ("https://h.test/@alice/feed", "https://h.test/@alice/feed"),
            ("https://u:p@h.test:1/@alice//b", "https://h.test:1/@alice//b"),
            ("//u:p@h.test", "//h.test"),
            ("/elsewhere?token=t", "/elsewhere"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(location), place, "{location}");
        }
    }
}
