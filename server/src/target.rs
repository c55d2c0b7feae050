//! Many peers at once: a room, the connections of a user, or all.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::Serialize;

use crate::{
    connection::{Delivery, fetch},
    core::Core,
    error::SendError,
    peer::{Peer, PeerId, PeerState, frame},
};

/// A set of peers: a room, the connections of a user, or all. A message to them is encoded once.
///
/// Made by [`Server::room`](crate::Server::room), [`Server::user`](crate::Server::user) and
/// [`Server::everyone`](crate::Server::everyone).
#[derive(Clone)]
pub struct Target {
    core: Arc<Core>,
    scope: Scope,
    except: Vec<PeerId>,
}

#[derive(Clone)]
enum Scope {
    Everyone,
    Room(Arc<str>),
    User(Arc<str>),
}

/// The result of [`Target::send`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// How many peers of this process have the message in their queue.
    pub local: usize,
    /// How many peers were closed with 4408 instead, because their queue was full.
    pub too_slow: usize,
    /// Of the `local` ones: peers with a session whose queue was full. They miss messages, this one or older
    /// ones, and their clients learn so. Older ones that were written before a connection broke may have
    /// arrived nevertheless.
    pub missed: usize,
    /// How many peers can't read the message, and don't get it: see
    /// [`ContractPolicy::Skip`](crate::ContractPolicy::Skip).
    pub skipped: usize,
}

impl Target {
    pub(crate) fn everyone(core: &Arc<Core>) -> Self {
        Self { core: Arc::clone(core), scope: Scope::Everyone, except: Vec::new() }
    }

    pub(crate) fn room(core: &Arc<Core>, room: &str) -> Self {
        Self { core: Arc::clone(core), scope: Scope::Room(room.into()), except: Vec::new() }
    }

    pub(crate) fn user(core: &Arc<Core>, user: &str) -> Self {
        Self { core: Arc::clone(core), scope: Scope::User(user.into()), except: Vec::new() }
    }

    /// Excludes a peer, for example the sender.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// let _ = peer.room("lobby").except(peer).send("chat", "Hello!");
    /// # }
    /// ```
    #[must_use]
    pub fn except(mut self, peer: &Peer) -> Self {
        self.except.push(peer.id());
        self
    }

    /// Returns the peers in it, in no particular order. One with a session may have no connection at
    /// present.
    ///
    /// ```
    /// # fn example(peer: &wirebond_server::Peer) {
    /// let users: Vec<_> = peer.room("lobby").peers();
    /// println!("{} in the lobby", users.len());
    /// # }
    /// ```
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        let states = self.states();
        let included = states.iter().filter(|state| !self.except.contains(&state.id));
        included.map(|state| Peer::new(Arc::clone(state))).collect()
    }

    /// With those that are excluded.
    fn states(&self) -> Arc<[Arc<PeerState>]> {
        match &self.scope {
            Scope::Everyone => self.core.everyone().into(),
            Scope::Room(room) => self.core.in_room(room),
            Scope::User(user) => self.core.of_user(user),
        }
    }

    /// Sends a message to all of them. It never waits: a peer whose queue is full is closed with 4408, or, if
    /// it has a session, misses messages and learns so: see [`Sessions::slow_peer`](crate::Sessions::slow_peer).
    ///
    /// Each peer gets messages in the order in which they are sent. Handlers of different peers run concurrently: if a
    /// message reports a change of state that a lock guards, send it while you hold the lock, or else it may overtake
    /// that of the next change.
    ///
    /// ```
    /// # fn example(server: &wirebond_server::Server) -> Result<(), wirebond_server::SendError> {
    /// let sent = server.room("lobby").send("chat", "Hello!")?;
    /// println!("queued for {} peers", sent.local);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::Payload`], or [`SendError::TooLarge`] for a message larger than a queue.
    pub fn send<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Result<Sent, SendError> {
        self.send_encoded(self.core.wire.encode(name, payload))
    }

    #[doc(hidden)]
    pub fn send_encoded(
        &self,
        encoded: Result<Vec<u8>, serde_json::Error>,
    ) -> Result<Sent, SendError> {
        let frame: Bytes = frame(encoded)?;
        if frame.len() > self.core.settings.queue_bytes {
            return Err(SendError::TooLarge);
        }
        let mut sent = Sent { local: 0, too_slow: 0, missed: 0, skipped: 0 };
        let states = self.states();
        for begin in (0..states.len()).step_by(Delivery::PEERS) {
            let range = begin..states.len().min(begin + Delivery::PEERS);
            if self.queue(&states[range.clone()], &frame, &mut sent) {
                self.core.deliver(&states, range);
            }
        }
        Ok(sent)
    }

    /// Queues a message to those that are not excluded. Returns whether anything is listed for delivery.
    fn queue(&self, states: &[Arc<PeerState>], frame: &Bytes, sent: &mut Sent) -> bool {
        let mut is_listed = false;
        fetch(states);
        for state in states {
            if self.except.contains(&state.id) {
                continue;
            }
            match self.core.push(state, frame.clone()) {
                Ok(pushed) if pushed.is_skipped => sent.skipped += 1,
                Ok(pushed) => {
                    sent.local += 1;
                    sent.missed += usize::from(pushed.gaps > 0);
                    is_listed |= pushed.is_listed;
                }
                Err(SendError::QueueFull) => sent.too_slow += 1,
                // It is closing.
                Err(_) => {}
            }
        }
        is_listed
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Target");
        match &self.scope {
            Scope::Everyone => out.field("scope", &"everyone"),
            Scope::Room(room) => out.field("room", room),
            Scope::User(user) => out.field("user", user),
        };
        out.finish_non_exhaustive()
    }
}
