//! The client's handshake and frames as an agent of a conformance suite: it sends back what it gets.
//! Built for that alone (`--cfg fuzzing`); see `tests/autobahn`.

use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use http::HeaderMap;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    connect::handshake::{Request, upgrade},
    connect::url::Url,
    error::{ConnectError, ConnectErrorKind, Error},
    transport::{Inbound, Role, Socket},
};

/// How long one connection may last.
const PATIENCE: Duration = Duration::from_secs(120);

struct Agent {
    socket: Socket,
    flushing: bool,
    closing: bool,
    last: String,
}

impl Agent {
    /// Ready at the connection's end.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.socket.begin_turn();
        loop {
            if self.flushing {
                match self.socket.poll_flush(cx) {
                    Poll::Ready(Ok(())) => self.flushing = false,
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    // What is read meanwhile is answered later.
                    Poll::Pending => return Poll::Pending,
                }
            }
            if self.closing {
                let ended = self.socket.poll_discard(cx);
                if ended.is_pending() && self.socket.is_turn_over() {
                    cx.waker().wake_by_ref();
                }
                return ended;
            }
            let text = match self.socket.poll_read(cx) {
                Poll::Pending => {
                    if self.socket.is_turn_over() {
                        cx.waker().wake_by_ref();
                    }
                    return Poll::Pending;
                }
                Poll::Ready(Ok(Inbound::Direct(text))) => Some(text.to_owned()),
                Poll::Ready(Ok(Inbound::Text(text))) => Some(text.as_str().to_owned()),
                Poll::Ready(Ok(Inbound::End)) => return Poll::Ready(()),
                Poll::Ready(Ok(
                    Inbound::Binary | Inbound::Ping | Inbound::Pong(_) | Inbound::Close { .. },
                )) => None,
                Poll::Ready(Err(broken)) => {
                    let Some(code) = broken.code() else { return Poll::Ready(()) };
                    self.closing = true;
                    if self.socket.queue_close(code, "", cx).is_err() {
                        return Poll::Ready(());
                    }
                    None
                }
            };
            if let Some(text) = text {
                self.last = text.clone();
                if self.socket.queue_text(text.into(), cx).is_err() {
                    return Poll::Ready(());
                }
            }
            // An echo, or the Pong or Close that tungstenite has queued by itself.
            self.flushing = true;
        }
    }
}

/// Connects to `url`, sends every text back until the server closes, and returns the last one. Binary
/// messages are not sent back: the client refuses them.
pub(crate) async fn echo(url: &str, max_message_size: usize) -> Result<String, ConnectError> {
    let io = |error: std::io::Error| Error::new(ConnectErrorKind::Io).context(error.to_string());
    let url = Url::parse(url).map_err(|why| Error::new(ConnectErrorKind::Provider).context(why))?;
    let mut stream = TcpStream::connect((&*url.host, url.port)).await.map_err(io)?;
    stream.set_nodelay(true).map_err(io)?;
    let (headers, subprotocols) = (HeaderMap::new(), []);
    let request = Request { url: &url, headers: &headers, subprotocols: &subprotocols };
    let deadline = Instant::now() + PATIENCE;
    let upgraded =
        upgrade(&mut stream, request, deadline).await.map_err(|refused| refused.error)?;
    let socket = Socket::new(
        Role::Client,
        Box::new(stream),
        upgraded.rest,
        max_message_size,
        max_message_size,
    );
    let mut agent = Agent { socket, flushing: false, closing: false, last: String::new() };
    let ended = timeout(PATIENCE, poll_fn(|cx| agent.poll(cx))).await;
    ended.map_err(|_| Error::new(ConnectErrorKind::Timeout))?;
    Ok(agent.last)
}
