//! Messages on a connection without a session: written once, and confirmed by the Pings behind them.

use bytes::Bytes;
use tokio::time::Instant;
use wirebond_connection::{call::Stage, session::Class};

use super::OutboxState;
use crate::{outbox::unacked::Confirmation, receipt::Delivery};

impl OutboxState {
    pub(super) fn take_plain(&mut self, budget: usize, out: &mut Vec<Bytes>, now: Instant) {
        let (mut taken, redelivers) = (0, self.redelivery.is_some());
        while taken < budget
            && self.has_token(now)
            && !self.holds_back()
            && let Some(mut queued) = self.queue.pop_front()
        {
            taken += queued.size();
            self.take_token(now);
            // A call is made again by itself, if it may be.
            let keep = redelivers && queued.message.class == Class::Message;
            queued.set_stage(Stage::Written);
            self.number(&mut queued);
            if let Some(id) = &queued.again {
                out.push(queued.text(Some(id)));
            } else {
                let kept = if keep { queued.message.text.clone() } else { Bytes::new() };
                out.push(std::mem::replace(&mut queued.message.text, kept));
            }
            if self.confirms() {
                self.unacked.push(queued, keep);
            } else {
                self.stats.unconfirmed += 1;
                self.settle(queued.message.receipt, Delivery::Unconfirmed);
            }
        }
    }

    /// Whether nothing more may be written before the messages in flight are confirmed. A message on its last
    /// delivery is written alone, so that neither it nor another is blamed for the other.
    fn holds_back(&mut self) -> bool {
        let Some(redelivery) = self.redelivery else { return false };
        let is_last = self.queue.front().is_some_and(|queued| redelivery.is_last(queued));
        if !self.confirms() || self.unacked.count() == 0 {
            // The messages behind one that is on its last delivery wait.
            self.alone = self.confirms() && is_last;
            return false;
        }
        self.alone |= is_last;
        self.alone
    }

    pub(in crate::outbox) fn mark(&mut self, ping: u64) {
        self.unacked.mark(ping);
    }

    pub(in crate::outbox) fn confirm(&mut self, ping: u64, now: Instant) {
        if self.session.is_some() {
            // Of a heartbeat.
            return;
        }
        if self.confirmation == Confirmation::Unavailable {
            self.confirmation = Confirmation::Working;
        }
        let Self { unacked, outcomes, .. } = self;
        let confirmed =
            unacked.confirm(ping, |receipt| outcomes.push((receipt, Delivery::Confirmed)));
        self.stats.confirmed += confirmed;
        self.flushes.record_progress(now);
        self.flushes.complete(self.oldest());
    }
}
