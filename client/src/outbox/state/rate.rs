//! Messages that wait for the rate limit.

use std::time::Duration;

use tokio::time::Instant;
use wirebond_connection::session::{Class, Phase};

use super::OutboxState;

impl OutboxState {
    /// Determines until when messages wait for the rate limit, if they do.
    pub(super) fn hold(&mut self, now: Instant) {
        self.held_until = None;
        let Some(limit) = &mut self.rate_limit else { return };
        let next = if limit.has_token(now) { None } else { limit.next() };
        let Some(next) = next.filter(|_| self.has_unwritten()) else { return };
        // One that expires is to be reported when it does.
        let expiry = self.next_expiry().filter(|expiry| *expiry > now);
        self.held_until = expiry.into_iter().chain([next]).min();
        // Waiting for the limit is no sign that the server doesn't answer.
        self.flushes.record_progress(next);
    }

    /// The time of a hold is over: [`take`](Self::take) finds out whether another begins.
    pub(in crate::outbox) fn end_hold(&mut self, now: Instant) {
        self.held_until = self.held_until.filter(|until| now < *until);
    }

    /// Whether the rate limit lets a message out.
    pub(super) fn has_token(&mut self, now: Instant) -> bool {
        self.rate_limit.as_mut().is_none_or(|limit| limit.has_token(now))
    }

    /// A frame is written. One beside the messages takes a token, too, and waits for none.
    pub(in crate::outbox) fn take_token(&mut self, now: Instant) {
        if let Some(limit) = &mut self.rate_limit {
            limit.take(now);
        }
    }

    /// Whether a message waits that could be written now but for the limit.
    fn has_unwritten(&self) -> bool {
        // While a connection is being opened, only what goes before the queue can be written.
        let (is_first, is_opening) = (!self.lane.is_empty(), self.lane.is_opening);
        if let Some(session) = &self.session {
            let is_next = !is_opening && !session.client.outgoing().is_written();
            session.client.phase() == Phase::Live && (is_first || is_next)
        } else {
            let is_next = !is_opening && self.queue.len() > 0;
            !self.is_negotiating && (is_first || is_next)
        }
    }

    /// When the first of the waiting messages expires.
    fn next_expiry(&self) -> Option<Instant> {
        let first = match &self.session {
            Some(session) => session.client.outgoing().first_unwritten(),
            None => self.queue.first(|queued| queued.message.class != Class::Reply),
        };
        // It expires after its time, not with it.
        Some(first?.accepted + self.ttl? + Duration::from_millis(1))
    }
}
