//! The client's half of the opening handshake (RFC 6455, section 4.1), over any stream.
//!
//! Done here rather than by tungstenite for three reasons: it writes the whole request, credentials
//! included, to the `log` at trace level; it accepts extensions that were never offered; and it
//! refuses a `Connection` header of several tokens, which the RFC allows.

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::Instant,
};
use tungstenite::handshake::{client::generate_key, derive_accept_key};
use wirebond_connection::session::SUBPROTOCOL;

use crate::{
    connect::url::{Url, place},
    error::{ConnectError, ConnectErrorKind, Error},
    response::UpgradeResponse,
};

mod body;

/// The default `User-Agent`: some front ends answer 403 without one.
pub(crate) const USER_AGENT: &str = concat!("wirebond/", env!("CARGO_PKG_VERSION"));

/// The most bytes that an answer's head may have, together with the interim answers before it.
const MAX_HEAD: usize = 64 * 1024;
/// The most header fields that an answer may have.
const MAX_HEADERS: usize = 128;

/// A request to upgrade.
pub(crate) struct Request<'a> {
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) subprotocols: &'a [String],
    /// Whether a session is offered, as one more subprotocol.
    pub(crate) offers_session: bool,
}

/// An upgraded stream.
#[derive(Debug)]
pub(crate) struct Upgraded {
    /// The subprotocol that the server chose; it may be that of sessions.
    pub(crate) subprotocol: Option<String>,
    pub(crate) response: UpgradeResponse,
    /// The bytes that arrived after the answer.
    pub(crate) rest: Vec<u8>,
}

/// An attempt that failed, with the server's answer in the error if there was one.
#[derive(Debug)]
pub(crate) struct FailedAttempt {
    pub(crate) error: ConnectError,
    /// When the failure was known: the delay before the next attempt counts from here.
    pub(crate) at: Instant,
}

impl From<ConnectError> for FailedAttempt {
    fn from(error: ConnectError) -> Self {
        Self { error, at: Instant::now() }
    }
}

/// Asks for the upgrade and checks the answer. The body of an answer that refuses is read until `deadline`
/// at most.
pub(crate) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    request: Request<'_>,
    deadline: Instant,
) -> Result<Upgraded, FailedAttempt> {
    let key = generate_key();
    stream.write_all(&request.to_bytes(&key)).await.map_err(|error| io(&error))?;
    stream.flush().await.map_err(|error| io(&error))?;
    let mut received = Vec::with_capacity(1024);
    // The end of the interim answers. Their bytes stay, so that their number is bounded, too.
    let mut begin = 0;
    loop {
        let count = stream.read_buf(&mut received).await.map_err(|error| io(&error))?;
        while let Some((head, length)) = parse(&received[begin..])? {
            begin += length;
            // RFC 9110, section 15.2: any number of these may come first. 101 is final.
            if matches!(head.status, 100..=199) && head.status != 101 {
                continue;
            }
            let rest = received.split_off(begin);
            if head.status == 101 {
                return accept(head, &key, &request, rest);
            }
            let at = Instant::now();
            let (body, whole) =
                body::read(stream, head.status, &head.headers, rest, deadline).await;
            let response = UpgradeResponse::of(head.status, head.headers, body, whole);
            return Err(FailedAttempt { error: refusal(response), at });
        }
        if count == 0 {
            let message = "the connection ended in the middle of the handshake";
            return Err(Error::new(ConnectErrorKind::Io).context(message).into());
        }
        if received.len() > MAX_HEAD {
            let message = if begin > 0 {
                "its interim answers (1xx) do not end"
            } else {
                "its answer's headers do not end"
            };
            return Err(handshake(message).into());
        }
    }
}

fn io(error: &std::io::Error) -> ConnectError {
    Error::new(ConnectErrorKind::Io).context(error.to_string())
}

fn handshake(message: &str) -> ConnectError {
    Error::new(ConnectErrorKind::Handshake).context(message)
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
        let session = (self.offers_session && !self.subprotocols.iter().any(|one| is_session(one)))
            .then(|| SUBPROTOCOL.to_owned());
        let offered: Vec<_> = self.subprotocols.iter().cloned().chain(session).collect();
        if !offered.is_empty() {
            let offered = offered.join(", ");
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
        if !self.headers.contains_key(header::USER_AGENT) {
            out.extend_from_slice(format!("User-Agent: {USER_AGENT}\r\n").as_bytes());
        }
        for (name, value) in self.headers {
            // An empty value sends no header.
            if name == header::USER_AGENT && value.is_empty() {
                continue;
            }
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out
    }
}

struct Head {
    /// Whether it is HTTP/1.1.
    current: bool,
    status: u16,
    headers: HeaderMap,
}

/// Reads the answer's head once it is complete. Returns its length as well.
fn parse(received: &[u8]) -> Result<Option<(Head, usize)>, ConnectError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(received) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Ok(httparse::Status::Complete(length)) => length,
        Err(error) => {
            return Err(handshake(&not_http(received, error)));
        }
    };
    // They are kept as long as the connection: without room for more.
    let mut headers = HeaderMap::with_capacity(response.headers.len());
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

/// Describes what answers instead of HTTP/1.1, by its first bytes.
fn not_http(received: &[u8], error: httparse::Error) -> String {
    match received {
        // RFC 8446, section 5.1: a record with a handshake message or an alert.
        [0x15 | 0x16, 3, ..] => "it speaks TLS: use wss://".to_owned(),
        // RFC 9113, section 3.4: a SETTINGS frame on stream 0.
        [0, _, _, 4, 0, 0, 0, 0, 0, ..] => {
            "it speaks HTTP/2 alone; WebSocket needs HTTP/1.1 (with TLS: `http/1.1` by ALPN)"
                .to_owned()
        }
        _ => format!("it does not speak HTTP/1.1 ({error})"),
    }
}

/// Checks the upgrade. The error names what is wrong with it.
fn accept(
    head: Head,
    key: &str,
    request: &Request<'_>,
    rest: Vec<u8>,
) -> Result<Upgraded, FailedAttempt> {
    let checked = check(&head, key, request.subprotocols, request.offers_session);
    let response = UpgradeResponse::of(head.status, head.headers, Vec::new(), true);
    match checked {
        Ok(subprotocol) => Ok(Upgraded { subprotocol, response, rest }),
        Err((kind, message)) => {
            Err(Error::new(kind).context(message).with_response(response).into())
        }
    }
}

/// RFC 6455, section 4.1, the checks of a 101. Returns the chosen subprotocol.
fn check(
    head: &Head,
    key: &str,
    offered: &[String],
    offers_session: bool,
) -> Result<Option<String>, (ConnectErrorKind, &'static str)> {
    let wrong = |message| Err((ConnectErrorKind::Handshake, message));
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
    // A subprotocol may carry a token, so none is repeated in an error.
    let refuse = |message| Err((ConnectErrorKind::Subprotocol, message));
    let chosen = head.headers.get(header::SEC_WEBSOCKET_PROTOCOL);
    match chosen.map(|chosen| String::from_utf8_lossy(chosen.as_bytes()).into_owned()) {
        None if offered.is_empty() => Ok(None),
        None => refuse("it chose none of those offered"),
        Some(chosen) if offered.contains(&chosen) => Ok(Some(chosen)),
        // That of sessions stands for none of the user's.
        Some(chosen) if offers_session && is_session(&chosen) && offered.is_empty() => {
            Ok(Some(chosen))
        }
        Some(chosen) if offers_session && is_session(&chosen) => {
            refuse("it chose none of those offered")
        }
        Some(_) => refuse("it chose one that was not offered"),
    }
}

fn is_session(subprotocol: &str) -> bool {
    subprotocol == SUBPROTOCOL
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(token)))
}

/// What an answer other than 101 means.
pub(crate) fn refusal(response: UpgradeResponse) -> ConnectError {
    let status = response.status();
    let kind = match status {
        401 | 403 => ConnectErrorKind::Unauthorized,
        _ => ConnectErrorKind::Http { status },
    };
    let error = Error::new(kind);
    let error = match (status, response.header("location")) {
        (300..=399, Some(location)) => error.context(format!(
            "it redirects to {}, which is never followed: use the URL in the answer's `location` \
             header if it is the right one",
            place(location)
        )),
        (401 | 403, _) => error.context(format!("HTTP status {status}")),
        _ => error,
    };
    error.with_response(response)
}

/// Reads an answer as [`upgrade`] does.
#[cfg(fuzzing)]
pub(crate) fn fuzz(received: &[u8]) {
    if let Ok(Some((head, length))) = parse(received) {
        assert!(length <= received.len());
        let _ = check(&head, "dGhlIHNhbXBsZSBub25jZQ==", &["chat".to_owned()], true);
        let _ =
            refusal(UpgradeResponse::of(head.status, head.headers, Vec::new(), true)).to_string();
    }
}
