//! How messages come to their end other than by a Pong: with their connection, with the client, or
//! because no peer takes them.

use std::{cmp::Reverse, task::Waker};

use super::{
    Dropped, Line, Outbox,
    inner::{Inner, report},
};
use crate::{
    error::FlushErrorKind,
    event::DropReason,
    outbox::unacked::{Counts, InFlight, Item},
    receipt::Delivery,
};

/// What became of messages with their connection, to be reported.
#[derive(Debug, Default)]
#[must_use = "what was lost is reported"]
pub(crate) struct Lost {
    pub(crate) unconfirmed: Counts,
    pub(crate) dropped: Dropped,
}

/// What a message is charged for a connection that the peer ended while it was in flight: one delivery.
const DELIVERY: u32 = 3;
/// The same for a reset or silence while several messages were in flight: most likely the network's
/// fault, so it takes more of them.
pub(super) const NETWORK: u32 = 1;

impl Outbox {
    /// The peer has ended the connection, with a Close frame or without: what was in flight may be why.
    pub(crate) fn ended_by_peer(&self) {
        self.lock().charge = DELIVERY;
    }

    /// Whether nothing more may be written before what is in flight is confirmed: a message on its last
    /// delivery goes alone, so that no other is blamed for it, nor it for another.
    pub(super) fn holds_back(&self, inner: &mut Inner) -> bool {
        if !inner.confirms || inner.ledger.in_flight() == 0 {
            let front = inner.waiting.front();
            // What follows one that is on its last delivery waits.
            inner.alone = inner.confirms && front.is_some_and(|item| self.is_last(item));
            return false;
        }
        inner.alone |= inner.waiting.front().is_some_and(|item| self.is_last(item));
        inner.alone
    }

    /// Whether a message was written before, and may be once more.
    fn is_last(&self, item: &Item) -> bool {
        item.charge > 0 && self.is_too_much(item.charge.saturating_add(DELIVERY))
    }

    fn is_too_much(&self, charge: u32) -> bool {
        self.max_deliveries.is_some_and(|max| charge >= max.saturating_mul(DELIVERY))
    }

    /// The peer answers no Pings: what is in flight, which is returned, and all that follows counts as
    /// unconfirmed.
    pub(crate) fn give_up_confirming(&self) -> Counts {
        let mut inner = self.lock();
        let InFlight { counts, kept, receipts } = inner.ledger.lose();
        inner.tally.unconfirmed += counts.total();
        let kept = kept.into_iter().filter_map(|item| item.receipt);
        for receipt in receipts.into_iter().chain(kept) {
            inner.settle(Some(receipt), Delivery::Unconfirmed);
        }
        inner.fail_flushes(FlushErrorKind::Unavailable);
        inner.confirms = false;
        // Redelivery's copies are gone, so there may be room.
        self.release(inner);
        counts
    }

    /// The connection is gone; `too_large`: by a Close 1009 of the peer (RFC 6455, section 7.4.1).
    ///
    /// What was in flight is unconfirmed. With redelivery it stands first in the queue again, except
    /// what has had all its deliveries; a 1009 is attributed to the largest message alone.
    pub(crate) fn connection_lost(&self, too_large: bool) -> Lost {
        let mut inner = self.lock();
        if matches!(inner.line, Line::Up | Line::Stalled) {
            inner.line = Line::Down;
        }
        (inner.writer, inner.alone) = (None, false);
        let charge = std::mem::replace(&mut inner.charge, NETWORK);
        inner.fail_flushes(FlushErrorKind::Lost);
        let InFlight { counts, kept, receipts } = inner.ledger.lose();
        let mut lost = Lost::default();
        if self.redeliver {
            lost.dropped = self.queue_again(&mut inner, kept, too_large, charge);
        } else {
            inner.tally.unconfirmed += counts.total();
            lost.unconfirmed = counts;
            for receipt in receipts {
                inner.settle(Some(receipt), Delivery::Unconfirmed);
            }
        }
        self.release(inner);
        lost
    }

    /// Puts what was in flight back, first and in order. Returns what no peer takes.
    fn queue_again(
        &self,
        inner: &mut Inner,
        kept: Vec<Item>,
        too_large: bool,
        charge: u32,
    ) -> Dropped {
        let sizes = kept.iter().enumerate().map(|(at, item)| (item.frame.len(), Reverse(at)));
        let culprit = sizes.max().filter(|_| too_large).map(|(_, Reverse(at))| at);
        // A message that was alone in flight is charged in full, whatever ended the connection.
        let charge = if kept.len() == 1 { DELIVERY } else { charge };
        let mut undeliverable = Vec::new();
        for (at, mut item) in kept.into_iter().enumerate().rev() {
            let refused = if let Some(culprit) = culprit {
                at == culprit
            } else {
                item.charge = item.charge.saturating_add(charge);
                self.is_too_much(item.charge)
            };
            if refused {
                undeliverable.push(item);
                continue;
            }
            inner.waiting_bytes += item.frame.len();
            inner.waiting.push_front(item);
        }
        let mut counts = Counts::default();
        for item in undeliverable.into_iter().rev() {
            counts.add(&item.name, 1);
            inner.settle(item.receipt, Delivery::Dropped(DropReason::Undeliverable));
        }
        inner.tally.undeliverable += counts.total();
        report(DropReason::Undeliverable, counts)
    }

    /// The client has stopped for good. Returns how many messages wait for the next `connect()`.
    pub(crate) fn stopped(&self) -> u64 {
        let mut inner = self.lock();
        let Inner { waiting, outcomes, .. } = &mut *inner;
        let receipts = waiting.iter_mut().filter_map(|item| item.receipt.take());
        outcomes.extend(receipts.map(|receipt| (receipt, Delivery::Kept)));
        let count = waiting.len() as u64;
        self.release(inner);
        count
    }

    /// Drops what waits; returns how many messages that was, and their names.
    pub(crate) fn clear(&self) -> (u64, Dropped) {
        let mut inner = self.lock();
        let mut counts = Counts::default();
        while let Some(item) = inner.pop() {
            counts.add(&item.name, 1);
            inner.fail_flushes_of(item.seq);
            inner.settle(item.receipt, Delivery::Dropped(DropReason::Cleared));
        }
        let count = counts.total();
        inner.tally.cleared += count;
        self.release(inner);
        (count, report(DropReason::Cleared, counts))
    }

    /// The last handle is gone and no connection will come: what waits is dropped, and senders that wait
    /// or still come are refused.
    pub(crate) fn abandon(&self) -> Dropped {
        let mut inner = self.lock();
        inner.abandoned = true;
        let mut counts = Counts::default();
        while let Some(item) = inner.pop() {
            counts.add(&item.name, 1);
            inner.settle(item.receipt, Delivery::Dropped(DropReason::Closed));
        }
        inner.tally.abandoned += counts.total();
        let parked = inner.all_parked();
        self.release(inner);
        parked.into_iter().for_each(Waker::wake);
        report(DropReason::Closed, counts)
    }
}
