//! What the outbox holds under its lock, and each change to it as a whole.

use std::{collections::VecDeque, task::Waker, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use super::{Dropped, Entry, Line, Outbox, Refusal, Tally, Ticket};
use crate::{
    error::FlushErrorKind,
    event::DropReason,
    outbox::unacked::{Counts, Item, Ledger},
    receipt::{Delivery, Reporter},
    settings::{Overflow, QueueLimits},
};

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) waiting: VecDeque<Item>,
    pub(super) waiting_bytes: usize,
    pub(super) ledger: Ledger,
    /// Whether written messages can be confirmed.
    pub(super) confirms: bool,
    pub(super) line: Line,
    /// Whether the client is gone: nothing is accepted any more.
    pub(super) abandoned: bool,
    pub(super) tally: Tally,
    pub(super) flushes: Vec<Flush>,
    /// When something was last written or confirmed.
    pub(super) moved: Instant,
    /// Senders that wait for room: each finds it before those who came later.
    pub(super) parked: VecDeque<Parked>,
    pub(super) next_ticket: u64,
    /// The connection's task, when it has nothing to write.
    pub(super) writer: Option<Waker>,
    /// Whether what is in flight has to be confirmed before anything else goes out.
    pub(super) alone: bool,
    /// What the end of this connection charges a message in flight.
    pub(super) charge: u32,
    /// Outcomes that are reported when the lock is released.
    pub(super) outcomes: Vec<(Reporter, Delivery)>,
}

/// Somebody who waits until all up to a message is confirmed.
#[derive(Debug)]
pub(super) struct Flush {
    pub(super) upto: u64,
    pub(super) since: Instant,
    pub(super) done: oneshot::Sender<Result<(), FlushErrorKind>>,
}

/// A sender that waits for room.
#[derive(Debug)]
pub(super) struct Parked {
    id: u64,
    size: usize,
    waker: Waker,
    /// Whether it was woken since there is room.
    woken: bool,
}

impl Inner {
    /// Finds room for `size` bytes, or says why there is none.
    pub(super) fn make_room(
        &mut self,
        outbox: &Outbox,
        size: usize,
        now: Instant,
        dropped: &mut Dropped,
    ) -> Result<(), Refusal> {
        match self.line {
            _ if self.abandoned => return Err(Refusal::Closed),
            Line::Closing => return Err(Refusal::Closed),
            Line::Stopped => return Err(Refusal::Stopped),
            Line::Down | Line::Up | Line::Stalled => {}
        }
        if size > outbox.limits.bytes {
            return Err(Refusal::TooLarge);
        }
        let fits = |inner: &Self| inner.fits(outbox.limits, 1, size);
        if fits(self) {
            return Ok(());
        }
        dropped.extend(self.expire(outbox.ttl, now));
        // What redelivery keeps can't make room.
        let kept = self.ledger.kept_bytes();
        if outbox.overflow == Overflow::DropOldest && kept + size <= outbox.limits.bytes {
            let mut counts = Counts::default();
            while !fits(self)
                && let Some(item) = self.pop()
            {
                counts.add(&item.name, 1);
                self.fail_flushes_of(item.seq);
                self.settle(item.receipt, Delivery::Dropped(DropReason::Overflowed));
            }
            self.tally.overflowed += counts.total();
            dropped.extend(report(DropReason::Overflowed, counts));
        }
        if fits(self) { Ok(()) } else { Err(Refusal::Full) }
    }

    /// Whether there is room for so many messages of so many bytes in all.
    fn fits(&self, limits: QueueLimits, messages: usize, bytes: usize) -> bool {
        let kept = self.ledger.kept_bytes();
        self.waiting.len() + messages <= limits.messages
            && self.waiting_bytes + kept + bytes <= limits.bytes
    }

    /// Whether there is room for `size` bytes beside what those want who came before: they needn't
    /// have taken it yet.
    pub(super) fn is_in_turn(&self, outbox: &Outbox, ticket: &Ticket, size: usize) -> bool {
        let (mut messages, mut bytes) = (1, size);
        self.parked.iter().take_while(|other| Some(other.id) != ticket.0).all(|other| {
            (messages, bytes) = (messages + 1, bytes + other.size);
            self.fits(outbox.limits, messages, bytes)
        })
    }

    /// Appends a message; returns the task to wake.
    pub(super) fn accept(&mut self, entry: Entry, now: Instant) -> Option<Waker> {
        self.tally.accepted += 1;
        self.waiting_bytes += entry.frame.len();
        let Entry { name, frame, receipt } = entry;
        let seq = self.tally.accepted;
        self.waiting.push_back(Item { seq, name, frame, accepted: now, charge: 0, receipt });
        self.writer.take()
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        let item = self.waiting.pop_front()?;
        self.waiting_bytes -= item.frame.len();
        Some(item)
    }

    pub(super) fn expire(&mut self, ttl: Option<Duration>, now: Instant) -> Dropped {
        let Some(ttl) = ttl else { return Dropped::new() };
        let mut counts = Counts::default();
        while self.waiting.front().is_some_and(|item| now.duration_since(item.accepted) > ttl)
            && let Some(item) = self.pop()
        {
            counts.add(&item.name, 1);
            self.fail_flushes_of(item.seq);
            self.settle(item.receipt, Delivery::Dropped(DropReason::Expired));
        }
        self.tally.expired += counts.total();
        report(DropReason::Expired, counts)
    }

    /// Notes what became of a message.
    pub(super) fn settle(&mut self, receipt: Option<Reporter>, outcome: Delivery) {
        if let Some(receipt) = receipt {
            self.outcomes.push((receipt, outcome));
        }
    }

    pub(super) fn oldest(&self) -> Option<u64> {
        self.ledger.oldest().or_else(|| self.waiting.front().map(|item| item.seq))
    }

    pub(super) fn settle_flushes(&mut self) {
        let oldest = self.oldest().unwrap_or(u64::MAX);
        for flush in self.flushes.extract_if(.., |flush| flush.upto < oldest) {
            // Whoever asked may have stopped waiting.
            let _ = flush.done.send(Ok(()));
        }
    }

    /// When the first of those who wait has waited long enough.
    pub(super) fn flushes_end(&self, patience: Duration) -> Option<Instant> {
        let first = self.flushes.iter().map(|flush| flush.since).min()?;
        Some(first.max(self.moved) + patience)
    }

    pub(super) fn fail_flushes(&mut self, why: FlushErrorKind) {
        for flush in self.flushes.drain(..) {
            let _ = flush.done.send(Err(why));
        }
    }

    /// Message `seq` was dropped: whoever waits for it waits in vain.
    pub(super) fn fail_flushes_of(&mut self, seq: u64) {
        for flush in self.flushes.extract_if(.., |flush| flush.upto >= seq) {
            let _ = flush.done.send(Err(FlushErrorKind::Dropped));
        }
    }

    /// Whether a sender that waited lost its place: see [`Outbox::refuse_waiting`].
    pub(super) fn was_refused(&self, ticket: &Ticket) -> bool {
        ticket.0.is_some_and(|id| self.parked.iter().all(|other| other.id != id))
    }

    pub(super) fn park(&mut self, ticket: &mut Ticket, size: usize, waker: &Waker) {
        let own = ticket.0.and_then(|id| self.parked.iter_mut().find(|other| other.id == id));
        if let Some(known) = own {
            known.waker.clone_from(waker);
            known.woken = false;
        } else {
            self.next_ticket += 1;
            ticket.0 = Some(self.next_ticket);
            let (id, waker) = (self.next_ticket, waker.clone());
            self.parked.push_back(Parked { id, size, waker, woken: false });
        }
    }

    /// Whom to wake: from the first on, all who find room, once. One by one would mean a turn of the
    /// connection, and a write, for each.
    pub(super) fn served(&mut self, limits: QueueLimits) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let (mut messages, mut bytes) = (0, 0);
        for at in 0..self.parked.len() {
            (messages, bytes) = (messages + 1, bytes + self.parked[at].size);
            if !self.fits(limits, messages, bytes) {
                break;
            }
            if !std::mem::replace(&mut self.parked[at].woken, true) {
                wakers.push(self.parked[at].waker.clone());
            }
        }
        wakers
    }

    pub(super) fn all_parked(&self) -> Vec<Waker> {
        self.parked.iter().map(|parked| parked.waker.clone()).collect()
    }

    /// Leaves the line of waiting senders.
    pub(super) fn unpark(&mut self, ticket: &mut Ticket) {
        if let Some(id) = ticket.0.take() {
            self.parked.retain(|other| other.id != id);
        }
    }
}

pub(super) fn report(reason: DropReason, counts: Counts) -> Dropped {
    if counts.is_empty() { Dropped::new() } else { vec![(reason, counts)] }
}
