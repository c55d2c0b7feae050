//! The server's handle.

use std::{
    fmt, io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::net::TcpListener;
use wirebond_connection::transport::Io;
use wirebond_core::{MessageInfo, wire::form::WireForm};

use crate::{
    builder::Builder,
    connection,
    contracts::Contracts,
    core::Core,
    handshake,
    identity::Identity,
    log::Name,
    outbox::{Closing, Drain, Ends},
    peer::Peer,
    sessions::Table,
    settings::LONGEST,
    target::Target,
    upgrade::{Request, Upgrade, UpgradeError},
};

mod stats;
mod upgrading;

pub use stats::{SessionStats, Stats};

/// How long after a failed accept the next one is tried: descriptors may be exhausted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The longest time over which a shutdown spreads its Close frames, so that clients don't all reconnect
/// at the same moment.
const SPREAD: Duration = Duration::from_secs(10);
/// Which part of a shutdown's deadline the client of a session has to say what it has got.
const PATIENCE: u32 = 8;
/// How long a shutdown waits for tasks that it has ended. A task whose thread is blocked doesn't notice.
const ABORT: Duration = Duration::from_secs(1);

/// The server side of a WebSocket endpoint.
///
/// This is a cheap handle. When the last is dropped, all connections are closed with 1001.
///
/// ```no_run
/// use wirebond_server::{Identity, Peer, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder()
///     .on("chat", |peer: Peer, line: String| async move { peer.send("chat", &line).await })
///     .build()?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
/// server.serve(listener, |_request| async { Ok(Identity::anonymous()) }).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Server {
    pub(crate) core: Arc<Core>,
    /// Held, never read: dropping the last one closes the connections.
    #[allow(dead_code, reason = "held for its drop")]
    pub(crate) alive: Arc<Alive>,
}

/// Dropped with the last handle.
pub(crate) struct Alive(Arc<Core>);

impl Drop for Alive {
    fn drop(&mut self) {
        let closing = Closing::new(1001, "", Drain::Answers, Ends::Session);
        for peer in self.0.stop(&closing) {
            peer.outbox.close(closing.clone());
        }
    }
}

/// A server that [`Builder::build`] can make: [`Server`], or a generated one.
#[diagnostic::on_unimplemented(message = "`{Self}` is no server of wirebond")]
pub trait FromServer {
    /// The messages of its contract.
    #[doc(hidden)]
    const MESSAGES: &'static [MessageInfo] = &[];
    /// How they stand on the wire.
    #[doc(hidden)]
    const FORM: &'static WireForm = &WireForm::DEFAULT;

    /// What the contract says of those of clients.
    #[doc(hidden)]
    fn contracts() -> Option<Result<Contracts, String>> {
        None
    }

    /// Wraps the untyped server.
    fn from_server(server: Server) -> Self;
}

impl FromServer for Server {
    fn from_server(server: Server) -> Self {
        server
    }
}

impl Server {
    /// Returns a builder for a server.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .connected(|peer: Peer| {
    ///         peer.join("lobby");
    ///     })
    ///     .on("chat", |peer: Peer, text: String| {
    ///         peer.room("lobby").except(&peer).send("chat", &text).map(drop)
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    #[doc(hidden)]
    pub fn builder_of<S: FromServer>() -> Builder<S> {
        Builder::new()
    }

    pub(crate) fn new(core: Core) -> Self {
        let core = Arc::new(core);
        let alive = Arc::new(Alive(Arc::clone(&core)));
        core.set_alive(&alive);
        Self { core, alive }
    }

    /// Answers a request to upgrade: with 101, after which the connection runs in a task of its own, or
    /// with the status that refuses it.
    ///
    /// The body says in one line why a request is refused; otherwise it is empty. `B` is made of a `String`: the
    /// `Body` of axum, `Full<Bytes>`, or `String`. Return the response to the HTTP server unchanged.
    ///
    /// ```
    /// use wirebond_server::{Identity, Server, Upgrade};
    ///
    /// /// A handler of an HTTP server.
    /// fn upgrade(server: &Server, upgrade: Upgrade, user: &str) -> http::Response<String> {
    ///     server.accept(upgrade, Identity::user(user))
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    pub fn accept<B: From<String>>(
        &self,
        upgrade: Upgrade,
        identity: Identity,
    ) -> http::Response<B> {
        handshake::response(upgrading::accept(&self.core, upgrade, identity))
    }

    /// Reads a request to upgrade from a byte stream, answers it, and runs the connection to its end.
    /// `authenticate` is called with the request first, and returns the identity of the peer.
    ///
    /// ```
    /// use wirebond_server::{Identity, Server};
    ///
    /// # async fn example(server: Server, stream: tokio::io::DuplexStream) {
    /// let end = server.serve_stream(stream, |_request| async { Ok(Identity::anonymous()) }).await;
    /// if let Err(refused) = end {
    ///     eprintln!("{refused}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The request was refused; the peer has been answered with [`UpgradeError::status`].
    ///
    /// # Cancel safety
    ///
    /// Cancelling ends the connection at once.
    pub async fn serve_stream<F, Fut>(
        &self,
        io: impl Io + 'static,
        authenticate: F,
    ) -> Result<(), UpgradeError>
    where
        F: FnOnce(Request) -> Fut,
        Fut: Future<Output = Result<Identity, UpgradeError>>,
    {
        let core = Arc::clone(&self.core);
        let upgraded = upgrading::upgrade(&core, io, None, authenticate).await?;
        connection::run(core, upgraded).await;
        Ok(())
    }

    /// Accepts connections until the server has shut down, without TLS and on any path, each in a task of
    /// its own. `authenticate` is called with each request and returns the identity of the peer, or an
    /// error that refuses it. A panic in it is logged at ERROR and answered with 500.
    ///
    /// For TLS, paths and middleware use an HTTP server, and pass its upgrades to
    /// [`accept`](Self::accept).
    ///
    /// ```no_run
    /// use wirebond_server::{Identity, Server, UpgradeError};
    ///
    /// # async fn example(server: Server) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
    /// server
    ///     .serve(listener, |request| async move {
    ///         match request.header("authorization") {
    ///             Some("Bearer t0ken") => Ok(Identity::user("u1")),
    ///             _ => Err(UpgradeError::Unauthorized),
    ///         }
    ///     })
    ///     .await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancelling stops accepting; connections go on.
    pub async fn serve<F, Fut>(&self, listener: TcpListener, authenticate: F)
    where
        F: Fn(Request) -> Fut + Clone + Send + 'static,
        Fut: Future<Output = Result<Identity, UpgradeError>> + Send,
    {
        let mut aborted = self.core.aborted();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = aborted.wait_for(|aborted| *aborted) => return,
            };
            match accepted {
                Ok((tcp, address)) => {
                    let (core, authenticate) = (Arc::clone(&self.core), authenticate.clone());
                    // Messages are small and go out at once.
                    let _ = tcp.set_nodelay(true);
                    tokio::spawn(async move {
                        // A future is as large as its largest await point, so this one is boxed.
                        let one = upgrading::upgrade(&core, tcp, Some(address), authenticate);
                        if let Ok(one) = Box::pin(one).await {
                            connection::run_detached(core, one).await;
                        }
                    });
                }
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    let what = format!("no connection can be accepted at present: {error}");
                    self.core.log.warn(None, "accept", what, Name::None);
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Returns all peers.
    ///
    /// ```
    /// # fn example(server: &wirebond_server::Server) {
    /// let _ = server.everyone().send("notice", "Restart in five minutes.");
    /// # }
    /// ```
    #[must_use]
    pub fn everyone(&self) -> Target {
        Target::everyone(&self.core)
    }

    /// Returns the peers in a room.
    ///
    /// ```
    /// # fn example(server: &wirebond_server::Server) {
    /// let _ = server.room("lobby").send("chat", "Hello!");
    /// # }
    /// ```
    #[must_use]
    pub fn room(&self, room: &str) -> Target {
        Target::room(&self.core, room)
    }

    /// Returns all connections of a user.
    ///
    /// ```
    /// # fn example(server: &wirebond_server::Server) {
    /// let _ = server.user("u1").send("notice", "You have mail.");
    /// # }
    /// ```
    #[must_use]
    pub fn user(&self, user: &str) -> Target {
        Target::user(&self.core, user)
    }

    /// Returns all peers, in no particular order. One with a session may have no connection at present.
    ///
    /// ```
    /// # fn example(server: &wirebond_server::Server) {
    /// for peer in server.peers() {
    ///     println!("{}: {:?}", peer.id(), peer.user());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.everyone().peers()
    }

    /// Returns counters of peers and messages.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().build()?;
    /// assert_eq!(server.stats().peers, 0);
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counters = &self.core.counters;
        let sessions = self.core.sessions.as_ref().map_or_else(SessionStats::default, Table::stats);
        Stats {
            connections: self.core.count_connections(),
            peers: self.core.count_peers(),
            connected: counters.connected.load(Ordering::Relaxed),
            refused: counters.refused.load(Ordering::Relaxed),
            received: counters.received.load(Ordering::Relaxed),
            unhandled: counters.unhandled.load(Ordering::Relaxed),
            malformed: counters.malformed.load(Ordering::Relaxed),
            too_slow: counters.too_slow.load(Ordering::Relaxed),
            joins_refused: counters.joins_refused.load(Ordering::Relaxed),
            undelivered: counters.undelivered.load(Ordering::Relaxed) + sessions.dropped,
            sessions,
        }
    }

    /// Shuts the server down.
    ///
    /// New upgrades are refused with HTTP status 503. For each peer, received messages are handled, and its
    /// queue and the answers of its handlers are written, for at most `close_timeout`. Then the connection
    /// is closed with 1012, "service restart" (RFC 6455's registry of close codes), after which wirebond
    /// clients reconnect by themselves. Sessions end, after a last acknowledgement of what was handled and another by
    /// the client of what it has got, which is waited for within that time and for an eighth of `deadline` at most. The closes
    /// are spread over half of `deadline`, 10 s at most.
    ///
    /// Resolves when all connections have ended and their handlers have returned. What is left at
    /// `deadline` is dropped; returns how many connections that were. A handler that blocks its thread
    /// can't be dropped: the server waits at most 1 s longer for it.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn example(server: wirebond_server::Server) {
    /// let unfinished = server.shutdown(Duration::from_secs(20)).await;
    /// if unfinished > 0 {
    ///     eprintln!("{unfinished} connections had running handlers");
    /// }
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// If cancelled, the server keeps refusing upgrades; call it again to continue.
    pub async fn shutdown(&self, deadline: Duration) -> usize {
        let deadline = deadline.min(LONGEST);
        let closing = Closing {
            patience: deadline / PATIENCE,
            ..Closing::new(1012, "service restart", Drain::Answers, Ends::Session)
        };
        let peers = self.core.stop(&closing);
        let began = tokio::time::Instant::now();
        let spread = (deadline / 2).min(SPREAD);
        let mut at: Vec<_> =
            peers.into_iter().map(|peer| (spread.mul_f64(fastrand::f64()), peer)).collect();
        at.sort_by_key(|(delay, _)| *delay);
        let ended = async {
            for (delay, peer) in at {
                tokio::time::sleep_until(began + delay).await;
                peer.outbox.close(closing.clone());
            }
            self.core.tasks_ended().await;
        };
        let left = match tokio::time::timeout_at(began + deadline, ended).await {
            Ok(()) => 0,
            Err(_) => self.core.count_unfinished(),
        };
        self.core.abort();
        let _ = tokio::time::timeout(ABORT, self.core.tasks_ended()).await;
        left
    }
}

/// Whether accepting failed because of the connection that was to be accepted.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("peers", &self.core.count_peers()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Alive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alive")
    }
}
