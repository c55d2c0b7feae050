//! A peer's received messages and the handlers that run: one at a time, in order, unless they are concurrent.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{
    link::{MessageSink, Reply},
    session::{Incoming, Received},
};
use wirebond_core::wire::{Batch, RawMessage};

use crate::{
    core::Counters,
    error::{Error, ErrorKind},
    handler::{Called, Failure, Running},
    identity::Identity,
    log::Name,
    peer::{Disconnect, Handled, Missed, Peer},
    settings::{INBOX_BYTES, MAX_CALLS},
};

mod overdue;
mod overlapping;
mod own;
mod rate;
mod session;
mod slow;

use overdue::Pending;
pub(super) use overdue::Timer;
use overlapping::{Overlapping, Returned};
use rate::Rate;
use session::SessionWork;
use slow::{Slow, Stopwatch};

/// How many waiting messages are handled before others get their turn.
const BATCH: u32 = 64;

pub(super) struct Work {
    /// What handlers are called with: it carries the number of the message that is handled.
    pub(super) peer: Peer,
    /// Messages that wait for a handler that runs, and how far all are handled.
    incoming: Incoming<Item>,
    inbox_bytes: usize,
    /// How many messages were received that the server's counter hasn't yet.
    received: u64,
    session: Option<SessionWork>,
    /// The handler that runs, and the message that it handles.
    running: Option<(Running, Option<String>)>,
    /// Since when it has been running, once it has not returned at once.
    pending: Option<Pending>,
    /// The handlers of concurrent messages that run beside it.
    overlapping: Overlapping,
    rate: Option<Rate>,
    /// The frame whose messages are being received, where it is an array.
    batch: Option<Box<Batch>>,
    /// When the connection's task has to be polled at the latest.
    wake_at: Option<Instant>,
    stopwatch: Stopwatch,
}

/// What waits for its turn.
pub(super) enum Item {
    /// A message.
    Text(String),
    /// What is about a call, which has learned of it already: its number is handled in turn.
    Settled,
    /// The session goes on on a new connection of this identity.
    Resumed(Identity),
}

impl Work {
    /// Begins with the connect handler.
    pub(super) fn new(peer: Peer, now: Instant) -> Self {
        let rate = peer.core().settings.messages_per_second.map(|rate| Rate::new(rate, now));
        let session = peer.state.session.as_ref().map(|_| SessionWork::default());
        let mut work = Self {
            peer,
            incoming: Incoming::default(),
            inbox_bytes: 0,
            received: 0,
            session,
            running: None,
            pending: None,
            overlapping: Overlapping::default(),
            rate,
            batch: None,
            wake_at: None,
            stopwatch: Stopwatch::new(),
        };
        if let Some(handler) = &work.peer.core().handlers.connect {
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

    /// Handles a message now, or in its turn. `route` is the number of its handler.
    fn receive(&mut self, frame: &RawMessage<'_>, route: Option<usize>) {
        self.received += 1;
        let text = frame.text();
        if self.is_free() {
            self.incoming.begin_handling(text.len());
            self.call(frame, route);
        } else {
            self.inbox_bytes += text.len();
            self.incoming.push(Item::Text(text.to_owned()), text.len());
        }
    }

    /// Receives the next message of a frame that is an array. Returns whether there was one.
    fn receive_next(&mut self) -> bool {
        let Some(mut batch) = self.batch.take() else { return false };
        let Some(element) = batch.next_element() else {
            let count = batch.unreported();
            if count > 0 {
                let what = format!("{count} more messages of the same frame");
                self.report(Error::new(ErrorKind::Envelope, None, what));
            }
            return false;
        };
        self.charge();
        let read = element.and_then(|element| {
            let text = batch.text(element);
            self.peer.core().wire.codec.open(text).map(|frame| {
                let route = self.route(&frame);
                self.receive(&frame, route);
            })
        });
        if let Err(error) = read {
            Counters::add(&self.peer.core().counters.malformed, 1);
            // What ends the frame is always reported.
            if batch.reports() || batch.is_over() {
                self.report(Error::new(ErrorKind::Envelope, None, error.to_string()));
            }
            if !batch.is_over() {
                batch.count_unread();
            }
        }
        self.batch = Some(batch);
        true
    }

    /// Calls the handler of the message that [`incoming`](Self::incoming) begins to handle.
    fn call(&mut self, frame: &RawMessage<'_>, route: Option<usize>) {
        self.name_message();
        let called = if let Some(handler) = self.peer.core().handlers.routes.get(route) {
            let began = self.stopwatch.begin_call(route);
            let called = (handler.run)(&self.peer, frame);
            // For what is reported of it later. Most end at once, and nothing is.
            if !matches!(called, Called::Done(Ok(()))) && frame.may_have_more() {
                self.peer.handled.look_into(frame.text());
            }
            if let Some(slow) = self.stopwatch.end_call(began) {
                self.warn_slow(&slow);
            }
            called
        } else {
            Counters::add(&self.peer.core().counters.unhandled, 1);
            self.refuse(frame);
            self.peer.handled.look_into(frame.text());
            let Some(handler) = &self.peer.core().handlers.unknown else {
                self.warn_unhandled(frame.name());
                return self.finish_call(Ok(()), None);
            };
            handler(&self.peer, (frame.name().to_owned(), frame.text().to_owned()))
        };
        match called {
            // Most end like this, and nothing has to be moved for it.
            Called::Done(Ok(())) => self.finish_call(Ok(()), None),
            Called::Running(running) if self.may_overlap(frame.name()) => {
                self.overlapping.push(running, frame.name());
                // It counts as handled now, so that the next message is not held up.
                self.finish_call(Ok(()), None);
            }
            called => self.begin(called, Some(frame.name())),
        }
    }

    #[cold]
    fn warn_slow(&self, slow: &Slow) {
        let core = self.peer.core();
        let name = core.handlers.routes.name(slow.route).map_or(Name::None, Name::Known);
        core.log.warn(Some(self.peer.id().0), "slow", &*slow.what, name);
    }

    /// The application doesn't get this message, and has no handler of unknown ones.
    #[cold]
    fn warn_unhandled(&self, name: &str) {
        let (core, peer) = (self.peer.core(), Some(self.peer.id().0));
        if core.handlers.is_in_contract(name) {
            let what = "a message was ignored: no handler is registered for it";
            core.log.warn(peer, "unhandled", what, Name::Known(name));
        } else {
            let what = "a message with an unknown name was ignored";
            core.log.warn(peer, "unknown", what, Name::Foreign(name));
        }
    }

    /// Whether the handler of this message doesn't hold up the next one. Beyond the limit it does, so that
    /// nothing more is read.
    fn may_overlap(&self, name: &str) -> bool {
        self.overlapping.len() < MAX_CALLS as usize
            && self.peer.core().handlers.concurrent.contains(name)
    }

    /// The number of a message's handler.
    fn route(&self, frame: &RawMessage<'_>) -> Option<usize> {
        self.peer.core().handlers.routes.find(frame.name())
    }

    /// Adds what was received to the server's counter: once a turn, as all peers share it.
    fn publish_received(&mut self) {
        if self.received > 0 {
            Counters::add(&self.peer.core().counters.received, std::mem::take(&mut self.received));
        }
    }

    /// What has just arrived is handled; its number is in turn.
    fn count_handled(&mut self, size: usize) {
        if self.is_free() {
            self.incoming.begin_handling(size);
            self.incoming.handled();
        } else {
            self.incoming.push(Item::Settled, size);
        }
    }

    fn begin(&mut self, called: Called, name: Option<&str>) {
        match called {
            Called::Done(result) => self.finish_call(result, name),
            Called::Running(running) => self.running = Some((running, name.map(str::to_owned))),
        }
    }

    /// A handler has returned: what it answers is queued before its message counts as handled.
    fn finish_call(&mut self, result: Result<(), Box<Failure>>, name: Option<&str>) {
        self.settle(result, name);
        self.peer.handled = Handled::Nothing;
        self.incoming.handled();
    }

    fn settle(&self, result: Result<(), Box<Failure>>, name: Option<&str>) {
        if let Err(failure) = result {
            if matches!(*failure, Failure::Decode(_)) {
                Counters::add(&self.peer.core().counters.malformed, 1);
            }
            self.report(failure.into_error(name));
        }
    }

    fn report(&self, error: Error) {
        let (core, peer) = (self.peer.core(), self.peer.id().0);
        let Some(handler) = &core.handlers.error else {
            return core.log.unhandled(peer, &error, |name| core.handlers.knows(name));
        };
        if let Called::Done(Err(_)) = handler(&self.peer, error) {
            core.log.error(Some(peer), "errors", "the handler of errors panicked");
        }
    }

    /// Continues the handlers that run, then the waiting messages.
    pub(super) fn run(&mut self, cx: &mut Context<'_>) {
        if !self.overlapping.is_empty() {
            let returned = self.overlapping.poll(cx);
            self.settle_overlapping(returned);
        }
        for _ in 0..BATCH {
            if let Some((running, _)) = &mut self.running {
                let Poll::Ready(result) = running.as_mut().poll(cx) else { return };
                let name = self.running.take().and_then(|(_, name)| name);
                self.pending = None;
                self.finish_call(result, name.as_deref());
            }
            match self.incoming.take() {
                None => return,
                Some(Received::Message { message, .. }) => self.handle(message),
                Some(Received::Gap { n, why, .. }) => self.miss(Missed { count: n, reason: why }),
            }
            let returned = self.overlapping.begin(cx);
            self.settle_overlapping(returned);
        }
        cx.waker().wake_by_ref();
    }

    fn settle_overlapping(&self, returned: Vec<Returned>) {
        for (result, name) in returned {
            self.settle(result, Some(&name));
        }
    }

    fn handle(&mut self, item: Item) {
        match item {
            Item::Text(text) => {
                self.inbox_bytes -= text.len();
                match self.peer.core().wire.codec.open(&text) {
                    Ok(frame) => {
                        let route = self.route(&frame);
                        self.call(&frame, route);
                    }
                    // Its envelope was checked on arrival.
                    Err(_) => self.incoming.handled(),
                }
            }
            Item::Settled => self.incoming.handled(),
            Item::Resumed(identity) => match &self.peer.core().handlers.resumed {
                None => self.incoming.handled(),
                Some(handler) => {
                    let called = handler(&self.peer, identity);
                    self.begin(called, None);
                }
            },
        }
    }

    /// Whether the next message is handled at once.
    fn is_free(&self) -> bool {
        self.running.is_none() && self.incoming.is_idle()
    }

    /// Whether the inbox has no room.
    fn has_full_inbox(&self) -> bool {
        self.incoming.waiting() >= self.peer.core().settings.inbox_messages
            || self.inbox_bytes >= INBOX_BYTES
    }

    /// Whether no more may be read now.
    fn is_full(&self, now: Instant) -> bool {
        (self.has_full_inbox() && !self.reads_on())
            || self.rate.as_ref().is_some_and(|rate| !rate.has_token(now))
    }

    /// Handles what is left after the connection's end.
    pub(super) async fn finish(&mut self) {
        let mut timer = Timer::default();
        poll_fn(|cx| {
            self.run(cx);
            // What was read is handled, the rest of a frame as well.
            for _ in 0..BATCH {
                if self.has_full_inbox() || !self.receive_next() {
                    break;
                }
            }
            self.publish_received();
            if self.batch.is_some() {
                self.run(cx);
                if !self.has_full_inbox() {
                    cx.waker().wake_by_ref();
                }
            }
            if self.is_idle() {
                return Poll::Ready(());
            }
            timer.set(self.watch(Instant::now()), cx);
            Poll::Pending
        })
        .await;
    }

    /// Calls the disconnect handler.
    pub(super) async fn disconnected(&mut self, end: Disconnect) {
        if let Some(handler) = &self.peer.core().handlers.disconnect {
            let called = handler(&self.peer, end);
            self.begin(called, None);
            self.finish().await;
        }
    }
}

impl MessageSink for Work {
    fn begin_turn(&mut self, cx: &mut Context<'_>) -> bool {
        self.stopwatch.begin_turn();
        let ran = !self.is_idle();
        self.run(cx);
        ran
    }

    fn dispatch(&mut self, text: &str) -> Reply {
        if self.contradicts() {
            return Reply::Nothing;
        }
        if self.peer.core().wire.codec.has_batches() && Batch::is_array(text) {
            self.batch = Some(Box::new(Batch::new(text)));
            return Reply::Nothing;
        }
        let codec = &self.peer.core().wire.codec;
        let is_default = codec.is_default();
        let opened = codec.open(text);
        // Looked at where it is: to move it costs nearly as much as to find its name.
        let frame = match opened {
            Ok(ref frame) => frame,
            Err(error) => {
                self.charge();
                Counters::add(&self.peer.core().counters.malformed, 1);
                self.report(Error::new(ErrorKind::Envelope, None, error.to_string()));
                return Reply::Nothing;
            }
        };
        if let Some(reply) = self.discard(frame) {
            return reply;
        }
        let number = self.route(frame);
        let route = self.peer.core().handlers.routes.get(number);
        let is_certain = !is_default || route.is_some_and(|route| route.is_certain);
        let is_message = route.is_some_and(|route| !route.is_call);
        if is_certain || !self.is_control(frame) {
            self.charge();
        }
        if !is_certain && let Some(reply) = self.dispatch_own(frame, is_message) {
            return reply;
        }
        self.receive(frame, number);
        Reply::Nothing
    }

    fn dispatch_next(&mut self) -> Option<Reply> {
        // Few frames hold several messages, and this is asked before each frame.
        (self.batch.is_some() && self.receive_next()).then_some(Reply::Nothing)
    }

    fn refuse_binary(&mut self) {
        self.charge();
        Counters::add(&self.peer.core().counters.malformed, 1);
        self.report(Error::new(ErrorKind::Binary, None, ""));
    }

    fn is_held_back(&mut self, now: Instant, _: &mut Context<'_>) -> bool {
        self.is_full(now) || self.contradicts()
    }

    fn append(&mut self, texts: &mut Vec<Bytes>, beat: bool, now: Instant) {
        texts.extend(self.acknowledge(beat, now));
    }

    fn is_over(&self) -> bool {
        self.contradicts()
    }

    fn end_turn(&mut self, _: u32, now: Instant, cx: &mut Context<'_>) {
        self.publish_received();
        let was_full = self.is_full(now);
        self.run(cx);
        if was_full && !self.is_full(now) {
            // Frames may wait in the read-ahead buffer, of which nothing else wakes this task.
            cx.waker().wake_by_ref();
        }
        if let Some(slow) = self.stopwatch.end_turn() {
            self.warn_slow(&slow);
        }
        self.watch(now);
    }

    fn is_idle(&self) -> bool {
        self.is_free() && self.overlapping.is_empty() && self.batch.is_none()
    }

    fn pass_time(&mut self, _: Instant) {}

    fn due(&self, now: Instant) -> Option<Instant> {
        let more_at = self.rate.as_ref().and_then(|rate| rate.more_at(now));
        [self.wake_at, more_at, self.ack_at(now), self.watch_at(now)].into_iter().flatten().min()
    }
}
