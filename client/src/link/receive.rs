//! What arrives: frames to the dispatcher, and no more of them than the subscriptions have room for.

use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;

use super::{Ended, Link, Phase, STALL, Stall};
use crate::{
    delivery::handler::SLOW,
    delivery::hub::Hub,
    delivery::registry::{Asks, Dispatcher},
    event::Event,
    link::ping_tracker::Pinger,
    outbox::{LinkState, Outbox},
    transport::Inbound,
};

/// How many frames are handled before others get their turn.
const BATCH: u32 = 256;
/// How many calls of handlers are timed after a turn was slow, so that the slow one can be named.
const TIMED_CLOSELY: u32 = 1_024;

impl Link {
    /// The frames that have arrived. Returns whether there were any.
    pub(super) fn read(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<bool, Ended> {
        let (began, turn, mut count) = (std::time::Instant::now(), self.hub.begin_turn(), 0);
        let read = self.read_frames(&mut count, now, cx);
        // What came before an end is told like the rest.
        if self.hub.is_untimed() {
            self.judge_turn(turn, began.elapsed());
        }
        if count > 0 {
            self.dispatcher.report_lag();
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
                hear(&mut self.pinger, &self.outbox, &self.hub, &self.dispatcher, now);
            }
            match inbound {
                Inbound::Direct(text) => {
                    self.answer |= self.dispatcher.dispatch(text) == Asks::Pong;
                }
                Inbound::Text(text) => {
                    self.answer |= self.dispatcher.dispatch(&text) == Asks::Pong;
                }
                Inbound::Binary => self.dispatcher.refuse_binary(),
                // Its Pong may not go out while reading is held back.
                Inbound::Ping => self.flushing = true,
                Inbound::Pong(payload) => self.hear_pong(&payload, now),
                Inbound::Close { code, reason } => {
                    self.phase = Phase::Closing;
                    return Err(Ended::Closed(code, reason));
                }
                Inbound::End => return Err(Ended::Unannounced),
            }
        }
        Ok(())
    }

    /// Warns if a turn took long without those calls that were timed and warned of by themselves.
    fn judge_turn(&self, turn: u32, took: Duration) {
        let took = took.saturating_sub(self.hub.warned());
        if took > SLOW {
            let names = self.dispatcher.called_in(turn);
            let words = "a handler blocks the connection: one of these, or all together";
            tracing::warn!(?names, ?took, "{words}");
            self.hub.time_calls(TIMED_CLOSELY);
        }
    }

    fn hear_pong(&mut self, payload: &[u8], now: Instant) {
        if self.dispatcher.is_over() {
            return;
        }
        // The clock is read again: question and answer may fall into one turn.
        if let Some((mark, took)) = self.pinger.pong(payload, Instant::now()) {
            let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
            self.hub.counters.round_trip.store(nanos, Ordering::Relaxed);
            self.outbox.confirm(mark, now);
        }
    }

    /// Whether a subscription has no room. Then nothing is read, so that nothing is lost; what the
    /// peer has sent meanwhile still shows that it lives.
    pub(super) fn is_held_back(&mut self, now: Instant, cx: &mut Context<'_>) -> bool {
        let Some(entry) = self.dispatcher.held_back_by(cx.waker()) else {
            if let Some(stall) = self.stall.take() {
                self.pinger.resume(now);
                if stall.told && self.phase == Phase::Open && !self.dispatcher.is_over() {
                    self.outbox.set_link(LinkState::Up);
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

    pub(super) fn judge_stall(&mut self, now: Instant) {
        let Some(stall) = &mut self.stall else { return };
        let lasted = now - stall.since;
        if lasted >= STALL && !std::mem::replace(&mut stall.told, true) {
            if self.phase == Phase::Open {
                self.outbox.set_link(LinkState::Stalled);
            }
            self.hub.emit(Event::Stalled { name: stall.entry.name().clone() });
        }
        if lasted >= self.stall_timeout && !std::mem::replace(&mut stall.gave_up, true) {
            stall.entry.give_up_waiting();
        }
    }
}

/// Something else than a Pong arrived: it may show that the peer leaves Pings unanswered.
fn hear(
    pinger: &mut Pinger,
    outbox: &Outbox,
    hub: &Arc<Hub>,
    dispatcher: &Dispatcher,
    now: Instant,
) {
    if pinger.hear(now) && !dispatcher.is_over() {
        let counts = outbox.give_up_confirming();
        hub.emit(Event::ConfirmationUnavailable);
        hub.report_unconfirmed(counts);
    }
}
