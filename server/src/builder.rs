//! What a server is made of: settings and handlers.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use wirebond_connection::{
    call::{AnswerTo, Answers},
    outcome::Outcome,
};
use wirebond_core::{
    Received,
    wire::{DecodeError, RawMessage, encode, form, now_millis},
};

use crate::{
    answer::{Answering, EncodeAnswer, Request},
    contracts::Contracts,
    core::Core,
    error::{BuildError, Error},
    handler::{Called, Failure, Handlers, call, caught},
    identity::Identity,
    peer::{Disconnect, FromPeer, Missed, Peer},
    server::{FromServer, Server},
    settings::{Sessions, Settings},
};

/// The settings and handlers of a server, before it is built. See [`Server::builder`].
///
/// The handlers of one peer run one at a time, in the order in which the messages arrived. Those of
/// different peers run concurrently. A handler returns `()`, `Result<(), E>` or a future of either; an
/// error goes to [`errors`](Self::errors). While a handler runs, up to [`inbox`](Self::inbox) messages of
/// its peer wait; beyond that, nothing more is read from the peer.
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

    /// Sets the size of the largest message that a peer may send, in bytes. A larger one closes the
    /// connection with 1009 (RFC 6455, section 7.4.1). Default: 1 MiB.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().max_message_size(64 * 1024).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
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

    /// Sets how many messages of one peer may wait for their handler, within 256 KiB. Beyond that, nothing
    /// more is read from the peer. Default: 64.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().inbox(256).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn inbox(mut self, messages: usize) -> Self {
        self.settings.inbox_messages = messages;
        self
    }

    /// Sets how long a peer may be silent before the server sends it a WebSocket Ping. Default: 30 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().heartbeat_interval(Duration::from_secs(15)).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn heartbeat_interval(mut self, interval: Duration) -> Self {
        self.settings.heartbeat_interval = interval;
        self
    }

    /// Sets how long a peer may be silent after that Ping before its connection is dropped. Default: 10 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().heartbeat_timeout(Duration::from_secs(5)).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn heartbeat_timeout(mut self, timeout: Duration) -> Self {
        self.settings.heartbeat_timeout = timeout;
        self
    }

    /// Sets the deadline of an upgrade. Default: 10 s.
    ///
    /// With [`Server::serve`] and [`Server::serve_stream`], it applies to reading and authenticating the
    /// request, and again to writing the answer. With [`Server::accept`], it applies to the time until the
    /// HTTP server hands over the stream.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().handshake_timeout(Duration::from_secs(3)).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.settings.handshake_timeout = timeout;
        self
    }

    /// Sets how long a closing connection may take to write what is queued, and again for the closing
    /// handshake. Default: 2 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().close_timeout(Duration::from_secs(5)).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.settings.close_timeout = timeout;
        self
    }

    /// Sets how many peers may be connected; `None` for no limit. Further ones are refused with HTTP
    /// status 503. Default: no limit.
    ///
    /// A peer counts from the answer to its request until its last handler has returned.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().max_peers(10_000).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn max_peers(mut self, peers: impl Into<Option<usize>>) -> Self {
        self.settings.max_peers = peers.into();
        self
    }

    /// Sets how many connections one user may have; `None` for no limit. Further ones are refused with HTTP
    /// status 429. Default: no limit. They count as for [`max_peers`](Self::max_peers).
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().max_peers_per_user(8).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn max_peers_per_user(mut self, peers: impl Into<Option<usize>>) -> Self {
        self.settings.max_peers_per_user = peers.into();
        self
    }

    /// Sets how many rooms one peer may be in. Default: 128.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().max_rooms(16).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn max_rooms(mut self, rooms: usize) -> Self {
        self.settings.max_rooms = rooms;
        self
    }

    /// Sets how many messages a second are read from one peer, with bursts of one second's worth; `None`
    /// for no limit. Heartbeats and binary frames count. What exceeds it waits in the network. Default: no
    /// limit.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().messages_per_second(50).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn messages_per_second(mut self, messages: impl Into<Option<u32>>) -> Self {
        self.settings.messages_per_second = messages.into();
        self
    }

    /// Allows web pages of these origins to connect, in addition to pages of the same host.
    ///
    /// A browser sends cookies with a request from any page, so other origins are refused with HTTP status
    /// 403 (RFC 6455, section 10.2). Clients other than browsers send no origin.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().allowed_origins(["https://app.example.com"]).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn allowed_origins<O: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = O>,
    ) -> Self {
        self.settings.origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Allows web pages of any origin to connect. This is for servers that don't authenticate by cookies.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().any_origin().build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn any_origin(mut self) -> Self {
        self.settings.origins = None;
        self
    }

    /// Sets the subprotocols that this server supports, the preferred one first. The server selects the
    /// first that the client offers as well (RFC 6455, section 4.2.2), or none.
    ///
    /// ```
    /// use wirebond_server::Server;
    ///
    /// let server = Server::builder().subprotocols(["chat.v2", "chat.v1"]).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn subprotocols<P: Into<String>>(mut self, names: impl IntoIterator<Item = P>) -> Self {
        self.settings.subprotocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps sessions, for clients that offer them. Default: none are kept.
    ///
    /// A session outlives its connection. When the connection breaks, its [`Peer`] stays as it is, in its
    /// rooms and with its queue, for as long as [`Sessions::keep`] allows. The client continues on its next
    /// connection: no message in either direction is lost, doubled or reordered, and what had to be dropped
    /// is reported in its place. A client offers sessions by the subprotocol `wirebond.v1`; others are
    /// served as without this setting.
    ///
    /// A session is a part of this process's memory: it ends with the process. A handler has run exactly
    /// once for each message while both processes live; see [`Peer::message_id`] for effects that must
    /// happen once even then.
    ///
    /// ```
    /// use wirebond_server::{Server, Sessions};
    ///
    /// let server = Server::builder().sessions(Sessions::default()).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn sessions(mut self, sessions: impl Into<Option<Sessions>>) -> Self {
        self.settings.sessions = sessions.into();
        self
    }

    /// Tells clients that have another contract than the server what that means for them: `$contract`, behind
    /// the server's answer to their `$hello`. Default: nothing is said.
    ///
    /// It takes [`sessions`](Self::sessions), and a client that says which contract it has. The crate `wirebond`
    /// makes [`Contracts`] of the contracts that were released: `wirebond::server::contracts`.
    ///
    /// ```
    /// use wirebond_server::{Contracts, Server, Sessions};
    ///
    /// let contracts = Contracts::new("2.0.0", |_client| None);
    /// let server = Server::builder().sessions(Sessions::default()).contracts(contracts).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn contracts(mut self, contracts: Contracts) -> Self {
        self.settings.contracts = Some(contracts);
        self
    }

    /// Calls `handler` with the payload of each message of this name. A message without `data` is read as
    /// `null`.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .on("chat", |peer: Peer, line: String| async move { peer.send("chat", &line).await })
    ///     .on("leave", |peer: Peer, (): ()| peer.close(1000, "as requested"))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
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

    /// Calls `handler` with each message of this name, and answers it with what the handler returns: a
    /// `Result`, or a future of one. A message without a number is handled, and nobody is answered.
    ///
    /// A request that can't be read, and a handler that panics, are answered with `$error`. If the caller gives
    /// up before the handler is called, it isn't called; if later, it runs to its end, and its answer is
    /// dropped.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .on_call("place-order", |_: Peer, item: String| async move {
    ///         if item == "tea" { Ok(7) } else { Err("sold out") }
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn on_call<P, T, R, E, H, M>(
        self,
        name: &str,
        handler: impl Fn(P, T) -> H + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        T: DeserializeOwned + 'static,
        R: Serialize + 'static,
        E: Serialize + 'static,
        H: Answers<Result<R, E>, M, Running: Send + 'static>,
    {
        let decode = |frame: &RawMessage<'_>| frame.payload_or_null();
        let encode = |result: &Result<R, E>, to: AnswerTo<'_>| match result {
            Ok(reply) => to.reply(reply, |reply, head| encode(head, Some(reply), now_millis())),
            Err(error) => to.error(error, |error, head| encode(head, Some(error), now_millis())),
        };
        let handler = move |peer, payload| handler(P::from_peer(peer), payload);
        self.on_call_decoded(name, decode, encode, handler)
    }

    #[doc(hidden)]
    pub fn on_call_decoded<T, V, H, M>(
        mut self,
        name: &str,
        decode: impl Fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError> + Send + Sync + 'static,
        encode: EncodeAnswer<V>,
        handler: impl Fn(Peer, T) -> H + Send + Sync + 'static,
    ) -> Self
    where
        V: 'static,
        H: Answers<V, M, Running: Send + 'static>,
    {
        let run = move |peer: &Peer, frame: &RawMessage<'_>| {
            let mut request = Request::new(peer, frame.name(), frame.id());
            if request.is_cancelled() {
                request.forget();
                return Called::Done(Ok(()));
            }
            match caught(|| decode(frame)) {
                Ok(Ok(received)) => call(|| Answering {
                    outcome: handler(peer.clone(), received.data),
                    request,
                    encode,
                }),
                Ok(Err(error)) => {
                    request.fail_to_read(&error);
                    Called::Done(Err(Failure::Decode(error)))
                }
                Err(failure) => {
                    request.panicked();
                    Called::Done(Err(failure))
                }
            }
        };
        if self.handlers.calls.insert(name.to_owned(), Box::new(run)).is_some() {
            self.twice.get_or_insert_with(|| name.to_owned());
        }
        self
    }

    /// Calls `handler` with each new peer, before its first message. It is called once for a session,
    /// however many connections that has.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .connected(|peer: Peer| async move { peer.send("welcome", "Hello!").await })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn connected<P, R, M>(mut self, handler: impl Fn(P) -> R + Send + Sync + 'static) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, ()| call(|| handler(P::from_peer(peer.clone())));
        self.handlers.connect = Some(Box::new(run));
        self
    }

    /// Calls `handler` when a connection has ended, after the last message of the peer was handled. The
    /// closing handshake may still be under way. For a session it is called once, when that ends.
    ///
    /// It is not called for a connection that [`Server::shutdown`] drops at its deadline, or if
    /// [`Server::serve_stream`] is cancelled.
    ///
    /// ```
    /// use wirebond_server::{Disconnect, Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .disconnected(|peer: Peer, end: Disconnect| println!("{}: {}", peer.id(), end.code))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
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

    /// Calls `handler` when the client of a session continues it on a new connection, with the identity that
    /// was determined for that one. It has the same user as [`Peer::user`], or else the session would not
    /// have been continued. The peer keeps its first identity.
    ///
    /// The handler waits for its turn as messages do. It is the place to call [`Peer::expires`] again: the time
    /// that was set concerned the last connection.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use wirebond_server::{Identity, Peer, Server};
    ///
    /// #[derive(Clone)]
    /// struct Expiry(SystemTime);
    ///
    /// let server = Server::builder()
    ///     .resumed(|peer: Peer, identity: Identity| {
    ///         if let Some(expiry) = identity.get::<Expiry>() {
    ///             peer.expires(expiry.0);
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn resumed<P, R, M>(
        mut self,
        handler: impl Fn(P, Identity) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run =
            move |peer: &Peer, identity| call(|| handler(P::from_peer(peer.clone()), identity));
        self.handlers.resumed = Some(Box::new(run));
        self
    }

    /// Calls `handler` when the client of a session reports that it dropped messages, in their place between
    /// those that arrived. Without this handler, it is logged at WARN.
    ///
    /// ```
    /// use wirebond_server::{Missed, Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .missed(|peer: Peer, missed: Missed| {
    ///         eprintln!("{}: {} messages will not come", peer.id(), missed.count);
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn missed<P, R, M>(
        mut self,
        handler: impl Fn(P, Missed) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, missed| call(|| handler(P::from_peer(peer.clone()), missed));
        self.handlers.missed = Some(Box::new(run));
        self
    }

    /// Calls `handler` with each error: of a frame that isn't a message, of a payload that doesn't match
    /// its type, or of a handler. The connection goes on. Without this handler, errors are logged at WARN.
    ///
    /// ```
    /// use wirebond_server::{Error, Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .errors(|peer: Peer, error: Error| eprintln!("peer {}: {error}", peer.id()))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn errors<P: FromPeer>(
        mut self,
        handler: impl Fn(P, Error) + Send + Sync + 'static,
    ) -> Self {
        let run = move |peer: &Peer, error| call(|| handler(P::from_peer(peer.clone()), error));
        self.handlers.error = Some(Box::new(run));
        self
    }

    /// Calls `handler` with the name and the text of each message that has no handler. Escape both before
    /// you print them: they may contain any character.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .unknown(|peer: Peer, name, _text| eprintln!("peer {}: unknown {name:?}", peer.id()))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
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

    /// Checks the settings and makes the server. It does nothing until it is given connections.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let ping = |_: Peer, (): ()| ();
    /// let error = Server::builder().on("ping", ping).build().unwrap_err();
    /// assert!(error.to_string().contains("heartbeat"));
    /// ```
    ///
    /// # Errors
    ///
    /// A setting is out of range, a message has two handlers, or there is a handler for `ping` or `pong`,
    /// the names of the heartbeat.
    pub fn build(mut self) -> Result<S, BuildError> {
        self.settings.check()?;
        let sent = S::MESSAGES.iter().filter(|message| message.direction().client_sends());
        self.handlers.contract = sent.copied().collect();
        self.settings.shorten();
        let (messages, calls) = (&self.handlers.messages, &self.handlers.calls);
        if let Some(name) = calls.keys().find(|name| messages.contains_key(*name)) {
            self.twice.get_or_insert_with(|| name.clone());
        }
        if let Some(name) = self.twice {
            return Err(BuildError(format!("the message {name:?} has two handlers")));
        }
        if let Some(name) = form::HEARTBEATS
            .iter()
            .find(|name| messages.contains_key(**name) || calls.contains_key(**name))
        {
            return Err(BuildError(format!(
                "{name:?} belongs to the heartbeat: it can't have a handler"
            )));
        }
        let core = Core::new(self.settings, self.handlers);
        let core = core.map_err(|error| BuildError(format!("no random numbers: {error}")))?;
        Ok(S::from_server(Server::new(core)))
    }
}
