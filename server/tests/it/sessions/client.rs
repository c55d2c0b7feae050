//! A client with a session over tokio-tungstenite, and streams that break.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message, client::IntoClientRequest, handshake::client::Request, http::HeaderValue,
    },
};
use wirebond_connection::session::{
    self, Class, ClientHello, Control, GoneReason, Limits, Overflow, Phase, ServerHello, Write,
};
use wirebond_core::wire::{RawMessage, form::Layout};
use wirebond_server::Server;

use crate::support::serve_memory;

/// A stream that breaks after so many bytes, read and written together.
pub(crate) struct Breaking {
    inner: DuplexStream,
    left: usize,
}

impl Breaking {
    fn spend(&mut self, bytes: usize) {
        self.left -= bytes;
    }
}

impl AsyncRead for Breaking {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let mut part = vec![0; self.left.min(buf.remaining())];
        let mut part = ReadBuf::new(&mut part);
        let read = Pin::new(&mut self.inner).poll_read(cx, &mut part);
        self.spend(part.filled().len());
        buf.put_slice(part.filled());
        read
    }
}

impl AsyncWrite for Breaking {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let part = &bytes[..self.left.min(bytes.len())];
        let written = Pin::new(&mut self.inner).poll_write(cx, part);
        if let Poll::Ready(Ok(count)) = written {
            self.spend(count);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

pub(crate) type Socket = WebSocketStream<Breaking>;

/// A request to upgrade that offers `protocols`.
pub(crate) fn request(url: &str, protocols: &str) -> Request {
    let mut request = url.into_client_request().expect("a request");
    if !protocols.is_empty() {
        let value = HeaderValue::from_str(protocols).expect("visible");
        request.headers_mut().insert("sec-websocket-protocol", value);
    }
    request
}

/// A connection to a server over memory that offers `protocols` and breaks after `left` bytes.
pub(crate) async fn dial(
    server: &Server,
    target: &str,
    protocols: &str,
    left: usize,
) -> Option<(Socket, Option<String>)> {
    let (ours, _) = serve_memory(server, 16 * 1024);
    let request = request(&format!("ws://test{target}"), protocols);
    let (socket, response) = client_async(request, Breaking { inner: ours, left }).await.ok()?;
    let selected = response.headers().get("sec-websocket-protocol");
    Some((socket, selected.map(|name| name.to_str().expect("visible").to_owned())))
}

pub(crate) async fn text(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.expect("an open connection");
}

/// The next text frame as JSON, without its timestamp; or the code of a Close frame; or 0 for the end.
pub(crate) async fn frame(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let mut value: Value = serde_json::from_str(&text).expect("JSON");
                value.as_object_mut().expect("an object").remove("timestamp");
                return Ok(value);
            }
            Some(Ok(Message::Close(close))) => {
                return Err(close.map_or(1005, |close| close.code.into()));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(0),
        }
    }
}

/// The next frame that has this name.
pub(crate) async fn named(socket: &mut Socket, name: &str) -> Value {
    loop {
        let frame = frame(socket).await.unwrap_or_else(|code| panic!("closed with {code}"));
        if frame["type"] == name {
            return frame["data"].clone();
        }
    }
}

/// The code with which the connection is closed, whatever comes before.
pub(crate) async fn code(socket: &mut Socket) -> u16 {
    loop {
        if let Err(code) = frame(socket).await {
            return code;
        }
    }
}

/// A session that a client was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) key: String,
}

/// Connects and reads the server's `$hello`.
pub(crate) async fn greeted(server: &Server, target: &str) -> (Socket, Value) {
    let (mut socket, _) = dial(server, target, "wirebond.v1", usize::MAX).await.expect("101");
    let hello = named(&mut socket, "$hello").await;
    (socket, hello)
}

/// Connects and reads the offer.
pub(crate) async fn offered(server: &Server, target: &str) -> (Socket, Ticket) {
    let (socket, hello) = greeted(server, target).await;
    let of = |key: &str| hello["session"][key].as_str().expect("a string").to_owned();
    (socket, Ticket { id: of("id"), key: of("key") })
}

/// Connects and takes the offered session.
pub(crate) async fn begun(server: &Server, target: &str) -> (Socket, Ticket) {
    let (mut socket, ticket) = offered(server, target).await;
    take(&mut socket).await;
    (socket, ticket)
}

pub(crate) async fn take(socket: &mut Socket) {
    let hello = json!({"type": "$hello", "data": {"v": 1, "hold": 1 << 20}});
    text(socket, &hello.to_string()).await;
}

/// Asks to resume a session.
pub(crate) async fn resume(socket: &mut Socket, ticket: &Ticket, attempt: u64, got: u64) {
    let Ticket { id, key } = ticket;
    let resume = json!({"id": id, "key": key, "try": attempt, "got": got});
    let hello = json!({"type": "$hello", "data": {"v": 1, "hold": 1 << 20, "resume": resume}});
    text(socket, &hello.to_string()).await;
}

/// Connects again and resumes; returns the answer's data.
pub(crate) async fn resumed(
    server: &Server,
    target: &str,
    ticket: &Ticket,
    attempt: u64,
    got: u64,
) -> (Socket, Value) {
    let (mut socket, _) = offered(server, target).await;
    resume(&mut socket, ticket, attempt, got).await;
    let answer = frame(&mut socket).await.expect("an answer");
    (socket, answer)
}

/// A client by the protocol's own state machine, over as many connections as it takes.
pub(crate) struct Client {
    pub(crate) session: session::Client<String>,
    /// The data of what arrived, and gaps as `{"gap": n}`.
    pub(crate) got: Vec<Value>,
    pub(crate) confirmed: usize,
    pub(crate) gone: Vec<GoneReason>,
}

impl Client {
    pub(crate) fn new() -> Self {
        let limits = Limits { messages: 10_000, bytes: 1 << 20 };
        Self {
            session: session::Client::new(limits, Overflow::Refuse, false),
            got: Vec::new(),
            confirmed: 0,
            gone: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, name: &str, data: &Value) {
        let text = json!({"type": name, "data": data}).to_string();
        let size = text.len();
        self.session.send(text, size, Class::Message).expect("room");
    }

    /// Exchanges frames until `done`, which is true, or until the connection breaks, which is false.
    pub(crate) async fn drive(
        &mut self,
        server: &Server,
        left: usize,
        done: impl Fn(&Self) -> bool,
    ) -> bool {
        let Some((mut socket, _)) = dial(server, "/", "wirebond.v1", left).await else {
            return false;
        };
        self.session.connected();
        while !(self.session.phase() == Phase::Live && done(self)) {
            // What has arrived is read even if nothing can be written any more.
            self.write(&mut socket).await;
            if !self.read(&mut socket).await {
                self.session.disconnected();
                return false;
            }
        }
        self.session.disconnected();
        true
    }

    async fn write(&mut self, socket: &mut Socket) -> bool {
        loop {
            let text = if self.session.ack_is_due() {
                Control::Ack(self.session.take_ack(false)).encode()
            } else {
                match self.session.next_frame() {
                    None => return socket.flush().await.is_ok(),
                    Some(Write::Message { message, .. }) => message.clone(),
                    Some(Write::Gap { n, why }) => Control::Gap(session::Gap { n, why }).encode(),
                }
            };
            if socket.feed(Message::text(text)).await.is_err() {
                return false;
            }
        }
    }

    async fn read(&mut self, socket: &mut Socket) -> bool {
        let text = match socket.next().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return true,
            _ => return false,
        };
        let frame = RawMessage::open(Layout::DEFAULT, &text).expect("a message");
        let data = frame.data().unwrap_or("null");
        match frame.name() {
            "$hello" => {
                let hello = ServerHello::decode(data).expect("an offer");
                let answer: ClientHello = self.session.hello(hello).expect("the first frame");
                return socket.send(Message::text(answer.encode())).await.is_ok();
            }
            name if !session::is_numbered(name) => {
                match Control::decode(name, data).expect("sound").expect("known") {
                    Control::Ack(ack) => {
                        self.confirmed += self.session.acknowledged(ack).expect("true").len();
                    }
                    Control::Resumed(resumed) => {
                        self.confirmed += self.session.resumed(resumed).expect("true").len();
                    }
                    Control::Gap(gap) => {
                        self.session.gap(gap.n).expect("live");
                        self.got.push(json!({"gap": gap.n}));
                    }
                    Control::Gone(gone) => {
                        let renewed = self.session.gone(&gone, |_| false).expect("awaited");
                        self.confirmed += renewed.confirmed.len();
                        self.gone.push(gone.why);
                    }
                    other => panic!("{other:?}"),
                }
            }
            _ => {
                self.session.received(text.len()).expect("live");
                self.got.push(serde_json::from_str(data).expect("JSON"));
            }
        }
        true
    }
}
