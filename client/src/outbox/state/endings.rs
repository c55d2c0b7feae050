//! How messages end other than by a Pong: with their connection or with the client.

use std::sync::atomic::Ordering;

use tokio::time::Instant;
use wirebond_connection::call::Stage;

use super::{OutboxState, calls::request, report};
use crate::{
    error::FlushErrorKind,
    event::DropReason,
    outbox::{
        link_state::LinkState,
        message::{CountsByName, Dropped, Lost},
        redelivery::{DELIVERY, NETWORK},
        unacked::{Batch, Confirmation},
    },
    receipt::Delivery,
};

impl OutboxState {
    /// The peer answers no Pings: messages in flight, which are returned, and those written from now on
    /// count as unconfirmed. `None`: nothing depends on them.
    pub(in crate::outbox) fn give_up_confirming(&mut self) -> Option<CountsByName> {
        if self.session.is_some() || self.is_negotiating {
            return None;
        }
        let batch = self.unacked.take();
        let counts = self.lose(batch);
        self.flushes.fail(FlushErrorKind::Unavailable);
        if self.confirms() {
            self.confirmation = Confirmation::Unavailable;
        }
        Some(counts)
    }

    fn lose(&mut self, mut batch: Batch) -> CountsByName {
        let counts = std::mem::take(&mut batch.counts);
        self.stats.unconfirmed += counts.total();
        for receipt in batch.into_receipts() {
            self.settle(Some(receipt), Delivery::Unconfirmed);
        }
        counts
    }

    /// Takes out of a lost batch what isn't lost: calls that have their answer, and those that are made
    /// again.
    fn keep_calls(&mut self, batch: &mut Batch) {
        let mut again = Vec::new();
        for receipt in batch.take_calls() {
            let Some(call) = receipt.call() else { continue };
            match (call.stage(), call.text()) {
                (Stage::Answered, _) => {
                    batch.counts.remove(call.name());
                    self.stats.confirmed += 1;
                }
                (Stage::Written, Some(text)) if !call.is_over() => {
                    batch.counts.remove(call.name());
                    let seq = call.order().load(Ordering::Relaxed);
                    again.push((request(call.clone(), text), seq));
                }
                _ => {}
            }
        }
        let now = Instant::now();
        for (message, seq) in again {
            self.requeue(message, seq, now);
        }
    }

    /// The peer has ended the connection: a message in flight may be the reason.
    pub(in crate::outbox) fn ended_by_peer(&mut self) {
        self.charge = DELIVERY;
    }

    /// The connection has ended; `too_large`: by a Close 1009 of the peer. Messages in flight are
    /// queued again or unconfirmed.
    pub(in crate::outbox) fn connection_lost(&mut self, too_large: bool) -> Lost {
        if matches!(self.link, LinkState::Up | LinkState::Stalled) {
            self.link = LinkState::Down;
        }
        (self.writer, self.alone, self.is_negotiating) = (None, false, false);
        (self.heartbeat, self.held_until) = (None, None);
        let charge = std::mem::replace(&mut self.charge, NETWORK);
        self.flushes.fail(FlushErrorKind::Lost);
        self.lane.connection_lost(self.has_session());
        if let Some(session) = &mut self.session {
            session.disconnected();
            let dropped = if too_large { self.drop_too_large() } else { Dropped::new() };
            return Lost { unconfirmed: CountsByName::default(), dropped };
        }
        let mut dropped = self.drop_answers();
        let mut batch = self.unacked.take();
        self.keep_calls(&mut batch);
        let Some(redelivery) = self.redelivery else {
            return Lost { unconfirmed: self.lose(batch), dropped };
        };
        let kept = std::mem::take(&mut batch.kept);
        for queued in &kept {
            batch.counts.remove(&queued.message.name);
        }
        let unconfirmed = self.lose(batch);
        let (again, undeliverable) = redelivery.judge(kept, charge, too_large);
        for queued in again {
            self.queue.insert(queued);
        }
        let mut counts = CountsByName::default();
        for queued in undeliverable {
            self.drop_message(queued, DropReason::Undeliverable, &mut counts);
        }
        dropped.extend(report(DropReason::Undeliverable, counts));
        Lost { unconfirmed, dropped }
    }

    /// Drops the messages that wait. Returns their number and their names.
    pub(in crate::outbox) fn clear(&mut self) -> (u64, Dropped) {
        let mut dropped = self.drop_while(DropReason::Cleared, |_, _| true);
        dropped.extend(self.clear_session());
        (dropped.iter().map(|(_, counts)| counts.total()).sum(), dropped)
    }

    /// Ends the session, drops the messages that wait, and accepts none from now on.
    pub(in crate::outbox) fn abandon(&mut self) -> Lost {
        self.abandoned = true;
        let lost = self.end_session();
        let dropped = self.drop_while(DropReason::Closed, |_, _| true);
        lost.and(Lost { unconfirmed: CountsByName::default(), dropped })
    }

    /// The client has stopped. Returns how many messages wait for the next `connect()`.
    pub(in crate::outbox) fn stop(&mut self) -> u64 {
        let receipts = self.queue.iter_mut().filter_map(|queued| queued.message.receipt.take());
        self.outcomes.extend(receipts.map(|receipt| (receipt, Delivery::Kept)));
        let Some(session) = &mut self.session else { return self.queue.len() as u64 };
        let receipts = session.client.messages_mut();
        let receipts = receipts.filter_map(|(queued, _)| queued.message.receipt.take());
        self.outcomes.extend(receipts.map(|receipt| (receipt, Delivery::Kept)));
        session.client.outgoing().messages() as u64
    }
}
