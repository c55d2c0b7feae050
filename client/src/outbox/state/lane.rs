//! Messages that are written before the queue, on a connection without a session or with one.

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::session::Class;

use super::OutboxState;
use crate::{
    error::SendErrorKind,
    event::Name,
    outbox::{
        lane::Hold,
        message::{Dropped, Message, Queued},
    },
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
            taken += message.text.len();
            out.push(message.text.clone());
            self.stats.accepted += 1;
            let seq = self.queue.front().map_or(self.stats.accepted, |queued| queued.seq);
            if self.confirms() {
                let queued = Queued { message, seq, accepted: now, charge: 0, again: None };
                self.unacked.push(queued, false);
            } else {
                self.stats.unconfirmed += 1;
            }
        }
    }

    /// Ends a held message, as [`Lane::release`] does. Flushes no longer wait for it.
    pub(in crate::outbox) fn release_hold(&mut self, id: u64) -> (bool, Option<Hold>) {
        let released = self.lane.release(id);
        if self.lane.is_empty() {
            let oldest = self.oldest();
            self.flushes.complete(oldest);
        }
        released
    }

    /// Sends what ends a held message that this connection has, or this session.
    pub(in crate::outbox) fn push_release(
        &mut self,
        name: Name,
        text: Bytes,
    ) -> Result<(), SendErrorKind> {
        if text.len() > self.max_bytes {
            return Err(self.refuse(SendErrorKind::TooLarge));
        }
        if self.session.is_none() {
            self.lane.push_release(name, text);
            return Ok(());
        }
        // A session goes on without a connection.
        let message = Message { name, text, receipt: None, class: Class::Message };
        let accepted = self.accept(message, Instant::now(), &mut Dropped::new());
        accepted.map(|writer| self.writer = writer).map_err(|why| self.refuse(why))
    }
}
