//! One client, as cheap as can be: it walks frame headers and answers heartbeats.

use std::{cell::RefCell, io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::{
    frames::{First, Header, TIME, chat, envelope, push_masked, unit},
    hosts::{Dialect, QUEUE},
};

/// A client's first frame in a session.
const HELLO: &str = r#"{"type":"$hello","data":{"v":1,"hold":1048576,"messages":1024}}"#;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// How much is read at once, by all clients into the same buffer.
const BLOCK: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; BLOCK]);
}

/// After how many messages a client in a session acknowledges them: a quarter of what the server holds.
const ACKNOWLEDGED: u64 = QUEUE as u64 / 4;

fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_masked(&mut out, opcode, payload, MASK);
    out
}

/// A message of this name as a frame; with the usual payload, if it has one.
pub(super) fn message(dialect: Dialect, name: &str) -> Vec<u8> {
    let is_unit = matches!(name, "begin" | "done");
    let text = match (dialect == Dialect::SocketIo, is_unit) {
        (false, true) => unit(name),
        (false, false) => envelope(name, &chat(), First::Type),
        (true, true) => format!(r#"42["{name}"]"#),
        (true, false) => {
            let chat = serde_json::to_string(&chat()).expect("plain data");
            format!(r#"42["{name}",{chat}]"#)
        }
    };
    masked(1, text.as_bytes())
}

/// A request to echo the usual payload, as a frame.
pub(super) fn request() -> Vec<u8> {
    let chat = serde_json::to_string(&chat()).expect("plain data");
    let text = format!(r#"{{"type":"echo","id":7,"data":{chat},"timestamp":{TIME}}}"#);
    masked(1, text.as_bytes())
}

/// How many frames these are.
fn count_frames(mut frames: &[u8]) -> u64 {
    let mut count = 0;
    while let Some(header) = Header::read(frames) {
        frames = &frames[header.end()..];
        count += 1;
    }
    count
}

#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    dialect: Dialect,
    /// The beginning of a frame whose rest has not arrived.
    cut: Vec<u8>,
    numbers: Numbers,
}

/// How many messages there were in a session.
#[derive(Debug, Default)]
struct Numbers {
    sent: u64,
    received: u64,
    acknowledged: u64,
    /// Whether the server waits for an acknowledgement.
    asked: bool,
}

impl Client {
    /// `receive_buffer` is the kernel's, in bytes; the system's own choice if there is none.
    pub(super) async fn open(port: u16, dialect: Dialect, receive_buffer: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(size) = receive_buffer {
            socket.set_recv_buffer_size(size).expect("a size that works");
        }
        let stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await;
        let stream = stream.expect("the server is there");
        stream.set_nodelay(true).expect("an open stream");
        let mut client = Self { stream, dialect, cut: Vec::new(), numbers: Numbers::default() };
        let (path, offer) = match dialect {
            Dialect::Plain => ("/ws", ""),
            Dialect::Session => ("/ws", "Sec-WebSocket-Protocol: wirebond.v1\r\n"),
            Dialect::SocketIo => ("/socket.io/?EIO=4&transport=websocket", ""),
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\n{offer}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        client.write_bytes(request.as_bytes()).await;
        let mut head = Vec::with_capacity(512);
        let end = loop {
            let count = client.stream.read_buf(&mut head).await.expect("an open stream");
            assert!(count > 0, "the server hung up");
            let end = head.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
        };
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        client.cut = head.split_off(end);
        match dialect {
            Dialect::Plain => {}
            // The server's greeting needs no look: its session is never resumed.
            Dialect::Session => client.write_bytes(&masked(1, HELLO.as_bytes())).await,
            Dialect::SocketIo => {
                // Its own greetings: the session, then the namespace.
                client.expect(1).await;
                client.write(&masked(1, b"40")).await;
                client.expect(1).await;
            }
        }
        client
    }

    /// Writes messages.
    pub(super) async fn write(&mut self, frames: &[u8]) {
        if self.dialect == Dialect::Session {
            self.numbers.sent += count_frames(frames);
        }
        self.write_bytes(frames).await;
    }

    async fn write_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("an open stream");
    }

    /// The server begins to measure.
    pub(super) async fn begin(&mut self) {
        self.write(&message(self.dialect, "begin")).await;
        self.expect(1).await;
    }

    pub(super) async fn join(&mut self) {
        self.write(&message(self.dialect, "joined")).await;
        self.expect(1).await;
    }

    /// Waits for so many messages.
    pub(super) async fn expect(&mut self, messages: u64) {
        let mut left = messages;
        while left > 0 {
            let some = self.some().await;
            assert!(some <= left, "{some} messages instead of {left}");
            left -= some;
        }
    }

    /// How many messages are there; waits for the first. Cancel-safe.
    pub(super) async fn some(&mut self) -> u64 {
        loop {
            let messages = BUFFER.with_borrow_mut(|buffer| self.walk(buffer));
            if messages > 0 {
                return messages;
            }
            self.stream.readable().await.expect("an open stream");
        }
    }

    /// Reads what is there; returns how many messages that are.
    fn walk(&mut self, buffer: &mut [u8]) -> u64 {
        let mut end = self.cut.len();
        buffer[..end].copy_from_slice(&self.cut);
        self.cut.clear();
        match self.stream.try_read(&mut buffer[end..]) {
            Ok(0) => panic!("the server hung up"),
            Ok(count) => end += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        let (mut at, mut messages) = (0, 0);
        while let Some(header) = Header::read(&buffer[at..end])
            && at + header.end() <= end
        {
            let payload = &buffer[at + header.start..at + header.end()];
            match (header.opcode, payload) {
                // What a session says for itself.
                (1, text) if text.starts_with(br#"{"type":"$"#) => {
                    self.numbers.asked |= text.ends_with(br#""ask":true}}"#);
                }
                // Engine.IO's heartbeat.
                (1, b"2") if self.dialect == Dialect::SocketIo => self.answer(&masked(1, b"3")),
                (1, _) => messages += 1,
                (9, ping) => self.answer(&masked(10, ping)),
                (8, _) => panic!("the server closed: {payload:?}"),
                _ => {}
            }
            at += header.end();
        }
        self.cut.extend_from_slice(&buffer[at..end]);
        if self.dialect == Dialect::Session {
            self.numbers.received += messages;
            self.acknowledge();
        }
        messages
    }

    /// Acknowledges what was received, once that is due.
    fn acknowledge(&mut self) {
        let Numbers { sent, received, acknowledged, asked } = self.numbers;
        if received - acknowledged >= ACKNOWLEDGED || asked {
            (self.numbers.acknowledged, self.numbers.asked) = (received, false);
            let ack = format!(r#"{{"type":"$ack","data":{{"n":{received},"of":{sent}}}}}"#);
            self.answer(&masked(1, ack.as_bytes()));
        }
    }

    fn answer(&self, frame: &[u8]) {
        let _ = self.stream.try_write(frame);
    }
}
