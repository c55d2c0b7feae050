//! What arrives: frames to the dispatcher, and no more of them than the subscriptions have room for.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;

use super::{Ended, Link, Phase, STALL, Stall};
use crate::{
    delivery::dispatch::{Dispatcher, Reply},
    delivery::events::Emitter,
    delivery::handler::SLOW,
    event::Event,
    link::ping_tracker::Pinger,
    outbox::{LinkState, Outbox, reports},
    transport::Inbound,
};

/// How many frames are handled before others get their turn.
const BATCH: u32 = 256;
/// How many calls of handlers are timed after a turn was slow, so that the slow one can be named.
const TIMED_CLOSELY: u32 = 1_024;

impl Link {
    /// The frames that have arrived. Returns whether there were any.
    pub(super) fn read(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<bool, Ended> {
        self.turn.begin();
        let (began, slow, mut count) = (std::time::Instant::now(), self.events.slow(), 0);
        let read = self.read_frames(&mut count, now, cx);
        // What came before an end is told like the rest.
        if self.turn.is_untimed() {
            let reported = self.turn.reported() + self.events.slow().saturating_sub(slow);
            self.judge_turn(began.elapsed().saturating_sub(reported));
        }
        if count > 0 {
            self.dispatcher.report_lag(&mut self.turn);
        }
        read?;
        if count == BATCH || self.socket.is_turn_over() {
            cx.waker().wake_by_ref();
        }
        if self.socket.take_activity()
            && let Some(heartbeat) = &mut self.heartbeat
        {
            heartbeat.life();
        }
        Ok(count > 0)
    }

    fn read_frames(
        &mut self,
        count: &mut u32,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Result<(), Ended> {
        while *count < BATCH && !self.is_held_back(now, cx) {
            let Poll::Ready(inbound) = self.socket.poll_read(cx) else { break };
            *count += 1;
            let inbound = inbound.map_err(Ended::Broken)?;
            if !matches!(inbound, Inbound::Pong(_) | Inbound::Close { .. } | Inbound::End) {
                record_activity(
                    &mut self.pinger,
                    &self.outbox,
                    &self.events,
                    &self.dispatcher,
                    now,
                );
            }
            match inbound {
                Inbound::Direct(text) => {
                    let reply = self.dispatcher.dispatch(text, &mut self.turn);
                    self.answer |= reply == Reply::Pong;
                }
                Inbound::Text(text) => {
                    let reply = self.dispatcher.dispatch(&text, &mut self.turn);
                    self.answer |= reply == Reply::Pong;
                }
                Inbound::Binary => self.dispatcher.refuse_binary(),
                // Its Pong may not go out while reading is held back.
                Inbound::Ping => self.flushing = true,
                Inbound::Pong(payload) => self.confirm(&payload, now),
                Inbound::Close { code, reason } => {
                    self.phase = Phase::Closing;
                    return Err(Ended::Closed(code, reason));
                }
                Inbound::End => return Err(Ended::Unannounced),
            }
        }
        Ok(())
    }

    /// Warns if a turn took long without those calls that were timed and reported by themselves.
    fn judge_turn(&mut self, took: Duration) {
        if took > SLOW {
            let names = self.dispatcher.called_in(&self.turn);
            let message = "a handler blocks the connection: one of these, or all together";
            tracing::warn!(?names, ?took, "{message}");
            self.turn.time_calls(TIMED_CLOSELY);
        }
    }

    fn confirm(&mut self, payload: &[u8], now: Instant) {
        if self.dispatcher.is_over() {
            return;
        }
        // The clock is read again: question and answer may fall into one turn.
        if let Some((mark, took)) = self.pinger.pong(payload, Instant::now()) {
            self.counters.set_round_trip(took);
            self.outbox.confirm(mark, now);
        }
    }

    /// Whether a subscription has no room. Then nothing is read, so that nothing is lost; what the
    /// peer has sent meanwhile still shows that it lives.
    pub(super) fn is_held_back(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(subscriber) = self.dispatcher.held_back_by(cx.waker()) else {
            if let Some(stall) = self.stall.take() {
                self.pinger.resume(now);
                if stall.told && self.phase == Phase::Open && !self.dispatcher.is_over() {
                    self.outbox.set_link(LinkState::Up);
                }
            }
            return false;
        };
        if self.stall.as_ref().is_none_or(|stall| !Arc::ptr_eq(&stall.subscriber, subscriber)) {
            let subscriber = Arc::clone(subscriber);
            self.stall = Some(Stall { subscriber, since: now, told: false, gave_up: false });
        }
        if self.socket.poll_unread(cx)
            && let Some(heartbeat) = &mut self.heartbeat
        {
            heartbeat.life();
        }
        true
    }

    pub(super) fn judge_stall(&mut self, now: Instant) {
        let Some(stall) = &mut self.stall else { return };
        let lasted = now - stall.since;
        if lasted >= STALL && !std::mem::replace(&mut stall.told, true) {
            if self.phase == Phase::Open {
                self.outbox.set_link(LinkState::Stalled);
            }
            self.events.emit(Event::Stalled { name: stall.subscriber.name().clone() });
        }
        if lasted >= self.stall_timeout && !std::mem::replace(&mut stall.gave_up, true) {
            stall.subscriber.give_up_waiting();
        }
    }
}

/// Something else than a Pong arrived: it may show that the peer leaves Pings unanswered.
fn record_activity(
    pinger: &mut Pinger,
    outbox: &Outbox,
    events: &Emitter,
    dispatcher: &Dispatcher,
    now: Instant,
) {
    if pinger.hear(now) && !dispatcher.is_over() {
        let counts = outbox.give_up_confirming();
        events.emit(Event::ConfirmationUnavailable);
        events.emit_all(reports::unconfirmed(counts));
    }
}
