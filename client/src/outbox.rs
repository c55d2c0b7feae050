//! Outbound messages from `send` to their confirmation: bounds, order, overflow, time to live.
//!
//! One short lock holds the queue and the unconfirmed messages together, so that the counters add up at
//! every moment: accepted = queued + in flight + confirmed + unconfirmed + dropped.
//!
//! Under a session, one queue with numbers takes their place: its messages stay until the server
//! acknowledges them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{
    call::{Calls, Waiting},
    link::Needs,
    session::{Control, Desync, ServerHello},
};

use crate::{
    error::{FlushErrorKind, SendErrorKind},
    event::Name,
    settings::Tuning,
    stats::Stats,
};

mod flushes;
pub(crate) mod heartbeat;
mod lane;
mod link_state;
mod message;
mod openings;
mod queue;
mod rate_limit;
mod redelivery;
pub(crate) mod reports;
mod senders;
mod session_queue;
mod sizes;
mod state;
mod unacked;

pub(crate) use flushes::Flushed;
pub(crate) use lane::{Calling, Hold, Number, Refresh, Text};
pub(crate) use link_state::LinkState;
pub(crate) use message::{CountsByName, Dropped, Lost, Message};
pub(crate) use senders::Ticket;
pub(crate) use session_queue::{Controlled, Plain};
use state::OutboxState;

/// The outbound messages of a client.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Whether messages expire.
    expires: bool,
    /// How large a message may be, and how much the queue holds.
    max_sizes: (Option<usize>, usize),
    /// A time for calls that don't depend on it.
    began: Instant,
    calls: Arc<Calls>,
    state: Mutex<OutboxState>,
}

impl Outbox {
    pub(crate) fn new(tuning: &Tuning) -> Self {
        let began = Instant::now();
        let calls = Arc::default();
        let state = Mutex::new(OutboxState::new(tuning, Arc::clone(&calls), began));
        let max_sizes = (tuning.max_outgoing_message_size, tuning.queue.bytes);
        let expires = tuning.message_ttl.is_some();
        Self { expires, max_sizes, began, calls, state }
    }

    fn lock(&self) -> MutexGuard<'_, OutboxState> {
        // No foreign code runs under the lock, so no panic can leave a change half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time, as far as it matters to a message that is sent now: reading the clock costs a quarter
    /// of what encoding a small one does.
    pub(crate) fn clock(&self) -> Instant {
        if self.expires { Instant::now() } else { self.began }
    }

    /// Queues a message, or returns why it can't. In either case `dropped` gets what was dropped meanwhile.
    pub(crate) fn push(
        &self,
        message: Message,
        now: Instant,
        dropped: &mut Dropped,
    ) -> Result<(), SendErrorKind> {
        let mut state = self.lock();
        let pushed = state.push(message, now, dropped);
        // Messages may have expired.
        release(state);
        pushed.map(wake)
    }

    /// Queues a message as soon as there is room for it. `ticket` keeps the sender's place; it is given
    /// back with [`give_up`](Self::give_up) when the sender stops waiting.
    pub(crate) fn poll_push(
        &self,
        message: &mut Option<Message>,
        ticket: &mut Ticket,
        now: Instant,
        dropped: &mut Dropped,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendErrorKind>> {
        let mut state = self.lock();
        let pushed = state.push_in_turn(message, ticket, now, dropped, cx.waker());
        // Messages may have expired, and leave room for a sender that came before.
        release(state);
        pushed.map_or(Poll::Pending, |pushed| Poll::Ready(pushed.map(wake)))
    }

    /// A sender stops waiting.
    pub(crate) fn give_up(&self, ticket: &mut Ticket) {
        if ticket.is_taken() {
            let mut state = self.lock();
            state.senders.leave(ticket);
            release(state);
        }
    }

    /// Refuses all senders that wait for room: the connection's task has been blocked for too long.
    pub(crate) fn refuse_waiting(&self) {
        let senders = self.lock().senders.take_all();
        senders.into_iter().for_each(Waker::wake);
    }

    /// Refuses a sender that waits.
    pub(crate) fn refuse(&self, ticket: &mut Ticket) {
        self.give_up(ticket);
        self.lock().refuse(SendErrorKind::WouldDeadlock);
    }

    /// Takes messages of up to about `budget` bytes for the socket, in order. If none waits, the
    /// task is woken when one does.
    pub(crate) fn take(
        &self,
        budget: usize,
        out: &mut Vec<Bytes>,
        now: Instant,
        cx: &Context<'_>,
    ) -> Dropped {
        let mut state = self.lock();
        let expired = state.expire(now);
        state.take(budget, out, now, cx.waker());
        release(state);
        expired
    }

    /// Drops messages that have waited too long.
    pub(crate) fn expire(&self, now: Instant) -> Dropped {
        if !self.expires {
            return Dropped::new();
        }
        let mut state = self.lock();
        let expired = state.expire(now);
        release(state);
        expired
    }

    /// What is needed of the connection.
    pub(crate) fn needs(&self) -> Needs {
        let state = self.lock();
        let ping = state.has_unmarked();
        Needs {
            ping,
            urgent: ping && state.is_urgent(),
            deadline: state.deadline(),
            heartbeat: state.heartbeat,
        }
    }

    /// Sets the interval and the timeout of the heartbeat for the present connection, or the one that is being
    /// opened. The next one begins with the settings' again.
    pub(crate) fn set_heartbeat(&self, interval: Duration, timeout: Duration) {
        self.change(|state| state.heartbeat = Some((interval, timeout)));
    }

    /// Changes the state, and wakes the connection's task.
    fn change<R>(&self, change: impl FnOnce(&mut OutboxState) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        let writer = state.take_writer();
        drop(state);
        wake(writer);
        result
    }

    /// A frame was written beside the messages.
    pub(crate) fn record_own_frame(&self, now: Instant) {
        self.lock().take_token(now);
    }

    /// Fails waiting flushes that time out.
    pub(crate) fn time_out_flushes(&self, now: Instant) {
        let mut state = self.lock();
        state.end_hold(now);
        if state.flush_deadline().is_some_and(|deadline| now >= deadline) {
            state.fail_flushes(FlushErrorKind::Unavailable);
        }
    }

    /// A Ping with this number was handed to the socket, behind all that was written before.
    pub(crate) fn mark(&self, ping: u64) {
        self.lock().mark(ping);
    }

    /// The Ping with this number was answered.
    pub(crate) fn confirm(&self, ping: u64, now: Instant) {
        let mut state = self.lock();
        state.confirm(ping, now);
        // Redelivery's copies are gone, so there may be room.
        release(state);
    }

    /// The peer answers no Pings. Returns what was in flight; `None`: nothing depends on Pings.
    pub(crate) fn give_up_confirming(&self) -> Option<CountsByName> {
        let mut state = self.lock();
        let counts = state.give_up_confirming();
        // Redelivery's copies are gone, so there may be room.
        release(state);
        counts
    }

    /// The calls whose requests it holds or has written.
    pub(crate) fn calls(&self) -> &Arc<Calls> {
        &self.calls
    }

    /// Ends or repeats the calls whose connection or session has ended.
    fn settle_calls(&self) {
        if std::mem::take(&mut self.lock().has_lost_calls) {
            self.push_again(self.calls.connection_lost(), Instant::now());
        }
    }

    /// Takes the request of a call back. Returns whether it was still queued.
    pub(crate) fn withdraw(&self, call: u64) -> bool {
        let mut state = self.lock();
        let withdrawn = state.withdraw(call);
        release(state);
        withdrawn
    }

    /// Queues requests again, first of all and in order: their connection has ended.
    fn push_again(&self, calls: Vec<Arc<dyn Waiting>>, now: Instant) {
        if !calls.is_empty() {
            self.lock().push_again(calls, now);
        }
    }

    /// Which connection an answer is for.
    pub(crate) fn epoch(&self) -> u64 {
        self.lock().epoch()
    }

    /// Queues the answer to a call that came in this epoch, unless its connection has ended.
    pub(crate) fn push_answer(&self, name: Name, text: Bytes, epoch: u64) -> bool {
        self.change(|state| state.push_answer(name, text, epoch, Instant::now()))
    }

    /// Writes a frame about a call, of this name, if this epoch's connection or session is still there; `None` for
    /// the present one.
    pub(crate) fn push_aside(&self, name: &'static str, text: Bytes, epoch: Option<u64>) -> bool {
        self.change(|state| state.push_aside(name, text, epoch, Instant::now()))
    }

    /// A connection takes messages, or no longer does, or stalls.
    pub(crate) fn set_link(&self, link: LinkState) {
        let senders = self.lock().set_link(link);
        senders.into_iter().for_each(Waker::wake);
    }

    /// The open connection reads nothing, or does so again.
    pub(crate) fn set_stalled(&self, stalled: bool) {
        self.lock().set_stalled(stalled);
    }

    /// Fails waiting flushes: the connection's task is blocked.
    pub(crate) fn stall_flushes(&self) {
        self.lock().fail_flushes(FlushErrorKind::Stalled);
    }

    /// Whether nothing waits and nothing is in flight.
    pub(crate) fn is_settled(&self) -> bool {
        self.lock().is_settled()
    }

    /// Begins to wait until all that is accepted so far is confirmed. `None`: there is nothing to wait for.
    pub(crate) fn flush(&self, now: Instant) -> Result<Option<Flushed>, FlushErrorKind> {
        let flush = self.lock().flush(now)?;
        let Some((flushed, writer)) = flush else { return Ok(None) };
        wake(writer);
        Ok(Some(flushed))
    }

    /// The peer has ended the connection, with a Close frame or without: what was in flight may be the
    /// reason.
    pub(crate) fn ended_by_peer(&self) {
        self.lock().ended_by_peer();
    }

    /// The connection has ended; `too_large`: by a Close 1009 of the peer (RFC 6455, section 7.4.1).
    ///
    /// What was in flight is unconfirmed. With redelivery it is first in the queue again, except for
    /// messages that have used up their deliveries; a 1009 is attributed to the largest message alone.
    pub(crate) fn connection_lost(&self, too_large: bool) -> Lost {
        let mut state = self.lock();
        let lost = state.connection_lost(too_large);
        release(state);
        self.settle_calls();
        lost
    }

    /// The connection has ended on request, and the session with it: what was written in it is
    /// unconfirmed, the rest stays queued.
    pub(crate) fn disconnected(&self, too_large: bool) -> Lost {
        let mut state = self.lock();
        let lost = state.connection_lost(too_large);
        let lost = lost.and(state.end_session());
        release(state);
        self.settle_calls();
        lost
    }

    /// Whether there is a session that the next connection would resume.
    pub(crate) fn has_session(&self) -> bool {
        self.lock().has_session()
    }

    /// Whether a session is offered on the next connection.
    pub(crate) fn offers_session(&self) -> bool {
        self.lock().offers_session()
    }

    /// A connection is open whose server may have sessions: nothing is written until that is known.
    pub(crate) fn negotiate(&self) {
        self.lock().negotiate();
    }

    /// The open connection has a session. Returns whether an older one is to be resumed.
    pub(crate) fn begin_session(&self, hello: ServerHello) -> Result<bool, Desync> {
        self.lock().begin_session(hello)
    }

    /// The open connection has no session. With `remember`, none is offered to this server any more.
    pub(crate) fn plain(&self, remember: bool) -> Plain {
        let mut state = self.lock();
        let plain = state.plain(remember);
        release(state);
        self.settle_calls();
        plain
    }

    /// The session can't continue; the next connection begins another.
    pub(crate) fn give_up_session(&self) -> Lost {
        let mut state = self.lock();
        let lost = state.give_up_session();
        release(state);
        self.settle_calls();
        lost
    }

    /// So many messages of so many bytes have arrived in the session.
    pub(crate) fn received(&self, count: u64, bytes: usize) -> Result<(), Desync> {
        self.lock().received(count, bytes)
    }

    /// A frame of the session has arrived.
    pub(crate) fn control(&self, control: Control, now: Instant) -> Result<Controlled, Desync> {
        let mut state = self.lock();
        let controlled = state.control(control, now);
        // What is acknowledged leaves room.
        release(state);
        self.settle_calls();
        controlled
    }

    /// The client has stopped. Returns how many messages wait for the next `connect()`.
    pub(crate) fn stopped(&self) -> u64 {
        let mut state = self.lock();
        let count = state.stop();
        release(state);
        count
    }

    /// Drops what waits. Returns how many messages that were, and their names.
    pub(crate) fn clear(&self) -> (u64, Dropped) {
        let mut state = self.lock();
        let cleared = state.clear();
        release(state);
        cleared
    }

    /// The last handle is gone and no connection will come: what waits is dropped, and all senders are
    /// refused.
    pub(crate) fn abandon(&self) -> Lost {
        let mut state = self.lock();
        let lost = state.abandon();
        let senders = state.senders.wakers();
        release(state);
        senders.into_iter().for_each(Waker::wake);
        lost
    }

    /// What became of the messages that were accepted, at one moment: accepted = queued + in flight +
    /// confirmed + unconfirmed + dropped.
    pub(crate) fn stats(&self) -> Stats {
        self.lock().stats()
    }
}

/// Releases the lock, wakes the senders for which there is room now, and reports outcomes.
fn release(mut state: MutexGuard<'_, OutboxState>) {
    if state.senders.is_empty() && state.outcomes.is_empty() && state.lane.is_quiet() {
        return;
    }
    let room = state.room();
    let senders = room.map(|room| state.senders.wakers_within(room)).unwrap_or_default();
    let (outcomes, notices) = (std::mem::take(&mut state.outcomes), state.lane.take_notices());
    drop(state);
    notices.send();
    senders.into_iter().for_each(Waker::wake);
    for (receipt, outcome) in outcomes {
        receipt.report(outcome);
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests;
