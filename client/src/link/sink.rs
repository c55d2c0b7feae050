//! Where a link's messages go: the dispatcher. Subscriptions without room stall the link.

use std::{sync::Arc, task::Context, time::Duration};

use tokio::time::Instant;
use wirebond_connection::{
    link::{MessageSink, Reply},
    log_limiter::LogLimiter,
};
use wirebond_core::wire::Batch;

use crate::{
    delivery::dispatch::Dispatcher,
    delivery::events::Emitter,
    delivery::subscription::Subscriber,
    delivery::turn::Turn,
    event::Event,
    link::session::{BeforeOpen, Session},
    outbox::Outbox,
    settings::{Sessions, Tuning},
    stats::Counters,
};

mod before_open;
mod in_session;

/// How long a subscription may hold the connection back before that is reported.
const STALL: Duration = Duration::from_secs(10);

/// The subscription that holds the connection back, and since when.
struct Stall {
    subscriber: Arc<dyn Subscriber>,
    since: Instant,
    is_reported: bool,
    gave_up: bool,
}

/// The dispatcher, with the turn of the link.
pub(crate) struct Sink {
    dispatcher: Dispatcher,
    turn: Turn,
    session: Session,
    /// While the connection has an opening, and until what waited for its end is delivered.
    before_open: Option<Box<BeforeOpen>>,
    /// The frame whose messages are being delivered, where it is an array.
    batch: Option<Box<Batch>>,
    /// When the turn began, and how long slow calls had taken by then.
    began: (std::time::Instant, Duration),
    events: Arc<Emitter>,
    counters: Arc<Counters>,
    outbox: Arc<Outbox>,
    stall: Option<Stall>,
    stall_timeout: Duration,
    /// Texts that are activity and nothing else.
    ignored: Vec<String>,
}

impl Sink {
    pub(super) fn new(
        dispatcher: Dispatcher,
        events: Arc<Emitter>,
        counters: Arc<Counters>,
        outbox: Arc<Outbox>,
        tuning: &Tuning,
    ) -> Self {
        let (turn, began) = (Turn::of_connection(), (std::time::Instant::now(), Duration::ZERO));
        let session = Session::new(tuning.sessions == Sessions::Require);
        Self {
            dispatcher,
            turn,
            session,
            before_open: None,
            batch: None,
            began,
            events,
            counters,
            outbox,
            stall: None,
            stall_timeout: tuning.stall_timeout,
            ignored: tuning.ignore_text.clone(),
        }
    }

    /// Warns if the turn took long without the calls that were timed and reported by themselves.
    fn judge_turn(&mut self) {
        let (began, slow) = self.began;
        let of_messages = began.elapsed().saturating_sub(self.events.slow().saturating_sub(slow));
        if let Some(took) = self.turn.timer.end_turn(of_messages) {
            let names = self.dispatcher.called_in(&self.turn);
            let message = "a handler blocks the connection: one of these, or all together";
            tracing::warn!(?names, ?took, "{message}");
        }
    }

    /// Whether this text is activity and nothing else.
    fn ignores(&self, text: &str) -> bool {
        let is_ignored = self.ignored.iter().any(|ignored| ignored == text);
        if is_ignored {
            self.counters.received.increment();
        }
        is_ignored
    }

    /// Keeps a frame that is an array, so that its messages are delivered one by one. Returns whether it is one.
    fn begin_batch(&mut self, text: &str) -> bool {
        let is_batch = Batch::is_array(text);
        if is_batch {
            self.batch = Some(Box::new(Batch::new(text)));
        }
        is_batch
    }

    /// Delivers the next message of a frame that held several.
    fn dispatch_element(&mut self, mut batch: Box<Batch>) -> Option<Reply> {
        match batch.next_element() {
            Some(Ok(element)) => {
                self.dispatcher.begin_message(&batch);
                let reply = self.dispatch_text(batch.text(element));
                self.dispatcher.end_message(&mut batch);
                self.batch = Some(batch);
                Some(reply)
            }
            end => {
                self.dispatcher.end_batch(&batch, end.and_then(Result::err));
                None
            }
        }
    }

    /// Whether something keeps the link from reading.
    fn judge_room(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(subscriber) = self.dispatcher.held_back_by(cx.waker()) else {
            self.end_stall();
            return self.before_open.as_ref().is_some_and(|before| before.is_full(cx));
        };
        if self.stall.as_ref().is_none_or(|stall| !Arc::ptr_eq(&stall.subscriber, subscriber)) {
            let subscriber = Arc::clone(subscriber);
            self.stall = Some(Stall { subscriber, since: now, is_reported: false, gave_up: false });
        }
        true
    }

    fn judge_stall(&mut self, now: Instant) {
        let Some(stall) = &mut self.stall else { return };
        let lasted = now - stall.since;
        if lasted >= STALL && !std::mem::replace(&mut stall.is_reported, true) {
            self.outbox.set_stalled(true);
            self.events.emit(Event::Stalled { name: stall.subscriber.name().clone() });
        }
        if lasted >= self.stall_timeout && !std::mem::replace(&mut stall.gave_up, true) {
            stall.subscriber.give_up_waiting();
        }
    }

    fn end_stall(&mut self) {
        if self.stall.take().is_some() && !self.dispatcher.is_over() {
            self.outbox.set_stalled(false);
        }
    }
}

impl MessageSink for Sink {
    fn begin_turn(&mut self, cx: &mut Context<'_>) -> bool {
        self.turn.begin();
        self.began = (std::time::Instant::now(), self.events.slow());
        self.before_open.is_some() && self.dispatch_waiting(cx)
    }

    #[inline]
    fn dispatch(&mut self, text: &str) -> Reply {
        if !self.ignored.is_empty() && self.ignores(text) {
            return Reply::Nothing;
        }
        if self.dispatcher.has_batches() && self.begin_batch(text) {
            return Reply::Nothing;
        }
        self.dispatch_text(text)
    }

    #[inline]
    fn dispatch_next(&mut self) -> Option<Reply> {
        let batch = self.batch.take()?;
        self.dispatch_element(batch)
    }

    fn refuse_binary(&mut self) {
        self.dispatch_binary();
    }

    #[inline]
    fn is_held_back(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        // Asked before each message.
        let is_free = self.dispatcher.has_room() && self.stall.is_none();
        !(is_free && self.before_open.is_none()) && self.judge_room(now, cx)
    }

    fn end_turn(&mut self, frames: u32, now: Instant, _: &mut Context<'_>) {
        if self.turn.timer.is_untimed() {
            self.judge_turn();
        }
        if frames > 0 {
            let gap = self.session.gap.take();
            self.report_gap(gap);
            self.settle_received();
            self.dispatcher.end_turn(&mut self.turn, now);
        }
        self.turn.wake_consumers();
    }

    fn is_idle(&self) -> bool {
        // Handlers of a client may go on after the end of the connection.
        true
    }

    fn pass_time(&mut self, now: Instant) {
        self.judge_stall(now);
        self.pass_time_of_session(now);
        self.dispatcher.pass_time(now);
        self.events.flush_warnings(now);
    }

    fn due(&self, now: Instant) -> Option<Instant> {
        let stall = self.stall.as_ref().and_then(|stall| {
            let report = (!stall.is_reported).then_some(stall.since + STALL);
            let give_up = (!stall.gave_up).then_some(stall.since + self.stall_timeout);
            [report, give_up].into_iter().flatten().min()
        });
        let is_suppressed = self.events.has_suppressed_warnings();
        let warnings = is_suppressed.then_some(now + LogLimiter::INTERVAL);
        [stall, warnings, self.dispatcher.due(), self.session.due()].into_iter().flatten().min()
    }

    fn is_over(&self) -> bool {
        self.dispatcher.is_over()
    }

    fn count_bytes(&mut self, read: u64, written: u64) {
        self.counters.bytes_received.add(read);
        self.counters.bytes_sent.add(written);
    }
}
