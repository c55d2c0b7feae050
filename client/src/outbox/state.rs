//! What the outbox holds under its lock, and each change to it as a whole.

use std::{collections::VecDeque, sync::Arc, task::Waker, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{
    call::{Calls, Stage},
    session::{Class, Full},
};

use super::{
    flushes::{Flushed, Flushes},
    lane::Lane,
    link_state::LinkState,
    message::{CountsByName, Dropped, Message, Queued},
    queue::Queue,
    rate_limit::RateLimit,
    redelivery::{NETWORK, Redelivery},
    senders::{Ticket, WaitingSenders},
    session_queue::{SessionQueue, SessionSettings},
    unacked::{Confirmation, Unacked},
};
use crate::{
    error::{FlushErrorKind, SendErrorKind},
    event::DropReason,
    receipt::{Delivery, Reporter},
    settings::{Overflow, QueueLimits, Sessions, Tuning, Unconfirmed},
    stats::Stats,
};

mod calls;
mod endings;
mod lane;
mod plain;
mod rate;
mod session;

/// How many times the heartbeat's timeout a flush waits while nothing is written or confirmed.
const FLUSH_PATIENCE: u32 = 6;

#[expect(clippy::struct_excessive_bools, reason = "five facts, none of which excludes another")]
#[derive(Debug)]
pub(super) struct OutboxState {
    overflow: Overflow,
    /// How large a message may be.
    max_bytes: usize,
    ttl: Option<Duration>,
    /// How often a message is redelivered; `None` for never.
    redelivery: Option<Redelivery>,
    confirmation: Confirmation,
    link: LinkState,
    /// Whether the last handle is gone: nothing is accepted any more.
    abandoned: bool,
    /// What goes out before the queue.
    pub(super) lane: Lane,
    pub(super) queue: Queue,
    unacked: Unacked,
    sessions: Sessions,
    session_settings: SessionSettings,
    /// What the client says of its contract.
    contract: Option<Arc<str>>,
    /// The messages of a session, which is entered with a server's first `$hello`. `queue` and `unacked`
    /// are empty then. It is left when a server has no sessions, and by `disconnect()`.
    session: Option<Box<SessionQueue>>,
    /// Whether it isn't known yet whether the open connection has a session.
    is_negotiating: bool,
    /// Whether the server is known to choose the subprotocol and not to speak it.
    is_known_plain: bool,
    /// Whether the last connection had no session, and the application knows it.
    was_plain: bool,
    /// The counters of outbound messages.
    stats: Stats,
    flushes: Flushes,
    pub(super) senders: WaitingSenders,
    /// The connection's task, when it has nothing to write.
    writer: Option<Waker>,
    rate_limit: Option<RateLimit>,
    /// When the rate limit lets the next message through, or one expires: if messages wait for that.
    held_until: Option<Instant>,
    /// The heartbeat's interval and timeout for the present connection, where they aren't the settings'.
    pub(super) heartbeat: Option<(Duration, Duration)>,
    /// Whether the messages in flight have to be confirmed before anything else is written.
    alone: bool,
    /// The charge for a message in flight when this connection ends.
    charge: u32,
    /// Frames about calls that have no place among the messages, for this connection alone.
    aside: VecDeque<Bytes>,
    /// Whether calls may have been lost that haven't ended yet.
    pub(super) has_lost_calls: bool,
    /// Counts the connections that have ended: an answer belongs to the one that its call came by.
    epoch: u64,
    /// The calls, for the numbers that they are written with on a backend's own wire.
    calls: Arc<Calls>,
    /// The last of these numbers on this connection.
    number: u64,
    /// Outcomes that are reported when the lock is released.
    pub(super) outcomes: Vec<(Reporter, Delivery)>,
}

impl OutboxState {
    pub(super) fn new(tuning: &Tuning, calls: Arc<Calls>, now: Instant) -> Self {
        let redelivers = tuning.unconfirmed == Unconfirmed::Redeliver;
        let is_off = tuning.confirm_interval.is_none();
        let patience = tuning.heartbeat_timeout().saturating_mul(FLUSH_PATIENCE);
        Self {
            overflow: tuning.overflow,
            max_bytes: tuning.max_sent(),
            ttl: tuning.message_ttl,
            redelivery: redelivers.then_some(Redelivery { max_deliveries: tuning.max_deliveries }),
            confirmation: if is_off { Confirmation::Off } else { Confirmation::Working },
            link: LinkState::Down,
            abandoned: false,
            lane: Lane::default(),
            queue: Queue::new(tuning.queue),
            unacked: Unacked::default(),
            sessions: tuning.sessions,
            session_settings: SessionSettings::new(tuning),
            contract: tuning.contract.clone(),
            session: None,
            is_negotiating: false,
            is_known_plain: false,
            was_plain: false,
            stats: Stats::default(),
            flushes: Flushes::new(patience, now),
            senders: WaitingSenders::default(),
            writer: None,
            rate_limit: tuning.rate_limit.map(RateLimit::new),
            held_until: None,
            heartbeat: None,
            alone: false,
            charge: NETWORK,
            aside: VecDeque::new(),
            epoch: 0,
            calls,
            number: 0,
            has_lost_calls: false,
            outcomes: Vec::new(),
        }
    }

    fn confirms(&self) -> bool {
        self.confirmation == Confirmation::Working
    }

    /// Queues a message. Returns the connection's task, to be woken.
    pub(super) fn push(
        &mut self,
        message: Message,
        now: Instant,
        dropped: &mut Dropped,
    ) -> Result<Option<Waker>, SendErrorKind> {
        let room = self.make_room(message.text.len(), message.class, now, dropped);
        let pushed = room.and_then(|_| self.accept(message, now, dropped));
        pushed.map_err(|why| self.refuse(why))
    }

    /// Queues a message when there is room and its sender's turn has come. `None`: the sender waits, and
    /// its waker is called when it should try again.
    pub(super) fn push_in_turn(
        &mut self,
        message: &mut Option<Message>,
        ticket: &mut Ticket,
        now: Instant,
        dropped: &mut Dropped,
        waker: &Waker,
    ) -> Option<Result<Option<Waker>, SendErrorKind>> {
        let (size, class) = message
            .as_ref()
            .map_or((0, Class::Message), |message| (message.text.len(), message.class));
        let mut room = self.make_room(size, class, now, dropped);
        let waits = match &room {
            Ok(room) => !self.senders.is_empty() && !self.senders.is_turn_of(ticket, size, *room),
            Err(why) => *why == SendErrorKind::QueueFull,
        };
        let waits = waits && class != Class::Reply;
        if waits && self.senders.has_removed(ticket) {
            room = Err(SendErrorKind::QueueFull);
        } else if waits && self.overflow == Overflow::Wait {
            self.senders.wait(ticket, size, waker);
            return None;
        }
        self.senders.leave(ticket);
        let pushed = room.and_then(|_| match message.take() {
            Some(message) => self.accept(message, now, dropped),
            None => Ok(None),
        });
        Some(pushed.map_err(|why| self.refuse(why)))
    }

    /// Counts a message that is not accepted.
    pub(super) fn refuse(&mut self, why: SendErrorKind) -> SendErrorKind {
        self.stats.refused += 1;
        why
    }

    /// Finds room for `size` bytes, or returns why there is none. Returns all the room that there is.
    fn make_room(
        &mut self,
        size: usize,
        class: Class,
        now: Instant,
        dropped: &mut Dropped,
    ) -> Result<QueueLimits, SendErrorKind> {
        match self.link {
            _ if self.abandoned => return Err(SendErrorKind::Closed),
            LinkState::Closing => return Err(SendErrorKind::Closed),
            LinkState::Stopped => return Err(SendErrorKind::Stopped),
            LinkState::Down | LinkState::Up | LinkState::Stalled => {}
        }
        if size > self.max_bytes {
            return Err(SendErrorKind::TooLarge);
        }
        let fits =
            |state: &Self| state.room().filter(|room| room.messages > 0 && size <= room.bytes);
        if let Some(room) = fits(self) {
            return Ok(room);
        }
        dropped.extend(self.expire(now));
        // The answer to a call always finds room. A session drops the oldest itself, where it accepts.
        let drops = self.session.is_some() && self.overflow == Overflow::DropOldest;
        if class == Class::Reply || drops {
            return Ok(QueueLimits { messages: 0, bytes: 0 });
        }
        // Bytes that are kept for redelivery can't make room.
        let kept = self.unacked.kept_bytes();
        if self.overflow == Overflow::DropOldest && kept + size <= self.queue.max_bytes() {
            let is_full = |state: &Self, _: &Queued| fits(state).is_none();
            dropped.extend(self.drop_while(DropReason::Overflowed, is_full));
        }
        fits(self).ok_or(SendErrorKind::QueueFull)
    }

    /// How large a message may be.
    pub(super) fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// The connection's task, to be woken.
    pub(super) fn take_writer(&mut self) -> Option<Waker> {
        self.writer.take()
    }

    /// How much more may be queued. `None` where the limits are exceeded: redelivery may do that.
    pub(super) fn room(&self) -> Option<QueueLimits> {
        let Some(session) = &self.session else {
            return self.queue.room(self.unacked.kept_bytes());
        };
        session.room(self.session_settings)
    }

    fn accept(
        &mut self,
        message: Message,
        now: Instant,
        dropped: &mut Dropped,
    ) -> Result<Option<Waker>, SendErrorKind> {
        let seq = self.stats.accepted + 1;
        let queued = Queued { message, seq, accepted: now, charge: 0, again: None };
        queued.set_stage(Stage::Queued);
        if let Some(session) = &mut self.session {
            let (size, class) = (queued.size(), queued.message.class);
            let sent = session.client.send(queued, size, class);
            let overflowed = sent.map_err(|Full(_)| SendErrorKind::QueueFull)?;
            dropped.extend(self.report_dropped(overflowed, DropReason::Overflowed));
        } else {
            self.queue.push_back(queued);
        }
        self.stats.accepted = seq;
        Ok(self.writer.take())
    }

    /// Takes messages of up to about `budget` bytes, in order; at least one if there is any. If there is
    /// none, the waker is called when there is.
    pub(super) fn take(
        &mut self,
        budget: usize,
        out: &mut Vec<Bytes>,
        now: Instant,
        waker: &Waker,
    ) {
        if let Some(session) = &mut self.session {
            let is_last = self.link == LinkState::Closing;
            let asks = is_last || !self.flushes.is_empty();
            let lane = (&mut self.lane, &mut self.stats.accepted);
            // A question that is asked again is no progress.
            let rate_limit = self.rate_limit.as_mut();
            if session.take(budget, out, now, (asks, is_last), lane, rate_limit) {
                self.flushes.record_progress(now);
            }
        } else if !self.is_negotiating {
            out.extend(self.aside.drain(..));
            self.take_lane(budget, out, now);
            if !self.lane.is_opening {
                self.take_plain(budget, out, now);
            }
            if !out.is_empty() {
                self.flushes.record_progress(now);
            }
        }
        if out.is_empty() {
            self.writer = Some(waker.clone());
        }
        self.hold(now);
    }

    /// Drops messages that have waited too long.
    pub(super) fn expire(&mut self, now: Instant) -> Dropped {
        let Some(ttl) = self.ttl else { return Dropped::new() };
        if self.session.is_some() {
            return self.expire_in_session(|queued| now.duration_since(queued.accepted) > ttl);
        }
        let is_old = |_: &Self, queued: &Queued| now.duration_since(queued.accepted) > ttl;
        self.drop_while(DropReason::Expired, is_old)
    }

    /// Drops messages from the front on, as long as `applies` is true for them.
    fn drop_while(
        &mut self,
        reason: DropReason,
        applies: impl Fn(&Self, &Queued) -> bool,
    ) -> Dropped {
        let mut counts = CountsByName::default();
        // An answer stays as long as the client does.
        let stays = |queued: &Queued| {
            queued.message.class == Class::Reply
                && matches!(reason, DropReason::Expired | DropReason::Overflowed)
        };
        while self.queue.first(|queued| !stays(queued)).is_some_and(|queued| applies(self, queued))
            && let Some(queued) = self.queue.remove(|queued| !stays(queued))
        {
            self.flushes.fail_for(queued.seq);
            self.drop_message(queued, reason, &mut counts);
        }
        report(reason, counts)
    }

    fn drop_message(&mut self, queued: Queued, reason: DropReason, counts: &mut CountsByName) {
        let is_own = queued.message.is_about_a_call();
        let Message { name, receipt, .. } = queued.message;
        if !is_own {
            counts.add(&name, 1);
        }
        self.settle(receipt, Delivery::Dropped(reason));
        *match reason {
            DropReason::Expired => &mut self.stats.dropped_expired,
            DropReason::Overflowed => &mut self.stats.dropped_overflowed,
            DropReason::Closed => &mut self.stats.dropped_closed,
            DropReason::Undeliverable => &mut self.stats.dropped_undeliverable,
            DropReason::Cleared => &mut self.stats.dropped_cleared,
            DropReason::Withdrawn => &mut self.stats.dropped_withdrawn,
        } += 1;
    }

    /// Records the outcome of a message.
    fn settle(&mut self, receipt: Option<Reporter>, outcome: Delivery) {
        if let Some(receipt) = receipt {
            self.outcomes.push((receipt, outcome));
        }
    }

    /// Whether written messages wait for a Ping behind them.
    pub(super) fn has_unmarked(&self) -> bool {
        self.session.is_none() && self.confirms() && self.unacked.has_unmarked()
    }

    /// Whether the Ping should be sent without delay.
    pub(super) fn is_urgent(&self) -> bool {
        self.alone || !self.flushes.is_empty()
    }

    /// The number of the oldest message that is not confirmed.
    fn oldest(&self) -> Option<u64> {
        match &self.session {
            Some(session) => session.oldest(),
            None => self.unacked.oldest().or_else(|| self.queue.front().map(|queued| queued.seq)),
        }
    }

    /// Sets whether a connection takes messages. Returns waiting senders that have to be woken.
    pub(super) fn set_link(&mut self, link: LinkState) -> Vec<Waker> {
        self.link = link;
        match link {
            // No connection would end them.
            LinkState::Down | LinkState::Stopped => self.flushes.fail(FlushErrorKind::Lost),
            LinkState::Up | LinkState::Stalled | LinkState::Closing => {}
        }
        let refuses = matches!(link, LinkState::Closing | LinkState::Stopped);
        if refuses { self.senders.wakers() } else { Vec::new() }
    }

    /// Sets whether the open connection reads nothing.
    pub(super) fn set_stalled(&mut self, stalled: bool) {
        match (self.link, stalled) {
            (LinkState::Up, true) => {
                self.link = LinkState::Stalled;
                self.flushes.fail(FlushErrorKind::Stalled);
            }
            (LinkState::Stalled, false) => self.link = LinkState::Up,
            _ => {}
        }
    }

    pub(super) fn fail_flushes(&mut self, why: FlushErrorKind) {
        self.flushes.fail(why);
    }

    /// When waiting flushes time out.
    pub(super) fn flush_deadline(&self) -> Option<Instant> {
        self.flushes.deadline()
    }

    /// When a flush times out, something is due in the session, or the rate limit lets a message through.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let asks = self.link == LinkState::Closing || !self.flushes.is_empty();
        let due = self.session.as_ref().and_then(|session| session.due(asks));
        [self.flushes.deadline(), due, self.held_until].into_iter().flatten().min()
    }

    /// Begins to wait until every message accepted so far is confirmed. `None`: there is nothing to wait
    /// for. Otherwise also returns the connection's task, to be woken.
    pub(super) fn flush(
        &mut self,
        now: Instant,
    ) -> Result<Option<(Flushed, Option<Waker>)>, FlushErrorKind> {
        match self.link {
            _ if self.session.is_none() && !self.confirms() => {
                return Err(FlushErrorKind::Unavailable);
            }
            LinkState::Down | LinkState::Stopped => return Err(FlushErrorKind::NotOpen),
            LinkState::Stalled => return Err(FlushErrorKind::Stalled),
            LinkState::Up | LinkState::Closing => {}
        }
        if self.oldest().is_none() && self.lane.is_empty() {
            return Ok(None);
        }
        // What is in the lane is accepted when it is written.
        let last = self.stats.accepted + self.lane.len() as u64;
        let flushed = self.flushes.add(last, now);
        Ok(Some((flushed, self.writer.take())))
    }

    /// Whether nothing waits and nothing is in flight.
    pub(super) fn is_settled(&self) -> bool {
        let is_settled = match &self.session {
            Some(session) => {
                let is_last = self.link == LinkState::Closing;
                session.is_settled() && !(is_last && session.owes_ack())
            }
            None => self.queue.len() == 0 && self.unacked.count() == 0,
        };
        is_settled && self.aside.is_empty() && self.lane.is_empty()
    }

    pub(super) fn stats(&self) -> Stats {
        let (queued, in_flight) = match &self.session {
            Some(session) => {
                let in_flight = session.in_flight();
                ((session.client.outgoing().messages() - in_flight) as u64, in_flight as u64)
            }
            None => (self.queue.len() as u64, self.unacked.count()),
        };
        Stats { queued, in_flight, holds: self.lane.holds() as u64, ..self.stats }
    }
}

fn report(reason: DropReason, counts: CountsByName) -> Dropped {
    if counts.is_empty() { Dropped::new() } else { vec![(reason, counts)] }
}
