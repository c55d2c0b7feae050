//! A server that listens or serves a stream in memory, and plain clients.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use wirebond_server::{Builder, Identity, Request, Server, UpgradeError};

/// Longer than anything takes that succeeds.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A request to upgrade.
pub(crate) const REQUEST: &str = "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                                  Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

pub(crate) type Client = WebSocketStream<TcpStream>;
pub(crate) type MemoryClient = WebSocketStream<DuplexStream>;

/// Listens on a free port; `?user=…` in the query names the user, `?user=nobody` is rejected.
pub(crate) async fn listen(builder: Builder) -> (Server, SocketAddr) {
    let server = builder.build().expect("settings that work");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let accepting = server.clone();
    tokio::spawn(async move { accepting.serve(listener, authenticate).await });
    (server, address)
}

pub(crate) async fn authenticate(request: Request) -> Result<Identity, UpgradeError> {
    let user = request.uri.query().and_then(|query| query.strip_prefix("user="));
    match user {
        Some("nobody") => Err(UpgradeError::Unauthorized),
        Some(user) => Ok(Identity::user(user)),
        None => Ok(Identity::anonymous()),
    }
}

pub(crate) async fn connect(address: SocketAddr, target: &str) -> Client {
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let url = format!("ws://{address}{target}");
    client_async(url, tcp).await.expect("an upgrade").0
}

/// Serves a stream in memory, for paused time: the client's end of it, and the task.
pub(crate) fn serve_memory(
    server: &Server,
    capacity: usize,
) -> (DuplexStream, JoinHandle<Result<(), UpgradeError>>) {
    let (ours, theirs) = tokio::io::duplex(capacity);
    let serving = server.clone();
    (ours, tokio::spawn(async move { serving.serve_stream(theirs, authenticate).await }))
}

/// A client over a stream in memory.
pub(crate) async fn connect_memory(server: &Server, target: &str) -> MemoryClient {
    let (stream, _) = serve_memory(server, 64 * 1024);
    client_async(format!("ws://test{target}"), stream).await.expect("an upgrade").0
}

pub(crate) async fn send_text(client: &mut Client, text: &str) {
    client.send(Message::text(text)).await.expect("an open connection");
}

/// The next text frame, without its timestamp.
pub(crate) async fn next_message(client: &mut Client) -> Value {
    loop {
        let frame = timeout(LONG, client.next()).await.expect("a frame in time");
        match frame.expect("an open connection").expect("a sound frame") {
            Message::Text(text) => {
                let mut value: Value = serde_json::from_str(&text).expect("JSON");
                value.as_object_mut().expect("an object").remove("timestamp");
                return value;
            }
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The Close frame, whatever comes before it.
pub(crate) async fn closed(client: &mut Client) -> (u16, String) {
    loop {
        let frame = timeout(LONG, client.next()).await.expect("an end in time");
        match frame {
            Some(Ok(Message::Close(Some(close)))) => {
                return (close.code.into(), close.reason.to_string());
            }
            Some(Ok(_)) => {}
            other => panic!("no Close frame: {other:?}"),
        }
    }
}

/// Sends raw bytes and returns everything that comes back until the end.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut tcp = TcpStream::connect(address).await.expect("it listens");
    tcp.write_all(bytes).await.expect("room");
    let mut answer = Vec::new();
    let _ = timeout(LONG, tcp.read_to_end(&mut answer)).await.expect("an end in time");
    String::from_utf8_lossy(&answer).into_owned()
}

/// What handlers report to a test.
pub(crate) struct Log<T>(Arc<mpsc::UnboundedSender<T>>, mpsc::UnboundedReceiver<T>);

impl<T: Send + 'static> Log<T> {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self(Arc::new(sender), receiver)
    }

    pub(crate) fn writer(&self) -> impl Fn(T) + Clone + Send + Sync + 'static {
        let sender = Arc::clone(&self.0);
        move |value| drop(sender.send(value))
    }

    pub(crate) async fn next(&mut self) -> T {
        timeout(LONG, self.1.recv()).await.expect("a report in time").expect("the writer is here")
    }

    /// The same on paused time, which a limit would only hasten.
    pub(crate) async fn next_paused(&mut self) -> T {
        self.1.recv().await.expect("the writer is here")
    }
}
