//! One open connection: what arrives goes to the dispatcher, what waits goes out, and time passes.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::time::{Instant, Sleep};

use crate::{
    delivery::dispatch::Dispatcher,
    delivery::events::{Emitter, WARNINGS_INTERVAL},
    delivery::subscription::Subscriber,
    delivery::turn::Turn,
    link::heartbeat::{Beat, Heartbeat},
    link::ping_tracker::Pinger,
    outbox::{Outbox, reports},
    settings::{HeartbeatKind, Tuning},
    stats::Counters,
    transport::{Broken, Socket},
};

mod heartbeat;
mod ping_tracker;
mod receive;
mod send;

/// How long a subscription may hold the connection back before that is an event.
const STALL: Duration = Duration::from_secs(10);

/// How a connection ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The peer sent a Close frame, with this code and reason.
    Closed(Option<u16>, String),
    /// The stream ended without one.
    Unannounced,
    /// Nothing came in time after a heartbeat.
    Silent,
    Broken(Broken),
}

/// How far the closing handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// What is queued goes out and is asked about; then a Close frame with this code follows.
    Draining(u16),
    /// Our Close frame is on its way, or the peer's has been read.
    Closing,
}

/// Who holds the connection back, and since when.
struct Stall {
    subscriber: Arc<dyn Subscriber>,
    since: Instant,
    told: bool,
    gave_up: bool,
}

pub(crate) struct Link {
    socket: Socket,
    events: Arc<Emitter>,
    counters: Arc<Counters>,
    outbox: Arc<Outbox>,
    dispatcher: Dispatcher,
    turn: Turn,
    pinger: Pinger,
    heartbeat: Option<Heartbeat>,
    kind: HeartbeatKind,
    stall_timeout: Duration,
    phase: Phase,
    /// Whether something was handed to the socket and isn't written yet.
    flushing: bool,
    /// Whether a heartbeat has to go out, before what waits.
    beat: bool,
    /// Whether the peer's heartbeat message waits for its answer.
    answer: bool,
    stall: Option<Stall>,
    timer: std::pin::Pin<Box<Sleep>>,
    /// Reused from batch to batch.
    frames: Vec<Bytes>,
}

impl Link {
    pub(crate) fn new(
        socket: Socket,
        tuning: &Tuning,
        events: Arc<Emitter>,
        counters: Arc<Counters>,
        outbox: Arc<Outbox>,
        dispatcher: Dispatcher,
    ) -> Self {
        let (now, timeout) = (Instant::now(), tuning.heartbeat_timeout());
        let heartbeat = (tuning.heartbeat != HeartbeatKind::Off)
            .then(|| Heartbeat::new(tuning.heartbeat_interval, timeout, now, SystemTime::now()));
        Self {
            socket,
            events,
            counters,
            outbox,
            dispatcher,
            turn: Turn::of_connection(),
            pinger: Pinger::new(tuning.confirm_interval, timeout),
            heartbeat,
            kind: tuning.heartbeat,
            stall_timeout: tuning.stall_timeout,
            phase: Phase::Open,
            flushing: false,
            beat: false,
            answer: false,
            stall: None,
            // Moved to the first thing that is due at the first poll.
            timer: Box::pin(tokio::time::sleep_until(now)),
            frames: Vec::new(),
        }
    }

    /// Begins to end: what waits goes out first, then a Close frame with `code`.
    pub(crate) fn drain(&mut self, code: u16) {
        if self.phase == Phase::Open {
            self.phase = Phase::Draining(code);
        }
    }

    /// Whether the Close frame has been handed over.
    pub(crate) fn is_closing(&self) -> bool {
        self.phase == Phase::Closing
    }

    /// Hands the Close frame over without waiting any longer.
    pub(crate) fn close(&mut self, code: u16, cx: &mut Context<'_>) -> Result<(), Broken> {
        if self.phase != Phase::Closing {
            self.phase = Phase::Closing;
            self.flushing = true;
            self.socket.queue_close(code, "", cx)?;
        }
        Ok(())
    }

    /// Drives the connection until it ends. Cancel-safe: nothing is in the air between two polls.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        // A connection whose session is over does nothing more.
        if self.dispatcher.is_over() {
            return Poll::Ready(Ended::Silent);
        }
        self.socket.begin_turn();
        let (now, was_closing) = (Instant::now(), self.is_closing());
        // Time first, so that no amount of traffic starves it.
        if let Err(ended) = self.pass_time(now, cx) {
            return Poll::Ready(ended);
        }
        let result = self.write(now, cx).and_then(|()| {
            let read = self.read(now, cx);
            self.turn.wake_consumers();
            // Handlers may have sent something: it goes out in the same turn.
            if read? { self.write(now, cx) } else { Ok(()) }
        });
        let result = result.map_err(|ended| match ended {
            Ended::Broken(Broken::Io(error)) => self.last_words(error, now, cx),
            ended => ended,
        });
        let (bytes_in, bytes_out) = self.socket.take_bytes();
        self.counters.bytes_received.add(bytes_in);
        self.counters.bytes_sent.add(bytes_out);
        match result {
            Err(ended) => {
                // The answer to our own Close frame is no refusal.
                if !was_closing && matches!(ended, Ended::Closed(..) | Ended::Unannounced) {
                    self.outbox.ended_by_peer();
                }
                Poll::Ready(ended)
            }
            Ok(()) if self.dispatcher.is_over() => Poll::Ready(Ended::Silent),
            Ok(()) => self.arm_timer(now, cx),
        }
    }

    /// A write failed: what the peer sent before, its Close frame above all, says why.
    #[cold]
    fn last_words(&mut self, error: std::io::Error, now: Instant, cx: &mut Context<'_>) -> Ended {
        loop {
            let read = self.read(now, cx);
            self.turn.wake_consumers();
            match read {
                Ok(true) => {}
                Err(Ended::Closed(code, reason)) => return Ended::Closed(code, reason),
                _ => return Ended::Broken(Broken::Io(error)),
            }
        }
    }

    /// Sees a connection off that has ended: our Close frame goes out, and whatever still comes in is
    /// thrown away until the peer ends the stream, as RFC 6455, section 7.1.1, wants it.
    pub(crate) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.socket.begin_turn();
        if matches!(self.socket.poll_flush(cx), Poll::Ready(Err(_))) {
            return Poll::Ready(());
        }
        if self.socket.poll_discard(cx).is_ready() {
            return Poll::Ready(());
        }
        if self.socket.is_turn_over() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// What the present moment asks for.
    fn pass_time(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Ended> {
        if now < self.timer.deadline() {
            return Ok(());
        }
        self.socket.shrink();
        self.frames = Vec::new();
        if self.is_held_back(now, cx) {
            self.judge_stall(now);
        }
        if let Some(heartbeat) = &mut self.heartbeat {
            match heartbeat.tick(now, SystemTime::now()) {
                Beat::Rest => {}
                Beat::Send => {
                    self.beat = true;
                    // The wait begins even if the socket takes nothing: a peer that reads nothing
                    // for so long is as good as gone.
                    heartbeat.sent(now);
                }
                Beat::Dead => {
                    // Bytes may have come in since the last turn: they are life.
                    let unread = self.socket.poll_unread(cx);
                    if !unread {
                        return Err(Ended::Silent);
                    }
                    heartbeat.life();
                }
            }
        }
        self.events.flush_warnings(now);
        self.outbox.time_out_flushes(now);
        let expired = self.outbox.expire(now);
        self.events.emit_all(reports::dropped(expired));
        Ok(())
    }

    /// When time asks for something next.
    fn due(&self, now: Instant) -> Instant {
        let stall = self.stall.as_ref().and_then(|stall| {
            let tell = (!stall.told).then_some(stall.since + STALL);
            let give_up = (!stall.gave_up).then_some(stall.since + self.stall_timeout);
            [tell, give_up].into_iter().flatten().min()
        });
        // While a write is blocked, its end is what the question waits for.
        let needs = self.outbox.needs();
        let asks = !self.flushing && needs.ping;
        let question = if asks { self.pinger.may_ask(now) } else { None };
        let heartbeat = self.heartbeat.as_ref().map(Heartbeat::due);
        let warnings = self.events.has_suppressed_warnings().then_some(now + WARNINGS_INTERVAL);
        // A far day where nothing at all is due.
        let far = now + Duration::from_secs(24 * 60 * 60);
        [stall, question, needs.deadline, heartbeat, warnings]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(far)
    }

    /// Sees to it that this is polled again when something is due.
    fn arm_timer(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<Ended> {
        let due = self.due(now);
        // Moving the timer costs more than an early call, so it is only ever brought forward; and
        // never to the past, which would spin.
        if due < self.timer.deadline() || self.timer.is_elapsed() || now >= self.timer.deadline() {
            self.timer.as_mut().reset(due.max(now + Duration::from_millis(1)));
        }
        ready!(self.timer.as_mut().poll(cx));
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("phase", &self.phase).finish_non_exhaustive()
    }
}
