//! What waits to be written to one peer: frames within a bound, and how the connection is to end.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};

use bytes::Bytes;
use tokio::{sync::Notify, time::Instant};

use crate::error::SendError;

/// How a connection is to be ended from this side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: u16,
    pub(crate) reason: String,
    /// The work that is left before the Close frame.
    pub(crate) drain: Drain,
}

/// The work that is left on a connection that this side closes, within `close_timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Drain {
    /// Nothing.
    None,
    /// Queued messages are written and received ones are handled; no message is accepted.
    Queue,
    /// The same, and the answers of handlers are accepted and written.
    Answers,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    max_messages: usize,
    max_bytes: usize,
    state: Mutex<State>,
    /// Notified when there is room, and at the end.
    room: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
    bytes: usize,
    closing: Option<Closing>,
    ended: bool,
    /// When the peer's credentials expire.
    expires: Option<Instant>,
    /// The connection's task.
    writer: Option<Waker>,
    accepted: u64,
    written: u64,
    undelivered: u64,
}

impl State {
    fn accepts(&self) -> bool {
        let closing = self.closing.as_ref();
        !self.ended && closing.is_none_or(|closing| closing.drain == Drain::Answers)
    }
}

/// How many messages there were.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) written: u64,
    pub(crate) queued: u64,
    pub(crate) undelivered: u64,
}

impl Outbox {
    pub(crate) fn new(max_messages: usize, max_bytes: usize) -> Self {
        Self { max_messages, max_bytes, state: Mutex::default(), room: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that may panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a frame.
    pub(crate) fn push(&self, frame: Bytes) -> Result<(), SendError> {
        if frame.len() > self.max_bytes {
            return Err(SendError::TooLarge);
        }
        let mut state = self.lock();
        if !state.accepts() {
            return Err(SendError::Gone);
        }
        let full = state.frames.len() >= self.max_messages
            || state.bytes.saturating_add(frame.len()) > self.max_bytes;
        if full {
            return Err(SendError::QueueFull);
        }
        state.bytes += frame.len();
        state.accepted += 1;
        state.frames.push_back(frame);
        let writer = state.writer.take();
        drop(state);
        wake(writer);
        Ok(())
    }

    /// Notified when there may be room.
    pub(crate) fn room(&self) -> Arc<Notify> {
        Arc::clone(&self.room)
    }

    /// Takes frames of about `budget` bytes to be written; at least one if there is any.
    pub(crate) fn take(&self, budget: usize, frames: &mut Vec<Bytes>) {
        let mut state = self.lock();
        let mut taken = 0;
        while taken < budget
            && let Some(frame) = state.frames.pop_front()
        {
            taken += frame.len();
            state.written += 1;
            frames.push(frame);
        }
        if frames.is_empty() {
            // A burst's memory isn't kept by a peer that is idle.
            if state.frames.capacity() > 64 {
                state.frames = VecDeque::new();
            }
            return;
        }
        state.bytes -= taken;
        drop(state);
        self.room.notify_waiters();
    }

    /// Ends the connection. The first call decides, except that one that drains less takes
    /// precedence. Returns whether this one decides.
    pub(crate) fn close(&self, closing: Closing) -> bool {
        let mut state = self.lock();
        let decides =
            !state.ended && state.closing.as_ref().is_none_or(|first| closing.drain < first.drain);
        if decides {
            state.closing = Some(closing);
        }
        let writer = state.writer.take();
        drop(state);
        wake(writer);
        self.room.notify_waiters();
        decides
    }

    /// Sets when the connection is to be closed with 4401, `None` for never.
    pub(crate) fn expire(&self, at: Option<Instant>) {
        let mut state = self.lock();
        state.expires = at;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }

    /// How the connection is to end, if it is, and when its credentials expire. The task is woken
    /// when either changes and when a frame comes.
    pub(crate) fn closing(&self, cx: &mut Context<'_>) -> (Option<Closing>, Option<Instant>) {
        let mut state = self.lock();
        match &mut state.writer {
            Some(writer) => writer.clone_from(cx.waker()),
            writer => *writer = Some(cx.waker().clone()),
        }
        (state.closing.clone(), state.expires)
    }

    /// The connection has ended: what waits is dropped. Returns it.
    pub(crate) fn end(&self) -> VecDeque<Bytes> {
        let mut state = self.lock();
        state.ended = true;
        (state.bytes, state.writer) = (0, None);
        let frames = std::mem::take(&mut state.frames);
        state.undelivered += frames.len() as u64;
        drop(state);
        self.room.notify_waiters();
        frames
    }

    pub(crate) fn is_gone(&self) -> bool {
        !self.lock().accepts()
    }

    pub(crate) fn counts(&self) -> Counts {
        let state = self.lock();
        let State { accepted, written, undelivered, .. } = *state;
        Counts { accepted, written, queued: state.frames.len() as u64, undelivered }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(size: usize) -> Bytes {
        vec![b'x'; size].into()
    }

    #[test]
    fn the_bounds_hold_and_everything_is_counted() {
        let outbox = Outbox::new(2, 10);
        assert_eq!(outbox.push(frame(11)), Err(SendError::TooLarge));
        assert_eq!(outbox.push(frame(6)), Ok(()));
        assert_eq!(outbox.push(frame(5)), Err(SendError::QueueFull), "bytes");
        assert_eq!(outbox.push(frame(4)), Ok(()));
        assert_eq!(outbox.push(frame(0)), Err(SendError::QueueFull), "messages");
        let mut frames = Vec::new();
        outbox.take(1, &mut frames);
        assert_eq!(frames.len(), 1, "at least one");
        let Counts { accepted, written, queued, .. } = outbox.counts();
        assert_eq!((accepted, written, queued), (2, 1, 1));
        assert_eq!(outbox.push(frame(6)), Ok(()), "there is room again");
        assert_eq!(outbox.end().len(), 2);
        assert_eq!(outbox.push(frame(1)), Err(SendError::Gone));
        let Counts { accepted, written, queued, undelivered } = outbox.counts();
        assert_eq!((accepted, written, queued, undelivered), (3, 1, 0, 2));
    }

    #[test]
    fn the_first_close_decides_unless_a_later_one_drains_less() {
        let close = |code, drain| Closing { code, reason: String::new(), drain };
        let outbox = Outbox::new(2, 10);
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(outbox.close(close(1012, Drain::Answers)));
        assert_eq!(outbox.push(frame(1)), Ok(()), "an answer");
        assert!(outbox.close(close(1000, Drain::Queue)));
        assert_eq!(outbox.push(frame(1)), Err(SendError::Gone));
        assert!(!outbox.close(close(1001, Drain::Queue)));
        assert!(!outbox.close(close(1012, Drain::Answers)));
        assert_eq!(outbox.closing(cx).0, Some(close(1000, Drain::Queue)));
        assert!(outbox.close(close(4408, Drain::None)));
        assert!(!outbox.close(close(4401, Drain::None)));
        assert_eq!(outbox.closing(cx).0, Some(close(4408, Drain::None)));
        outbox.end();
        let ended = Outbox::new(2, 10);
        ended.end();
        assert!(!ended.close(close(4408, Drain::None)), "it has ended");
    }
}
