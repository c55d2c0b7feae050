//! The client's handshake and link as an agent of a conformance suite: it sends back what it gets.
//! Built for that alone (`--cfg fuzzing`); see `tests/autobahn`.

use std::time::Duration;

use http::HeaderMap;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    connect::handshake::{Request, upgrade},
    connect::url::Url,
    error::{ConnectError, ConnectErrorKind, Error},
    transport::Role,
};

/// How long one connection may last.
const PATIENCE: Duration = Duration::from_secs(120);

/// Connects to `url`, sends every text back until the server closes, and returns the last one. Binary
/// messages are not sent back: the client refuses them.
pub(crate) async fn echo(url: &str, max_message_size: usize) -> Result<String, ConnectError> {
    let io = |error: std::io::Error| Error::new(ConnectErrorKind::Io).context(error.to_string());
    let url = Url::parse(url).map_err(|why| Error::new(ConnectErrorKind::Provider).context(why))?;
    let mut stream = TcpStream::connect((&*url.host, url.port)).await.map_err(io)?;
    stream.set_nodelay(true).map_err(io)?;
    let (headers, subprotocols) = (HeaderMap::new(), []);
    let (url, headers, subprotocols) = (&url, &headers, &subprotocols);
    let request = Request { url, headers, subprotocols, offers_session: false };
    let deadline = Instant::now() + PATIENCE;
    let upgraded =
        upgrade(&mut stream, request, deadline).await.map_err(|refused| refused.error)?;
    let (io, rest) = (Box::new(stream), upgraded.rest);
    let echo = wirebond_connection::conformance::echo(Role::Client, io, rest, max_message_size);
    let last = timeout(PATIENCE, echo).await;
    last.map_err(|_| Error::new(ConnectErrorKind::Timeout))
}
