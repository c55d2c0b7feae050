//! One open connection, for either side: what arrives goes to a [`MessageSink`], what a
//! [`MessageSource`] has is written, and heartbeats are sent and expected.

use std::{
    task::{Context, Poll, ready},
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, Sleep};

use crate::transport::{Broken, Socket};

mod finish;
mod heartbeat;
mod ping_tracker;
mod receive;
mod seams;
mod send;
#[cfg(test)]
mod tests;

pub use finish::ClosingHandshake;
use heartbeat::Beat;
pub use heartbeat::{Heartbeat, Pace};
pub use ping_tracker::PingTracker;
pub use seams::{HeartbeatMessage, MessageSink, MessageSource, Needs, Reply};

/// How long a timer waits if no deadline is set.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// How a connection ended.
#[derive(Debug)]
pub enum Ended {
    /// The peer sent a Close frame, with this code and reason.
    Closed(Option<u16>, String),
    /// The stream ended without one.
    Unannounced,
    /// Nothing arrived in time after a heartbeat.
    Silent,
    /// The stream failed, or the peer broke the protocol.
    Broken(Broken),
}

/// How far the closing handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Open,
    /// What is queued is written, and confirmed where that is possible.
    Draining,
    /// Our Close frame was handed to the socket.
    Closing,
    /// The peer's Close frame has been read.
    PeerClosed,
    /// The peer broke the protocol: no further frame can be read.
    Broken,
}

/// An open connection.
///
/// A broadcast touches thousands of connections in turn, which no cache holds. So what [`send`](Self::send)
/// looks at stands together, at the beginning.
#[repr(C)]
pub struct Link<D, S> {
    phase: Phase,
    /// Whether something was handed to the socket and isn't written yet.
    flushing: bool,
    /// Whether a heartbeat has to be sent, before what is queued.
    beat: bool,
    /// Whether the peer's heartbeat message has to be answered.
    reply: bool,
    /// Whether the sink had no room when it was last asked.
    held_back: bool,
    /// Whether the last turn ended before all was read that had arrived.
    has_more: bool,
    socket: Socket,
    sink: D,
    source: S,
    /// Absent where nothing is to be confirmed.
    tracker: Option<PingTracker>,
    heartbeat: Option<Heartbeat>,
    timer: std::pin::Pin<Box<Sleep>>,
}

impl<D: MessageSink, S: MessageSource> Link<D, S> {
    /// Without a `tracker` nothing is confirmed, and nothing is read while the link drains.
    pub fn new(
        socket: Socket,
        sink: D,
        source: S,
        tracker: Option<PingTracker>,
        heartbeat: Option<Heartbeat>,
    ) -> Self {
        Self {
            socket,
            sink,
            source,
            tracker,
            heartbeat,
            phase: Phase::Open,
            flushing: false,
            beat: false,
            reply: false,
            held_back: false,
            has_more: false,
            // Set to the first deadline at the first poll.
            timer: Box::pin(tokio::time::sleep_until(Instant::now())),
        }
    }

    /// Where the messages go.
    pub fn sink_mut(&mut self) -> &mut D {
        &mut self.sink
    }

    /// Begins to end: from now on the link only writes what is queued. A link with a ping tracker still
    /// reads, since confirmations have to arrive.
    pub fn drain(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Draining;
        }
    }

    /// Reads again, after all that was queued is written: an acknowledgement of that is waited for.
    pub fn read_on(&mut self) {
        if self.phase == Phase::Draining {
            self.phase = Phase::Open;
        }
    }

    /// Whether all that was queued is written, and confirmed where that is possible, and all that was
    /// read is handled. Where the source acknowledges what is received, all that has arrived is read before.
    pub fn is_drained(&self) -> bool {
        // What is read after our Close frame is delivered, too, but nothing can acknowledge it.
        let reads_on = self.has_more && self.reads() && self.source.acknowledges();
        !self.flushing && !reads_on && self.source.is_settled() && self.sink.is_idle()
    }

    /// Hands a Close frame to the socket, unless that was done before. The reason has at most 123 bytes
    /// (RFC 6455, section 5.5).
    ///
    /// # Errors
    ///
    /// If the connection is broken.
    pub fn close(&mut self, code: u16, reason: &str, cx: &mut Context<'_>) -> Result<(), Broken> {
        if !self.is_closing() {
            self.phase = Phase::Closing;
            self.flushing = true;
            self.socket.queue_close(code, reason, cx)?;
        }
        Ok(())
    }

    /// Drives the connection until it ends. A breach of the protocol has been answered with a Close frame
    /// by then, which the [`ClosingHandshake`] writes.
    ///
    /// Cancel-safe: no message is half handled between two polls.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        // A link that its owner has given up does nothing more.
        if self.sink.is_over() {
            return Poll::Ready(Ended::Silent);
        }
        self.socket.begin_turn();
        let (now, was_closing) = (Instant::now(), self.is_closing());
        // Time first, so that no amount of traffic delays it.
        let result = self.pass_time(now, cx).and_then(|()| self.exchange(now, cx));
        let result = result.map_err(|ended| match ended {
            Ended::Broken(Broken::Io(error)) => self.read_close_frame(error, now, cx),
            ended => ended,
        });
        let (read, written) = self.socket.take_bytes();
        self.sink.count_bytes(read, written);
        match result {
            Err(ended) => {
                self.end(&ended, was_closing, cx);
                Poll::Ready(ended)
            }
            Ok(()) if self.sink.is_over() => Poll::Ready(Ended::Silent),
            Ok(()) => self.arm_timer(now, cx),
        }
    }

    /// What is left to do for a connection that has ended, and where its messages went.
    pub fn finish(self) -> (ClosingHandshake, D) {
        let (is_peer_closed, is_broken) =
            (self.phase == Phase::PeerClosed, self.phase == Phase::Broken);
        (ClosingHandshake::new(self.socket, is_peer_closed, is_broken), self.sink)
    }

    /// Writes what is queued, reads, and writes again: handlers may have sent something.
    fn exchange(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Ended> {
        self.write(now, cx)?;
        let turn = self.read(now, cx)?;
        if turn.frames > 0 || turn.ran { self.write(now, cx) } else { Ok(()) }
    }

    /// A write failed: what the peer sent before, its Close frame above all, explains why.
    #[cold]
    fn read_close_frame(
        &mut self,
        error: std::io::Error,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Ended {
        loop {
            match self.read(now, cx) {
                // Not for as long as a handler runs: it may wait for what this task would do.
                Ok(turn) if turn.frames > 0 => {}
                Err(Ended::Closed(code, reason)) => return Ended::Closed(code, reason),
                _ => return Ended::Broken(Broken::Io(error)),
            }
        }
    }

    #[cold]
    fn end(&mut self, ended: &Ended, was_closing: bool, cx: &mut Context<'_>) {
        // The answer to our own Close frame is no refusal.
        if !was_closing && matches!(ended, Ended::Closed(..) | Ended::Unannounced) {
            self.source.ended_by_peer();
        }
        if let Ended::Broken(broken) = ended
            && let Some(code) = broken.code()
        {
            // The connection ends in any case.
            let _ = self.close(code, &broken.reason(), cx);
            self.phase = Phase::Broken;
        }
    }

    /// Whether nothing more can be sent.
    fn is_closing(&self) -> bool {
        self.phase >= Phase::Closing
    }

    /// Whether frames are read.
    fn reads(&self) -> bool {
        self.phase == Phase::Open || self.tracker.is_some()
    }

    /// Does what has to be done by `now`.
    fn pass_time(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Ended> {
        if now < self.timer.deadline() {
            return Ok(());
        }
        self.socket.shrink();
        let held_back = self.reads() && self.is_held_back(now, cx);
        self.sink.pass_time(now);
        if self.reads()
            && let Some(heartbeat) = &mut self.heartbeat
        {
            match heartbeat.tick(now, SystemTime::now(), held_back) {
                Beat::Rest => {}
                Beat::Send => {
                    self.beat = true;
                    // The wait begins even if the socket accepts nothing: a peer that reads nothing
                    // for that long is gone.
                    heartbeat.sent(now);
                }
                Beat::Reassure => self.beat = true,
                Beat::Dead => {
                    // Bytes may have arrived since the last turn: they are activity.
                    if !self.socket.poll_unread(cx) {
                        return Err(Ended::Silent);
                    }
                    heartbeat.record_activity(now);
                }
            }
        }
        self.source.pass_time(now);
        Ok(())
    }

    /// When something is due next.
    fn due(&self, now: Instant) -> Instant {
        let needs = self.source.needs();
        // While a write is blocked, a Ping has to wait for its end.
        let asks = needs.ping && !self.flushing;
        let ping = self.tracker.as_ref().filter(|_| asks).and_then(|tracker| tracker.may_ask(now));
        let heartbeat = self.heartbeat.as_ref().filter(|_| self.reads());
        let heartbeat = heartbeat.map(|heartbeat| heartbeat.due(self.held_back));
        let due = [self.sink.due(now), ping, needs.deadline, heartbeat];
        due.into_iter().flatten().min().unwrap_or(now + FAR)
    }

    /// Ensures that this is polled again when something is due.
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

impl<D, S> std::fmt::Debug for Link<D, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("phase", &self.phase).finish_non_exhaustive()
    }
}
