//! From a URL to an open WebSocket connection.

pub(crate) mod addresses;
#[cfg(feature = "bind-code")]
pub mod bind_code;
pub(crate) mod dial;
pub(crate) mod drivers;
pub(crate) mod handshake;
pub(crate) mod headers;
pub(crate) mod provider;
pub(crate) mod span;
pub(crate) mod tls;
pub(crate) mod url;
