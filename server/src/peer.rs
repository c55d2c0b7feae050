//! A peer: the client at the other end of a connection.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use serde::Serialize;
use tokio::time::Instant;
use wirebond_core::wire::{encode, head, now_millis};

use crate::{
    core::Core,
    error::SendError,
    identity::Identity,
    outbox::{Closing, Counts, Drain, Outbox},
    server::Server,
    settings::LONGEST,
    target::Target,
};

/// A connection's number, unique in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub(crate) u64);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a connection's task and its handles share.
#[derive(Debug)]
pub(crate) struct PeerState {
    pub(crate) id: PeerId,
    pub(crate) identity: Identity,
    pub(crate) subprotocol: Option<String>,
    pub(crate) outbox: Outbox,
}

/// The client at the other end of a connection: a cheap handle that may be cloned and kept. It doesn't
/// keep the connection open.
#[derive(Clone)]
pub struct Peer {
    pub(crate) core: Arc<Core>,
    pub(crate) state: Arc<PeerState>,
}

/// A peer's handle of either kind: [`Peer`], or a generated one.
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

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disconnect {
    /// The close code: the one that was sent, by whoever closed first; 1005 for a Close frame without
    /// one, 1006 where no Close frame came (RFC 6455, section 7.1.5).
    pub code: u16,
    /// The reason that came with it. The peer may put anything there: escape it before you print it.
    pub reason: String,
    /// Who ended it.
    pub by: EndedBy,
    /// How many accepted messages were never written, by name.
    pub undelivered: Vec<(String, u64)>,
}

/// Who ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndedBy {
    /// The peer, with a Close frame.
    Peer,
    /// This server.
    Server,
    /// The network: it broke, or the peer fell silent.
    Network,
}

/// What went to a peer: accepted messages are queued, written or undelivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PeerStats {
    /// Messages that were accepted for it.
    pub accepted: u64,
    /// Those that wait.
    pub queued: u64,
    /// Those that were handed to the socket.
    pub written: u64,
    /// Those that were never written, because the connection ended.
    pub undelivered: u64,
}

impl Peer {
    /// The connection's number.
    #[must_use]
    pub fn id(&self) -> PeerId {
        self.state.id
    }

    /// The user, if authentication named one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.state.identity.name()
    }

    /// A value that authentication put into the [`Identity`].
    #[must_use]
    pub fn state<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.state.identity.get()
    }

    /// The subprotocol that was chosen.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.state.subprotocol.as_deref()
    }

    /// The server, as long as anybody has its handle.
    #[must_use]
    pub fn server(&self) -> Option<Server> {
        self.core.handle()
    }

    /// Sends a message. Resolves when it is queued; waits while the peer's queue is full.
    ///
    /// Cancelling before that means that nothing is sent.
    ///
    /// # Errors
    ///
    /// [`SendError::Payload`], [`SendError::TooLarge`], or [`SendError::Gone`] once the connection ends.
    pub fn send<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Sending {
        self.send_encoded(encode(&head(name), Some(payload), now_millis()))
    }

    /// Sends a message without waiting.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::QueueFull`] where that would wait.
    pub fn try_send<T: Serialize + ?Sized>(
        &self,
        name: &str,
        payload: &T,
    ) -> Result<(), SendError> {
        self.try_send_encoded(encode(&head(name), Some(payload), now_millis()))
    }

    #[doc(hidden)]
    pub fn send_encoded(&self, encoded: Result<Vec<u8>, serde_json::Error>) -> Sending {
        Sending { state: Arc::clone(&self.state), frame: Some(frame(encoded)), waiting: None }
    }

    #[doc(hidden)]
    pub fn try_send_encoded(
        &self,
        encoded: Result<Vec<u8>, serde_json::Error>,
    ) -> Result<(), SendError> {
        self.state.outbox.push(frame(encoded)?)
    }

    /// Joins a room: what is sent to the room is sent to this peer from now on. Joining twice is
    /// joining once.
    ///
    /// Returns whether the peer is in the room: not if it is gone, or in as many rooms as it may be.
    pub fn join(&self, room: &str) -> bool {
        self.core.join(&self.state, room)
    }

    /// Leaves a room. A peer that is gone has left all of its rooms.
    pub fn leave(&self, room: &str) {
        self.core.leave(self.state.id, room);
    }

    /// Everybody in a room.
    #[must_use]
    pub fn room(&self, room: &str) -> Target {
        Target::room(&self.core, room)
    }

    /// Everybody.
    #[must_use]
    pub fn everyone(&self) -> Target {
        Target::everyone(&self.core)
    }

    /// Ends the connection: messages that were received are handled and those that wait are written,
    /// for at most `close_timeout`, then a Close frame goes out. Nothing more is accepted.
    ///
    /// A code that may not be sent (RFC 6455, section 7.4) becomes 1000, and a reason is cut at 123
    /// bytes (section 5.5).
    pub fn close(&self, code: u16, reason: &str) {
        let is_sendable = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let mut reason = reason.to_owned();
        let mut end = reason.len().min(123);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        let code = if is_sendable { code } else { 1000 };
        self.state.outbox.close(Closing { code, reason, drain: Drain::Queue });
    }

    /// Closes the connection with 4401 at that time, as an access token expires: a client then comes
    /// back with fresh credentials. A time that is past means now. A later call sets another time, for
    /// a token that was renewed.
    pub fn expires(&self, at: SystemTime) {
        let left = at.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
        self.state.outbox.expire(Instant::now().checked_add(left.min(LONGEST)));
    }

    /// Whether the connection takes messages.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        !self.state.outbox.is_gone()
    }

    /// What went to this peer.
    #[must_use]
    pub fn stats(&self) -> PeerStats {
        let Counts { accepted, written, queued, undelivered } = self.state.outbox.counts();
        PeerStats { accepted, queued, written, undelivered }
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

/// A message on its way into a peer's queue.
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending {
    state: Arc<PeerState>,
    frame: Option<Result<Bytes, SendError>>,
    waiting: Option<Pin<Box<tokio::sync::futures::OwnedNotified>>>,
}

impl Future for Sending {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let frame = match &this.frame {
                None => return Poll::Ready(Err(SendError::Gone)),
                Some(Err(error)) => return Poll::Ready(Err(error.clone())),
                Some(Ok(frame)) => frame.clone(),
            };
            // Enlisted before the queue is looked at, so that no notification is missed.
            let mut waiting = match this.waiting.take() {
                Some(waiting) => waiting,
                None => Box::pin(this.state.outbox.room().notified_owned()),
            };
            let notified = waiting.as_mut().poll(cx).is_ready();
            match this.state.outbox.push(frame) {
                Err(SendError::QueueFull) if notified => {}
                Err(SendError::QueueFull) => {
                    this.waiting = Some(waiting);
                    return Poll::Pending;
                }
                result => {
                    this.frame = None;
                    return Poll::Ready(result);
                }
            }
        }
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("peer", &self.state.id.0).finish_non_exhaustive()
    }
}
