//! The spans of `tracing`: one for each attempt, one for each connection. Their fields are named after
//! OpenTelemetry's semantic conventions. Of the URL they hold scheme, host and port.

use std::{borrow::Cow, net::SocketAddr};

use tracing::{Span, field::Empty, info_span};

use crate::{
    connect::url::Url,
    error::{ConnectError, ConnectErrorKind},
};

/// The span of an attempt to connect.
pub(crate) fn attempt(number: u32) -> Span {
    info_span!(
        "wirebond.connect",
        otel.kind = "client",
        otel.status_code = Empty,
        wirebond.attempt = number,
        server.address = Empty,
        server.port = Empty,
        url.scheme = Empty,
        network.peer.address = Empty,
        network.peer.port = Empty,
        http.response.status_code = Empty,
        "error.type" = Empty,
    )
}

/// The span of an open connection, with the name and version of its contract.
pub(crate) fn connection(
    server: &Url,
    peer: Option<SocketAddr>,
    contract: Option<(&str, &str)>,
) -> Span {
    let span = info_span!(
        "wirebond.connection",
        otel.kind = "client",
        otel.status_code = Empty,
        network.protocol.name = "websocket",
        server.address = Empty,
        server.port = Empty,
        url.scheme = Empty,
        network.peer.address = Empty,
        network.peer.port = Empty,
        wirebond.contract.name = contract.map(|(name, _)| name),
        wirebond.contract.version = contract.map(|(_, version)| version),
        wirebond.close.code = Empty,
        "error.type" = Empty,
    );
    record_server(&span, server);
    record_peer(&span, peer);
    span
}

/// Records which server is connected to.
pub(crate) fn record_server(span: &Span, server: &Url) {
    span.record("server.address", server.host.as_str());
    span.record("server.port", server.port);
    span.record("url.scheme", if server.secure { "wss" } else { "ws" });
}

/// Records the other end of the TCP connection. A connector's stream has none.
pub(crate) fn record_peer(span: &Span, peer: Option<SocketAddr>) {
    if let Some(peer) = peer.filter(|_| !span.is_disabled()) {
        span.record("network.peer.address", peer.ip().to_string());
        span.record("network.peer.port", peer.port());
    }
}

/// Records that an attempt failed.
pub(crate) fn record_failure(span: &Span, error: &ConnectError) {
    if span.is_disabled() {
        return;
    }
    if let Some(response) = error.response() {
        span.record("http.response.status_code", response.status());
    }
    record_error(span, &error_type(*error.kind()));
}

/// Records the kind of an error, which OpenTelemetry calls its type.
pub(crate) fn record_error(span: &Span, error_type: &str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error_type);
}

fn error_type(kind: ConnectErrorKind) -> Cow<'static, str> {
    let name = match kind {
        ConnectErrorKind::Http { status } => return status.to_string().into(),
        ConnectErrorKind::Provider => "provider",
        ConnectErrorKind::Unauthorized => "unauthorized",
        ConnectErrorKind::Io => "io",
        ConnectErrorKind::Timeout => "timeout",
        ConnectErrorKind::Tls => "tls",
        ConnectErrorKind::Certificate => "certificate",
        ConnectErrorKind::Handshake => "handshake",
        ConnectErrorKind::Subprotocol => "subprotocol",
        ConnectErrorKind::Session => "session",
        ConnectErrorKind::Lost => "lost",
        ConnectErrorKind::Disconnected => "disconnected",
        ConnectErrorKind::Runtime => "runtime",
        ConnectErrorKind::WouldDeadlock => "would_deadlock",
        ConnectErrorKind::Opening => "opening",
    };
    name.into()
}
