//! Messages that are written before the queue, on a connection without a session or with one.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{call::Stage, session::Class};

use super::OutboxState;
use crate::{
    error::SendErrorKind,
    event::Name,
    outbox::{
        lane::{Calling, Hold, Text},
        message::{Dropped, Message, Queued},
    },
    receipt::Reporter,
};

impl OutboxState {
    /// Writes what goes before the queue, without a session. Such a message is accepted when it is written, and
    /// has the place of the first that is queued: a flush waits for both.
    pub(super) fn take_lane(&mut self, budget: usize, out: &mut Vec<Bytes>, now: Instant) {
        let mut taken = 0;
        while taken < budget
            && !self.alone
            && self.has_token(now)
            && let Some(message) = self.lane.pop()
        {
            self.take_token(now);
            self.stats.accepted += 1;
            let seq = self.queue.front().map_or(self.stats.accepted, |queued| queued.seq);
            let mut queued = Queued { message, seq, accepted: now, charge: 0, again: None };
            queued.set_stage(Stage::Written);
            self.number(&mut queued);
            taken += queued.size();
            out.push(queued.message.text.clone());
            if self.confirms() {
                self.unacked.push(queued, false);
            } else {
                self.stats.unconfirmed += 1;
            }
        }
    }

    /// Adds the request of a call that an opening makes.
    pub(in crate::outbox) fn push_opening_call(&mut self, message: Message) {
        let Message { name, text, receipt, .. } = message;
        if let Some(Reporter::Call(call)) = receipt {
            self.lane.push_call(name, text, call);
        }
    }

    /// Takes the request of an opening's call back. Returns whether it was not written yet.
    pub(super) fn withdraw_from_lane(&mut self, call: u64) -> bool {
        let withdrawn = self.lane.withdraw(call);
        if withdrawn {
            self.complete_without_lane();
        }
        withdrawn
    }

    /// Ends a held message, as [`Lane::release`] does. Flushes no longer wait for it.
    pub(in crate::outbox) fn release_hold(&mut self, id: u64) -> (bool, Option<Hold>) {
        let released = self.lane.release(id);
        self.complete_without_lane();
        released
    }

    /// Ends flushes that waited for a message of the lane, which is empty now.
    fn complete_without_lane(&mut self) {
        if self.lane.is_empty() {
            let oldest = self.oldest();
            self.flushes.complete(oldest);
        }
    }

    /// Sends what ends a held message that this connection has, or this session.
    pub(in crate::outbox) fn push_release(
        &mut self,
        name: Name,
        text: Text,
        call: Option<Arc<dyn Calling>>,
    ) -> Result<(), SendErrorKind> {
        if text.text.len() > self.max_bytes {
            return Err(self.refuse(SendErrorKind::TooLarge));
        }
        if self.session.is_none() {
            self.lane.push_release(name, text, call);
            return Ok(());
        }
        // A session goes on without a connection.
        let message = Message { name, text: text.text, receipt: None, class: Class::Message };
        let accepted = self.accept(message, Instant::now(), &mut Dropped::new());
        accepted.map(|writer| self.writer = writer).map_err(|why| self.refuse(why))
    }
}
