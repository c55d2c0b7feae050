//! What waits to be written to one peer: frames within a bound, and how the connection is to end.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};

use bytes::Bytes;
use tokio::{sync::Notify, time::Instant};
use wirebond_connection::session::{Class, Desync, Limits, Outgoing};
use wirebond_core::wire::form::Layout;

use crate::error::SendError;

mod closing;
mod queue;
mod state;
mod undelivered;
mod withheld;

pub(crate) use closing::{CREDENTIALS_EXPIRED, Closing, Drain, Ends};
pub(crate) use queue::{Pushed, Totals, WhenFull};
use queue::{Queue, Taken};
pub(crate) use state::Counts;
use state::State;
pub(crate) use undelivered::Undelivered;

/// How many frames about calls may wait. More come only of a peer that calls and doesn't read.
const MAX_ASIDE: usize = 256;

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Outbox {
    limits: Limits,
    state: Mutex<State>,
    /// Notified when there is room, and at the end.
    room: Arc<Notify>,
}

impl Outbox {
    /// Of a connection without a session.
    pub(crate) fn new(max_messages: usize, max_bytes: usize) -> Self {
        let limits = Limits { messages: max_messages, bytes: max_bytes };
        Self::with(limits, Queue::plain())
    }

    /// Of a session, one of those that `totals` counts.
    pub(crate) fn of_session(limits: Limits, totals: Arc<Totals>) -> Self {
        Self::with(limits, Queue::of_session(limits, totals))
    }

    fn with(limits: Limits, queue: Queue) -> Self {
        Self { limits, state: Mutex::new(State::new(queue)), room: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that may panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a frame, and wakes the task that writes it.
    pub(crate) fn push(
        &self,
        frame: Bytes,
        class: Class,
        when_full: WhenFull,
    ) -> Result<Pushed, SendError> {
        self.push_and(frame, class, when_full, false)
    }

    /// Queues a frame of a broadcast. If it is [listed](Pushed::is_listed), the caller writes it.
    pub(crate) fn push_listed(
        &self,
        frame: Bytes,
        when_full: WhenFull,
    ) -> Result<Pushed, SendError> {
        self.push_and(frame, Class::Message, when_full, true)
    }

    fn push_and(
        &self,
        frame: Bytes,
        class: Class,
        when_full: WhenFull,
        lists: bool,
    ) -> Result<Pushed, SendError> {
        if frame.len() > self.limits.bytes {
            return Err(SendError::TooLarge);
        }
        let mut state = self.lock();
        if !state.accepts() {
            return Err(SendError::Gone);
        }
        if let Some(withheld) = &mut state.withheld
            && withheld.skips(&frame, class)?
        {
            return Ok(Pushed::skipped());
        }
        let pushed = state.queue.push(frame, class, when_full, self.limits);
        // The client of a session is asked, once, to acknowledge what it has.
        let asks = pushed.is_err() && !state.is_awaited && state.queue.outgoing().is_some();
        match &pushed {
            Ok(pushed) => {
                state.accepted += 1;
                state.undelivered += pushed.never_written;
            }
            Err(_) => state.is_awaited = true,
        }
        let mut pushed = pushed.map_err(|full| if state.overdue { SendError::Gone } else { full });
        state.woken |= asks;
        // Without a connection nothing can be written. A gap is written with what comes next, be it a
        // heartbeat, so that those in a row are one.
        let is_waiting = pushed.as_ref().is_ok_and(|pushed| !pushed.is_gap);
        let wakes = state.queue.is_attached() && (is_waiting || asks);
        if lists && wakes && !asks && state.writer.is_some() {
            if let Ok(pushed) = &mut pushed {
                pushed.is_listed = !std::mem::replace(&mut state.is_listed, true);
            }
            return pushed;
        }
        let writer = if wakes { state.writer.take() } else { None };
        drop(state);
        wake(writer);
        pushed
    }

    /// Sends none of these messages from now on.
    pub(crate) fn withhold(&self, names: &[String]) {
        let mut state = self.lock();
        if !names.is_empty() || state.withheld.is_some() {
            state.withheld.get_or_insert_default().names = names.to_vec();
        }
    }

    /// Notified when there may be room.
    pub(crate) fn room(&self) -> Arc<Notify> {
        Arc::clone(&self.room)
    }

    /// Writes a frame about a call: in a session among the messages, otherwise beside them. False if there was no
    /// room for it.
    pub(crate) fn push_aside(&self, frame: Bytes) -> bool {
        let mut state = self.lock();
        if let Some(out) = state.queue.outgoing() {
            let has_room = out.messages() < self.limits.messages.saturating_add(MAX_ASIDE);
            drop(state);
            if has_room {
                // A peer that is gone has learned so.
                let _ = self.push(frame, Class::Reply, WhenFull::Fail);
            }
            return has_room;
        }
        let waiting = state.aside.as_ref().map_or(0, |aside| aside.len());
        if state.ended || waiting >= MAX_ASIDE {
            return state.ended;
        }
        state.aside.get_or_insert_default().push(frame);
        let writer = if state.queue.is_attached() { state.writer.take() } else { None };
        drop(state);
        wake(writer);
        true
    }

    /// Takes frames of about `budget` bytes to be written; at least one if there is any.
    pub(crate) fn take(&self, budget: usize, frames: &mut Vec<Bytes>) {
        self.take_from(self.lock(), budget, frames);
    }

    /// The same for a task that has nothing else to do, as it was woken for messages alone. Returns whether
    /// that is so, and nothing is left. The task is woken as by [`closing`](Self::closing).
    pub(crate) fn take_alone(
        &self,
        budget: usize,
        frames: &mut Vec<Bytes>,
        cx: &mut Context<'_>,
    ) -> bool {
        let mut state = self.lock();
        if state.woken {
            return false;
        }
        state.wake_later(cx);
        self.take_from(state, budget, frames)
    }

    /// The same for a broadcast, which is not the task: false if the task has to do it.
    pub(crate) fn take_listed(&self, budget: usize, frames: &mut Vec<Bytes>) -> bool {
        let state = self.lock();
        !state.woken && self.take_from(state, budget, frames)
    }

    /// Wakes the task for what a broadcast has queued, unless that is written.
    pub(crate) fn wake_listed(&self) {
        let mut state = self.lock();
        let writer = if state.is_listed { state.writer.take() } else { None };
        state.is_listed = false;
        drop(state);
        wake(writer);
    }

    /// Returns whether nothing is left.
    fn take_from(
        &self,
        mut state: MutexGuard<'_, State>,
        budget: usize,
        frames: &mut Vec<Bytes>,
    ) -> bool {
        if let Some(mut aside) = state.aside.take() {
            frames.append(&mut aside);
        }
        let Taken { messages, made_room } = state.queue.take(budget, frames);
        state.written += messages;
        let is_written = state.queue.is_written();
        state.is_listed &= !is_written;
        let notify = made_room && std::mem::take(&mut state.is_awaited);
        drop(state);
        if notify {
            self.room.notify_waiters();
        }
        is_written
    }

    /// Wakes the connection's task for anything but messages.
    pub(crate) fn wake_task(&self) {
        let mut state = self.lock();
        state.woken = true;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }

    /// Whether all that was accepted is written.
    pub(crate) fn is_written(&self) -> bool {
        let state = self.lock();
        state.queue.is_written() && state.aside.is_none()
    }

    /// Whether a session's client has acknowledged everything that was accepted.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.lock().queue.outgoing().is_none_or(|out| out.messages() == 0)
    }

    /// The number of the last message on a session's connection, and whether somebody may wait for room that
    /// only an acknowledgement makes.
    pub(crate) fn cursor(&self) -> (u64, bool) {
        let state = self.lock();
        (state.queue.outgoing().map_or(0, Outgoing::cursor), state.is_awaited)
    }

    /// A session's client has acknowledged everything up to this number.
    pub(crate) fn release(&self, number: u64) -> Result<(), Desync> {
        let mut state = self.lock();
        let mut made_room = false;
        let release = |out: &mut Outgoing<Bytes>| out.release_each(number, |_| made_room = true);
        state.queue.confirm(release)?;
        let notify = made_room && std::mem::take(&mut state.is_awaited);
        drop(state);
        if notify {
            self.room.notify_waiters();
        }
        Ok(())
    }

    /// Continues a session on a new connection, which confirms messages.
    pub(crate) fn resume<T>(
        &self,
        confirm: impl FnOnce(&mut Outgoing<Bytes>) -> Result<(T, Vec<Bytes>), Desync>,
    ) -> Result<T, Desync> {
        let mut state = self.lock();
        let ((result, confirmed), lost) = state.queue.resume(confirm)?;
        state.written -= lost;
        state.undelivered += lost;
        state.is_awaited &= confirmed.is_empty();
        drop(state);
        if !confirmed.is_empty() {
            self.room.notify_waiters();
        }
        Ok(result)
    }

    /// A session's client has a connection.
    pub(crate) fn attach(&self) {
        let mut state = self.lock();
        state.overdue = false;
        state.queue.attach();
    }

    /// A session has been without a connection for too long, and lasts only until its handler has returned:
    /// it must not wait for room.
    pub(crate) fn refuse_waiting(&self) {
        self.lock().overdue = true;
        self.room.notify_waiters();
    }

    /// A session's connection is gone: nothing is in flight. `is_closed`: it was closed as this side had
    /// asked for. If not, the next one will be, unless it was because of the credentials.
    pub(crate) fn detach(&self, is_closed: bool) {
        let mut state = self.lock();
        state.queue.detach();
        state.expires = None;
        state.closing.take_if(|closing| closing.ends_with_connection(is_closed));
        drop(state);
        self.room.notify_waiters();
    }

    /// Whether there is a connection: always, if there is no session.
    pub(crate) fn is_attached(&self) -> bool {
        self.lock().queue.is_attached()
    }

    /// Ends the connection. The first call decides, except that one that drains less takes
    /// precedence. Returns whether this one decides.
    pub(crate) fn close(&self, closing: Closing) -> bool {
        let mut state = self.lock();
        let decides =
            !state.ended && state.closing.as_ref().is_none_or(|first| closing.overrides(first));
        if decides {
            state.closing = Some(Box::new(closing));
        }
        state.woken = true;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
        self.room.notify_waiters();
        decides
    }

    /// Ends a session that has no connection, in favour of others. What it holds counts no more.
    pub(crate) fn evict(&self, closing: Closing) {
        self.lock().queue.attach();
        self.close(closing);
    }

    /// Sets when the connection is to be closed with 4401, `None` for never.
    pub(crate) fn expire(&self, at: Option<Instant>) {
        let mut state = self.lock();
        state.expires = at;
        state.woken = true;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }

    /// How the connection is to end, if it is, and when its credentials expire. The task is woken
    /// when either changes and when a frame comes.
    pub(crate) fn closing(&self, cx: &mut Context<'_>) -> (Option<Closing>, Option<Instant>) {
        let mut state = self.lock();
        state.wake_later(cx);
        state.woken = false;
        (state.closing.as_deref().cloned(), state.expires)
    }

    /// The peer is gone: what waits is dropped. Returns what it never got; the form tells the names.
    pub(crate) fn end(&self, form: Layout<'_>) -> Undelivered {
        let mut state = self.lock();
        state.ended = true;
        state.writer = None;
        let queue = std::mem::replace(&mut state.queue, Queue::plain());
        state.undelivered += queue.count_unwritten();
        let withheld = state.withheld.take().unwrap_or_default();
        drop(state);
        self.room.notify_waiters();
        Undelivered { skipped: withheld.skipped, ..queue.into_undelivered(form) }
    }

    pub(crate) fn is_gone(&self) -> bool {
        !self.lock().accepts()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts()
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests;
