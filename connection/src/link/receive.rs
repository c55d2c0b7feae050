//! What arrives: messages for the sink, and no more of them than it has room for.

use std::task::{Context, Poll};

use tokio::time::Instant;

use super::{Ended, Link, MessageSink, MessageSource, Phase, Reply};
use crate::transport::Inbound;

/// How many frames are handled before other tasks run.
const BATCH: u32 = 256;

/// What a turn brought. After either there may be something to write.
pub(super) struct Turn {
    pub(super) frames: u32,
    /// Whether a handler that was running was continued.
    pub(super) ran: bool,
}

impl<D: MessageSink, S: MessageSource> Link<D, S> {
    /// Reads the frames that have arrived.
    pub(super) fn read(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<Turn, Ended> {
        let (ran, mut count) = (self.sink.begin_turn(cx), 0);
        let read = if self.reads() {
            self.read_frames(&mut count, now, cx)
        } else {
            self.read_rest(&mut count, now, cx);
            Ok(())
        };
        // Messages that arrived before an end are delivered like all others.
        self.sink.end_turn(count, now, cx);
        read?;
        self.has_more = count == BATCH || self.socket.is_turn_over();
        if self.has_more {
            cx.waker().wake_by_ref();
        }
        if self.socket.take_activity()
            && let Some(heartbeat) = &mut self.heartbeat
        {
            heartbeat.record_activity(now);
        }
        Ok(Turn { frames: count, ran })
    }

    fn read_frames(
        &mut self,
        count: &mut u32,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Result<(), Ended> {
        while *count < BATCH && !self.is_held_back(now, cx) {
            if self.read_next(count) {
                continue;
            }
            let Poll::Ready(inbound) = self.socket.poll_read(cx) else { break };
            *count += 1;
            let inbound = inbound.map_err(Ended::Broken)?;
            if let Some(tracker) = &mut self.tracker
                && !matches!(inbound, Inbound::Pong(_) | Inbound::Close { .. } | Inbound::End)
                && tracker.is_unanswered(now)
                && !self.sink.is_over()
            {
                self.source.give_up_confirming();
            }
            match inbound {
                Inbound::Direct(text) => self.reply |= self.sink.dispatch(text) == Reply::Pong,
                Inbound::Text(text) => self.reply |= self.sink.dispatch(&text) == Reply::Pong,
                Inbound::Binary => self.sink.refuse_binary(),
                // Its Pong must be written even while nothing is read.
                Inbound::Ping => self.flushing = true,
                Inbound::Pong(payload) => self.confirm(&payload, now),
                Inbound::Close { code, reason } => {
                    self.phase = Phase::PeerClosed;
                    return Err(Ended::Closed(code, reason));
                }
                Inbound::End => return Err(Ended::Unannounced),
            }
        }
        Ok(())
    }

    /// Delivers the next message of a frame that held several, if one is left.
    fn read_next(&mut self, count: &mut u32) -> bool {
        let Some(reply) = self.sink.dispatch_next() else { return false };
        *count += 1;
        self.reply |= reply == Reply::Pong;
        true
    }

    /// Delivers what is left of such a frame, where no other is read.
    fn read_rest(&mut self, count: &mut u32, now: Instant, cx: &mut Context<'_>) {
        while *count < BATCH && !self.sink.is_held_back(now, cx) && self.read_next(count) {}
    }

    fn confirm(&mut self, payload: &[u8], now: Instant) {
        if self.sink.is_over() {
            return;
        }
        // The clock is read again: a Ping and its Pong may fall into one turn.
        let tracker = self.tracker.as_mut();
        let answer = tracker.and_then(|tracker| tracker.pong(payload, Instant::now()));
        if let Some((ping, round_trip)) = answer {
            self.source.confirm(ping, round_trip, now);
        }
    }

    /// Whether the sink has no room. Then nothing is read, so that nothing is lost; bytes that wait to be
    /// read still count as activity of the peer.
    pub(super) fn is_held_back(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let was_held_back = std::mem::replace(&mut self.held_back, self.sink.is_held_back(now, cx));
        if !self.held_back {
            if was_held_back && let Some(tracker) = &mut self.tracker {
                tracker.resume(now);
            }
            return false;
        }
        if self.socket.poll_unread(cx)
            && let Some(heartbeat) = &mut self.heartbeat
        {
            heartbeat.record_activity(now);
        }
        true
    }
}
