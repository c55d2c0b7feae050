//! Where a link's messages come from: the outbox.

use std::{sync::Arc, task::Context, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::link::{HeartbeatMessage, MessageSource, Needs};

use crate::{
    delivery::events::Emitter,
    event::Event,
    outbox::{Outbox, heartbeat::MakeHeartbeat, reports},
    stats::Counters,
};

/// The outbox, which reports the outcome of its messages.
pub(crate) struct Source {
    outbox: Arc<Outbox>,
    events: Arc<Emitter>,
    counters: Arc<Counters>,
    /// The application's heartbeat.
    heartbeat: Option<MakeHeartbeat>,
}

impl Source {
    pub(super) fn new(
        outbox: Arc<Outbox>,
        events: Arc<Emitter>,
        counters: Arc<Counters>,
        heartbeat: Option<MakeHeartbeat>,
    ) -> Self {
        Self { outbox, events, counters, heartbeat }
    }
}

impl MessageSource for Source {
    fn take(&mut self, budget: usize, texts: &mut Vec<Bytes>, now: Instant, cx: &mut Context<'_>) {
        let expired = self.outbox.take(budget, texts, now, cx);
        self.events.emit_all(reports::dropped(expired));
    }

    fn heartbeat(&mut self) -> HeartbeatMessage {
        let Some(heartbeat) = &self.heartbeat else { return HeartbeatMessage::Standard };
        match self.outbox.make_heartbeat(heartbeat) {
            Ok(text) => HeartbeatMessage::Text(text),
            Err(error) => {
                self.events.emit(Event::Error(error));
                HeartbeatMessage::Failed
            }
        }
    }

    fn record_own_frame(&mut self, now: Instant) {
        self.outbox.record_own_frame(now);
    }

    fn is_settled(&self) -> bool {
        self.outbox.is_settled()
    }

    fn acknowledges(&self) -> bool {
        self.outbox.has_session()
    }

    fn needs(&self) -> Needs {
        self.outbox.needs()
    }

    fn mark(&mut self, ping: u64) {
        self.outbox.mark(ping);
    }

    fn confirm(&mut self, ping: u64, round_trip: Duration, now: Instant) {
        self.counters.set_round_trip(round_trip);
        self.outbox.confirm(ping, now);
    }

    fn give_up_confirming(&mut self) {
        let Some(counts) = self.outbox.give_up_confirming() else { return };
        self.events.emit(Event::ConfirmationUnavailable);
        self.events.emit_all(reports::unconfirmed(counts));
    }

    fn ended_by_peer(&mut self) {
        self.outbox.ended_by_peer();
    }

    fn pass_time(&mut self, now: Instant) {
        self.outbox.time_out_flushes(now);
        let expired = self.outbox.expire(now);
        self.events.emit_all(reports::dropped(expired));
    }
}
