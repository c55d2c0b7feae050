//! The other side, as a process of its own: frames that were built before, or counted and forgotten.
//!
//! The URL determines what a connection is for: `/flood?count=…&kind=…`, `/sink?count=…`, `/echo`, `/idle`.
//! `/down?ms=…` takes the server away for a while, `/since` answers when it came back.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

use crate::{
    frames::{Flood, Header, notification, push, unit},
    process, upgrade,
};

/// How much is written at once in a flood.
const BLOCK: usize = 128 * 1024;

struct Shared {
    /// Changes when all connections are to be dropped.
    epoch: watch::Sender<u64>,
    /// How long to stay away, once somebody asks for it.
    down: Mutex<Option<Duration>>,
    asked: Notify,
    /// When the server last came back, on the clock that all processes share.
    back: Mutex<Duration>,
}

/// Serves until the parent ends. `place` is the core to stay on. Prints the port first.
pub fn run(place: Option<usize>) {
    process::end_with_parent();
    process::raise_file_limit();
    if let Some(place) = place {
        process::pin(place);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(serve());
}

async fn serve() {
    let shared = Arc::new(Shared {
        epoch: watch::Sender::new(0),
        down: Mutex::default(),
        asked: Notify::new(),
        back: Mutex::new(process::monotonic()),
    });
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    loop {
        let listener = TcpListener::bind(address).await.expect("a port");
        if address.port() == 0 {
            address = listener.local_addr().expect("an address");
            println!("{}", address.port());
        }
        *shared.back.lock().expect("unpoisoned") = process::monotonic();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let shared = Arc::clone(&shared);
                    tokio::spawn(async move {
                        let mut epoch = shared.epoch.subscribe();
                        tokio::select! {
                            // A client that hangs up ends its connection, no more.
                            _ = talk(stream, &shared) => {}
                            _ = epoch.changed() => {}
                        }
                    });
                }
                () = shared.asked.notified() => break,
            }
        }
        drop(listener);
        shared.epoch.send_modify(|epoch| *epoch += 1);
        let away = shared.down.lock().expect("unpoisoned").take().unwrap_or_default();
        tokio::time::sleep(away).await;
    }
}

/// What a URL asks for.
struct Request {
    path: String,
    query: String,
}

impl Request {
    fn parse(head: &str) -> Self {
        let target = head.split(' ').nth(1).unwrap_or("/");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { path: path.to_owned(), query: query.to_owned() }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

async fn talk(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection { stream, buffer: Vec::new(), at: 0 };
    let head = connection.head().await?;
    let request = Request::parse(&head);
    let Some(answer) = upgrade::answer(&head, "") else {
        return control(connection.stream, &request, shared).await;
    };
    connection.stream.write_all(answer.as_bytes()).await?;
    let rpc = request.get("rpc").is_some();
    match &*request.path {
        "/flood" => flood(connection, &request, rpc).await,
        "/sink" => sink(connection, request.number("count"), rpc).await,
        "/echo" => echo(connection, rpc).await,
        _ => idle(connection).await,
    }
}

async fn control(mut stream: TcpStream, request: &Request, shared: &Shared) -> std::io::Result<()> {
    let body = if request.path == "/down" {
        let away = Duration::from_millis(request.number("ms"));
        *shared.down.lock().expect("unpoisoned") = Some(away);
        "going".to_owned()
    } else {
        shared.back.lock().expect("unpoisoned").as_nanos().to_string()
    };
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await?;
    if request.path == "/down" {
        shared.asked.notify_one();
    }
    Ok(())
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What of the buffer is used up.
    at: usize,
}

impl Connection {
    async fn fill(&mut self) -> std::io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    async fn head(&mut self) -> std::io::Result<String> {
        loop {
            let end = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                self.at = end + 4;
                return Ok(String::from_utf8_lossy(&self.buffer[..end]).into_owned());
            }
            self.fill().await?;
        }
    }

    /// The next whole frame: its header, and where it begins in the buffer.
    async fn frame(&mut self) -> std::io::Result<(Header, usize)> {
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(header) = Header::read(rest)
                && header.end() <= rest.len()
            {
                let begin = self.at;
                self.at += header.end();
                return Ok((header, begin));
            }
            self.fill().await?;
        }
    }

    async fn answer(&mut self, opcode: u8, payload: &[u8]) -> std::io::Result<()> {
        let mut out = Vec::with_capacity(payload.len() + 10);
        push(&mut out, opcode, payload);
        self.stream.write_all(&out).await
    }

    /// The next text frame's payload; control frames before it are answered.
    async fn text(&mut self) -> std::io::Result<Vec<u8>> {
        loop {
            let (header, begin) = self.frame().await?;
            let payload = header.payload(&self.buffer[begin..]);
            if header.opcode == 1 {
                return Ok(payload);
            }
            self.control(header, &payload).await?;
        }
    }

    async fn control(&mut self, header: Header, payload: &[u8]) -> std::io::Result<()> {
        match header.opcode {
            9 => self.answer(10, payload).await,
            8 => {
                self.answer(8, payload).await?;
                Err(std::io::ErrorKind::ConnectionAborted.into())
            }
            _ => Ok(()),
        }
    }
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// The answer to a JSON-RPC call; nothing for a notification.
fn answer_call(text: &[u8], result: Option<&str>) -> Option<String> {
    let call: Call<'_> = serde_json::from_slice(text).ok()?;
    let (id, params) = (call.id?, call.params.map_or("null", RawValue::get));
    let result = result.unwrap_or(params);
    Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
}

async fn flood(mut connection: Connection, request: &Request, rpc: bool) -> std::io::Result<()> {
    if rpc {
        let call = connection.text().await?;
        let answer = answer_call(&call, Some("1")).unwrap_or_default();
        connection.answer(1, answer.as_bytes()).await?;
    }
    let wrap = |text: String| if rpc { notification(&text) } else { text };
    let texts = Flood::parse(request.get("kind").unwrap_or_default()).texts();
    let mut block = Vec::new();
    let mut in_block = 0;
    while block.len() < BLOCK {
        for text in &texts {
            push(&mut block, 1, wrap(text.clone()).as_bytes());
            in_block += 1;
        }
    }
    let count = request.number("count");
    let mut begin = Vec::new();
    push(&mut begin, 1, wrap(unit("begin")).as_bytes());
    connection.stream.write_all(&begin).await?;
    for _ in 0..count / in_block {
        connection.stream.write_all(&block).await?;
    }
    // The rest of the last block, frame by frame.
    let mut rest = Vec::new();
    for text in texts.iter().cycle().take((count % in_block) as usize) {
        push(&mut rest, 1, wrap(text.clone()).as_bytes());
    }
    push(&mut rest, 1, wrap(unit("done")).as_bytes());
    connection.stream.write_all(&rest).await?;
    idle(connection).await
}

/// Counts messages. After the last it reports that: by `done`, or by answering the call that follows.
async fn sink(mut connection: Connection, count: u64, rpc: bool) -> std::io::Result<()> {
    connection.buffer.reserve(512 * 1024);
    let mut got = 0;
    while got < count {
        let (header, begin) = connection.frame().await?;
        if header.opcode == 1 {
            got += 1;
        } else {
            let payload = header.payload(&connection.buffer[begin..]);
            connection.control(header, &payload).await?;
        }
    }
    if rpc {
        let call = connection.text().await?;
        let answer = answer_call(&call, None).unwrap_or_default();
        connection.answer(1, answer.as_bytes()).await?;
    } else {
        connection.answer(1, unit("done").as_bytes()).await?;
    }
    idle(connection).await
}

async fn echo(mut connection: Connection, rpc: bool) -> std::io::Result<()> {
    loop {
        let text = connection.text().await?;
        if rpc {
            let answer = answer_call(&text, None).unwrap_or_default();
            connection.answer(1, answer.as_bytes()).await?;
        } else {
            connection.answer(1, &text).await?;
        }
    }
}

/// Answers control frames until the client goes.
async fn idle(mut connection: Connection) -> std::io::Result<()> {
    connection.buffer.shrink_to(4 * 1024);
    loop {
        let (header, begin) = connection.frame().await?;
        let payload = header.payload(&connection.buffer[begin..]);
        connection.control(header, &payload).await?;
    }
}
