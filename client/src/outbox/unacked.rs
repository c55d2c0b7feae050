//! Messages that were written on a connection and are not confirmed. Pure.

use std::collections::VecDeque;

use super::message::{CountsByName, Queued};
use crate::receipt::Reporter;

/// How many batches are kept apart at most.
const MAX_BATCHES: usize = 64;

/// Whether Pings confirm what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirmation {
    /// The settings don't ask for it.
    Off,
    Working,
    /// The peer answers no Pings, up to now.
    Unavailable,
}

/// The messages between two numbered Pings.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The Ping behind them.
    ping: u64,
    /// The oldest of them.
    first: u64,
    pub(super) counts: CountsByName,
    /// The messages themselves, in order, if they are to be redelivered.
    pub(super) kept: Vec<Queued>,
    /// The receipts of messages that are not kept.
    receipts: Vec<Reporter>,
}

impl Batch {
    fn merge(&mut self, later: Self) {
        self.ping = later.ping;
        self.counts.merge(later.counts);
        self.kept.extend(later.kept);
        self.receipts.extend(later.receipts);
    }

    fn kept_bytes(&self) -> usize {
        self.kept.iter().map(Queued::size).sum()
    }

    /// Takes the reporters of calls, whose requests are never kept.
    pub(super) fn take_calls(&mut self) -> Vec<Reporter> {
        self.receipts.extract_if(.., |receipt| receipt.call().is_some()).collect()
    }

    /// The receipts of all its messages.
    pub(super) fn into_receipts(self) -> impl Iterator<Item = Reporter> {
        let kept = self.kept.into_iter().filter_map(|queued| queued.message.receipt);
        self.receipts.into_iter().chain(kept)
    }
}

/// What was written on one connection and is not confirmed.
#[derive(Debug, Default)]
pub(super) struct Unacked {
    marked: VecDeque<Batch>,
    unmarked: Batch,
    count: u64,
    kept_bytes: usize,
}

impl Unacked {
    /// How many messages are in flight.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many bytes are kept for redelivery.
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Whether messages were written that no Ping follows yet.
    pub(super) fn has_unmarked(&self) -> bool {
        !self.unmarked.counts.is_empty()
    }

    /// Records a message that was handed to the socket.
    pub(super) fn push(&mut self, mut queued: Queued, keep: bool) {
        if !self.has_unmarked() {
            self.unmarked.first = queued.seq;
        }
        self.unmarked.counts.add(&queued.message.name, 1);
        self.count += 1;
        if keep {
            self.kept_bytes += queued.size();
            self.unmarked.kept.push(queued);
        } else if let Some(receipt) = queued.message.receipt.take() {
            self.unmarked.receipts.push(receipt);
        }
    }

    /// Records that this Ping was handed to the socket, behind all that was written before.
    pub(super) fn mark(&mut self, ping: u64) {
        if !self.has_unmarked() {
            return;
        }
        let batch = Batch { ping, ..std::mem::take(&mut self.unmarked) };
        // Where no Pongs arrive, the newest batches are merged: they wait for the later Ping.
        if self.marked.len() >= MAX_BATCHES
            && let Some(last) = self.marked.back_mut()
        {
            last.merge(batch);
        } else {
            self.marked.push_back(batch);
        }
    }

    /// Records that this Ping was answered. Returns how many messages that confirms, and gives their
    /// receipts to `report`.
    pub(super) fn confirm(&mut self, ping: u64, mut report: impl FnMut(Reporter)) -> u64 {
        let mut confirmed = 0;
        while self.marked.front().is_some_and(|batch| batch.ping <= ping)
            && let Some(batch) = self.marked.pop_front()
        {
            confirmed += batch.counts.total();
            self.kept_bytes -= batch.kept_bytes();
            batch.into_receipts().for_each(&mut report);
        }
        self.count -= confirmed;
        confirmed
    }

    /// The number of the oldest message in flight.
    pub(super) fn oldest(&self) -> Option<u64> {
        let unmarked = self.has_unmarked().then_some(&self.unmarked);
        self.marked.front().or(unmarked).map(|batch| batch.first)
    }

    /// Takes everything in flight, in order.
    pub(super) fn take(&mut self) -> Batch {
        let Self { marked, unmarked, .. } = std::mem::take(self);
        let mut taken = Batch::default();
        marked.into_iter().chain([unmarked]).for_each(|batch| taken.merge(batch));
        taken
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::time::Instant;
    use wirebond_connection::session::Class;

    use super::{super::message::Message, *};

    fn queued(seq: u64, name: &'static str) -> Queued {
        let text = Bytes::from_static(b"0123456789");
        let message = Message { name: name.into(), text, receipt: None, class: Class::Message };
        Queued { message, seq, accepted: Instant::now(), charge: 0, again: None }
    }

    #[test]
    fn a_pong_confirms_what_was_written_before_its_ping_and_every_earlier_one() {
        let mut unacked = Unacked::default();
        unacked.push(queued(1, "a"), true);
        unacked.mark(1);
        unacked.push(queued(2, "a"), true);
        unacked.push(queued(3, "b"), true);
        unacked.mark(2);
        unacked.push(queued(4, "b"), true);
        assert_eq!((unacked.count(), unacked.kept_bytes(), unacked.oldest()), (4, 40, Some(1)));
        assert_eq!(unacked.confirm(0, drop), 0, "a number that was never sent");
        assert_eq!(unacked.confirm(2, drop), 3, "Pong 1 is not needed");
        assert_eq!(unacked.confirm(1, drop), 0, "an old number");
        assert_eq!((unacked.count(), unacked.kept_bytes(), unacked.oldest()), (1, 10, Some(4)));
        assert!(unacked.has_unmarked());
    }

    #[test]
    fn a_lost_connection_gives_back_names_and_messages_in_order() {
        let mut unacked = Unacked::default();
        for (seq, name) in [(1, "a"), (2, "b"), (3, "a")] {
            unacked.push(queued(seq, name), true);
            unacked.mark(seq);
        }
        unacked.push(queued(4, "a"), true);
        let Batch { counts, kept, .. } = unacked.take();
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("a".into(), 3), ("b".into(), 1)]);
        assert_eq!(kept.iter().map(|queued| queued.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!((unacked.count(), unacked.kept_bytes(), unacked.oldest()), (0, 0, None));
    }

    #[test]
    fn where_no_pongs_arrive_only_counts_grow() {
        let mut unacked = Unacked::default();
        for seq in 1..=10_000 {
            unacked.push(queued(seq, "a"), false);
            unacked.mark(seq);
        }
        assert_eq!(
            (unacked.marked.len(), unacked.count(), unacked.oldest()),
            (64, 10_000, Some(1))
        );
        assert_eq!(unacked.confirm(63, drop), 63);
        assert_eq!(unacked.confirm(9_999, drop), 0, "merged into a later one");
        assert_eq!(unacked.confirm(10_000, drop), 9_937);
        assert_eq!((unacked.count(), unacked.oldest()), (0, None));
    }

    #[test]
    fn a_ping_behind_no_message_marks_nothing() {
        let mut unacked = Unacked::default();
        unacked.mark(1);
        assert_eq!(unacked.confirm(1, drop), 0);
        assert!(!unacked.has_unmarked());
    }
}
