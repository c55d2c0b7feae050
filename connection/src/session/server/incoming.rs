//! A session's receiving half: what arrived, what is handled, and what is acknowledged.

use std::collections::VecDeque;

use crate::session::{
    acks::Acks,
    control::{Ack, Gap, GapReason, MAX_NUMBER, Resume, Resumed},
    limits::Limits,
    outgoing::Outgoing,
    protocol::Desync,
    rules::{Rule, holds},
};

/// What arrived from a client, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received<M> {
    /// A message.
    Message {
        /// Its number.
        number: u64,
        /// It.
        message: M,
    },
    /// Numbers that will not come.
    Gap {
        /// The last of them.
        last: u64,
        /// How many.
        n: u64,
        /// Why.
        why: GapReason,
    },
}

impl<M> Received<M> {
    fn number(&self) -> u64 {
        match self {
            Self::Message { number, .. } | Self::Gap { last: number, .. } => *number,
        }
    }
}

/// The messages from a client: which of them have arrived, wait for their handler, and are handled.
///
/// One message at a time is handled. `M` is a message as it waits.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub struct Incoming<M> {
    got: u64,
    done: u64,
    /// The number that is being handled.
    handling: Option<u64>,
    inbox: VecDeque<Received<M>>,
    acks: Acks,
}

impl<M> Default for Incoming<M> {
    fn default() -> Self {
        let (inbox, acks) = (VecDeque::new(), Acks::default());
        Self { got: 0, done: 0, handling: None, inbox, acks }
    }
}

impl<M> Incoming<M> {
    /// The session begins. The client keeps up to `hold` until it is acknowledged.
    pub fn begin(&mut self, hold: Limits) {
        self.acks.begin(0, 0, hold);
    }

    /// How far messages have arrived.
    #[must_use]
    pub fn got(&self) -> u64 {
        self.got
    }

    /// How far messages are handled.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The number of the message that is being handled.
    #[must_use]
    pub fn handling(&self) -> Option<u64> {
        self.handling
    }

    /// How many received messages wait to be handled.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inbox.len()
    }

    /// Whether nothing waits and nothing is being handled.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.handling.is_none() && self.inbox.is_empty()
    }

    fn count(&mut self, n: u64, size: usize) -> u64 {
        self.got = self.got.saturating_add(n);
        self.acks.received(size);
        self.got
    }

    /// A numbered message of `size` bytes has arrived and is handled now: call
    /// [`handled`](Self::handled) at its end. Only where this [is idle](Self::is_idle).
    pub fn begin_handling(&mut self, size: usize) {
        self.handling = Some(self.count(1, size));
    }

    /// A numbered message of `size` bytes has arrived. It waits.
    pub fn push(&mut self, message: M, size: usize) {
        let number = self.count(1, size);
        self.inbox.push_back(Received::Message { number, message });
    }

    /// A numbered message has arrived that nobody will handle, as the session ends.
    pub fn skip(&mut self) {
        self.count(1, 0);
    }

    /// Something without a number waits for its turn between the messages.
    pub fn push_event(&mut self, event: M) {
        self.inbox.push_back(Received::Message { number: self.got, message: event });
    }

    /// `$gap` has arrived.
    ///
    /// # Errors
    ///
    /// [`Desync`] if there can't be so many messages.
    pub fn push_gap(&mut self, Gap { n, why }: Gap) -> Result<(), Desync> {
        if self.got.saturating_add(n) > MAX_NUMBER && holds(Rule::RangeCheck) {
            return Err(Desync);
        }
        let last = self.count(n, 0);
        self.inbox.push_back(Received::Gap { last, n, why });
        Ok(())
    }

    /// The oldest received message that nobody handles yet. One at a time: `None` until the last one
    /// is [`handled`](Self::handled).
    pub fn take(&mut self) -> Option<Received<M>> {
        if self.handling.is_some() {
            return None;
        }
        let received = self.inbox.pop_front()?;
        self.handling = Some(received.number());
        Some(received)
    }

    /// The message that was last taken is handled.
    pub fn handled(&mut self) {
        if let Some(number) = self.handling.take() {
            self.done = number;
        }
    }

    /// `$ack` has arrived: [`Outgoing::release`] its number next.
    ///
    /// # Errors
    ///
    /// [`Desync`] if the client has sent another number of messages than have arrived.
    pub fn check(&mut self, ack: Ack) -> Result<(), Desync> {
        if ack.of != self.got && holds(Rule::RangeCheck) {
            return Err(Desync);
        }
        self.acks.ask(ack.ask);
        Ok(())
    }

    fn level(&self) -> u64 {
        if holds(Rule::AckIsHandled) { self.done } else { self.got }
    }

    /// Whether an acknowledgement is due now.
    #[must_use]
    pub fn ack_is_due(&self) -> bool {
        self.acks.is_due(self.level())
    }

    /// Whether anything was handled that isn't acknowledged: an acknowledgement is due a second after that
    /// began.
    #[must_use]
    pub fn is_unacknowledged(&self) -> bool {
        self.acks.is_behind(self.level())
    }

    /// Whether an acknowledgement would contain anything new, where messages to the client were written up
    /// to `cursor`: it is due with the next heartbeat.
    #[must_use]
    pub fn ack_is_useful(&self, cursor: u64) -> bool {
        self.acks.is_useful(self.level(), cursor)
    }

    /// The acknowledgement to send now, where messages to the client were written up to `cursor`.
    pub fn take_ack(&mut self, cursor: u64, ask: bool) -> Ack {
        self.acks.take(self.level(), cursor, ask)
    }

    /// Everything that was received and isn't handled.
    pub(super) fn into_unhandled(self) -> impl Iterator<Item = M> {
        self.inbox.into_iter().filter_map(|received| match received {
            Received::Message { message, .. } => Some(message),
            Received::Gap { .. } => None,
        })
    }
}

/// Continues a session on a new connection, of which nothing was read behind the client's `$hello`. The
/// old connection must be read no more. `hold` is what the client keeps, `key` its new key, if there is one.
///
/// Returns the answer, and what the client has received: that is confirmed.
///
/// # Errors
///
/// [`Desync`] if the client's numbers contradict what was sent: the session ends.
pub fn resume<T, M>(
    out: &mut Outgoing<T>,
    incoming: &mut Incoming<M>,
    request: &Resume,
    hold: Limits,
    key: Option<String>,
) -> Result<(Resumed, Vec<T>), Desync> {
    let confirmed = out.resume(request.got, request.got)?;
    incoming.acks.begin(incoming.done, out.cursor(), hold);
    let got = if holds(Rule::ResumeAtGot) { incoming.got } else { incoming.done };
    let done = if holds(Rule::AckIsHandled) { incoming.done } else { got };
    Ok((Resumed { got, done, key }, confirmed))
}
