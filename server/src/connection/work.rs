//! A peer's received messages and the handler that runs: one at a time, in order.

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;
use wirebond_connection::link::{MessageSink, Reply};
use wirebond_core::wire::{
    RawMessage,
    form::{PING, PONG},
};

use crate::{
    core::Counters,
    error::{Error, ErrorKind},
    handler::{Called, Failure, Running},
    peer::{Disconnect, Peer},
    settings::INBOX_BYTES,
};

/// How many waiting messages are handled before others get their turn.
const BATCH: u32 = 64;

pub(super) struct Work {
    pub(super) peer: Peer,
    /// Messages that wait for a handler that runs.
    inbox: VecDeque<String>,
    inbox_bytes: usize,
    /// The handler that runs, and the message that it handles.
    running: Option<(Running, Option<String>)>,
    rate: Option<Rate>,
    /// When the connection's task has to be polled at the latest.
    wake_at: Option<Instant>,
}

/// A token bucket.
struct Rate {
    per_second: f64,
    tokens: f64,
    at: Instant,
}

impl Work {
    /// Begins with the connect handler.
    pub(super) fn new(peer: Peer, now: Instant) -> Self {
        let rate = peer.core.settings.messages_per_second.map(f64::from);
        let rate = rate.map(|per_second| Rate { per_second, tokens: per_second, at: now });
        let inbox = VecDeque::new();
        let mut work = Self { peer, inbox, inbox_bytes: 0, running: None, rate, wake_at: None };
        if let Some(handler) = &work.peer.core.handlers.connect {
            let called = handler(&work.peer, ());
            work.begin(called, None);
        }
        work
    }

    /// Sets when the connection's task has to be polled at the latest.
    pub(super) fn wake_at(&mut self, at: Option<Instant>) {
        self.wake_at = at;
    }

    /// Charges a message to the peer's rate.
    fn charge(&mut self) {
        if let Some(rate) = &mut self.rate {
            rate.spend(Instant::now());
        }
    }

    /// Calls the message's handler.
    fn call(&mut self, frame: &RawMessage<'_>) {
        let handlers = &self.peer.core.handlers;
        let called = if let Some(handler) = handlers.messages.get(frame.name()) {
            handler(&self.peer, frame)
        } else {
            Counters::add(&self.peer.core.counters.unhandled, 1);
            let Some(handler) = &handlers.unknown else { return };
            handler(&self.peer, (frame.name().to_owned(), frame.text().to_owned()))
        };
        self.begin(called, Some(frame.name()));
    }

    fn begin(&mut self, called: Called, name: Option<&str>) {
        match called {
            Called::Done(result) => self.settle(result, name),
            Called::Running(running) => self.running = Some((running, name.map(str::to_owned))),
        }
    }

    fn settle(&self, result: Result<(), Failure>, name: Option<&str>) {
        if let Err(failure) = result {
            if matches!(failure, Failure::Decode(_)) {
                Counters::add(&self.peer.core.counters.malformed, 1);
            }
            self.report(failure.into_error(name));
        }
    }

    fn report(&self, error: Error) {
        let Some(handler) = &self.peer.core.handlers.error else {
            tracing::warn!(peer = self.peer.id().0, %error, "wirebond");
            return;
        };
        if let Called::Done(Err(failure)) = handler(&self.peer, error) {
            let error = failure.into_error(None);
            tracing::error!(peer = self.peer.id().0, %error, "the handler of errors failed");
        }
    }

    /// Continues the running handler, then the waiting messages.
    fn run(&mut self, cx: &mut Context<'_>) {
        for _ in 0..BATCH {
            if let Some((running, _)) = &mut self.running {
                let Poll::Ready(result) = running.as_mut().poll(cx) else { return };
                let name = self.running.take().and_then(|(_, name)| name);
                self.settle(result, name.as_deref());
            }
            let Some(text) = self.inbox.pop_front() else { return };
            self.inbox_bytes -= text.len();
            // Its envelope was checked on arrival.
            if let Ok(frame) = RawMessage::open(&text) {
                self.call(&frame);
            }
        }
        cx.waker().wake_by_ref();
    }

    /// Whether no more may be read now.
    fn is_full(&self, now: Instant) -> bool {
        let is_full = self.inbox.len() >= self.peer.core.settings.inbox_messages
            || self.inbox_bytes >= INBOX_BYTES;
        is_full || self.rate.as_ref().is_some_and(|rate| rate.tokens(now) < 1.0)
    }

    /// When the rate allows more.
    fn more_at(&self) -> Option<Instant> {
        let rate = self.rate.as_ref().filter(|rate| rate.tokens < 1.0)?;
        Some(rate.at + Duration::from_secs_f64((1.0 - rate.tokens) / rate.per_second))
    }

    /// Handles what is left after the connection's end.
    pub(super) async fn finish(&mut self) {
        poll_fn(|cx| {
            self.run(cx);
            if self.is_idle() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Calls the disconnect handler.
    pub(super) async fn disconnected(&mut self, end: Disconnect) {
        if let Some(handler) = &self.peer.core.handlers.disconnect {
            let called = handler(&self.peer, end);
            self.begin(called, None);
            self.finish().await;
        }
    }
}

impl MessageSink for Work {
    fn begin_turn(&mut self, cx: &mut Context<'_>) -> bool {
        let ran = !self.is_idle();
        self.run(cx);
        ran
    }

    fn dispatch(&mut self, text: &str) -> Reply {
        self.charge();
        let frame = match RawMessage::open(text) {
            Ok(frame) => frame,
            Err(error) => {
                Counters::add(&self.peer.core.counters.malformed, 1);
                self.report(Error::new(ErrorKind::Envelope, None, error.to_string()));
                return Reply::Nothing;
            }
        };
        match frame.name() {
            PING => return Reply::Pong,
            PONG => return Reply::Nothing,
            _ => {}
        }
        Counters::add(&self.peer.core.counters.received, 1);
        if self.is_idle() {
            self.call(&frame);
        } else {
            self.inbox_bytes += text.len();
            self.inbox.push_back(text.to_owned());
        }
        Reply::Nothing
    }

    fn refuse_binary(&mut self) {
        self.charge();
        Counters::add(&self.peer.core.counters.malformed, 1);
        self.report(Error::new(ErrorKind::Binary, None, ""));
    }

    fn is_held_back(&mut self, now: Instant, _: &mut Context<'_>) -> bool {
        self.is_full(now)
    }

    fn end_turn(&mut self, _: u32, now: Instant, cx: &mut Context<'_>) {
        let was_full = self.is_full(now);
        self.run(cx);
        if was_full && !self.is_full(now) {
            // Frames may wait in the read-ahead buffer, of which nothing else wakes this task.
            cx.waker().wake_by_ref();
        }
    }

    fn is_idle(&self) -> bool {
        self.running.is_none() && self.inbox.is_empty()
    }

    fn pass_time(&mut self, _: Instant) {}

    fn due(&self, _: Instant) -> Option<Instant> {
        [self.wake_at, self.more_at()].into_iter().flatten().min()
    }
}

impl Rate {
    fn tokens(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens + passed * self.per_second).min(self.per_second.max(1.0))
    }

    fn spend(&mut self, now: Instant) {
        (self.tokens, self.at) = (self.tokens(now) - 1.0, now);
    }
}
