//! What was written and waits for its confirmation: pure bookkeeping.

use std::collections::VecDeque;

use bytes::Bytes;
use tokio::time::Instant;

use crate::{event::Name, receipt::Reporter};

/// One accepted message.
#[derive(Debug)]
pub(crate) struct Item {
    /// Its place among all accepted messages.
    pub(crate) seq: u64,
    pub(crate) name: Name,
    pub(crate) frame: Bytes,
    pub(crate) accepted: Instant,
    /// What it was charged for connections that ended while it was in flight; for redelivery alone.
    pub(crate) charge: u32,
    /// Where its outcome is reported to.
    pub(crate) receipt: Option<Reporter>,
}

/// Messages by name. A contract has few names, and one burst has fewer: a list beats a map.
#[derive(Debug, Default)]
pub(crate) struct Counts(Vec<(Name, u64)>);

impl Counts {
    pub(crate) fn add(&mut self, name: &Name, count: u64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((name.clone(), count)),
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Counts {
    type Item = (Name, u64);
    type IntoIter = std::vec::IntoIter<(Name, u64)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// How many Pings' messages are told apart at most.
const FLIGHTS: usize = 64;

/// The messages between two numbered Pings.
#[derive(Debug, Default)]
struct Flight {
    /// The Ping behind them.
    mark: u64,
    /// Its oldest message.
    first: u64,
    counts: Counts,
    /// The messages themselves, if they are to be redelivered.
    kept: Vec<Item>,
    /// The receipts of those that aren't kept.
    receipts: Vec<Reporter>,
}

/// What was in flight when it was given up.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    /// All of it, by name.
    pub(crate) counts: Counts,
    /// What was kept, in order.
    pub(crate) kept: Vec<Item>,
    /// The receipts of what wasn't kept.
    pub(crate) receipts: Vec<Reporter>,
}

/// What was written on one connection and is not confirmed.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    sealed: VecDeque<Flight>,
    open: Flight,
    in_flight: u64,
    kept_bytes: usize,
}

impl Ledger {
    /// How many messages are in flight.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// How many bytes are kept for redelivery.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Whether messages were written that no Ping follows yet.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.counts.is_empty()
    }

    /// A message was handed to the socket.
    pub(crate) fn wrote(&mut self, mut item: Item, keep: bool) {
        if !self.is_open() {
            self.open.first = item.seq;
        }
        self.open.counts.add(&item.name, 1);
        self.in_flight += 1;
        if keep {
            self.kept_bytes += item.frame.len();
            self.open.kept.push(item);
        } else if let Some(receipt) = item.receipt.take() {
            self.open.receipts.push(receipt);
        }
    }

    /// Ping `mark` was handed to the socket, behind all that was written before.
    pub(crate) fn seal(&mut self, mark: u64) {
        if !self.is_open() {
            return;
        }
        let flight = Flight { mark, ..std::mem::take(&mut self.open) };
        // Where Pongs stay away, the newest flights become one: they wait for the later Ping.
        if self.sealed.len() >= FLIGHTS
            && let Some(last) = self.sealed.back_mut()
        {
            last.mark = mark;
            for (name, count) in flight.counts {
                last.counts.add(&name, count);
            }
            last.kept.extend(flight.kept);
            last.receipts.extend(flight.receipts);
        } else {
            self.sealed.push_back(flight);
        }
    }

    /// Ping `mark` was answered. Returns how many messages that confirms, and gives their receipts to
    /// `report`.
    pub(crate) fn confirm(&mut self, mark: u64, mut report: impl FnMut(Reporter)) -> u64 {
        let mut confirmed = 0;
        while self.sealed.front().is_some_and(|flight| flight.mark <= mark)
            && let Some(flight) = self.sealed.pop_front()
        {
            confirmed += flight.counts.total();
            self.kept_bytes -= flight.kept.iter().map(|item| item.frame.len()).sum::<usize>();
            let kept = flight.kept.into_iter().filter_map(|item| item.receipt);
            flight.receipts.into_iter().chain(kept).for_each(&mut report);
        }
        self.in_flight -= confirmed;
        confirmed
    }

    /// The oldest message in flight.
    pub(crate) fn oldest(&self) -> Option<u64> {
        let open = self.is_open().then_some(&self.open);
        self.sealed.front().or(open).map(|flight| flight.first)
    }

    /// The connection is gone: everything in flight.
    pub(crate) fn lose(&mut self) -> InFlight {
        let Self { sealed, open, .. } = std::mem::take(self);
        let mut lost = InFlight::default();
        for flight in sealed.into_iter().chain([open]) {
            for (name, count) in flight.counts {
                lost.counts.add(&name, count);
            }
            lost.kept.extend(flight.kept);
            lost.receipts.extend(flight.receipts);
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(seq: u64, name: &'static str) -> Item {
        let frame = Bytes::from_static(b"0123456789");
        let accepted = Instant::now();
        Item { seq, name: name.into(), frame, accepted, charge: 0, receipt: None }
    }

    #[test]
    fn a_pong_confirms_what_was_written_before_its_ping_and_every_earlier_one() {
        let mut ledger = Ledger::default();
        ledger.wrote(item(1, "a"), true);
        ledger.seal(1);
        ledger.wrote(item(2, "a"), true);
        ledger.wrote(item(3, "b"), true);
        ledger.seal(2);
        ledger.wrote(item(4, "b"), true);
        assert_eq!((ledger.in_flight(), ledger.kept_bytes(), ledger.oldest()), (4, 40, Some(1)));
        assert_eq!(ledger.confirm(0, drop), 0, "a number from nowhere");
        assert_eq!(ledger.confirm(2, drop), 3, "Pong 1 was never needed");
        assert_eq!(ledger.confirm(1, drop), 0, "an old number");
        assert_eq!((ledger.in_flight(), ledger.kept_bytes(), ledger.oldest()), (1, 10, Some(4)));
        assert!(ledger.is_open());
    }

    #[test]
    fn a_lost_connection_gives_back_names_and_messages_in_order() {
        let mut ledger = Ledger::default();
        for (seq, name) in [(1, "a"), (2, "b"), (3, "a")] {
            ledger.wrote(item(seq, name), true);
            ledger.seal(seq);
        }
        ledger.wrote(item(4, "a"), true);
        let InFlight { counts, kept, .. } = ledger.lose();
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("a".into(), 3), ("b".into(), 1)]);
        assert_eq!(kept.iter().map(|item| item.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!((ledger.in_flight(), ledger.kept_bytes(), ledger.oldest()), (0, 0, None));
    }

    #[test]
    fn where_pongs_stay_away_only_counts_grow() {
        let mut ledger = Ledger::default();
        for seq in 1..=10_000 {
            ledger.wrote(item(seq, "a"), false);
            ledger.seal(seq);
        }
        assert_eq!(
            (ledger.sealed.len(), ledger.in_flight(), ledger.oldest()),
            (64, 10_000, Some(1))
        );
        assert_eq!(ledger.confirm(63, drop), 63);
        assert_eq!(ledger.confirm(9_999, drop), 0, "merged into a later one");
        assert_eq!(ledger.confirm(10_000, drop), 9_937);
        assert_eq!((ledger.in_flight(), ledger.oldest()), (0, None));
    }

    #[test]
    fn a_ping_behind_nothing_seals_nothing() {
        let mut ledger = Ledger::default();
        ledger.seal(1);
        assert_eq!(ledger.confirm(1, drop), 0);
        assert!(!ledger.is_open());
    }
}
