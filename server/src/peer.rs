//! A peer: the client at the other end of a connection.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use wirebond_connection::{
    call::Decode,
    session::{Class, MessageId},
    transport::close_reason,
};
use wirebond_core::wire::{Head, RawMessage, encode, head, now_millis};

use crate::{
    call::Call,
    core::Core,
    error::SendError,
    log::Name,
    outbox::{Closing, Counts, Drain, Ends},
    server::Server,
    settings::LONGEST,
    target::Target,
};

mod ended;
mod handled;
mod sending;
mod state;

pub use ended::{Disconnect, EndedBy, Missed};
pub(crate) use handled::Handled;
pub use sending::Sending;
use sending::push;
pub(crate) use state::{PeerState, SessionOfPeer};

/// The number of a peer, unique in this process: of a connection, or of a session over all its connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub(crate) u64);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The client at the other end of a connection.
///
/// This is a cheap handle that may be cloned and kept. It doesn't keep the connection open. With a
/// [session](crate::Builder::sessions) it stays the same from connection to connection.
///
/// ```
/// use wirebond_server::{Peer, Server};
///
/// let server = Server::builder()
///     .on("chat", |peer: Peer, line: String| async move { peer.send("chat", &line).await })
///     .build()?;
/// # Ok::<(), wirebond_server::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Peer {
    pub(crate) state: Arc<PeerState>,
    pub(crate) handled: Handled,
}

/// A handle of a peer: [`Peer`], or a generated one.
#[diagnostic::on_unimplemented(
    message = "a handler's first parameter is the peer, not `{Self}`",
    note = "take `wirebond::server::Peer`, or the peer that the contract generated: `AppPeer`"
)]
pub trait FromPeer: Clone + Send + Sync + 'static {
    /// Wraps the untyped peer.
    fn from_peer(peer: Peer) -> Self;
}

impl FromPeer for Peer {
    fn from_peer(peer: Peer) -> Self {
        peer
    }
}

/// Counters of the messages to a peer. `accepted` is the sum of `queued`, `written` and `undelivered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PeerStats {
    /// Messages that were accepted.
    pub accepted: u64,
    /// Of these: waiting to be written.
    pub queued: u64,
    /// Handed to a socket, without those that a resume has shown to be lost.
    pub written: u64,
    /// Never got by the peer: the connection or the session ended before they were written, or they had to
    /// make room. [`Disconnect::undelivered`] has their names. Messages that were written before a session's
    /// connection broke, and made room afterwards, are counted here once the client comes back without them;
    /// until then they are `written`.
    pub undelivered: u64,
    /// Of the written ones of a session: those that the client has not acknowledged yet. They are held.
    pub unacknowledged: u64,
}

impl Peer {
    pub(crate) fn new(state: Arc<PeerState>) -> Self {
        Self { state, handled: Handled::Nothing }
    }

    /// The handle for the handler of this message, whose payload was decoded.
    pub(crate) fn of_message(&self, frame: &RawMessage<'_>) -> Self {
        let mut peer = self.clone();
        // Few messages have a key, and the others need not be searched for it.
        if frame.may_have_more() {
            peer.handled.look_into(frame.text());
        }
        peer
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.state.core
    }

    /// Returns the number of the peer. It stays the same over all connections of a session.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// println!("peer {}", peer.id());
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> PeerId {
        self.state.id
    }

    /// Returns the user, if authentication named one.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// println!("{}", peer.user().unwrap_or("a guest"));
    /// # }
    /// ```
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.state.identity.name()
    }

    /// Returns a value that authentication added to the [`Identity`](crate::Identity).
    ///
    /// ```
    /// #[derive(Clone)]
    /// struct Account {
    ///     plan: String,
    /// }
    ///
    /// # fn example(peer: &wirebond_server::Peer) {
    /// if let Some(account) = peer.state::<Account>() {
    ///     println!("plan {}", account.plan);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn state<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.state.identity.get()
    }

    /// Returns the subprotocol that was selected of those that the server
    /// [supports](crate::Builder::subprotocols).
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// let compact = peer.subprotocol() == Some("chat.v2");
    /// # }
    /// ```
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.state.subprotocol.as_deref()
    }

    /// Returns the server, unless its last handle has been dropped.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// if let Some(server) = peer.server() {
    ///     println!("{} peers", server.stats().peers);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn server(&self) -> Option<Server> {
        self.core().handle()
    }

    /// Sends a message. The payload is serialized at once; the returned future resolves when the message is
    /// queued. It waits while the peer's queue is full.
    ///
    /// ```
    /// # async fn example(peer: wirebond_server::Peer) -> Result<(), wirebond_server::SendError> {
    /// peer.send("chat", "Hello!").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::Payload`], [`SendError::TooLarge`], or [`SendError::Gone`] once the connection ends.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it resolves, nothing was queued.
    pub fn send<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Sending {
        self.send_encoded(self.core().wire.encode(name, payload))
    }

    /// Sends a message without waiting.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// if let Err(error) = peer.try_send("chat", "Hello!") {
    ///     eprintln!("peer {}: {error}", peer.id());
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::QueueFull`] where that would wait.
    pub fn try_send<T: Serialize + ?Sized>(
        &self,
        name: &str,
        payload: &T,
    ) -> Result<(), SendError> {
        self.try_send_encoded(self.core().wire.encode(name, payload))
    }

    /// Makes a call: sends a message that the peer answers. `R` is the payload of its reply, `E` that of its
    /// error; an answer without `data` is read as `null`.
    ///
    /// A handler that awaits a call to its own peer holds up the peer's further messages; answers are read
    /// all the same.
    ///
    /// ```
    /// use wirebond_server::{CallError, Peer};
    ///
    /// # async fn example(peer: Peer) -> Result<(), CallError<String>> {
    /// if peer.call::<bool, String>("confirm", "tea").await? {
    ///     println!("confirmed");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`](crate::CallError) lists them.
    ///
    /// # Cancel safety
    ///
    /// See [`Call`].
    pub fn call<R, E>(&self, name: &str, payload: &(impl Serialize + ?Sized)) -> Call<R, E>
    where
        R: DeserializeOwned + Send + 'static,
        E: DeserializeOwned + Send + 'static,
    {
        let encode = |head: &Head<'_>| encode(head, Some(payload), now_millis());
        let decode: (Decode<R>, Decode<E>) = (
            |frame: &RawMessage<'_>| frame.payload_or_null(),
            |frame: &RawMessage<'_>| frame.payload_or_null(),
        );
        Call::new(self, name, &Head::plain(&head(name)), None, encode, decode)
    }

    /// Writes a frame about a call, unless the peer calls and doesn't read: such a call ends with its timeout.
    pub(crate) fn push_aside(&self, frame: Bytes) {
        if !self.state.outbox.push_aside(frame) {
            let what =
                "a peer makes calls and doesn't read: an `$error` or `$cancel` to it was dropped";
            self.core().log.warn(Some(self.id().0), "aside", what, Name::None);
        }
    }

    #[doc(hidden)]
    pub fn send_encoded(&self, encoded: Result<Vec<u8>, serde_json::Error>) -> Sending {
        Sending::new(self, frame(encoded))
    }

    #[doc(hidden)]
    pub fn try_send_encoded(
        &self,
        encoded: Result<Vec<u8>, serde_json::Error>,
    ) -> Result<(), SendError> {
        push(&self.state, frame(encoded)?, Class::Message)
    }

    /// Adds this peer to a room. Messages to the room are sent to this peer from now on. Joining twice has
    /// no further effect.
    ///
    /// Returns whether the peer is in the room. It is not if it has ended, after which it would get nothing anyway.
    /// It is not either if it is in [`max_rooms`](crate::Builder::max_rooms) others: it misses what is sent to this
    /// one, which is logged at WARN and counted in [`Stats::joins_refused`](crate::Stats::joins_refused).
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// if !peer.join("lobby") {
    ///     eprintln!("peer {} can't join", peer.id());
    /// }
    /// # }
    /// ```
    pub fn join(&self, room: &str) -> bool {
        self.core().join(&self.state, room)
    }

    /// Removes this peer from a room. A peer leaves all rooms when its connection ends.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// peer.leave("lobby");
    /// # }
    /// ```
    pub fn leave(&self, room: &str) {
        self.core().leave(self.state.id, room);
    }

    /// Returns the peers in a room.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// let others = peer.room("lobby").except(peer);
    /// # }
    /// ```
    #[must_use]
    pub fn room(&self, room: &str) -> Target {
        Target::room(self.core(), room)
    }

    /// Returns all peers of the server.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// println!("{} peers", peer.everyone().peers().len());
    /// # }
    /// ```
    #[must_use]
    pub fn everyone(&self) -> Target {
        Target::everyone(self.core())
    }

    /// Closes the connection. Received messages are handled and queued ones are written, for at most
    /// `close_timeout`; then a Close frame is sent. No further message is accepted.
    ///
    /// A code that may not be sent (RFC 6455, section 7.4) becomes 1000, and a reason is truncated to 123
    /// bytes (section 5.5).
    ///
    /// The codes 1000 and 1008 end a session, too. Its client is asked first to acknowledge what it has got, which is
    /// waited for within half of `close_timeout`; messages that come meanwhile are not handled. With another code it
    /// goes on for as long as it is kept without a connection: it accepts messages, and its client may continue it on
    /// another connection. If it has no connection now, its next one is closed instead.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// peer.close(4403, "banned");
    /// # }
    /// ```
    pub fn close(&self, code: u16, reason: &str) {
        let is_sendable = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let reason = close_reason(reason);
        let code = if is_sendable { code } else { 1000 };
        let ends = if matches!(code, 1000 | 1008) { Ends::Session } else { Ends::Connection };
        self.state.outbox.close(Closing::new(code, reason, Drain::Queue, ends));
    }

    /// Sets when the connection is closed with 4401, as an access token expires. A wirebond client then
    /// reconnects with fresh credentials. A time in the past means now. Another call replaces the time, for
    /// a token that was renewed. The time concerns the present connection of a session: set it again in
    /// [`Builder::resumed`](crate::Builder::resumed).
    ///
    /// Fresh credentials have to last longer than the client's `min_uptime` (5 s). If their connection is closed with
    /// 4401 sooner, that is a second rejection in a row, and the client stops for good.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// # fn example(peer: &wirebond_server::Peer) {
    /// peer.expires(SystemTime::now() + Duration::from_secs(3600));
    /// # }
    /// ```
    pub fn expires(&self, at: SystemTime) {
        let left = at.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
        self.state.outbox.expire(Instant::now().checked_add(left.min(LONGEST)));
    }

    /// Returns whether there is a connection, and it accepts messages. Messages to the peer of a session are
    /// accepted without a connection, too.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// if !peer.is_connected() {
    ///     println!("peer {} is away", peer.id());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_connected(&self) -> bool {
        !self.state.outbox.is_gone() && self.state.outbox.is_attached()
    }

    /// Returns whether this peer has a session, which outlives its connection. See
    /// [`Builder::sessions`](crate::Builder::sessions).
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// if !peer.is_session() {
    ///     println!("peer {} may miss messages when it reconnects", peer.id());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_session(&self) -> bool {
        self.state.session.is_some()
    }

    /// Returns the permanent name of the message for which this handler was called. `None` outside of a
    /// message's handler, and for a peer without a session.
    ///
    /// A handler runs once for each message while both processes live. If the server's process dies right
    /// after a handler has run, the client may send the message again in a new session, with the same name.
    /// An effect that must happen once even then is stored together with the name, in one transaction:
    ///
    /// ```
    /// use std::collections::{HashMap, HashSet};
    /// use std::sync::Mutex;
    /// use wirebond_server::{MessageId, Peer};
    ///
    /// /// Stands for a database with transactions.
    /// #[derive(Default)]
    /// struct Database {
    ///     handled: HashSet<MessageId>,
    ///     balances: HashMap<String, i64>,
    /// }
    ///
    /// fn pay(peer: &Peer, database: &Mutex<Database>, account: String, amount: i64) {
    ///     let mut transaction = database.lock().unwrap();
    ///     let is_new = peer.message_id().is_none_or(|id| transaction.handled.insert(id));
    ///     if is_new {
    ///         *transaction.balances.entry(account).or_default() += amount;
    ///     }
    /// }
    /// ```
    ///
    /// A name need not be kept for longer than clients send messages again.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        let session = self.state.session.as_ref();
        self.handled.id(session.map(|session| session.name.as_str()))
    }

    /// Returns counters of the messages to this peer.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// println!("{} messages wait", peer.stats().queued);
    /// # }
    /// ```
    #[must_use]
    pub fn stats(&self) -> PeerStats {
        let counts = self.state.outbox.counts();
        let Counts { accepted, written, queued, undelivered, unacknowledged } = counts;
        PeerStats { accepted, queued, written, undelivered, unacknowledged }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("id", &self.state.id.0).finish_non_exhaustive()
    }
}

pub(crate) fn frame(encoded: Result<Vec<u8>, serde_json::Error>) -> Result<Bytes, SendError> {
    encoded.map(Bytes::from).map_err(|error| SendError::Payload(error.to_string()))
}
