//! A server's listener that can be made to fail: to cut its connections, and to refuse new ones.
//!
//! Without failures it is one line: `server.untyped().serve(listener, …)`.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use wirebond::server::{Identity, Server};

/// A listener that runs until this is dropped.
pub(crate) struct Backend {
    address: SocketAddr,
    refuses: Arc<AtomicBool>,
    /// A change cuts all connections, and so does dropping this.
    cut: watch::Sender<()>,
}

impl Backend {
    /// Listens on `address`, such as `127.0.0.1:0` for any free port.
    pub(crate) async fn start(address: &str, server: &Server) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let backend = Self { address, refuses: Arc::default(), cut: watch::Sender::new(()) };
        let (refuses, cut) = (Arc::clone(&backend.refuses), backend.cut.subscribe());
        tokio::spawn(accept(listener, server.clone(), refuses, cut));
        Ok(backend)
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// Ends every connection without a Close frame, as a crash does.
    pub(crate) fn cut_all(&self) {
        self.cut.send_replace(());
    }

    /// Whether new connections are turned away with HTTP status 503.
    pub(crate) fn refuse(&self, refuse: bool) {
        self.refuses.store(refuse, Ordering::Release);
    }
}

async fn accept(
    listener: TcpListener,
    server: Server,
    refuses: Arc<AtomicBool>,
    mut cut: watch::Receiver<()>,
) {
    loop {
        let accepted = tokio::select! {
            biased;
            cut = cut.changed() => match cut {
                Ok(()) => continue,
                Err(_) => return,
            },
            accepted = listener.accept() => accepted,
        };
        let Ok((tcp, _)) = accepted else { return };
        if refuses.load(Ordering::Acquire) {
            tokio::spawn(turn_away(tcp));
            continue;
        }
        let (server, mut cut) = (server.clone(), cut.clone());
        let _ = tcp.set_nodelay(true);
        tokio::spawn(async move {
            // A connection whose future is dropped ends at once.
            tokio::select! {
                _ = server.serve_stream(tcp, |_request| async { Ok(Identity::anonymous()) }) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

/// Answers as a proxy does whose server is down. The server's own 503 has `Retry-After: 5`, which a demo
/// has no time for.
async fn turn_away(mut tcp: TcpStream) {
    // The request is read first: closing with unread bytes would reset the connection.
    let _ = tcp.read(&mut [0; 4096]).await;
    let _ = tcp.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").await;
}
