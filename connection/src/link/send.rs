//! What is written: heartbeats first, then messages in batches, then the Ping that confirms them.

use std::{
    cell::Cell,
    collections::BTreeMap,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_core::wire::{
    Head, encode,
    form::{PING, PONG},
    head, now_millis,
};

use super::{Ended, Heartbeat, HeartbeatMessage, Link, MessageSink, MessageSource, Phase};
use crate::transport::{Broken, CHUNK};

thread_local! {
    /// What a source gives. A reentrant call sees an empty list and allocates its own.
    static TEXTS: Cell<Vec<Bytes>> = const { Cell::new(Vec::new()) };
}

impl<D: MessageSink, S: MessageSource> Link<D, S> {
    /// Writes messages at once if there is nothing else to write, of a link for a server. An owner calls
    /// this who knows that nothing has happened since the last poll but that its source has messages.
    /// `take` adds them to a list; they are at most a chunk. False if the link has to be polled.
    pub fn send(
        &mut self,
        take: impl FnOnce(&mut Vec<Bytes>) -> bool,
        cx: &mut Context<'_>,
    ) -> bool {
        let is_quiet = self.phase == Phase::Open
            && !self.flushing
            && !self.beat
            && !self.reply
            && self.socket.is_quiet();
        if !is_quiet {
            return false;
        }
        let mut texts = TEXTS.take();
        let mut is_done = take(&mut texts);
        if !texts.is_empty() {
            let sent = self.socket.poll_send(&mut texts, cx);
            // A failure is met again by the next poll, which finds out why.
            self.flushing = !matches!(sent, Poll::Ready(Ok(())));
            is_done &= !self.flushing;
        }
        TEXTS.set(texts);
        is_done
    }

    /// Writes everything that has to be written, as far as the socket takes it.
    pub(super) fn write(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Ended> {
        // The owner may have given the link up while a handler ran.
        if self.sink.is_over() {
            return Ok(());
        }
        loop {
            if self.flushing {
                let flushed = self.socket.poll_flush(cx);
                if self.socket.take_progress()
                    && let Some(heartbeat) = &mut self.heartbeat
                {
                    heartbeat.record_progress(now);
                }
                match flushed {
                    Poll::Pending => return Ok(()),
                    Poll::Ready(result) => result.map_err(Ended::Broken)?,
                }
                self.flushing = false;
            }
            if !self.is_closing() {
                self.queue_chunk(now, cx).map_err(Ended::Broken)?;
            }
            if !self.flushing {
                return Ok(());
            }
        }
    }

    /// Hands the next chunk to the socket.
    fn queue_chunk(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Broken> {
        let beat = std::mem::take(&mut self.beat);
        if beat {
            self.queue_heartbeat(now, cx)?;
        }
        if std::mem::take(&mut self.reply) {
            self.queue_message(PONG, now, cx)?;
        }
        let mut texts = TEXTS.take();
        self.source.take(CHUNK, &mut texts, now, cx);
        self.sink.append(&mut texts, beat, now);
        let mut bytes = 0;
        let mut queued = Ok(());
        for text in texts.drain(..) {
            bytes += text.len();
            self.flushing = true;
            queued = queued.and_then(|()| self.socket.queue_text(text, cx));
        }
        TEXTS.set(texts);
        queued?;
        let needs = self.source.needs();
        if let (Some((interval, timeout)), Some(heartbeat)) = (needs.heartbeat, &mut self.heartbeat)
        {
            heartbeat.set_interval(interval, timeout, now);
        }
        let at_once = (needs.urgent || self.phase != Phase::Open) && bytes < CHUNK;
        let may_ask = || self.tracker.as_ref().and_then(|tracker| tracker.may_ask(now));
        if needs.ping && (at_once || may_ask().is_some_and(|at| now >= at)) {
            self.queue_ping(cx)?;
        }
        Ok(())
    }

    fn queue_heartbeat(&mut self, now: Instant, cx: &mut Context<'_>) -> Result<(), Broken> {
        let Some(Heartbeat { has_message, mut has_ping, .. }) = self.heartbeat else {
            return Ok(());
        };
        if has_message {
            match self.source.heartbeat() {
                HeartbeatMessage::Standard => self.queue_message(PING, now, cx)?,
                HeartbeatMessage::Text(text) => self.queue_own_text(text, now, cx)?,
                HeartbeatMessage::Failed => has_ping = true,
            }
        }
        if has_ping {
            self.queue_ping(cx)?;
        }
        Ok(())
    }

    /// A heartbeat as a message, with the time as its payload.
    fn queue_message(
        &mut self,
        name: &str,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Result<(), Broken> {
        let timestamp = now_millis();
        let data = BTreeMap::from([("timestamp", timestamp)]);
        // A map of numbers can always be serialized.
        match encode(&Head::plain(&head(name)), Some(&data), timestamp) {
            Ok(text) => self.queue_own_text(text.into(), now, cx),
            Err(_) => Ok(()),
        }
    }

    fn queue_own_text(
        &mut self,
        text: Bytes,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Result<(), Broken> {
        self.flushing = true;
        self.source.record_own_frame(now);
        self.socket.queue_text(text, cx)
    }

    fn queue_ping(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        let now = Instant::now();
        let number = self.tracker.as_mut().map_or(0, |tracker| tracker.send(now));
        self.flushing = true;
        self.source.record_own_frame(now);
        self.socket.queue_ping(number, cx)?;
        self.source.mark(number);
        Ok(())
    }
}
