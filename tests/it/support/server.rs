//! A server on a real socket that does what a test says.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Server(pub(crate) TcpListener);

impl Server {
    pub(crate) async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.0.local_addr().unwrap())
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> Connection {
        let (tcp, _) = in_time(self.0.accept()).await.unwrap();
        Connection(in_time(accept_async(tcp)).await.unwrap())
    }
}

/// One connection, from the server's side.
pub(crate) struct Connection(pub(crate) WebSocketStream<TcpStream>);

impl Connection {
    pub(crate) async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &'static [u8]) {
        self.0.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next message as JSON; heartbeats are skipped, Pings answered.
    pub(crate) async fn next_message(&mut self) -> serde_json::Value {
        loop {
            let frame = in_time(self.0.next()).await.expect("a message").unwrap();
            if let Message::Text(text) = frame {
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                if value["type"] != "ping" {
                    return value;
                }
            }
        }
    }

    /// Takes part in the closing handshake, and waits for the end.
    pub(crate) async fn until_closed(mut self) {
        while let Some(Ok(_)) = in_time(self.0.next()).await {}
    }
}

/// Waits with a limit.
pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("in time")
}
