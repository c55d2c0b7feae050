//! One open connection: what arrives goes to the dispatcher, what waits goes out, and time passes.

use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, ready},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::time::{Instant, Sleep};
use wirebond_schema::runtime::{encode, now_millis};

use crate::{
    config::{HeartbeatKind, Tuning},
    event::Event,
    handler::SLOW,
    heartbeat::{Beat, Heartbeat},
    hub::{Counters, Hub, TIMED},
    pinger::Pinger,
    queue::{Line, Outbox},
    registry::{Asks, Dispatcher},
    subscription::Entry,
    transport::{Broken, Inbound, Socket},
};

/// How many bytes are handed to the socket before they have to be written: a heartbeat waits behind
/// no more than this.
const CHUNK: usize = 64 * 1024;
/// How many frames are handled before others get their turn.
const BATCH: u32 = 256;
/// How many calls of handlers are timed after a turn was slow, so that the slow one can be named.
const TIMED_CLOSELY: u32 = 1_024;
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
    entry: Arc<dyn Entry>,
    since: Instant,
    told: bool,
    gave_up: bool,
}

pub(crate) struct Link {
    socket: Socket,
    hub: Arc<Hub>,
    outbox: Arc<Outbox>,
    dispatcher: Dispatcher,
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
        hub: Arc<Hub>,
        outbox: Arc<Outbox>,
        dispatcher: Dispatcher,
    ) -> Self {
        let (now, timeout) = (Instant::now(), tuning.heartbeat_timeout());
        let heartbeat = (tuning.heartbeat != HeartbeatKind::Off)
            .then(|| Heartbeat::new(tuning.heartbeat_interval, timeout, now, SystemTime::now()));
        Self {
            socket,
            hub,
            outbox,
            dispatcher,
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
            self.socket.queue_close(code, cx)?;
        }
        Ok(())
    }

    /// Drives the connection until it ends. Cancel-safe: nothing is in the air between two polls.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        self.socket.begin_turn();
        let now = Instant::now();
        // Time first, so that no amount of traffic starves it.
        if let Err(ended) = self.pass_time(now, cx) {
            return Poll::Ready(ended);
        }
        let result = self.write(now, cx).and_then(|()| {
            let read = self.read(now, cx);
            self.hub.wake_consumers();
            // Handlers may have sent something: it goes out in the same turn.
            if read? { self.write(now, cx) } else { Ok(()) }
        });
        let (bytes_in, bytes_out) = self.socket.take_bytes();
        Counters::add(&self.hub.counters.bytes_received, bytes_in);
        Counters::add(&self.hub.counters.bytes_sent, bytes_out);
        match result {
            Err(ended) => Poll::Ready(ended),
            Ok(()) => self.arm_timer(now, cx),
        }
    }

    /// The frames that have arrived. Returns whether there were any.
    fn read(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<bool, Ended> {
        let (mut count, mut rest_began, turn) = (0, None, self.hub.begin_turn());
        while count < BATCH {
            if self.is_held_back(now, cx) {
                break;
            }
            if count == TIMED {
                rest_began = Some(std::time::Instant::now());
            }
            match self.socket.poll_read(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(Inbound::Direct(text))) => {
                    hear(&mut self.pinger, &self.outbox, &self.hub, now);
                    self.answer |= self.dispatcher.dispatch(text) == Asks::Pong;
                }
                Poll::Ready(Ok(Inbound::Text(text))) => {
                    hear(&mut self.pinger, &self.outbox, &self.hub, now);
                    self.answer |= self.dispatcher.dispatch(&text) == Asks::Pong;
                }
                Poll::Ready(Ok(Inbound::Binary)) => {
                    hear(&mut self.pinger, &self.outbox, &self.hub, now);
                    self.dispatcher.refuse_binary();
                }
                Poll::Ready(Ok(Inbound::Ping)) => {
                    hear(&mut self.pinger, &self.outbox, &self.hub, now);
                }
                Poll::Ready(Ok(Inbound::Pong(payload))) => self.hear_pong(&payload, now),
                Poll::Ready(Ok(Inbound::Close { code, reason })) => {
                    self.phase = Phase::Closing;
                    return Err(Ended::Closed(code, reason));
                }
                Poll::Ready(Ok(Inbound::End)) => return Err(Ended::Unannounced),
                Poll::Ready(Err(broken)) => return Err(Ended::Broken(broken)),
            }
            count += 1;
        }
        if let Some(began) = rest_began {
            self.judge_turn(turn, began.elapsed());
        }
        if count == BATCH || self.socket.is_turn_over() {
            cx.waker().wake_by_ref();
        }
        if self.socket.take_life()
            && let Some(heartbeat) = &mut self.heartbeat
        {
            heartbeat.life();
        }
        if count > 0 {
            self.dispatcher.report_lag();
        }
        Ok(count > 0)
    }

    /// Warns if those calls of a turn took long that were not timed by themselves.
    fn judge_turn(&self, turn: u32, took: Duration) {
        if took <= SLOW {
            return;
        }
        let names = self.dispatcher.called_in(turn);
        if !names.is_empty() {
            let words = "a handler blocks the connection: one of these, or all together";
            tracing::warn!(?names, ?took, "{words}");
            self.hub.time_calls(TIMED_CLOSELY);
        }
    }

    fn hear_pong(&mut self, payload: &[u8], now: Instant) {
        // The clock is read again: question and answer may fall into one turn.
        if let Some((mark, took)) = self.pinger.pong(payload, Instant::now()) {
            let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
            self.hub.counters.round_trip.store(nanos, Ordering::Relaxed);
            self.outbox.confirm(mark, now);
        }
    }

    /// Whether a subscription has no room. Then nothing is read, so that nothing is lost; what the
    /// peer has sent meanwhile still shows that it lives.
    fn is_held_back(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(entry) = self.dispatcher.held_back_by(cx.waker()) else {
            if let Some(stall) = self.stall.take() {
                self.pinger.resume(now);
                if stall.told && self.phase == Phase::Open {
                    self.outbox.set_line(Line::Up);
                }
            }
            return false;
        };
        if self.stall.as_ref().is_none_or(|stall| !Arc::ptr_eq(&stall.entry, entry)) {
            let entry = Arc::clone(entry);
            self.stall = Some(Stall { entry, since: now, told: false, gave_up: false });
        }
        if self.socket.poll_unread(cx)
            && let Some(heartbeat) = &mut self.heartbeat
        {
            heartbeat.life();
        }
        true
    }

    /// Sees a connection off that has ended: our Close frame goes out, and whatever still comes in is
    /// thrown away until the peer ends the stream, as RFC 6455, section 7.1.1, wants it.
    pub(crate) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.socket.begin_turn();
        if matches!(self.socket.poll_flush(cx), Poll::Ready(Err(_))) {
            return Poll::Ready(());
        }
        loop {
            match self.socket.poll_read(cx) {
                Poll::Ready(Ok(Inbound::End) | Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => break,
            }
        }
        if self.socket.is_turn_over() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Everything that has to go out, as far as the socket takes it.
    fn write(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Ended> {
        loop {
            if self.flushing {
                let flushed = self.socket.poll_flush(cx);
                if self.socket.take_progress()
                    && let Some(heartbeat) = &mut self.heartbeat
                {
                    heartbeat.progress(now);
                }
                match flushed {
                    Poll::Pending => return Ok(()),
                    Poll::Ready(result) => result.map_err(Ended::Broken)?,
                }
                self.flushing = false;
            }
            if self.phase != Phase::Closing {
                self.hand_over(now, cx).map_err(Ended::Broken)?;
            }
            if !self.flushing {
                return Ok(());
            }
        }
    }

    /// Hands the next chunk to the socket: a heartbeat that is due, then messages, then the Ping that
    /// asks about them.
    fn hand_over(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Broken> {
        if std::mem::take(&mut self.beat) {
            self.send_heartbeat(cx)?;
        }
        if std::mem::take(&mut self.answer) {
            self.queue_heartbeat("pong", cx)?;
        }
        let mut frames = std::mem::take(&mut self.frames);
        let expired = self.outbox.take(CHUNK, &mut frames, now, cx);
        self.hub.report_dropped(expired);
        let mut bytes = 0;
        for frame in frames.drain(..) {
            bytes += frame.len();
            self.flushing = true;
            self.socket.queue_text(frame, cx)?;
        }
        self.frames = frames;
        let questions = self.outbox.questions();
        let at_once = (questions.asked || self.phase != Phase::Open) && bytes < CHUNK;
        if questions.open && (at_once || self.pinger.may_ask(now).is_some_and(|due| now >= due)) {
            self.ping(cx)?;
        }
        if let Phase::Draining(code) = self.phase
            && self.outbox.is_settled()
        {
            self.close(code, cx)?;
        }
        Ok(())
    }

    fn send_heartbeat(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        if matches!(self.kind, HeartbeatKind::Both | HeartbeatKind::Message) {
            self.queue_heartbeat("ping", cx)?;
        }
        if matches!(self.kind, HeartbeatKind::Both | HeartbeatKind::Ping) {
            self.ping(cx)?;
        }
        Ok(())
    }

    /// The heartbeat as a message: `{"type":"ping","data":{"timestamp":…},"timestamp":…}`.
    fn queue_heartbeat(&mut self, name: &str, cx: &mut Context<'_>) -> Result<(), Broken> {
        let now = now_millis();
        let data = std::collections::BTreeMap::from([("timestamp", now)]);
        // A map of numbers can always be serialized.
        if let Ok(frame) = encode(&wirebond_schema::runtime::head(name), Some(&data), now) {
            self.flushing = true;
            self.socket.queue_text(frame.into(), cx)?;
        }
        Ok(())
    }

    fn ping(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        let number = self.pinger.send(Instant::now());
        self.flushing = true;
        self.socket.queue_ping(number, cx)?;
        self.outbox.seal(number);
        Ok(())
    }

    /// What the present moment asks for.
    fn pass_time(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Ended> {
        if now < self.timer.deadline() {
            return Ok(());
        }
        self.socket.relax();
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
        self.outbox.end_patience(now);
        let expired = self.outbox.expire(now);
        self.hub.report_dropped(expired);
        Ok(())
    }

    fn judge_stall(&mut self, now: Instant) {
        let Some(stall) = &mut self.stall else { return };
        let lasted = now - stall.since;
        if lasted >= STALL && !std::mem::replace(&mut stall.told, true) {
            if self.phase == Phase::Open {
                self.outbox.set_line(Line::Stalled);
            }
            self.hub.emit(Event::Stalled { name: stall.entry.name().clone() });
        }
        if lasted >= self.stall_timeout && !std::mem::replace(&mut stall.gave_up, true) {
            stall.entry.give_up_waiting();
        }
    }

    /// When time asks for something next.
    fn due(&self, now: Instant) -> Instant {
        let stall = self.stall.as_ref().and_then(|stall| {
            let tell = (!stall.told).then_some(stall.since + STALL);
            let give_up = (!stall.gave_up).then_some(stall.since + self.stall_timeout);
            [tell, give_up].into_iter().flatten().min()
        });
        // While a write is blocked, its end is what the question waits for.
        let questions = self.outbox.questions();
        let asks = !self.flushing && questions.open;
        let question = if asks { self.pinger.may_ask(now) } else { None };
        let heartbeat = self.heartbeat.as_ref().map(Heartbeat::due);
        // A far day where nothing at all is due.
        let far = now + Duration::from_secs(24 * 60 * 60);
        [stall, question, questions.patience_ends, heartbeat]
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

/// Something else than a Pong arrived: it may show that the peer leaves Pings unanswered.
fn hear(pinger: &mut Pinger, outbox: &Outbox, hub: &Arc<Hub>, now: Instant) {
    if pinger.hear(now) {
        let counts = outbox.give_up_confirming();
        hub.emit(Event::ConfirmationUnavailable);
        hub.report_unconfirmed(counts);
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("phase", &self.phase).finish_non_exhaustive()
    }
}
