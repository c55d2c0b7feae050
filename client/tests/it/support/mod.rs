//! A peer that plays any bytes with any timing, over a stream in memory.

pub mod lines;
pub mod numbered;
pub mod upgrade;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream},
    sync::mpsc,
    time::{Instant, timeout},
};
use wirebond_client::{Builder, Client, Event, Events, State, UrlSource};

/// Longer than anything that a test waits for; on paused time it costs nothing.
pub const PATIENCE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Where a client's attempts come in.
pub struct Peer {
    incoming: mpsc::UnboundedReceiver<DuplexStream>,
    buffer: Arc<Mutex<usize>>,
}

/// A peer, and a client that connects to it.
pub fn peer() -> (Peer, Builder) {
    peer_of("ws://peer.test/ws")
}

/// The same, for a client with this URL.
pub fn peer_of<M>(url: impl UrlSource<M>) -> (Peer, Builder) {
    peer_for(Client::builder(url))
}

/// The same, for a client of this builder.
pub fn peer_for<C>(builder: Builder<C>) -> (Peer, Builder<C>) {
    let (sender, incoming) = mpsc::unbounded_channel();
    let buffer = Arc::new(Mutex::new(256 * 1024));
    let size = Arc::clone(&buffer);
    let builder = builder.connector(move |_| {
        let (near, far) = tokio::io::duplex(*size.lock().unwrap());
        let sent = sender.send(far).map_err(|_| std::io::ErrorKind::ConnectionRefused.into());
        async move { sent.map(|()| near) }
    });
    (Peer { incoming, buffer }, builder)
}

impl Peer {
    /// How many bytes are under way at most, in each direction, on connections to come.
    pub fn set_buffer(&self, size: usize) {
        *self.buffer.lock().unwrap() = size;
    }

    /// The next attempt, as it comes.
    pub async fn accept(&mut self) -> Wire<DuplexStream> {
        let stream = timeout(PATIENCE, self.incoming.recv()).await.expect("an attempt").unwrap();
        Wire { stream }
    }

    /// The next attempt, however long it takes.
    pub async fn incoming(&mut self) -> Wire<DuplexStream> {
        Wire { stream: self.incoming.recv().await.unwrap() }
    }

    /// The next attempt, upgraded.
    pub async fn open(&mut self) -> Wire<DuplexStream> {
        let mut wire = self.accept().await;
        wire.upgrade().await;
        wire
    }

    /// No attempt comes for so long.
    pub async fn expect_none_for(&mut self, time: Duration) {
        let attempt = timeout(time, self.incoming.recv()).await;
        assert!(!matches!(attempt, Ok(Some(_))), "an attempt within {time:?}");
    }
}

/// A frame as the client sent it, unmasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub opcode: u8,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn text(&self) -> &str {
        assert_eq!(self.opcode, 1, "{self:?}");
        std::str::from_utf8(&self.payload).unwrap()
    }

    pub fn close_code(&self) -> u16 {
        assert_eq!(self.opcode, 8, "{self:?}");
        u16::from_be_bytes([self.payload[0], self.payload[1]])
    }

    pub fn is_ping(&self) -> bool {
        self.opcode == 9
    }

    /// The `ping` message of the heartbeat.
    pub fn is_beat(&self) -> bool {
        self.opcode == 1 && self.payload.starts_with(b"{\"type\":\"ping\"")
    }
}

/// One connection, from the server's side.
pub struct Wire<S> {
    pub stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// The upgrade request, to the empty line.
    pub async fn request(&mut self) -> String {
        self.try_request().await.expect("a request")
    }

    async fn try_request(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        Some(String::from_utf8(head).unwrap())
    }

    /// Answers the handshake as RFC 6455 requires.
    pub async fn upgrade(&mut self) {
        self.upgrade_with("").await;
    }

    /// The same for an attempt that may have ended meanwhile; returns false if it has.
    pub async fn try_upgrade(&mut self) -> bool {
        self.try_upgrade_with("").await
    }

    /// The same with more headers, each with its line end.
    pub async fn try_upgrade_with(&mut self, headers: &str) -> bool {
        match self.try_request().await {
            Some(request) => self.accept(&request, headers).await,
            None => return false,
        }
        true
    }

    /// Answers the handshake with more headers.
    pub async fn upgrade_with(&mut self, headers: &str) {
        let request = self.request().await;
        self.accept(&request, headers).await;
    }

    /// Answers a request that was read.
    pub async fn accept(&mut self, request: &str, headers: &str) {
        let answer = upgrade::answer(request, headers).expect("a key");
        self.raw(answer.as_bytes()).await;
    }

    /// Writes bytes. The client may have hung up: then nobody reads them.
    pub async fn raw(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    /// Writes one whole frame.
    pub async fn frame(&mut self, opcode: u8, payload: &[u8]) {
        self.raw(&frame(0x80 | opcode, payload)).await;
    }

    pub async fn text(&mut self, text: &str) {
        self.frame(1, text.as_bytes()).await;
    }

    /// A small message.
    pub async fn message(&mut self, name: &str, data: &str) {
        self.raw(&message(name, data)).await;
    }

    pub async fn close(&mut self, code: u16, reason: &str) {
        let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
        self.frame(8, &payload).await;
    }

    /// The next frame of the client; `None` at its end.
    pub async fn read(&mut self) -> Option<Frame> {
        timeout(PATIENCE, self.read_frame()).await.expect("a frame or the end")
    }

    /// The next frame, however long it takes. Not cancel-safe in the middle of a frame.
    pub async fn read_frame(&mut self) -> Option<Frame> {
        let first = self.stream.read_u8().await.ok()?;
        let second = self.stream.read_u8().await.ok()?;
        assert_eq!(first & 0xf0, 0x80, "whole frames, no reserved bits");
        assert_eq!(second & 0x80, 0x80, "a client masks");
        let length = match second & 0x7f {
            126 => u64::from(self.stream.read_u16().await.ok()?),
            127 => self.stream.read_u64().await.ok()?,
            length => u64::from(length),
        };
        let mut mask = [0; 4];
        self.stream.read_exact(&mut mask).await.ok()?;
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).await.ok()?;
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Some(Frame { opcode: first & 0x0f, payload })
    }

    /// The next message of the client, with its Pings answered and its heartbeats skipped.
    pub async fn next(&mut self) -> String {
        // At most an hour of heartbeats.
        for _ in 0..240 {
            let frame = self.read().await.expect("a message");
            if frame.is_ping() {
                self.frame(10, &frame.payload).await;
            } else if !frame.is_beat() {
                return frame.text().to_owned();
            }
        }
        panic!("heartbeats, and no message");
    }

    /// Reads a frame; answers it if it is a Ping.
    pub async fn next_or_ping(&mut self) {
        let frame = self.read().await.expect("a frame");
        if frame.is_ping() {
            self.frame(10, &frame.payload).await;
        }
        tokio::task::yield_now().await;
    }

    /// The name of the next message.
    pub async fn next_name(&mut self) -> String {
        name(&self.next().await)
    }

    /// The next Close frame's code, whatever comes before; Pings are answered.
    pub async fn next_close(&mut self) -> u16 {
        loop {
            let frame = self.read().await.expect("a Close frame");
            match frame.opcode {
                8 => return frame.close_code(),
                9 => self.frame(10, &frame.payload).await,
                _ => {}
            }
        }
    }

    /// Answers Pings and a Close, and discards the rest, until the client ends.
    pub async fn serve(mut self) -> Vec<String> {
        let mut messages = Vec::new();
        while let Some(frame) = self.read_frame().await {
            match frame.opcode {
                8 => {
                    self.frame(8, &frame.payload).await;
                    break;
                }
                9 => self.frame(10, &frame.payload).await,
                _ if frame.is_beat() => {}
                _ => messages.push(frame.text().to_owned()),
            }
        }
        messages
    }
}

/// A message's frame.
pub fn message(name: &str, data: &str) -> Vec<u8> {
    frame(0x81, format!(r#"{{"type":"{name}","data":{data}}}"#).as_bytes())
}

/// A frame of the server: unmasked, with this first byte.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        length @ 0..=125 => out.push(u8::try_from(length).unwrap()),
        length @ 126..=0xffff => {
            out.push(126);
            out.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            out.push(127);
            out.extend((length as u64).to_be_bytes());
        }
    }
    out.extend(payload);
    out
}

/// The name of a message.
pub fn name(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    value["type"].as_str().unwrap().to_owned()
}

/// Waits for a state.
pub async fn reaches(client: &Client, state: State) {
    let mut states = client.watch_state();
    let reached = states.wait_for(|now| *now == state);
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{state} in time")).unwrap();
}

/// A client of `builder` whose connection to `peer` is open, and its events from before that on.
pub async fn open(builder: Builder, peer: &mut Peer) -> (Client, Wire<DuplexStream>, Events) {
    let client = builder.build().unwrap();
    let events = client.events();
    let (connected, wire) = tokio::join!(client.connect(), peer.open());
    connected.unwrap();
    (client, wire, events)
}

/// The next error that is reported.
pub async fn next_error(events: &mut Events) -> wirebond_client::Error {
    picked(events, |event| match event {
        Event::Error(error) => Some(error.clone()),
        _ => None,
    })
    .await
}

/// The next event that this picks.
pub async fn picked<T>(events: &mut Events, pick: impl Fn(&Event) -> Option<T>) -> T {
    loop {
        let event = timeout(PATIENCE, events.next()).await.expect("an event").expect("a client");
        if let Some(picked) = pick(&event) {
            return picked;
        }
    }
}

/// The events so far, in a short form.
pub async fn so_far(events: &mut Events) -> Vec<String> {
    let mut out = Vec::new();
    while let Ok(Some(event)) = timeout(Duration::from_millis(1), events.next()).await {
        out.push(match event {
            Event::Open => "open".to_owned(),
            Event::Close(info) => format!("close {}", info.code),
            Event::Error(error) => format!("error {:?}", error.kind()),
            Event::Reconnect { attempt, .. } => format!("reconnect {attempt}"),
            Event::ReconnectFailed => "reconnect-failed".to_owned(),
            Event::Unconfirmed { name, count, .. } => format!("unconfirmed {name} {count}"),
            Event::Dropped { name, count, reason, .. } => {
                format!("dropped {name} {count} {reason:?}")
            }
            Event::Kept { count, .. } => format!("kept {count}"),
            other => format!("{other:?}"),
        });
    }
    out
}

/// Checks what holds for the counters at every moment.
pub fn adds_up(client: &Client) {
    let stats = client.stats();
    let sum =
        stats.queued + stats.in_flight + stats.confirmed + stats.unconfirmed + stats.dropped();
    assert_eq!(stats.accepted, sum, "{stats:?}");
}

/// How long something takes.
pub async fn took<T>(what: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    let value = what.await;
    (value, began.elapsed())
}
