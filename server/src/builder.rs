//! What a server is made of: settings and handlers.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::de::DeserializeOwned;
use wirebond_connection::outcome::Outcome;
use wirebond_core::{
    Received,
    wire::{DecodeError, RawMessage},
};

use crate::{
    core::Core,
    error::{BuildError, Error},
    handler::{Called, Failure, Handlers, call, caught},
    peer::{Disconnect, FromPeer, Peer},
    server::{FromServer, Server},
    settings::Settings,
};

/// Describes a server: [`Server::builder`].
///
/// Handlers of one peer run one at a time, in the order in which the messages arrived; those of
/// different peers run side by side. A handler returns `()`, `Result<(), E>` or a future of either;
/// what fails goes to [`errors`](Self::errors). While a handler runs, up to `inbox` messages of its
/// peer wait; then nothing more is read from it.
#[must_use = "`build()` makes the server"]
pub struct Builder<S = Server> {
    pub(crate) settings: Settings,
    handlers: Handlers,
    /// A message that has two handlers.
    twice: Option<String>,
    server: PhantomData<fn() -> S>,
}

impl<S> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("handlers", &self.handlers).finish_non_exhaustive()
    }
}

impl<S: FromServer> Builder<S> {
    pub(crate) fn new() -> Self {
        Self {
            settings: Settings::default(),
            handlers: Handlers::default(),
            twice: None,
            server: PhantomData,
        }
    }

    /// The largest message that a peer may send, in bytes; a larger one closes the connection with
    /// 1009. Default: 1 MiB.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.settings.max_message_size = bytes;
        self
    }

    /// Sets how many messages may wait to be written to one peer. Default: 1,024.
    ///
    /// Must be greater than zero. When the queue is full, [`Peer::send`] waits and [`Peer::try_send`]
    /// fails. A message to a room, a user or everyone closes the peer with 4408, because it would
    /// otherwise miss messages unnoticed.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().queue_messages(256).queue_bytes(256 << 10).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn queue_messages(mut self, messages: usize) -> Self {
        self.settings.queue_messages = messages;
        self
    }

    /// Sets how many bytes of JSON may wait to be written to one peer. Default: 1 MiB.
    ///
    /// Must be greater than zero. No message may be larger than this. When the queue is full, the same
    /// happens as beyond [`queue_messages`](Self::queue_messages).
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().queue_bytes(16 << 20).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.settings.queue_bytes = bytes;
        self
    }

    /// Sets [`queue_messages`](Self::queue_messages) and [`queue_bytes`](Self::queue_bytes).
    #[deprecated(since = "0.1.0", note = "use `queue_messages` and `queue_bytes`")]
    pub fn queue(self, messages: usize, bytes: usize) -> Self {
        self.queue_messages(messages).queue_bytes(bytes)
    }

    /// How many messages of one peer wait for their handler, within 256 KiB; then nothing more is read
    /// from it. Default: 64.
    pub fn inbox(mut self, messages: usize) -> Self {
        self.settings.inbox_messages = messages;
        self
    }

    /// After this long without anything from a peer, a WebSocket Ping asks whether it is there.
    /// Default: 30 s.
    pub fn heartbeat_interval(mut self, interval: Duration) -> Self {
        self.settings.heartbeat_interval = interval;
        self
    }

    /// A peer that sends nothing for this long after such a Ping is gone. Default: 10 s.
    pub fn heartbeat_timeout(mut self, timeout: Duration) -> Self {
        self.settings.heartbeat_timeout = timeout;
        self
    }

    /// How long a request to upgrade may take to arrive and to be authenticated, where this server
    /// reads it itself ([`Server::serve`]); how long its answer may take to be written, and, after
    /// [`Server::accept`], its stream to come. Default: 10 s.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.settings.handshake_timeout = timeout;
        self
    }

    /// How long a connection that is being closed may take to write what waits, and again for the
    /// closing handshake. Default: 2 s.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.settings.close_timeout = timeout;
        self
    }

    /// How many peers there may be; further ones are refused with HTTP status 503. Default: no limit.
    ///
    /// A peer counts from the answer to its request until its last handler is done.
    pub fn max_peers(mut self, peers: impl Into<Option<usize>>) -> Self {
        self.settings.max_peers = peers.into();
        self
    }

    /// How many connections one user may have; further ones are refused with HTTP status 429. Default:
    /// no limit. They count as for [`max_peers`](Self::max_peers).
    pub fn max_peers_per_user(mut self, peers: impl Into<Option<usize>>) -> Self {
        self.settings.max_peers_per_user = peers.into();
        self
    }

    /// How many rooms one peer may be in. Default: 128.
    pub fn max_rooms(mut self, rooms: usize) -> Self {
        self.settings.max_rooms = rooms;
        self
    }

    /// How many messages a second are read from one peer, heartbeats and binary frames included, with
    /// a burst of a second's worth. More wait in the network. Default: no limit.
    pub fn messages_per_second(mut self, messages: impl Into<Option<u32>>) -> Self {
        self.settings.messages_per_second = messages.into();
        self
    }

    /// Lets pages of these origins connect, such as `https://app.example.com`, besides those of the
    /// host that they connect to. A browser sends cookies along to any host, so an origin that isn't
    /// expected is refused with HTTP status 403; a client that isn't a browser sends none.
    pub fn allowed_origins<O: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = O>,
    ) -> Self {
        self.settings.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Lets pages of any origin connect: for servers that don't go by cookies.
    pub fn any_origin(mut self) -> Self {
        self.settings.origins = None;
        self
    }

    /// The subprotocols that this server speaks, the preferred first. A client that offers some of
    /// them gets the first of these; one that offers none gets none.
    pub fn subprotocols<P: Into<String>>(mut self, names: impl IntoIterator<Item = P>) -> Self {
        self.settings.subprotocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Calls `handler` with the payload of every message of this name. A message without `data` is
    /// read as `null`.
    pub fn on<P, T, R, M>(
        self,
        name: &str,
        handler: impl Fn(P, T) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        T: DeserializeOwned + 'static,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let decode = |frame: &RawMessage<'_>| frame.payload_or_null();
        self.on_decoded(name, decode, move |peer, payload| handler(P::from_peer(peer), payload))
    }

    #[doc(hidden)]
    pub fn on_decoded<T, R, M>(
        mut self,
        name: &str,
        decode: impl Fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError> + Send + Sync + 'static,
        handler: impl Fn(Peer, T) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, frame: &RawMessage<'_>| match caught(|| decode(frame)) {
            Ok(Ok(received)) => call(|| handler(peer.clone(), received.data)),
            Ok(Err(error)) => Called::Done(Err(Failure::Decode(error))),
            Err(failure) => Called::Done(Err(failure)),
        };
        if self.handlers.messages.insert(name.to_owned(), Box::new(run)).is_some() {
            self.twice.get_or_insert_with(|| name.to_owned());
        }
        self
    }

    /// Calls `handler` with every new peer, before its first message.
    pub fn connected<P, R, M>(mut self, handler: impl Fn(P) -> R + Send + Sync + 'static) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, ()| call(|| handler(P::from_peer(peer.clone())));
        self.handlers.connect = Some(Box::new(run));
        self
    }

    /// Calls `handler` when a peer is gone, after its last message was handled. The closing handshake
    /// may still be going on. Nothing is called for a
    /// connection that [`Server::shutdown`] drops at its deadline, nor where
    /// [`Server::serve_stream`] is cancelled.
    pub fn disconnected<P, R, M>(
        mut self,
        handler: impl Fn(P, Disconnect) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, end| call(|| handler(P::from_peer(peer.clone()), end));
        self.handlers.disconnect = Some(Box::new(run));
        self
    }

    /// Calls `handler` with what failed: frames that are no message, payloads of another type,
    /// handlers. The connection goes on. Without this handler it is logged at WARN.
    pub fn errors<P: FromPeer>(
        mut self,
        handler: impl Fn(P, Error) + Send + Sync + 'static,
    ) -> Self {
        let run = move |peer: &Peer, error| call(|| handler(P::from_peer(peer.clone()), error));
        self.handlers.error = Some(Box::new(run));
        self
    }

    /// Calls `handler` with the name and the whole text of every message that has no handler. Escape
    /// the name before you print it: a peer may put anything there.
    pub fn unknown<P, R, M>(
        mut self,
        handler: impl Fn(P, String, String) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, (name, text)| {
            call(|| handler(P::from_peer(peer.clone()), name, text))
        };
        self.handlers.unknown = Some(Box::new(run));
        self
    }

    /// Makes the server. It does nothing until it is given connections.
    ///
    /// # Errors
    ///
    /// A setting that can't work, a message with two handlers, or a handler for `ping` or `pong`, which
    /// are the heartbeat's.
    pub fn build(mut self) -> Result<S, BuildError> {
        self.settings.check()?;
        self.settings.shorten();
        if let Some(name) = self.twice {
            return Err(BuildError(format!("the message {name:?} has two handlers")));
        }
        if let Some(name) =
            ["ping", "pong"].iter().find(|name| self.handlers.messages.contains_key(**name))
        {
            return Err(BuildError(format!(
                "{name:?} is the heartbeat's: it can't have a handler"
            )));
        }
        Ok(S::from_server(Server::new(Core::new(self.settings, self.handlers))))
    }
}
