//! What goes out: heartbeats first, then messages in batches, then the Ping that asks about them.

use std::task::{Context, Poll};

use tokio::time::Instant;
use wirebond_core::wire::{encode, head, now_millis};

use super::{Ended, Link, Phase};
use crate::{
    outbox::reports,
    settings::HeartbeatKind,
    transport::{Broken, CHUNK},
};

impl Link {
    /// Everything that has to go out, as far as the socket takes it.
    pub(super) fn write(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Ended> {
        // A handler may have taken longer than `disconnect()` waits.
        if self.dispatcher.is_over() {
            return Ok(());
        }
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
        self.events.emit_all(reports::dropped(expired));
        let mut bytes = 0;
        for frame in frames.drain(..) {
            bytes += frame.len();
            self.flushing = true;
            self.socket.queue_text(frame, cx)?;
        }
        self.frames = frames;
        let needs = self.outbox.needs();
        let at_once = (needs.urgent || self.phase != Phase::Open) && bytes < CHUNK;
        if needs.ping && (at_once || self.pinger.may_ask(now).is_some_and(|due| now >= due)) {
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
        if let Ok(frame) = encode(&head(name), Some(&data), now) {
            self.flushing = true;
            self.socket.queue_text(frame.into(), cx)?;
        }
        Ok(())
    }

    fn ping(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        let number = self.pinger.send(Instant::now());
        self.flushing = true;
        self.socket.queue_ping(number, cx)?;
        self.outbox.mark(number);
        Ok(())
    }
}
