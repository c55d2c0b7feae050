//! Where a client connects to, and a stream that counts its system calls.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};

use crate::upgrade;

/// A server and the path to ask for.
#[derive(Debug, Clone)]
pub struct Target {
    pub port: u16,
    /// The path and query of the URL.
    pub path: String,
    /// TCP_NODELAY; `None` for what the client does by itself, which counts as on where it doesn't
    /// choose.
    pub nodelay: Option<bool>,
    /// Successful writes to the stream.
    pub writes: Arc<AtomicU64>,
}

impl Target {
    pub fn new(port: u16, path: impl Into<String>) -> Self {
        Self { port, path: path.into(), nodelay: None, writes: Arc::default() }
    }

    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}{}", self.port, self.path)
    }

    /// The same with another parameter in the query.
    pub fn with(&self, pair: &str) -> Self {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        Self { path: format!("{}{sign}{pair}", self.path), ..self.clone() }
    }

    pub async fn dial(&self) -> io::Result<Counted> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(self.nodelay.unwrap_or(true))?;
        Ok(Counted { stream, writes: Arc::clone(&self.writes) })
    }

    /// A stream on which the opening handshake is done, for clients that leave it to others.
    pub async fn upgraded(&self) -> io::Result<Counted> {
        let mut stream = self.dial().await?;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.path
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        // Byte by byte, so that no frame is read along with it.
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        Ok(stream)
    }

    /// Asks the server something outside of any WebSocket.
    pub async fn ask(&self) -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(format!("GET {} HTTP/1.1\r\n\r\n", self.path).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

/// Answers a request to upgrade, for servers that leave the handshake to others. The client sends no
/// frame before the answer.
pub async fn upgrade_server(stream: &mut TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = Vec::with_capacity(1_024);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let answer = upgrade::answer(&String::from_utf8_lossy(&head), "");
    stream.write_all(answer.unwrap_or_default().as_bytes()).await
}

/// A TCP stream whose writes are counted.
#[derive(Debug)]
pub struct Counted {
    stream: TcpStream,
    writes: Arc<AtomicU64>,
}

impl Counted {
    fn count(&self, poll: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if poll.is_ready() {
            self.writes.fetch_add(1, Relaxed);
        }
        poll
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.count(poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.count(poll)
    }
}
