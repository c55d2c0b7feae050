//! The server's end.
//!
//! [`Directory`], [`Incoming`] and [`Outgoing`](super::Outgoing) are its parts: a directory for a process,
//! and the two halves of each session, which whoever has its connection drives. [`Sessions`] is all of
//! them in one value, for a process that needs no concurrency.

use std::{collections::HashMap, fmt::Debug, hash::Hash};

use super::{
    control::{Ack, ClientHello, Gap, GoneReason, Offer, Resume},
    limits::Limits,
    message::{Class, Dropped, Full, Overflow, Write},
    outgoing::Outgoing,
    protocol::Desync,
    rules::{Rule, holds},
};

mod directory;
mod greeting;
mod incoming;
mod session;

pub use directory::{Admission, Credentials, Directory, Tombstone};
pub use greeting::{Ended, Greeting};
pub use incoming::{Incoming, Received, resume};
pub use session::Session;

enum Place {
    Offered(String),
    Attached(String),
}

/// The sessions of one server process.
pub struct Sessions<C, T, M> {
    limits: Limits,
    overflow: Overflow,
    directory: Directory<()>,
    by_id: HashMap<String, Session<C, T, M>>,
    connections: HashMap<C, Place>,
}

impl<C, T, M> Debug for Sessions<C, T, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions")
            .field("directory", &self.directory)
            .field("connections", &self.connections.len())
            .finish_non_exhaustive()
    }
}

impl<C: Clone + Eq + Hash, T, M> Sessions<C, T, M> {
    /// A process without sessions. The limits and the overflow are those of each session's outbound
    /// messages.
    #[must_use]
    pub fn new(limits: Limits, overflow: Overflow) -> Self {
        Self {
            limits,
            overflow,
            directory: Directory::default(),
            by_id: HashMap::new(),
            connections: HashMap::new(),
        }
    }

    /// A session by its name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Session<C, T, M>> {
        self.by_id.get(id)
    }

    /// All sessions, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Session<C, T, M>> {
        self.by_id.values()
    }

    /// The session that a connection is attached to.
    #[must_use]
    pub fn attached(&self, connection: &C) -> Option<&Session<C, T, M>> {
        match self.connections.get(connection)? {
            Place::Attached(id) => self.by_id.get(id),
            Place::Offered(_) => None,
        }
    }

    fn attached_mut(&mut self, connection: &C) -> Option<&mut Session<C, T, M>> {
        match self.connections.get(connection)? {
            Place::Attached(id) => self.by_id.get_mut(id),
            Place::Offered(_) => None,
        }
    }

    /// A connection of `owner` was accepted, and `offer` goes out on it in the server's `$hello`. The
    /// session exists from now on. The offer's id must be new, its key 128 random bits.
    pub fn accept(&mut self, connection: C, offer: &Offer, owner: String) {
        self.directory.offer(offer, owner);
        let session = Session {
            id: offer.id.clone(),
            connection: None,
            out: Outgoing::of_server(self.limits, self.overflow),
            incoming: Incoming::default(),
            credentials: None,
            begun: false,
        };
        self.by_id.insert(offer.id.clone(), session);
        self.connections.insert(connection, Place::Offered(offer.id.clone()));
    }

    /// The client's `$hello` has arrived. A session of another process is to be
    /// [`adopt`](Self::adopt)ed before.
    pub fn hello(&mut self, connection: &C, hello: &ClientHello) -> Greeting<C, T> {
        let Some(Place::Offered(offered)) = self.connections.get(connection) else {
            return Greeting::Refused;
        };
        let offered = offered.clone();
        match self.directory.greet(&offered, hello, |_| ()) {
            Admission::Refused => {
                self.let_go(connection);
                if hello.resume.is_some() && !self.directory.is_offered(&offered) {
                    self.by_id.remove(&offered);
                }
                Greeting::Refused
            }
            Admission::Began(()) => {
                self.begin(&offered, connection, hello.limits());
                Greeting::Began { id: offered }
            }
            Admission::Gone((), gone) => {
                self.begin(&offered, connection, hello.limits());
                Greeting::Gone { id: offered, gone }
            }
            Admission::Resumed { key, is_first, .. } => match &hello.resume {
                Some(request) => {
                    self.resume(connection, &offered, request, hello.limits(), key, is_first)
                }
                None => Greeting::Refused,
            },
        }
    }

    fn resume(
        &mut self,
        connection: &C,
        offered: &str,
        request: &Resume,
        hold: Limits,
        key: Option<String>,
        is_first: bool,
    ) -> Greeting<C, T> {
        let Some(session) = self.by_id.get_mut(&request.id) else { return Greeting::Refused };
        let old = session.connection.clone().filter(|old| old != connection);
        if !session.out.is_known(request.got) {
            if let Some(old) = &old {
                self.let_go(old);
            }
            self.directory.ends_for(&request.id, GoneReason::Mismatch);
            return Greeting::Contradiction { id: request.id.clone(), connection: old };
        }
        if let Some(old) = old.as_ref().filter(|_| holds(Rule::DetachFirst)) {
            self.let_go(old);
        }
        self.directory.withdraw(offered);
        self.by_id.remove(offered);
        self.attach(&request.id, connection);
        let Some(session) = self.by_id.get_mut(&request.id) else { return Greeting::Refused };
        let (out, incoming) = (&mut session.out, &mut session.incoming);
        let Ok((resumed, confirmed)) = resume(out, incoming, request, hold, key) else {
            return Greeting::Refused;
        };
        Greeting::Resumed { id: request.id.clone(), resumed, confirmed, replaces: old, is_first }
    }

    fn begin(&mut self, id: &str, connection: &C, hold: Limits) {
        self.attach(id, connection);
        if let Some(session) = self.by_id.get_mut(id) {
            session.incoming.begin(hold);
        }
    }

    fn attach(&mut self, id: &str, connection: &C) {
        self.connections.insert(connection.clone(), Place::Attached(id.to_owned()));
        if let Some(session) = self.by_id.get_mut(id) {
            session.connection = Some(connection.clone());
            session.begun = true;
        }
    }

    /// A numbered message of `size` bytes has arrived. `Ok(false)`: the connection was let go, and the
    /// message belongs to no session.
    ///
    /// # Errors
    ///
    /// [`Desync`] before the client's `$hello`: close the connection.
    pub fn received(&mut self, connection: &C, message: M, size: usize) -> Result<bool, Desync> {
        self.take_in(connection, |incoming| {
            incoming.push(message, size);
            Ok(())
        })
    }

    /// `$gap` has arrived, as [`received`](Self::received).
    ///
    /// # Errors
    ///
    /// [`Desync`] before the client's `$hello`, or if there can't be so many messages.
    pub fn gap(&mut self, connection: &C, gap: Gap) -> Result<bool, Desync> {
        self.take_in(connection, |incoming| incoming.push_gap(gap))
    }

    fn take_in(
        &mut self,
        connection: &C,
        push: impl FnOnce(&mut Incoming<M>) -> Result<(), Desync>,
    ) -> Result<bool, Desync> {
        if matches!(self.connections.get(connection), Some(Place::Offered(_))) {
            return if holds(Rule::WaitResumed) { Err(Desync) } else { Ok(false) };
        }
        let Some(session) = self.attached_mut(connection) else { return Ok(false) };
        push(&mut session.incoming).map(|()| true)
    }

    /// A numbered message of `size` bytes has arrived, as [`received`](Self::received). If nothing waits
    /// it is to be handled now: call [`handled`](Self::handled) at its end. `Ok(false)` if it isn't.
    #[cfg(test)]
    pub(super) fn handle_at_once(&mut self, connection: &C, size: usize) -> bool {
        let session = self.attached_mut(connection).filter(|session| session.incoming.is_idle());
        session.map(|session| session.incoming.begin_handling(size)).is_some()
    }

    /// `$ack` has arrived: returns the messages that it confirms.
    ///
    /// # Errors
    ///
    /// [`Desync`]: close the connection with 4409, handle what [`take`](Self::take) still gives, and
    /// [`end`](Self::end) the session.
    pub fn acknowledged(&mut self, connection: &C, ack: Ack) -> Result<Vec<T>, Desync> {
        let Some(session) = self.attached_mut(connection) else { return Ok(Vec::new()) };
        session.incoming.check(ack)?;
        session.out.release(ack.n)
    }

    /// The oldest received message that nobody handles yet. One at a time: `None` until the last one
    /// is [`handled`](Self::handled).
    pub fn take(&mut self, id: &str) -> Option<Received<M>> {
        self.by_id.get_mut(id)?.incoming.take()
    }

    /// The message that [`take`](Self::take) gave is handled.
    pub fn handled(&mut self, id: &str) {
        if let Some(session) = self.by_id.get_mut(id) {
            session.incoming.handled();
        }
    }

    /// Accepts a message of `size` bytes to a session's client, whether it has a connection or not.
    /// Returns what was dropped for it, which may be the message itself.
    ///
    /// # Errors
    ///
    /// [`Full`] gives the message back: there is no room, or no such session.
    pub fn send(
        &mut self,
        id: &str,
        message: T,
        size: usize,
        class: Class,
    ) -> Result<Vec<Dropped<T>>, Full<T>> {
        let Some(session) = self.by_id.get_mut(id) else { return Err(Full(message)) };
        let attached = session.connection.is_some();
        session.out.accept(message, size, class, attached)
    }

    /// Drops those messages to a session's client that `is_old` and that were never written.
    pub fn expire(&mut self, id: &str, is_old: impl FnMut(&T) -> bool) -> Vec<Dropped<T>> {
        self.by_id.get_mut(id).map_or_else(Vec::new, |session| session.out.expire(is_old))
    }

    /// The next frame to write to a connection.
    pub fn next_frame(&mut self, connection: &C) -> Option<Write<'_, T>> {
        self.attached_mut(connection)?.out.next_frame()
    }

    /// Whether an acknowledgement is due on a connection now.
    #[must_use]
    pub fn ack_is_due(&self, connection: &C) -> bool {
        self.attached(connection).is_some_and(|session| session.incoming.ack_is_due())
    }

    /// Whether an acknowledgement would contain anything new: it is due a second after that began, and
    /// with the next heartbeat.
    #[must_use]
    pub fn ack_is_useful(&self, connection: &C) -> bool {
        self.attached(connection)
            .is_some_and(|session| session.incoming.ack_is_useful(session.out.cursor()))
    }

    /// The acknowledgement to send now on a connection.
    pub fn take_ack(&mut self, connection: &C, ask: bool) -> Option<Ack> {
        let session = self.attached_mut(connection)?;
        Some(session.incoming.take_ack(session.out.cursor(), ask))
    }

    /// A connection is gone, or is read no more. Its session continues without one. An offer that nobody
    /// has taken stays until it expires, because its client may have begun to use it.
    pub fn let_go(&mut self, connection: &C) {
        if let Some(Place::Attached(id)) = self.connections.remove(connection)
            && let Some(session) = self.by_id.get_mut(&id)
            && session.connection.as_ref() == Some(connection)
        {
            session.connection = None;
            session.out.detach();
        }
    }

    /// Ends a session: it has expired, was closed for good, or can't continue. Handle what
    /// [`take`](Self::take) gives before, so that the client learns how far that went.
    pub fn end(&mut self, id: &str) -> Option<Ended<T, M>> {
        let session = self.by_id.remove(id)?;
        if let Some(connection) = &session.connection {
            self.connections.remove(connection);
        }
        self.directory.end(id, session.incoming.done());
        Some(Ended {
            undelivered: session.out.into_messages().collect(),
            unhandled: session.incoming.into_unhandled().collect(),
        })
    }

    /// Forgets how far an ended session got: after ten times the time that sessions are kept.
    pub fn forget(&mut self, id: &str) {
        self.directory.forget(id);
    }

    /// What is remembered of an ended session, for another process.
    #[must_use]
    pub fn ended(&self, id: &str) -> Option<&Tombstone> {
        self.directory.ended(id)
    }

    /// An ended session of another process.
    pub fn adopt_ended(&mut self, id: String, tombstone: Tombstone) {
        self.directory.adopt_ended(id, tombstone);
    }

    /// Gives a session away, to another process or to this one after a restart. `None` unless its
    /// connection was let go and its inbox is handled: otherwise what was received would be lost.
    pub fn give_away(&mut self, id: &str) -> Option<Session<C, T, M>> {
        let session = self.by_id.get(id)?;
        if session.connection.is_some() || !session.incoming.is_idle() {
            return None;
        }
        let credentials = self.directory.take(id);
        self.by_id.remove(id).map(|session| Session { credentials, ..session })
    }

    /// Whether a request to resume comes too late for this session.
    #[must_use]
    pub fn is_stale(&self, id: &str, attempt: u64) -> bool {
        self.directory.is_stale(id, attempt)
    }

    /// Takes a session that was [given away](Self::give_away).
    pub fn adopt(&mut self, mut session: Session<C, T, M>) {
        if let Some(connection) = session.connection.take() {
            self.connections.remove(&connection);
        }
        session.out.detach();
        if let Some(credentials) = session.credentials.take() {
            let begun = session.begun.then_some(());
            self.directory.adopt(session.id.clone(), credentials, begun);
        }
        self.by_id.insert(session.id.clone(), session);
    }

    /// A copy of each session as it is now, which is what a restart must not take.
    #[cfg(test)]
    pub(super) fn snapshot(&self) -> Vec<Session<C, T, M>>
    where
        T: Clone,
        M: Clone,
    {
        let copy = |session: &Session<C, T, M>| {
            let credentials = self.directory.credentials(&session.id).cloned();
            Session { credentials, ..session.clone() }
        };
        self.by_id.values().map(copy).collect()
    }

    /// Gives a session a new secret. The client learns it with the answer to its next request to
    /// resume; the old one is valid until the client uses the new one.
    pub fn replace_key(&mut self, id: &str, key: String) {
        self.directory.replace_key(id, key);
    }
}
