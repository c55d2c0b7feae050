//! Random scripts of what happens to an outbox.

use proptest::prelude::*;

use super::*;
use crate::receipt::{Delivery, Receipt};

/// How many messages are confirmed, unconfirmed, and dropped for each reason, as the receipts report.
fn outcomes(receipts: &mut [Receipt]) -> [u64; 6] {
    let mut counts = [0; 6];
    for receipt in receipts {
        let Some(outcome) = receipt.outcome() else { continue };
        counts[match outcome {
            Delivery::Confirmed => 0,
            Delivery::Unconfirmed => 1,
            Delivery::Dropped(DropReason::Expired) => 2,
            Delivery::Dropped(DropReason::Overflowed) => 3,
            Delivery::Dropped(DropReason::Closed) => 4,
            Delivery::Dropped(DropReason::Undeliverable) => 5,
            other => panic!("{other}"),
        }] += 1;
    }
    counts
}

/// The same, as the counters report.
fn settled(stats: &Stats) -> [u64; 6] {
    [
        stats.confirmed,
        stats.unconfirmed,
        stats.dropped_expired,
        stats.dropped_overflowed,
        stats.dropped_closed,
        stats.dropped_undeliverable,
    ]
}

fn adds_up(stats: &Stats) -> bool {
    let Stats { accepted, queued, in_flight, confirmed, unconfirmed, .. } = *stats;
    accepted == queued + in_flight + confirmed + unconfirmed + stats.dropped()
}

#[derive(Debug, Clone)]
enum Step {
    Push(usize),
    Take(usize),
    Ping,
    Pong(u64),
    Lose(bool),
    GiveUp,
    Pass(u64),
    Abandon,
    Flush,
    Stall,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_usize..60).prop_map(Step::Push),
        4 => (0_usize..100).prop_map(Step::Take),
        2 => Just(Step::Ping),
        2 => (0_u64..8).prop_map(Step::Pong),
        1 => any::<bool>().prop_map(Step::Lose),
        1 => Just(Step::GiveUp),
        2 => (0_u64..3_000).prop_map(Step::Pass),
        // Rare: nothing is accepted after it.
        1 => prop::bool::weighted(0.1).prop_map(|ends| if ends { Step::Abandon } else { Step::Ping }),
        1 => Just(Step::Flush),
        1 => Just(Step::Stall),
    ]
}

proptest! {
    /// Whatever happens in whatever order: the counters add up, the bounds hold, reports and counters
    /// agree, and a flush is answered no later than the end of its connection.
    #[test]
    fn the_counters_add_up_at_every_step(
        steps in prop::collection::vec(step(), 0..80),
        redeliver in any::<bool>(),
        overflow in prop::sample::select(vec![Overflow::Reject, Overflow::DropOldest, Overflow::Wait]),
        ttl in any::<bool>(),
    ) {
        let outbox = outbox(|tuning| {
            tuning.queue = QueueLimits { messages: 8, bytes: 200 };
            tuning.overflow = overflow;
            tuning.unconfirmed = if redeliver { Unconfirmed::Redeliver } else { Unconfirmed::Report };
            tuning.message_ttl = ttl.then_some(Duration::from_secs(2));
        });
        let mut now = Instant::now();
        let (mut abandoned, mut receipts) = (false, Vec::new());
        let (mut mark, mut reported, mut flushes) = (0, 0, Vec::new());
        let count = |dropped: Dropped| -> u64 { dropped.iter().map(|(_, counts)| counts.total()).sum() };
        for step in steps {
            match step {
                Step::Push(size) => {
                    let mut dropped = Dropped::new();
                    let (receipt, outcome) = Receipt::new(Name::Borrowed("chat"), crate::caller::Id::default());
                    let message = Message { receipt: Some(receipt), ..message(size) };
                    let pushed = outbox.push(message, now, &mut dropped);
                    receipts.extend(pushed.is_ok().then_some(outcome));
                    if abandoned {
                        prop_assert_eq!(pushed, Err(SendErrorKind::Closed));
                    } else {
                        prop_assert!(matches!(pushed, Ok(()) | Err(SendErrorKind::QueueFull)), "{:?}", pushed);
                    }
                    reported += count(dropped);
                }
                Step::Take(budget) => {
                    reported += count(outbox.take(budget, &mut Vec::new(), now, &noop()));
                }
                Step::Ping => {
                    mark += 1;
                    outbox.mark(mark);
                }
                Step::Pong(back) => outbox.confirm(mark.saturating_sub(back), now),
                Step::Lose(too_large) => {
                    let before = outbox.stats();
                    let lost = outbox.connection_lost(too_large);
                    let after = outbox.stats();
                    prop_assert_eq!(after.unconfirmed - before.unconfirmed, lost.unconfirmed.total());
                    let dropped = count(lost.dropped);
                    prop_assert_eq!(after.dropped_undeliverable - before.dropped_undeliverable, dropped);
                    reported += dropped;
                    prop_assert_eq!(after.in_flight, 0);
                    if redeliver {
                        prop_assert_eq!(after.queued + dropped, before.queued + before.in_flight);
                        prop_assert!(!too_large || dropped == u64::from(before.in_flight > 0));
                    }
                    for flush in flushes.drain(..) {
                        let mut flush: Flushed = flush;
                        prop_assert!(flush.try_recv().is_ok(), "answered at the latest now");
                    }
                    outbox.set_link(LinkState::Up);
                }
                Step::GiveUp => {
                    outbox.give_up_confirming();
                }
                Step::Pass(millis) => {
                    now += Duration::from_millis(millis);
                    reported += count(outbox.expire(now));
                    outbox.time_out_flushes(now);
                }
                Step::Abandon => {
                    abandoned = true;
                    reported += count(outbox.abandon().dropped);
                }
                Step::Flush => {
                    if let Ok(Some(flush)) = outbox.flush(now) {
                        flushes.push(flush);
                    }
                }
                Step::Stall => {
                    outbox.set_stalled(true);
                    outbox.set_stalled(false);
                }
            }
            let stats = outbox.stats();
            prop_assert!(adds_up(&stats), "{:?}", stats);
            prop_assert_eq!(reported, stats.dropped());
            outbox.lock().queue.check();
        }
        let stats = outbox.stats();
        prop_assert_eq!(outcomes(&mut receipts), settled(&stats), "each has its outcome by now");
        // The end settles the rest.
        let _ = outbox.connection_lost(false);
        let _ = outbox.abandon();
        let stats = outbox.stats();
        prop_assert_eq!(outcomes(&mut receipts), settled(&stats));
        prop_assert_eq!(settled(&stats).iter().sum::<u64>(), stats.accepted);
    }
}
