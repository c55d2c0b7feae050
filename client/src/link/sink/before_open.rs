//! A connection before it is open: its messages wait for the opening, and what the opening doesn't take is
//! delivered afterwards.

use std::{sync::Arc, task::Context};

use tokio::time::Instant;
use wirebond_connection::link::Reply;

use super::Sink;
use crate::{
    delivery::held::Held,
    event::{Event, Name},
    link::session::{BeforeOpen, Mode},
};

/// What an opening is called in events.
const OPENING: Name = Name::Borrowed("$opening");
/// What the rest of a frame with several messages is called there.
const BATCH: Name = Name::Borrowed("$batch");

impl Sink {
    /// The connection has an opening: messages wait for it. Call [`negotiated`](Self::negotiated) once it is
    /// known whether there is a session.
    pub(crate) fn begin_opening(&mut self, held: Arc<Held>) {
        let (after, known, waiting) = (self.session.mode, None, None);
        self.before_open = Some(Box::new(BeforeOpen { held, after, known, waiting }));
        self.outbox.begin_opening();
    }

    /// Whether the connection has an opening that isn't over.
    pub(super) fn is_opening(&self) -> bool {
        self.before_open.as_ref().is_some_and(|before| before.waiting.is_none())
    }

    /// It is known whether the connection has a session, and whether that was resumed.
    pub(crate) fn negotiated(&mut self, was_resumed: bool) {
        if let Some(before) = &mut self.before_open {
            (before.known, before.after) = (Some(was_resumed), self.session.mode);
            self.session.mode = Mode::Opening;
        }
    }

    /// Whether the session was resumed, when that gets known: then there is nothing to open.
    pub(crate) fn take_negotiated(&mut self) -> Option<bool> {
        self.before_open.as_mut()?.known.take()
    }

    /// Whether messages have numbers at present.
    pub(super) fn is_live(&self) -> bool {
        let opening = || self.before_open.as_ref().is_some_and(|one| one.after == Mode::Live);
        match self.session.mode {
            Mode::Live => true,
            Mode::Opening => opening(),
            _ => false,
        }
    }

    /// A text frame that arrived before the connection is open.
    #[cold]
    pub(super) fn dispatch_before_open(&mut self, text: &str) -> Reply {
        let in_session = self.is_live();
        let held = self.before_open.as_ref().map(|before| &before.held);
        let is_answer = self.dispatcher.answer_opening(text);
        let held = held.filter(|_| !is_answer && self.dispatcher.is_for_opening(text));
        if let Some(held) = held {
            held.push(text);
        }
        if is_answer || held.is_some() {
            if in_session {
                self.session.received.0 += 1;
                self.session.received.1 += text.len();
            }
            return Reply::Nothing;
        }
        // Heartbeats, the session's frames, and what is reported and skipped.
        if in_session {
            self.dispatch_in_session(text)
        } else {
            self.dispatcher.dispatch(text, &mut self.turn)
        }
    }

    /// The opening is over and the connection open: what the opening did not take is delivered in the next
    /// turn.
    pub(crate) fn end_opening(&mut self) {
        let Some(before) = &mut self.before_open else { return };
        let (waiting, taken) = before.held.end();
        self.counters.received.add(taken);
        if self.session.mode == Mode::Opening {
            self.session.mode = before.after;
        }
        before.waiting = Some(waiting);
    }

    /// Delivers what waited, as far as there is room. Returns whether it delivered something.
    #[cold]
    pub(super) fn dispatch_waiting(&mut self, cx: &Context<'_>) -> bool {
        let mut count = 0;
        loop {
            if self.dispatcher.held_back_by(cx.waker()).is_some() {
                break;
            }
            let waiting = self.before_open.as_mut().and_then(|before| before.waiting.as_mut());
            let Some(waiting) = waiting else { break };
            let Some(text) = waiting.pop_front() else {
                self.before_open = None;
                break;
            };
            count += 1;
            // No heartbeat is among them, so there is nothing to reply.
            let _ = self.dispatcher.dispatch_waiting(&text, &mut self.turn);
        }
        if count > 0 {
            self.dispatcher.end_turn(&mut self.turn, Instant::now());
        }
        count > 0
    }

    /// The connection has ended: reports what arrived and was never delivered.
    pub(crate) fn abandon_messages(&mut self) {
        let rest = self.batch.take().map_or(0, |mut batch| {
            self.dispatcher.end_batch(&batch, None);
            batch.count_rest()
        });
        let (mut count, mut taken, mut name) = (rest, 0, BATCH);
        if let Some(before) = self.before_open.take() {
            let (left, taken_by_opening) = before.held.end();
            count += (left.len() + before.waiting.map_or(0, |waiting| waiting.len())) as u64;
            (taken, name) = (taken_by_opening, OPENING);
        }
        if self.dispatcher.is_over() {
            return;
        }
        self.counters.received.add(taken + count);
        if count > 0 {
            self.counters.lagged.add(count);
            self.events.emit(Event::Lagged { name, count });
        }
    }
}
