//! A network that breaks: connections end after a random number of bytes, in one of several ways.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Notify,
};

use super::numbers;

/// How a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Both ends are reset.
    Reset,
    /// Both streams end, and nothing says why.
    End,
    /// The client is reset. For the server the connection stays open and silent.
    ClientOnly,
    /// The server is reset. For the client the connection stays open and silent.
    ServerOnly,
}

/// What is left until a connection breaks.
struct Fuse {
    cut: Cut,
    /// Bytes of either direction.
    bytes: [usize; 2],
}

/// A proxy that breaks a number of connections.
#[derive(Clone)]
pub(super) struct Proxy {
    server: Arc<Mutex<SocketAddr>>,
    left: Arc<AtomicU32>,
    mean: usize,
    random: Arc<Mutex<dyn FnMut() -> u64 + Send>>,
    /// How many connections it has made.
    pub(super) connections: Arc<AtomicUsize>,
    broken: Arc<Notify>,
}

impl Proxy {
    /// Breaks `cuts` connections to `server`, each after about `mean` bytes of one direction.
    pub(super) async fn start(server: SocketAddr, cuts: u32, mean: usize) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Self {
            server: Arc::new(Mutex::new(server)),
            left: Arc::new(AtomicU32::new(cuts)),
            mean,
            random: Arc::new(Mutex::new(numbers(11))),
            connections: Arc::default(),
            broken: Arc::default(),
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().carry(client));
            }
        });
        (proxy, address)
    }

    /// Leads new connections to another address.
    pub(super) fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().unwrap() = server;
    }

    /// How many connections are still to be broken.
    pub(super) fn left(&self) -> u32 {
        self.left.load(Ordering::Relaxed)
    }

    /// Waits until only `left` are.
    pub(super) async fn until_left(&self, left: u32) {
        loop {
            let broken = self.broken.notified();
            if self.left() <= left {
                return;
            }
            broken.await;
        }
    }

    fn random(&self) -> u64 {
        (self.random.lock().unwrap())()
    }

    fn fuse(&self) -> Option<Fuse> {
        if self.left() == 0 {
            return None;
        }
        // Silence costs a heartbeat's time, so it is the rarest.
        let cut = match self.random() % 10 {
            0..5 => Cut::Reset,
            5..7 => Cut::End,
            7..9 => Cut::ClientOnly,
            _ => Cut::ServerOnly,
        };
        // One in eight breaks in the opening handshake or in the first frames.
        let most = if self.random().is_multiple_of(8) { 700 } else { 2 * self.mean };
        let bytes = [(); 2].map(|()| usize::try_from(self.random()).unwrap() % most);
        Some(Fuse { cut, bytes })
    }

    async fn carry(self, client: TcpStream) {
        let server = *self.server.lock().unwrap();
        // A server that is not there resets its clients.
        let server = TcpStream::connect(server).await;
        let Ok(server) = server else { return };
        self.connections.fetch_add(1, Ordering::Relaxed);
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
        }
        let fuse = self.fuse();
        let limits = fuse.as_ref().map_or([usize::MAX; 2], |fuse| fuse.bytes);
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let is_broken = tokio::select! {
            is_broken = pass(&mut from_client, &mut to_server, limits[0]) => is_broken,
            is_broken = pass(&mut from_server, &mut to_client, limits[1]) => is_broken,
        };
        let client = from_client.reunite(to_client).unwrap();
        let server = from_server.reunite(to_server).unwrap();
        let Some(fuse) = fuse.filter(|_| is_broken) else { return };
        self.left.fetch_sub(1, Ordering::Relaxed);
        self.broken.notify_waiters();
        match fuse.cut {
            Cut::End => {}
            Cut::Reset => {
                client.set_zero_linger().unwrap();
                server.set_zero_linger().unwrap();
            }
            Cut::ClientOnly => {
                client.set_zero_linger().unwrap();
                drop(client);
                until_given_up(server).await;
            }
            Cut::ServerOnly => {
                server.set_zero_linger().unwrap();
                drop(server);
                until_given_up(client).await;
            }
        }
    }
}

/// Passes bytes on, so many at most. Returns whether that was the limit.
async fn pass(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, mut left: usize) -> bool {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return false };
        let part = count.min(left);
        if to.write_all(&buffer[..part]).await.is_err() {
            return false;
        }
        left -= part;
        if left == 0 {
            return true;
        }
    }
}

/// Reads what is sent into the void, until the other end gives up.
async fn until_given_up(mut stream: TcpStream) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}
