//! Outbound messages from `send` to their confirmation: bounds, order, overflow, time to live.
//!
//! One short lock holds the queue and the ledger together, so that the counters add up at every
//! moment: accepted = queued + in flight + confirmed + unconfirmed + dropped.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::oneshot, time::Instant};

mod ends;
mod inner;

pub(crate) use ends::Lost;
use inner::{Flush, Inner};

use crate::{
    delivery::inbox::wake,
    error::FlushErrorKind,
    event::{DropReason, Name},
    outbox::unacked::{Counts, Ledger},
    receipt::{Delivery, Reporter},
    settings::{Overflow, QueueLimits, Tuning, Unconfirmed},
};

/// What became of the messages that were accepted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) accepted: u64,
    pub(crate) queued: u64,
    pub(crate) in_flight: u64,
    pub(crate) confirmed: u64,
    pub(crate) unconfirmed: u64,
    pub(crate) expired: u64,
    pub(crate) overflowed: u64,
    pub(crate) abandoned: u64,
    pub(crate) undeliverable: u64,
    pub(crate) cleared: u64,
    pub(crate) refused: u64,
}

/// Whether a connection takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// None does; messages wait for the next.
    Down,
    /// One does.
    Up,
    /// One does, but reads nothing, so that no confirmation can arrive.
    Stalled,
    /// The last messages go out; no new one is accepted.
    Closing,
    /// The client has stopped: no new message is accepted until `connect()`.
    Stopped,
}

/// Why a message was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Full,
    TooLarge,
    Closed,
    Stopped,
}

/// What is to be asked of the peer, see [`Outbox::questions`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Questions {
    /// Whether written messages wait for a Ping behind them.
    pub(crate) open: bool,
    /// Whether somebody is waiting for it.
    pub(crate) asked: bool,
    /// When whoever waits has waited long enough.
    pub(crate) patience_ends: Option<Instant>,
}

/// How many times the heartbeat's timeout a flush waits while nothing moves.
const FLUSH_PATIENCE: u32 = 6;

/// A message on its way into the queue.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: Name,
    pub(crate) frame: Bytes,
    pub(crate) receipt: Option<Reporter>,
}

/// Messages that were dropped, to be reported.
pub(crate) type Dropped = Vec<(DropReason, Counts)>;

#[derive(Debug)]
pub(crate) struct Outbox {
    limits: QueueLimits,
    overflow: Overflow,
    redeliver: bool,
    /// How often a message is written before it counts as undeliverable.
    max_deliveries: Option<u32>,
    ttl: Option<Duration>,
    /// Whether numbered Pings ask about what was written.
    asks: bool,
    /// How long a flush waits while nothing is written and nothing confirmed.
    flush_patience: Duration,
    /// Stands for the time where that doesn't matter.
    began: Instant,
    inner: Mutex<Inner>,
}

/// What a [`Outbox::flush`] has to wait for.
pub(crate) type Flushing = oneshot::Receiver<Result<(), FlushErrorKind>>;

/// A waiting sender's place in the queue for a place in the queue.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<u64>);

impl Outbox {
    pub(crate) fn new(tuning: &Tuning) -> Self {
        Self {
            limits: tuning.queue,
            overflow: tuning.overflow,
            redeliver: tuning.unconfirmed == Unconfirmed::Redeliver,
            max_deliveries: tuning.max_deliveries,
            ttl: tuning.message_ttl,
            asks: tuning.confirm_interval.is_some(),
            flush_patience: tuning.heartbeat_timeout().saturating_mul(FLUSH_PATIENCE),
            began: Instant::now(),
            inner: Mutex::new(Inner {
                waiting: VecDeque::new(),
                waiting_bytes: 0,
                ledger: Ledger::default(),
                confirms: tuning.confirm_interval.is_some(),
                line: Line::Down,
                abandoned: false,
                tally: Tally::default(),
                flushes: Vec::new(),
                moved: Instant::now(),
                parked: VecDeque::new(),
                next_ticket: 0,
                writer: None,
                alone: false,
                charge: ends::NETWORK,
                outcomes: Vec::new(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here calls foreign code while it holds the lock, so it can't be poisoned in
        // the middle of a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of the lock, wakes the waiting senders for whom there is room now, and reports outcomes.
    fn release(&self, mut inner: MutexGuard<'_, Inner>) {
        if inner.parked.is_empty() && inner.outcomes.is_empty() {
            return;
        }
        let next = inner.served(self.limits);
        let outcomes = std::mem::take(&mut inner.outcomes);
        drop(inner);
        next.into_iter().for_each(Waker::wake);
        for (receipt, outcome) in outcomes {
            // Whoever asked may have stopped waiting.
            let _ = receipt.send(outcome);
        }
    }

    /// The time, as far as it matters to a message that is sent now: reading the clock costs a quarter
    /// of what encoding a small one does.
    pub(crate) fn clock(&self) -> Instant {
        if self.ttl.is_some() { Instant::now() } else { self.began }
    }

    /// Queues a message, or says why not; in either case `dropped` gets what was dropped meanwhile.
    pub(crate) fn push(
        &self,
        entry: Entry,
        now: Instant,
        dropped: &mut Dropped,
    ) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let room = inner.make_room(self, entry.frame.len(), now, dropped);
        let mut writer = None;
        if room.is_err() {
            inner.tally.refused += 1;
        } else {
            writer = inner.accept(entry, now);
        }
        // Something may have expired.
        self.release(inner);
        wake(writer);
        room
    }

    /// Queues a message as soon as there is room for it. `ticket` keeps the sender's place; give it
    /// back with [`give_up`](Self::give_up) when the sender stops waiting.
    pub(crate) fn poll_push(
        &self,
        entry: &mut Option<Entry>,
        ticket: &mut Ticket,
        now: Instant,
        dropped: &mut Dropped,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Refusal>> {
        let mut inner = self.lock();
        let size = entry.as_ref().map_or(0, |entry| entry.frame.len());
        let mut room = inner.make_room(self, size, now, dropped);
        let waits = match room {
            Ok(()) => !inner.is_in_turn(self, ticket, size),
            Err(Refusal::Full) => true,
            Err(_) => false,
        };
        if waits && inner.was_refused(ticket) {
            room = Err(Refusal::Full);
        } else if waits && self.overflow == Overflow::Wait {
            inner.park(ticket, size, cx.waker());
            // Something may have expired, and be room for one who came before.
            self.release(inner);
            return Poll::Pending;
        }
        inner.unpark(ticket);
        let mut writer = None;
        if room.is_err() {
            inner.tally.refused += 1;
        } else if let Some(entry) = entry.take() {
            writer = inner.accept(entry, now);
        }
        self.release(inner);
        wake(writer);
        Poll::Ready(room)
    }

    /// A sender stops waiting.
    pub(crate) fn give_up(&self, ticket: &mut Ticket) {
        if ticket.0.is_some() {
            let mut inner = self.lock();
            inner.unpark(ticket);
            self.release(inner);
        }
    }

    /// The connection's task has been held up for too long: whoever waits for room waits in vain.
    pub(crate) fn refuse_waiting(&self) {
        let mut inner = self.lock();
        let parked = inner.all_parked();
        inner.parked.clear();
        drop(inner);
        parked.into_iter().for_each(Waker::wake);
    }

    /// A sender that waits is refused.
    pub(crate) fn refuse(&self, ticket: &mut Ticket) {
        self.give_up(ticket);
        self.lock().tally.refused += 1;
    }

    /// Takes messages of up to about `budget` bytes for the socket, in order. If none waits, the
    /// task will be woken when one does.
    pub(crate) fn take(
        &self,
        budget: usize,
        frames: &mut Vec<Bytes>,
        now: Instant,
        cx: &Context<'_>,
    ) -> Dropped {
        let mut inner = self.lock();
        let expired = inner.expire(self.ttl, now);
        let mut taken = 0;
        while taken < budget
            && !(self.redeliver && self.holds_back(&mut inner))
            && let Some(mut item) = inner.pop()
        {
            taken += item.frame.len();
            let kept = if self.redeliver { item.frame.clone() } else { Bytes::new() };
            frames.push(std::mem::replace(&mut item.frame, kept));
            if inner.confirms {
                inner.ledger.wrote(item, self.redeliver);
            } else {
                inner.tally.unconfirmed += 1;
                inner.settle(item.receipt, Delivery::Unconfirmed);
            }
        }
        if frames.is_empty() {
            inner.writer = Some(cx.waker().clone());
        } else {
            inner.moved = now;
        }
        self.release(inner);
        expired
    }

    /// Drops what waited too long.
    pub(crate) fn expire(&self, now: Instant) -> Dropped {
        if self.ttl.is_none() {
            return Dropped::new();
        }
        let mut inner = self.lock();
        let expired = inner.expire(self.ttl, now);
        self.release(inner);
        expired
    }

    /// What is to be asked of the peer.
    pub(crate) fn questions(&self) -> Questions {
        let inner = self.lock();
        let open = inner.confirms && inner.ledger.is_open();
        let asked = open && (inner.alone || !inner.flushes.is_empty());
        Questions { open, asked, patience_ends: inner.flushes_end(self.flush_patience) }
    }

    /// Fails the flushes that have waited long enough.
    pub(crate) fn end_patience(&self, now: Instant) {
        let mut inner = self.lock();
        if inner.flushes_end(self.flush_patience).is_some_and(|end| now >= end) {
            inner.fail_flushes(FlushErrorKind::Unavailable);
        }
    }

    /// Ping `mark` was handed to the socket.
    pub(crate) fn seal(&self, mark: u64) {
        self.lock().ledger.seal(mark);
    }

    /// Ping `mark` was answered.
    pub(crate) fn confirm(&self, mark: u64, now: Instant) {
        let mut inner = self.lock();
        (inner.confirms, inner.moved) = (self.asks, now);
        let Inner { ledger, outcomes, .. } = &mut *inner;
        let confirmed =
            ledger.confirm(mark, |receipt| outcomes.push((receipt, Delivery::Confirmed)));
        inner.tally.confirmed += confirmed;
        inner.settle_flushes();
        // Redelivery's copies are gone, so there may be room.
        self.release(inner);
    }

    /// A connection takes messages, or no longer does, or stalls.
    pub(crate) fn set_line(&self, line: Line) {
        let mut inner = self.lock();
        inner.line = line;
        match line {
            Line::Stalled => inner.fail_flushes(FlushErrorKind::Stalled),
            // Nobody else would end them.
            Line::Down | Line::Stopped => inner.fail_flushes(FlushErrorKind::Lost),
            Line::Up | Line::Closing => {}
        }
        let refuses = matches!(line, Line::Closing | Line::Stopped);
        let parked = if refuses { inner.all_parked() } else { Vec::new() };
        drop(inner);
        parked.into_iter().for_each(Waker::wake);
    }

    /// The connection's task is held up: whoever waits for a confirmation waits in vain.
    pub(crate) fn stall_flushes(&self) {
        self.lock().fail_flushes(FlushErrorKind::Stalled);
    }

    /// Whether anything waits or is in flight.
    pub(crate) fn is_settled(&self) -> bool {
        let inner = self.lock();
        inner.waiting.is_empty() && inner.ledger.in_flight() == 0
    }

    /// Asks for word that all accepted so far has arrived. `None`: there is nothing to wait for.
    pub(crate) fn flush(&self, now: Instant) -> Result<Option<Flushing>, FlushErrorKind> {
        let mut inner = self.lock();
        match inner.line {
            _ if !inner.confirms => return Err(FlushErrorKind::Unavailable),
            Line::Down | Line::Stopped => return Err(FlushErrorKind::NotOpen),
            Line::Stalled => return Err(FlushErrorKind::Stalled),
            Line::Up | Line::Closing => {}
        }
        if inner.oldest().is_none() {
            return Ok(None);
        }
        let (done, flushing) = oneshot::channel();
        let upto = inner.tally.accepted;
        inner.flushes.push(Flush { upto, since: now, done });
        let writer = inner.writer.take();
        drop(inner);
        wake(writer);
        Ok(Some(flushing))
    }

    /// The counters, at one moment.
    pub(crate) fn tally(&self) -> Tally {
        let inner = self.lock();
        let queued = inner.waiting.len() as u64;
        Tally { queued, in_flight: inner.ledger.in_flight(), ..inner.tally }
    }
}

#[cfg(test)]
mod tests;
