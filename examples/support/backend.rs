//! A backend as a Rust team would write it: plain tokio-tungstenite and serde_json, and `Envelope`
//! of the same enum that the client is generated from.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_tungstenite::{accept_async, tungstenite::Message};
use wirebond::{Contract, Envelope};

/// The maximum number of connections: an example is no public service.
const MOST: usize = 100;
/// How many messages may wait for a client that reads slowly; then it is cut off.
const BACKLOG: usize = 256;

/// One connection.
pub(crate) type Id = u64;

/// What happened at the backend.
pub(crate) enum Event<C> {
    Joined(Id),
    Said(Id, C),
    Left(Id),
}

/// The connections, and how to reach them.
pub(crate) struct Room {
    peers: Mutex<BTreeMap<Id, mpsc::Sender<Message>>>,
    refusing: AtomicBool,
    next: AtomicU64,
}

impl Room {
    fn peers(&self) -> std::sync::MutexGuard<'_, BTreeMap<Id, mpsc::Sender<Message>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message to one connection.
    pub(crate) fn send<C: Contract>(&self, to: Id, message: C) {
        self.send_text(to, &text(message));
    }

    /// Sends any text to one connection, even if it is no message.
    pub(crate) fn send_text(&self, to: Id, text: &str) {
        let mut peers = self.peers();
        if let Some(peer) = peers.get(&to)
            && peer.try_send(Message::text(text)).is_err()
        {
            peers.remove(&to);
        }
    }

    /// Sends a message to everybody.
    pub(crate) fn broadcast<C: Contract>(&self, message: C) {
        let text = text(message);
        self.peers().retain(|_, peer| peer.try_send(Message::text(text.as_str())).is_ok());
    }

    /// Ends every connection without a Close frame, as a crash does.
    pub(crate) fn cut_all(&self) {
        self.peers().clear();
    }

    /// Whether new connections are turned away with HTTP status 503.
    pub(crate) fn refuse(&self, refuse: bool) {
        self.refusing.store(refuse, Ordering::Release);
    }
}

fn text<C: Contract>(message: C) -> String {
    // A payload that can't be written as JSON (a map with keys that are no strings) is a mistake in
    // the contract, which the examples don't make.
    serde_json::to_string(&Envelope::now(message)).unwrap_or_default()
}

/// A backend that is running until this is dropped.
pub(crate) struct Backend {
    address: SocketAddr,
    room: Arc<Room>,
    accepting: JoinHandle<()>,
}

impl Backend {
    /// Listens on `address`, such as `127.0.0.1:0` for any free port.
    pub(crate) async fn start<C, F>(address: &str, service: F) -> io::Result<Self>
    where
        C: Contract + Send + 'static,
        F: Fn(&Room, Event<C>) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let room = Arc::new(Room {
            peers: Mutex::default(),
            refusing: AtomicBool::new(false),
            next: AtomicU64::new(1),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&room), Arc::new(service)));
        Ok(Self { address, room, accepting })
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    pub(crate) fn room(&self) -> &Room {
        &self.room
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.accepting.abort();
        self.room.cut_all();
    }
}

async fn accept<C, F>(listener: TcpListener, room: Arc<Room>, service: Arc<F>)
where
    C: Contract + Send + 'static,
    F: Fn(&Room, Event<C>) + Send + Sync + 'static,
{
    while let Ok((tcp, _)) = listener.accept().await {
        if room.refusing.load(Ordering::Acquire) || room.peers().len() >= MOST {
            tokio::spawn(turn_away(tcp));
        } else {
            tokio::spawn(serve(tcp, Arc::clone(&room), Arc::clone(&service)));
        }
    }
}

async fn turn_away(mut tcp: TcpStream) {
    // The request is read first: closing with unread bytes would reset the connection.
    let _ = tcp.read(&mut [0; 4096]).await;
    let _ = tcp.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").await;
}

/// One connection, to its end.
async fn serve<C, F>(tcp: TcpStream, room: Arc<Room>, service: Arc<F>)
where
    C: Contract + Send + 'static,
    F: Fn(&Room, Event<C>) + Send + Sync + 'static,
{
    let Ok(mut socket) = accept_async(tcp).await else { return };
    let id = room.next.fetch_add(1, Ordering::Relaxed);
    let (sender, mut outgoing) = mpsc::channel(BACKLOG);
    room.peers().insert(id, sender);
    service(&room, Event::Joined(id));
    loop {
        tokio::select! {
            message = outgoing.recv() => {
                let Some(message) = message else { break };
                if socket.send(message).await.is_err() {
                    break;
                }
            }
            // The socket itself answers a WebSocket Ping with a Pong. With that Pong the client knows that
            // its messages have arrived: a server must not switch it off.
            frame = socket.next() => match frame {
                Some(Ok(frame)) => {
                    let text = frame.to_text().unwrap_or_default();
                    match serde_json::from_str::<Envelope<C>>(text) {
                        Ok(envelope) => service(&room, Event::Said(id, envelope.message)),
                        // The heartbeat, a message beside the contract's: `ping` is answered with
                        // `pong`. Without an answer the client considers the connection dead.
                        Err(_) if name_of(text) == "ping" => {
                            if socket.send(Message::text(r#"{"type":"pong"}"#)).await.is_err() {
                                break;
                            }
                        }
                        // Messages that this contract lacks are ignored: newer clients may send them.
                        Err(_) => {}
                    }
                }
                _ => break,
            },
        }
    }
    room.peers().remove(&id);
    service(&room, Event::Left(id));
}

/// The `type` of a message, whatever else is in it; empty where there is none.
fn name_of(text: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        #[serde(rename = "type")]
        name: String,
    }
    serde_json::from_str(text).map(|Named { name }| name).unwrap_or_default()
}
