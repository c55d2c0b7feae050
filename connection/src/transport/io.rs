//! The byte stream under a WebSocket.

use tokio::io::{AsyncRead, AsyncWrite};

/// A connected byte stream: TCP, TLS over it, or one of a custom connector.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}
