//! The server's end: the sessions of one process.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Debug,
    hash::Hash,
};

use super::{
    acks::Acks,
    control::{Ack, ClientHello, Gap, Gone, GoneReason, Offer, Resume},
    message::{Class, Dropped, Full, Limits, Overflow, Role, Write},
    outgoing::Outgoing,
    protocol::Desync,
    rules::{Rule, holds},
};

mod greeting;
mod session;

pub use greeting::{Ended, Greeting};
use session::{KEYS, Key};
pub use session::{Received, Session, Tombstone};

enum Place {
    Offered(String),
    Attached(String),
}

/// The sessions of one server process.
pub struct Sessions<C, T, M> {
    limits: Limits,
    overflow: Overflow,
    by_id: HashMap<String, Session<C, T, M>>,
    ended: HashMap<String, Tombstone>,
    connections: HashMap<C, Place>,
}

impl<C, T, M> Debug for Sessions<C, T, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions")
            .field("sessions", &self.by_id.len())
            .field("ended", &self.ended.len())
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
            by_id: HashMap::new(),
            ended: HashMap::new(),
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
        let session = Session {
            id: offer.id.clone(),
            keys: VecDeque::from([Key(offer.key.clone())]),
            owner,
            attempts: 0,
            begun: false,
            connection: None,
            out: Outgoing::new(Role::Server, self.limits, self.overflow),
            got: 0,
            done: 0,
            handling: None,
            inbox: VecDeque::new(),
            acks: Acks::default(),
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
        let Some(offer) = self.by_id.get(&offered) else {
            // It has expired meanwhile.
            self.let_go(connection);
            return Greeting::Refused;
        };
        match &hello.resume {
            None if offer.attempts > 0 && holds(Rule::OfferOnce) => {
                // Resumed meanwhile over another connection.
                self.let_go(connection);
                Greeting::Refused
            }
            None => {
                self.begin(&offered, connection, hello.hold);
                Greeting::Began { id: offered }
            }
            // No client of ours resumes what it was just offered.
            Some(resume) if resume.id == offered => {
                self.let_go(connection);
                Greeting::Refused
            }
            Some(resume) => self.resume(connection, offered, resume, hello.hold),
        }
    }

    fn resume(
        &mut self,
        connection: &C,
        offered: String,
        resume: &Resume,
        hold: u64,
    ) -> Greeting<C, T> {
        // Before the key is looked at: a late request may carry one that was replaced since.
        if self.is_stale(&resume.id, resume.attempt) {
            self.let_go(connection);
            self.by_id.remove(&offered);
            return Greeting::Refused;
        }
        let owner = self.by_id.get(&offered).map_or_else(String::new, |offer| offer.owner.clone());
        let found = self.by_id.get_mut(&resume.id);
        let Some(session) = found.filter(|session| session.belongs_to(&resume.key, &owner)) else {
            let ended = self.ended.get(&resume.id).filter(|ended| {
                let is_key = ended.keys.iter().any(|key| key.is(&resume.key));
                is_key && ended.owner == owner && holds(Rule::Tombstones)
            });
            let done = ended.map(|ended| ended.done);
            let why = if done.is_some() { GoneReason::Expired } else { GoneReason::Unknown };
            self.begin(&offered, connection, hold);
            return Greeting::Gone { id: offered, gone: Gone { why, done } };
        };
        if !session.out.is_known(resume.got) {
            let (id, connection) = (resume.id.clone(), session.connection.clone());
            if let Some(connection) = &connection {
                self.let_go(connection);
            }
            return Greeting::Contradiction { id, connection };
        }
        session.attempts = resume.attempt;
        let replaces = session.connection.clone().filter(|old| old != connection);
        self.by_id.remove(&offered);
        if let Some(old) = replaces.as_ref().filter(|_| holds(Rule::DetachFirst)) {
            self.let_go(old);
        }
        let is_first = self.attach(&resume.id, connection);
        let Some(session) = self.by_id.get_mut(&resume.id) else { return Greeting::Refused };
        let (confirmed, resumed) = session.resumed(resume, hold);
        Greeting::Resumed { id: resume.id.clone(), resumed, confirmed, replaces, is_first }
    }

    fn begin(&mut self, id: &str, connection: &C, hold: u64) {
        self.attach(id, connection);
        if let Some(session) = self.by_id.get_mut(id) {
            session.acks.begin(0, 0, hold);
        }
    }

    /// Returns whether this is the first time that a client has the session.
    fn attach(&mut self, id: &str, connection: &C) -> bool {
        self.connections.insert(connection.clone(), Place::Attached(id.to_owned()));
        let Some(session) = self.by_id.get_mut(id) else { return false };
        session.connection = Some(connection.clone());
        !std::mem::replace(&mut session.begun, true)
    }

    /// A numbered message of `size` bytes has arrived. `Ok(false)`: the connection was let go, and the
    /// message belongs to no session.
    ///
    /// # Errors
    ///
    /// [`Desync`] before the client's `$hello`: close the connection.
    pub fn received(&mut self, connection: &C, message: M, size: usize) -> Result<bool, Desync> {
        self.take_in(connection, 1, size, |number| Received::Message { number, message })
    }

    /// `$gap` has arrived, as [`received`](Self::received).
    ///
    /// # Errors
    ///
    /// [`Desync`] before the client's `$hello`.
    pub fn gap(&mut self, connection: &C, Gap { n, why }: Gap) -> Result<bool, Desync> {
        self.take_in(connection, n, 0, |last| Received::Gap { last, n, why })
    }

    fn take_in(
        &mut self,
        connection: &C,
        n: u64,
        size: usize,
        received: impl FnOnce(u64) -> Received<M>,
    ) -> Result<bool, Desync> {
        if matches!(self.connections.get(connection), Some(Place::Offered(_))) {
            return if holds(Rule::WaitResumed) { Err(Desync) } else { Ok(false) };
        }
        let Some(session) = self.attached_mut(connection) else { return Ok(false) };
        session.got = session.got.saturating_add(n);
        session.acks.received(size);
        session.inbox.push_back(received(session.got));
        Ok(true)
    }

    /// `$ack` has arrived: returns the messages that it confirms.
    ///
    /// # Errors
    ///
    /// [`Desync`]: close the connection with 4409, handle what [`take`](Self::take) still gives, and
    /// [`end`](Self::end) the session.
    pub fn acknowledged(&mut self, connection: &C, ack: Ack) -> Result<Vec<T>, Desync> {
        let Some(session) = self.attached_mut(connection) else { return Ok(Vec::new()) };
        if ack.of != session.got && holds(Rule::RangeCheck) {
            return Err(Desync);
        }
        session.acks.ask(ack.ask);
        session.out.release(ack.n)
    }

    /// The oldest received message that nobody handles yet. One at a time: `None` until the last one
    /// is [`handled`](Self::handled).
    pub fn take(&mut self, id: &str) -> Option<Received<M>> {
        let session = self.by_id.get_mut(id)?;
        if session.handling.is_some() {
            return None;
        }
        let received = session.inbox.pop_front()?;
        session.handling = Some(received.number());
        Some(received)
    }

    /// The message that [`take`](Self::take) gave is handled.
    pub fn handled(&mut self, id: &str) {
        if let Some(session) = self.by_id.get_mut(id)
            && let Some(number) = session.handling.take()
        {
            session.done = number;
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
        let due = |session: &Session<C, T, M>| session.acks.is_due(session.acknowledged_level());
        self.attached(connection).is_some_and(due)
    }

    /// Whether an acknowledgement would contain anything new: it is due a second after that began, and
    /// with the next heartbeat.
    #[must_use]
    pub fn ack_is_useful(&self, connection: &C) -> bool {
        self.attached(connection).is_some_and(|session| {
            session.acks.is_useful(session.acknowledged_level(), session.out.cursor())
        })
    }

    /// The acknowledgement to send now on a connection.
    pub fn take_ack(&mut self, connection: &C, ask: bool) -> Option<Ack> {
        let session = self.attached_mut(connection)?;
        let (level, cursor) = (session.acknowledged_level(), session.out.cursor());
        Some(session.acks.take(level, cursor, ask))
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
        let Session { keys, owner, done, .. } = session;
        self.ended.insert(id.to_owned(), Tombstone { keys, owner, done });
        let unhandled = session.inbox.into_iter().filter_map(|received| match received {
            Received::Message { message, .. } => Some(message),
            Received::Gap { .. } => None,
        });
        Some(Ended {
            undelivered: session.out.into_messages().collect(),
            unhandled: unhandled.collect(),
        })
    }

    /// Forgets how far an ended session got: after ten times the time that sessions are kept.
    pub fn forget(&mut self, id: &str) {
        self.ended.remove(id);
    }

    /// What is remembered of an ended session, for another process.
    #[must_use]
    pub fn ended(&self, id: &str) -> Option<&Tombstone> {
        self.ended.get(id)
    }

    /// An ended session of another process.
    pub fn adopt_ended(&mut self, id: String, tombstone: Tombstone) {
        self.ended.insert(id, tombstone);
    }

    /// Gives a session away, to another process or to this one after a restart. `None` unless its
    /// connection was let go and its inbox is handled: otherwise what was received would be lost.
    pub fn give_away(&mut self, id: &str) -> Option<Session<C, T, M>> {
        let session = self.by_id.get(id)?;
        let is_quiet =
            session.connection.is_none() && session.inbox.is_empty() && session.handling.is_none();
        if is_quiet { self.by_id.remove(id) } else { None }
    }

    /// Whether a request to resume comes too late for this session.
    #[must_use]
    pub fn is_stale(&self, id: &str, attempt: u64) -> bool {
        let stale = |session: &Session<C, T, M>| session.attempts >= attempt;
        holds(Rule::StaleTry) && self.by_id.get(id).is_some_and(stale)
    }

    /// Takes a session that was [given away](Self::give_away).
    pub fn adopt(&mut self, mut session: Session<C, T, M>) {
        if let Some(connection) = session.connection.take() {
            self.connections.remove(&connection);
        }
        session.out.detach();
        self.by_id.insert(session.id.clone(), session);
    }

    /// Gives a session a new secret. The client learns it with the answer to its next request to
    /// resume; the old one is valid until the client uses the new one.
    pub fn replace_key(&mut self, id: &str, key: String) {
        if let Some(session) = self.by_id.get_mut(id) {
            if session.keys.len() >= KEYS {
                session.keys.remove(1);
            }
            session.keys.push_back(Key(key));
        }
    }
}
