//! What a server is made of: settings and handlers.

use std::{fmt, marker::PhantomData, time::Duration};

use wirebond_core::wire::{Codec, form};

use crate::{
    contracts::{ContractPolicy, Contracts},
    core::Core,
    error::BuildError,
    handler::Handlers,
    server::{FromServer, Server},
    settings::{Sessions, Settings},
    wire::Wire,
};

mod handlers;

/// The settings and handlers of a server, before it is built. See [`Server::builder`].
///
/// The handlers of one peer run one at a time, in the order in which the messages arrived, unless they are
/// [`concurrent`](Self::concurrent). Those of different peers run concurrently. A handler returns `()`, `Result<(), E>` or a future of either; an
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
    /// Must be greater than zero. When the queue is full, [`Peer::send`](crate::Peer::send) waits and
    /// [`Peer::try_send`](crate::Peer::try_send) fails. A message to a room, a user or everyone closes the
    /// peer with 4408, because it would otherwise miss messages unnoticed.
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

    /// Sets how many connections there may be; `None` for no limit. Further ones are refused with HTTP status
    /// 503. Default: no limit.
    ///
    /// A connection counts from the answer to its request until it is closed; one without a session until its
    /// last handler has returned as well. A session without a connection doesn't count: see
    /// [`Sessions::max_detached`](crate::Sessions::max_detached). [`Stats::connections`](crate::Stats::connections)
    /// is the number.
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
    /// With [sessions](Self::sessions), allow at least 2. A client whose connection was lost unnoticed comes
    /// back on another one, which closes the old one if it continues the session. With a limit of 1 it is
    /// refused until the server's heartbeat has closed the old one, up to 40 s later by default: the limit is
    /// checked before the upgrade, when the client's session isn't known yet.
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
    /// [`Peer::join`](crate::Peer::join) of a further one returns `false`, which is logged at WARN and counted in
    /// [`Stats::joins_refused`](crate::Stats::joins_refused).
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
    /// for no limit. Heartbeats and binary frames count, a session's own frames don't. What exceeds it waits in
    /// the network. Default: no limit.
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
    /// An origin is `scheme://host[:port]`, without a path, or `null`, which browsers send for pages without an
    /// origin, such as sandboxed frames (RFC 6454, section 6.1). [`build`](Self::build) fails for anything else.
    /// Upper case and the scheme's own port don't matter.
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
    /// A session outlives its connection. When the connection breaks, its [`Peer`](crate::Peer) stays as it is, in its
    /// rooms and with its queue, for as long as [`Sessions::keep`] allows. The client continues on its next
    /// connection: no message in either direction is lost, doubled or reordered, and what had to be dropped
    /// is reported in its place. A client offers sessions by the subprotocol `wirebond.v1`; others are
    /// served as without this setting.
    ///
    /// A session is a part of this process's memory: it ends with the process. A handler has run exactly
    /// once for each message while both processes live; see [`Peer::message_id`](crate::Peer::message_id) for effects that must
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
    /// makes [`Contracts`] of the contracts that were released: `#[contract(server, history = "contracts")]` embeds
    /// the files of that folder, and `wirebond::server::contracts` takes what you have read. This setting comes
    /// before the attribute.
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

    /// Sets what happens to clients that have another contract than the server. Default:
    /// [`ContractPolicy::Report`].
    ///
    /// ```
    /// use wirebond_server::{ContractPolicy, Server};
    ///
    /// let server = Server::builder().contract_policy(ContractPolicy::Skip).build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn contract_policy(mut self, policy: ContractPolicy) -> Self {
        self.settings.contract_policy = policy;
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
    /// A setting is out of range, an allowed origin isn't one, an older contract can't be read, a message has two handlers, a concurrent one has none, or there is a handler for `ping` or `pong`,
    /// the names of the heartbeat.
    pub fn build(mut self) -> Result<S, BuildError> {
        self.settings.check()?;
        self.settings.normalize_origins()?;
        if self.settings.sessions.is_some() && self.settings.contracts.is_none() {
            self.settings.contracts = S::contracts().transpose().map_err(BuildError)?;
        }
        let sent = S::MESSAGES.iter().filter(|message| message.direction().client_sends());
        self.handlers.contract = sent.copied().collect();
        self.settings.shorten();
        if let Some(name) = self.twice {
            return Err(BuildError(format!("the message {name:?} has two handlers")));
        }
        let has_handler = |name: &str| self.handlers.routes.find(name).is_some();
        if let Some(name) = self.handlers.concurrent.iter().find(|name| !has_handler(name)) {
            return Err(BuildError(format!("{name:?} is concurrent and has no handler")));
        }
        let wire = Wire { codec: Codec::of_server(S::FORM), messages: S::MESSAGES };
        let is_default = wire.codec.is_default();
        let what = [
            ("sessions", self.settings.sessions.is_some()),
            ("contracts", self.settings.contracts.is_some()),
        ];
        if let Some((name, _)) = what.iter().find(|(_, is_set)| *is_set && !is_default) {
            return Err(BuildError(format!(
                "{name} take messages that only wirebond's own form has, and the contract declares another"
            )));
        }
        if let Some(name) = form::HEARTBEATS.iter().find(|name| has_handler(name) && is_default) {
            return Err(BuildError(format!(
                "{name:?} belongs to the heartbeat: it can't have a handler"
            )));
        }
        let core = Core::new(self.settings, self.handlers, wire);
        let core = core.map_err(|error| BuildError(format!("no random numbers: {error}")))?;
        Ok(S::from_server(Server::new(core)))
    }
}
