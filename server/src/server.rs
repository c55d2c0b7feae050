//! The server's handle.

use std::{
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    time::Duration,
};

use tokio::net::TcpListener;
use wirebond_connection::transport::Io;
use wirebond_core::{MessageInfo, wire::form::WireForm};

use crate::{
    builder::Builder,
    connection::{self, Upgraded},
    contracts::Contracts,
    core::{Core, Counters, Place, Refused},
    handler::caught,
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

/// How long after a failed accept the next one is tried: descriptors may be exhausted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The longest time over which a shutdown spreads its Close frames, so that clients don't all reconnect
/// at the same moment.
const SPREAD: Duration = Duration::from_secs(10);
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

/// Counters of a server. See [`Server::stats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Connections at present, which [`max_peers`](Builder::max_peers) limits: each from the answer to its
    /// request until it is closed. One without a session is counted until its last handler has returned.
    pub connections: usize,
    /// Peers at present: connections without a session, and sessions, of which
    /// [`detached`](SessionStats::detached) have no connection. A peer that has ended is not counted, even
    /// while its handlers run.
    pub peers: usize,
    /// Connections that were accepted so far.
    pub connected: u64,
    /// Requests to upgrade that were refused, or whose stream ended before the upgrade.
    pub refused: u64,
    /// Messages that arrived, without heartbeats. Those of a read are added when all of them were taken.
    pub received: u64,
    /// Of these: messages without a handler.
    pub unhandled: u64,
    /// Frames that weren't messages, and messages whose payload didn't match its type.
    pub malformed: u64,
    /// Peers that were closed because they read too slowly.
    pub too_slow: u64,
    /// Messages that were accepted for a peer, and that it did not get: the sum of
    /// [`PeerStats::undelivered`](crate::PeerStats::undelivered) of all peers, also of those that have ended.
    pub undelivered: u64,
    /// Counters of sessions; zero if [none are kept](Builder::sessions).
    pub sessions: SessionStats,
}

/// Counters of a server's sessions. See [`Stats::sessions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SessionStats {
    /// Sessions that have a connection.
    pub attached: usize,
    /// Sessions that have none at present.
    pub detached: usize,
    /// The bytes of messages that those without a connection hold.
    pub detached_bytes: usize,
    /// How often a session was continued on a new connection.
    pub resumed: u64,
    /// Requests to continue a session that had ended: it expired, was closed for good, or contradicted
    /// itself. The client learned how far its messages were handled.
    pub gone_expired: u64,
    /// Requests to continue a session that this process doesn't know: of an earlier process, of another
    /// user, with a wrong key, or too old.
    pub gone_unknown: u64,
    /// Sessions that ended because a client continued them with numbers that contradict what was sent.
    pub gone_mismatch: u64,
    /// Messages that clients did not get, because a queue was full; a gap stands in their place. They are
    /// part of [`Stats::undelivered`], whose others waited when their peer ended. A message that was written
    /// before its connection broke is counted when the client comes back without it.
    pub dropped: u64,
    /// Messages that clients reported as dropped. See [`Builder::missed`].
    pub missed: u64,
    /// Connections of clients that have another contract. See [`Builder::contracts`].
    pub other_contracts: u64,
    /// Messages that were not sent to clients that can't read them. See [`ContractPolicy::Skip`](crate::ContractPolicy::Skip).
    pub skipped: u64,
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
        let (request, stream) = upgrade.into_parts();
        let answer = match check(&self.core, &request, &identity) {
            Ok((accepted, place)) => {
                let core = Arc::clone(&self.core);
                let (subprotocol, has_session) = accepted.selected();
                tokio::spawn(async move {
                    let mut aborted = core.aborted();
                    let stream = tokio::time::timeout(core.settings.handshake_timeout, stream);
                    let stream = tokio::select! {
                        stream = stream => stream.ok().flatten(),
                        _ = aborted.wait_for(|aborted| *aborted) => None,
                    };
                    if let Some((io, rest)) = stream {
                        let upgraded = Upgraded {
                            io,
                            rest,
                            identity,
                            subprotocol,
                            has_session,
                            place,
                            address: None,
                        };
                        connection::run_detached(core, upgraded).await;
                    } else {
                        Counters::add(&core.counters.refused, 1);
                        handshake::log_refusal(&UpgradeError::Ended, None);
                    }
                });
                Ok(accepted)
            }
            Err(error) => {
                Counters::add(&self.core.counters.refused, 1);
                handshake::log_refusal(&error, None);
                Err(error)
            }
        };
        handshake::response(answer)
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
        let upgraded = upgrade(&core, io, None, authenticate).await?;
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
                        let one = Box::pin(upgrade(&core, tcp, Some(address), authenticate)).await;
                        if let Ok(one) = one {
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
            undelivered: counters.undelivered.load(Ordering::Relaxed) + sessions.dropped,
            sessions,
        }
    }

    /// Shuts the server down.
    ///
    /// New upgrades are refused with HTTP status 503. For each peer, received messages are handled, and its
    /// queue and the answers of its handlers are written, for at most `close_timeout`. Then the connection
    /// is closed with 1012, "service restart" (RFC 6455's registry of close codes), after which wirebond
    /// clients reconnect by themselves. Sessions end, after a last acknowledgement of what was handled. The closes
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
        let closing = Closing::new(1012, "service restart", Drain::Answers, Ends::Session);
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

/// Whether a request to upgrade is accepted; then it has a place.
fn check(
    core: &Arc<Core>,
    request: &Request,
    identity: &Identity,
) -> Result<(handshake::Accepted, Place), UpgradeError> {
    let accepted = handshake::check(request, &core.settings).inspect_err(|error| {
        if *error == UpgradeError::Origin {
            handshake::warn_of_origin(&core.log, request);
        }
    })?;
    match core.take_place(identity) {
        Ok(place) => Ok((accepted, place)),
        Err(Refused::Unavailable) => Err(UpgradeError::Unavailable),
        Err(Refused::TooMany) => Err(UpgradeError::TooManyConnections),
    }
}

/// Reads a request to upgrade and answers it.
async fn upgrade<F, Fut>(
    core: &Arc<Core>,
    mut io: impl Io + 'static,
    address: Option<SocketAddr>,
    authenticate: F,
) -> Result<Upgraded, UpgradeError>
where
    F: FnOnce(Request) -> Fut,
    Fut: Future<Output = Result<Identity, UpgradeError>>,
{
    let limit = core.settings.handshake_timeout;
    let mut aborted = core.aborted();
    let checked = async {
        let (request, rest) = handshake::read(&mut io).await?;
        let identity = authenticated(core, || authenticate(request.clone())).await?;
        let (accepted, place) = check(core, &request, &identity)?;
        Ok((accepted, place, rest, identity))
    };
    let checked = tokio::time::timeout(limit, checked).await;
    let checked = checked.unwrap_or(Err(UpgradeError::Timeout));
    let answer = match &checked {
        Ok((accepted, ..)) => Ok(accepted.clone()),
        Err(error) => Err(error.clone()),
    };
    let answered = tokio::time::timeout(limit, handshake::write(&mut io, answer));
    let answered = tokio::select! {
        answered = answered => matches!(answered, Ok(Ok(()))),
        _ = aborted.wait_for(|aborted| *aborted) => false,
    };
    let checked =
        checked.and_then(|checked| answered.then_some(checked).ok_or(UpgradeError::Ended));
    if let Err(error) = &checked {
        Counters::add(&core.counters.refused, 1);
        handshake::log_refusal(error, address);
    }
    let (accepted, place, rest, identity) = checked?;
    let (subprotocol, has_session) = accepted.selected();
    let io = Box::new(io);
    Ok(Upgraded { io, rest, identity, subprotocol, has_session, place, address })
}

/// Authenticates a request. A panic of the user's code refuses it.
async fn authenticated<Fut>(
    core: &Core,
    authenticate: impl FnOnce() -> Fut,
) -> Result<Identity, UpgradeError>
where
    Fut: Future<Output = Result<Identity, UpgradeError>>,
{
    let panicked = |_| {
        let what = "the authentication of a request panicked; it is answered with 500";
        core.log.error(None, "authenticate", what);
        UpgradeError::Internal
    };
    let mut future = pin!(caught(authenticate).map_err(panicked)?);
    poll_fn(|cx| {
        caught(|| future.as_mut().poll(cx))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
    })
    .await
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
