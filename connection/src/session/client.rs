//! The client's end.

use super::{
    acks::Acks,
    control::{Ack, ClientHello, GapReason, Gone, MAX_NUMBER, Offer, Resume, Resumed, ServerHello},
    limits::Limits,
    message::{Class, Dropped, Full, Kept, Overflow, Role, Write},
    outgoing::{Fates, Outgoing},
    protocol::Desync,
    rules::{Rule, holds},
};

/// Where the client's end stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// There is no connection.
    Down,
    /// A connection is open and the server's `$hello` is awaited.
    Hello,
    /// The answer to a request to resume is awaited. Nothing numbered may be sent.
    Resuming,
    /// Messages go both ways.
    Live,
}

/// The outcome of the messages of a session that is gone. A message in neither list is kept and sent
/// in the next session.
#[derive(Debug)]
pub struct Renewed<T> {
    /// Handled by the server.
    pub confirmed: Vec<T>,
    /// Written; it is unknown whether the server handled them.
    pub unconfirmed: Vec<T>,
    /// How many of those that are kept are in doubt and will be sent again.
    pub again: usize,
}

/// The client's end of a session, over as many connections as it takes.
///
/// `T` is a message as the caller keeps it, such as its bytes with its name.
#[derive(Debug)]
pub struct Client<T> {
    phase: Phase,
    /// The session, from the first that was taken.
    session: Option<Identity>,
    /// What the present connection's server offers.
    offer: Option<Offer>,
    /// What the server keeps until it is acknowledged.
    peer_hold: Limits,
    attempts: u64,
    got: u64,
    acks: Acks,
    out: Outgoing<T>,
    redeliver: bool,
    /// What this side keeps.
    hold: Limits,
}

struct Identity {
    id: String,
    key: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<T> Client<T> {
    /// An end without a session. With `redeliver`, messages in doubt are sent again in the next
    /// session; calls that must not run twice never are.
    #[must_use]
    pub fn new(limits: Limits, overflow: Overflow, redeliver: bool) -> Self {
        Self {
            phase: Phase::Down,
            session: None,
            offer: None,
            peer_hold: limits,
            attempts: 0,
            got: 0,
            acks: Acks::default(),
            out: Outgoing::new(Role::Client, limits, overflow),
            redeliver,
            hold: limits,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The session's public name.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.id.as_str())
    }

    /// What is held for the server.
    #[must_use]
    pub fn outgoing(&self) -> &Outgoing<T> {
        &self.out
    }

    /// How far the server's messages were received.
    #[must_use]
    pub fn got(&self) -> u64 {
        self.got
    }

    /// Accepts a message of `size` bytes, in any phase. Returns what was dropped for it.
    ///
    /// # Errors
    ///
    /// [`Full`] gives the message back where there is no room and nothing may be dropped.
    pub fn send(
        &mut self,
        message: T,
        size: usize,
        class: Class,
    ) -> Result<Vec<Dropped<T>>, Full<T>> {
        self.out.accept(message, size, class, true)
    }

    /// Accepts a message whatever the limits are, before all that were never written.
    pub fn send_first(&mut self, message: T, size: usize, class: Class) {
        self.out.accept_first(message, size, class);
    }

    /// Accepts a message that was accepted before, whatever the limits are: it waited for a session, or
    /// was sent in an older one.
    pub fn adopt(&mut self, kept: Kept<T>) {
        self.out.adopt(kept);
    }

    /// Drops what `is_old` and was never written.
    pub fn expire(&mut self, is_old: impl FnMut(&T) -> bool) -> Vec<Dropped<T>> {
        self.out.expire(is_old)
    }

    /// Drops the first message that `is_it`, unless it was ever written.
    pub fn withdraw(&mut self, is_it: impl Fn(&T) -> bool) -> Option<Dropped<T>> {
        self.out.drop_first(GapReason::Other, |message, was_written| !was_written && is_it(message))
    }

    /// Drops the largest message that was written and isn't acknowledged: the server has refused it as
    /// too large, and would do so again.
    pub fn drop_largest(&mut self) -> Option<Dropped<T>> {
        self.out.drop_largest(GapReason::Other)
    }

    /// The messages that are held, oldest first, each with whether it was ever written.
    pub fn messages_mut(&mut self) -> impl Iterator<Item = (&mut T, bool)> {
        self.out.iter_mut()
    }

    /// Gives back what was never written, in order, for a connection without a session. Call
    /// [`renew`](Self::renew) before, which settles the rest.
    pub fn into_kept(self) -> impl Iterator<Item = Kept<T>> {
        self.out.into_kept()
    }

    /// A connection is open. The one before is given up: nothing more may be read from it.
    pub fn connected(&mut self) {
        (self.phase, self.offer) = (Phase::Hello, None);
        self.out.detach();
    }

    /// The connection is gone.
    pub fn disconnected(&mut self) {
        self.phase = Phase::Down;
        self.out.detach();
    }

    /// The server's `$hello`. The answer must go out before any message.
    ///
    /// # Errors
    ///
    /// [`Desync`] if it comes at another time than first.
    pub fn hello(&mut self, hello: ServerHello) -> Result<ClientHello, Desync> {
        if self.phase != Phase::Hello {
            return Err(Desync);
        }
        self.peer_hold = hello.limits();
        self.offer = Some(hello.session);
        let resume = if let Some(session) = &self.session {
            self.attempts += 1;
            self.phase = if holds(Rule::WaitResumed) { Phase::Resuming } else { Phase::Live };
            let Identity { id, key } = session;
            Some(Resume { id: id.clone(), key: key.clone(), attempt: self.attempts, got: self.got })
        } else {
            self.take_offer();
            None
        };
        Ok(ClientHello::new(self.hold, resume))
    }

    /// The offered session begins.
    fn take_offer(&mut self) {
        self.session = self.offer.take().map(|Offer { id, key, .. }| Identity { id, key });
        (self.got, self.attempts, self.phase) = (0, 0, Phase::Live);
        self.acks.begin(0, 0, self.peer_hold);
    }

    /// `$resumed`: the session continues. Returns what the server has handled meanwhile.
    ///
    /// # Errors
    ///
    /// [`Desync`]: close the connection and call [`renew`](Self::renew).
    pub fn resumed(&mut self, resumed: Resumed) -> Result<Vec<T>, Desync> {
        if self.phase != Phase::Resuming && holds(Rule::WaitResumed) {
            return Err(Desync);
        }
        let Resumed { got, done, key } = resumed;
        let done = if holds(Rule::AckIsHandled) { done } else { got };
        let confirmed = self.out.resume(got, done)?;
        if let (Some(key), Some(session)) = (key, &mut self.session) {
            session.key = key;
        }
        self.acks.begin(self.got, self.out.cursor(), self.peer_hold);
        self.phase = Phase::Live;
        Ok(confirmed)
    }

    /// `$gone`: the session is lost, and the offered one begins. The application must be notified: it
    /// may have missed messages. `answered` is whether a call has its answer.
    ///
    /// # Errors
    ///
    /// [`Desync`] where no answer was awaited.
    pub fn gone(
        &mut self,
        gone: &Gone,
        answered: impl Fn(&T) -> bool,
    ) -> Result<Renewed<T>, Desync> {
        if self.phase != Phase::Resuming && holds(Rule::WaitResumed) {
            return Err(Desync);
        }
        let renewed = self.renew_with(gone.done, answered);
        self.take_offer();
        Ok(renewed)
    }

    /// Gives the session up after a [`Desync`]. The connection is to be closed; the next one takes
    /// whatever session is offered.
    pub fn renew(&mut self, answered: impl Fn(&T) -> bool) -> Renewed<T> {
        let renewed = self.renew_with(None, answered);
        self.session = None;
        self.disconnected();
        renewed
    }

    fn renew_with(&mut self, done: Option<u64>, answered: impl Fn(&T) -> bool) -> Renewed<T> {
        let id = self.session.as_ref().map_or("", |session| &session.id);
        let fates = self.out.renew(id, done, self.redeliver, answered);
        let Fates { confirmed, unconfirmed, again } = fates;
        Renewed { confirmed, unconfirmed, again }
    }

    /// A numbered message of `size` bytes has arrived, and its handler or inbox has it.
    ///
    /// # Errors
    ///
    /// [`Desync`] where none may come.
    pub fn received(&mut self, size: usize) -> Result<(), Desync> {
        self.take_in(1, size)
    }

    /// `n` numbered messages of `size` bytes together have arrived, as [`received`](Self::received).
    ///
    /// # Errors
    ///
    /// [`Desync`] where none may come.
    pub fn received_all(&mut self, n: u64, size: usize) -> Result<(), Desync> {
        self.take_in(n, size)
    }

    /// `$gap`: `n` numbers will not come.
    ///
    /// # Errors
    ///
    /// [`Desync`] where none may come.
    pub fn gap(&mut self, n: u64) -> Result<(), Desync> {
        self.take_in(n, 0)
    }

    fn take_in(&mut self, n: u64, size: usize) -> Result<(), Desync> {
        let got = self.got.saturating_add(n);
        if self.phase != Phase::Live || (got > MAX_NUMBER && holds(Rule::RangeCheck)) {
            return Err(Desync);
        }
        self.got = got;
        self.acks.received(size);
        Ok(())
    }

    /// `$ack`: returns the messages that it confirms.
    ///
    /// # Errors
    ///
    /// [`Desync`]: close the connection and call [`renew`](Self::renew).
    pub fn acknowledged(&mut self, ack: Ack) -> Result<Vec<T>, Desync> {
        if self.phase != Phase::Live || (ack.of != self.got && holds(Rule::RangeCheck)) {
            return Err(Desync);
        }
        self.acks.ask(ack.ask);
        self.out.release(ack.n)
    }

    /// The next frame to write, if any may be written.
    pub fn next_frame(&mut self) -> Option<Write<'_, T>> {
        if self.phase == Phase::Live { self.out.next_frame() } else { None }
    }

    /// Whether an acknowledgement is due now. One that only [`is_useful`](Self::ack_is_useful) is due
    /// a second after that began, and with the next heartbeat.
    #[must_use]
    pub fn ack_is_due(&self) -> bool {
        self.phase == Phase::Live && self.acks.is_due(self.got)
    }

    /// Whether messages were received that aren't acknowledged.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.phase == Phase::Live && self.acks.is_behind(self.got)
    }

    /// Whether an acknowledgement would contain anything new.
    #[must_use]
    pub fn ack_is_useful(&self) -> bool {
        self.phase == Phase::Live && self.acks.is_useful(self.got, self.out.cursor())
    }

    /// The acknowledgement to send now. With `ask`, the server answers with its own at once.
    pub fn take_ack(&mut self, ask: bool) -> Ack {
        self.acks.take(self.got, self.out.cursor(), ask)
    }
}
