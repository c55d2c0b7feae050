//! A server with sessions: the protocol's own machine behind streams in memory, which are cut after so
//! many bytes.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, ReadHalf},
    sync::mpsc,
    time::sleep,
};
use wirebond_client::{Builder, Client};
use wirebond_connection::session::{
    Class, ClientHello, Control, Greeting, Limits, Offer, Overflow, Received, Sessions, Write,
    is_numbered,
};

use crate::support::{Wire, frame, millis, name, secs};

/// What a session's message was to the server's application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    pub session: String,
    pub number: u64,
    pub name: String,
    pub key: Option<String>,
}

type Machine = Sessions<u64, String, String>;

/// What the server is at one moment.
pub struct State {
    pub machine: Machine,
    /// Where the open connections' frames go.
    writers: HashMap<u64, mpsc::UnboundedSender<Vec<u8>>>,
    connections: u64,
    pub handled: Vec<Handled>,
    /// What each client said in its `$hello`.
    pub hellos: Vec<ClientHello>,
    /// How many bytes the server holds, as its own says it, and behind a comma what else that says.
    pub hold: &'static str,
    /// The subprotocols that were offered.
    pub offers: Vec<String>,
    /// Close codes that the clients sent.
    pub closes: Vec<u16>,
    /// Messages of sessions that ended with a Close frame before they were acknowledged.
    pub undelivered: usize,
    /// Messages are handled when this is true.
    pub handles: bool,
    /// The server's own `$hello` is sent when this is true.
    pub greets: bool,
    /// Answers to a client's `$hello` are sent when this is true.
    pub answers: bool,
}

impl State {
    fn write(&self, connection: u64, bytes: Vec<u8>) {
        if let Some(writer) = self.writers.get(&connection) {
            // The connection may have ended.
            let _ = writer.send(bytes);
        }
    }

    fn text(&self, connection: u64, text: &str) {
        self.write(connection, frame(0x81, text.as_bytes()));
    }

    /// Closes a connection.
    fn close(&mut self, connection: u64, code: u16) {
        self.write(connection, frame(0x88, &code.to_be_bytes()));
        self.writers.remove(&connection);
        self.machine.let_go(&connection);
    }

    /// Writes what is queued for a connection, and an acknowledgement if one is due.
    fn flush(&mut self, connection: u64, ticks: bool) {
        let mut out = Vec::new();
        while let Some(write) = self.machine.next_frame(&connection) {
            out.push(match write {
                Write::Message { message, .. } => message.clone(),
                Write::Gap { n, why } => {
                    Control::Gap(wirebond_connection::session::Gap { n, why }).encode()
                }
            });
        }
        for text in &out {
            self.text(connection, text);
        }
        let is_late = ticks && self.machine.ack_is_useful(&connection);
        if (is_late || self.machine.ack_is_due(&connection))
            && let Some(ack) = self.machine.take_ack(&connection, false)
        {
            self.text(connection, &Control::Ack(ack).encode());
        }
    }

    /// Drops as many messages to every open connection as if it had no room.
    pub fn gap(&mut self, count: usize) {
        let open: Vec<_> = self.writers.keys().copied().collect();
        for connection in open {
            let id = self.machine.attached(&connection).unwrap().id().to_owned();
            for _ in 0..count {
                let text = r#"{"type":"old"}"#.to_owned();
                self.machine.send(&id, text, 14, Class::Message).expect("room");
            }
            assert_eq!(self.machine.expire(&id, |_| true).len(), count);
            self.flush(connection, false);
        }
    }

    pub fn handle(&mut self, id: &str) {
        while self.handles
            && let Some(received) = self.machine.take(id)
        {
            if let Received::Message { number, message } = received {
                let value: serde_json::Value = serde_json::from_str(&message).unwrap();
                let key = value["key"].as_str().map(str::to_owned);
                let (session, name) = (id.to_owned(), name(&message));
                self.handled.push(Handled { session, number, name, key });
            }
            self.machine.handled(id);
        }
    }

    fn receive(&mut self, connection: u64, text: &str) {
        let name = name(text);
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let data = value["data"].to_string();
        match &*name {
            "$hello" => {
                let hello = ClientHello::decode(&data).expect("a sound `$hello`");
                self.hellos.push(hello.clone());
                if self.answers {
                    self.greet(connection, &hello);
                }
            }
            "ping" => self.text(connection, r#"{"type":"pong","data":{"timestamp":1}}"#),
            "pong" => {}
            // It has no sessions then.
            _ if !self.greets => {}
            _ if is_numbered(&name) => {
                let received = self.machine.received(&connection, text.to_owned(), text.len());
                assert!(received.is_ok(), "a message before the `$hello`");
            }
            _ => match Control::decode(&name, &data).expect("sound").expect("known") {
                Control::Ack(ack) => {
                    self.machine.acknowledged(&connection, ack).expect("true numbers");
                }
                Control::Gap(gap) => {
                    self.machine.gap(&connection, gap).expect("after the `$hello`");
                }
                other => panic!("{other:?}"),
            },
        }
        if let Some(id) = self.machine.attached(&connection).map(|session| session.id().to_owned())
        {
            self.handle(&id);
        }
        self.flush(connection, false);
    }

    fn greet(&mut self, connection: u64, hello: &ClientHello) {
        match self.machine.hello(&connection, hello) {
            Greeting::Began { .. } => {}
            Greeting::Resumed { resumed, replaces, .. } => {
                if let Some(old) = replaces {
                    self.close(old, 4409);
                }
                self.text(connection, &Control::Resumed(resumed).encode());
            }
            Greeting::Gone { gone, .. } => {
                self.text(connection, &Control::Gone(gone).encode());
            }
            Greeting::Refused => self.close(connection, 4409),
            Greeting::Contradiction { .. } => panic!("a client's numbers are true"),
        }
    }
}

/// A server with sessions.
#[derive(Clone)]
pub struct Server(Arc<Mutex<State>>);

fn machine() -> Machine {
    Machine::new(Limits { messages: 100_000, bytes: 100 << 20 }, Overflow::Refuse)
}

impl Server {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            machine: machine(),
            writers: HashMap::new(),
            connections: 0,
            handled: Vec::new(),
            hellos: Vec::new(),
            hold: "1048576",
            offers: Vec::new(),
            closes: Vec::new(),
            undelivered: 0,
            handles: true,
            greets: true,
            answers: true,
        })))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The names of all messages that were handled.
    pub fn names(&self) -> Vec<String> {
        self.state().handled.iter().map(|handled| handled.name.clone()).collect()
    }

    /// A client whose connections lead here, and are cut after so many bytes of either direction: one
    /// entry for each, without a cut after the last.
    pub fn client(&self, cuts: Vec<usize>) -> Builder {
        let (server, mut cuts) = (self.clone(), cuts.into_iter());
        let cuts = Mutex::new(move || cuts.next().unwrap_or(usize::MAX));
        Client::builder("ws://peer.test/ws").reconnect_interval(millis(100)).connector(move |_| {
            let cut = (cuts.lock().unwrap())();
            let (near, far) = tokio::io::duplex(64 * 1024);
            tokio::spawn(server.clone().accept(far));
            async move { Ok(Cut { stream: Some(near), left: AtomicUsize::new(cut) }) }
        })
    }

    /// Sends to every session.
    pub fn say(&self, name: &str, count: usize) {
        let texts = (0..count).map(|number| format!(r#"{{"type":"{name}","data":{number}}}"#));
        self.send(&texts.collect::<Vec<_>>());
    }

    /// Sends messages to every session.
    pub fn send(&self, texts: &[String]) {
        let mut state = self.state();
        let ids: Vec<_> = state.machine.iter().map(|session| session.id().to_owned()).collect();
        for id in ids {
            for text in texts {
                let size = text.len();
                state.machine.send(&id, text.clone(), size, Class::Message).expect("room");
            }
        }
        let open: Vec<_> = state.writers.keys().copied().collect();
        for connection in open {
            state.flush(connection, false);
        }
    }

    /// Sends one frame as it is on every connection.
    pub fn raw(&self, text: &str) {
        let state = self.state();
        for connection in state.writers.keys() {
            state.text(*connection, text);
        }
    }

    /// Closes every connection with this code.
    pub fn close(&self, code: u16) {
        let mut state = self.state();
        let open: Vec<_> = state.writers.keys().copied().collect();
        for connection in open {
            state.close(connection, code);
        }
    }

    /// Drops every connection.
    pub fn cut(&self) {
        let mut state = self.state();
        let open: Vec<_> = state.writers.drain().map(|(connection, _)| connection).collect();
        for connection in &open {
            state.machine.let_go(connection);
        }
    }

    /// Loses its memory.
    pub fn restart(&self) {
        self.cut();
        self.state().machine = machine();
    }

    /// Keeps no session that has no connection.
    pub fn expire(&self) {
        self.cut();
        let mut state = self.state();
        let ids: Vec<_> = state.machine.iter().map(|session| session.id().to_owned()).collect();
        for id in ids {
            state.handle(&id);
            state.machine.end(&id);
        }
    }

    async fn accept(self, stream: DuplexStream) {
        let mut wire = Wire { stream };
        let request = wire.request().await;
        let offered =
            request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Protocol: "));
        self.state().offers.push(offered.unwrap_or_default().to_owned());
        if !offered.is_some_and(|offered| offered.ends_with("wirebond.v1")) {
            return wire.accept(&request, "").await;
        }
        wire.accept(&request, "Sec-WebSocket-Protocol: wirebond.v1\r\n").await;
        let (reader, mut writer) = tokio::io::split(wire.stream);
        let (sender, mut frames) = mpsc::unbounded_channel::<Vec<u8>>();
        let connection = {
            let mut state = self.state();
            state.connections += 1;
            let connection = state.connections;
            state.writers.insert(connection, sender);
            let id = format!("s{connection}");
            let offer = Offer { id: id.clone(), key: format!("s3cret-{id}"), keep: 120_000 };
            state.machine.accept(connection, &offer, String::new());
            let session = format!(r#"{{"id":"{id}","key":"s3cret-{id}","keep":120000}}"#);
            let hold = state.hold;
            let data = format!(r#"{{"v":1,"boot":"b","session":{session},"hold":{hold}}}"#);
            if state.greets {
                state.text(connection, &format!(r#"{{"type":"$hello","data":{data}}}"#));
            }
            connection
        };
        let reading = tokio::spawn(self.clone().read(reader, connection));
        let ticking = tokio::spawn({
            let server = self.clone();
            async move {
                loop {
                    sleep(secs(1)).await;
                    server.state().flush(connection, true);
                }
            }
        });
        let mut queued = Vec::new();
        while frames.recv_many(&mut queued, 1_024).await > 0 {
            if writer.write_all(&queued.concat()).await.is_err() {
                break;
            }
            queued.clear();
        }
        ticking.abort();
        reading.abort();
        // A connection that was cut is read no more: what is under way on it is dead.
        let mut state = self.state();
        state.writers.remove(&connection);
        state.machine.let_go(&connection);
    }

    async fn read(self, reader: ReadHalf<DuplexStream>, connection: u64) {
        let mut wire = Wire { stream: tokio::io::join(reader, tokio::io::sink()) };
        while let Some(read) = wire.read_frame().await {
            let mut state = self.state();
            if !state.writers.contains_key(&connection) {
                return;
            }
            match read.opcode {
                1 => state.receive(connection, read.text()),
                8 => {
                    state.closes.push(read.close_code());
                    let id = state.machine.attached(&connection).map(|one| one.id().to_owned());
                    if let Some(id) = id.filter(|_| matches!(read.close_code(), 1000 | 1001)) {
                        let ended = state.machine.end(&id).expect("it is attached");
                        state.undelivered += ended.undelivered.len();
                    }
                    state.close(connection, read.close_code());
                }
                9 => state.write(connection, frame(0x8a, &read.payload)),
                _ => {}
            }
        }
        let mut state = self.state();
        state.writers.remove(&connection);
        state.machine.let_go(&connection);
    }
}

/// A stream that breaks after so many bytes.
struct Cut {
    stream: Option<DuplexStream>,
    left: AtomicUsize,
}

impl Cut {
    fn take(&mut self, count: usize) {
        if self.left.fetch_sub(count, Ordering::Relaxed) == count {
            self.stream = None;
        }
    }

    fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }
}

impl AsyncRead for Cut {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.left();
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        };
        let mut part = buffer.take(left);
        let read = Pin::new(stream).poll_read(cx, &mut part);
        let count = part.filled().len();
        // The part is the buffer's own memory, which `part` has initialised.
        let filled = part.filled().to_vec();
        if read.is_ready() {
            buffer.put_slice(&filled);
            if count > 0 {
                self.take(count);
            }
        }
        read
    }
}

impl AsyncWrite for Cut {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.left();
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        };
        let written = Pin::new(stream).poll_write(cx, &bytes[..bytes.len().min(left)]);
        if let Poll::Ready(Ok(count)) = written {
            self.take(count);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_flush(cx),
            None => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Some(stream) => Pin::new(stream).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}
