//! Random scripts of what happens to an outbox.

use proptest::prelude::*;

use super::*;
use crate::receipt::Receipt;

/// How many messages are confirmed, unconfirmed, and dropped for each reason, as the receipts say.
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

/// The same, as the counters say.
fn settled(tally: &Tally) -> [u64; 6] {
    let Tally { confirmed, unconfirmed, expired, overflowed, abandoned, undeliverable, .. } =
        *tally;
    [confirmed, unconfirmed, expired, overflowed, abandoned, undeliverable]
}

fn adds_up(tally: &Tally) -> bool {
    let Tally { accepted, queued, in_flight, confirmed, unconfirmed, .. } = *tally;
    let dropped = tally.expired + tally.overflowed + tally.abandoned + tally.undeliverable;
    accepted == queued + in_flight + confirmed + unconfirmed + dropped
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
                    let (receipt, outcome) = Receipt::new(Name::Borrowed("chat"), crate::turn::Id::default());
                    let entry = Entry { receipt: Some(receipt), ..entry(size) };
                    let pushed = outbox.push(entry, now, &mut dropped);
                    receipts.extend(pushed.is_ok().then_some(outcome));
                    if abandoned {
                        prop_assert_eq!(pushed, Err(Refusal::Closed));
                    } else {
                        prop_assert!(matches!(pushed, Ok(()) | Err(Refusal::Full)), "{:?}", pushed);
                    }
                    reported += count(dropped);
                }
                Step::Take(budget) => {
                    reported += count(outbox.take(budget, &mut Vec::new(), now, &noop()));
                }
                Step::Ping => {
                    mark += 1;
                    outbox.seal(mark);
                }
                Step::Pong(back) => outbox.confirm(mark.saturating_sub(back), now),
                Step::Lose(too_large) => {
                    let before = outbox.tally();
                    let lost = outbox.connection_lost(too_large);
                    let after = outbox.tally();
                    prop_assert_eq!(after.unconfirmed - before.unconfirmed, lost.unconfirmed.total());
                    let dropped = count(lost.dropped);
                    prop_assert_eq!(after.undeliverable - before.undeliverable, dropped);
                    reported += dropped;
                    prop_assert_eq!(after.in_flight, 0);
                    if redeliver {
                        prop_assert_eq!(after.queued + dropped, before.queued + before.in_flight);
                        prop_assert!(!too_large || dropped == u64::from(before.in_flight > 0));
                    }
                    for flush in flushes.drain(..) {
                        let mut flush: Flushing = flush;
                        prop_assert!(flush.try_recv().is_ok(), "answered at the latest now");
                    }
                    outbox.set_line(Line::Up);
                }
                Step::GiveUp => {
                    outbox.give_up_confirming();
                }
                Step::Pass(millis) => {
                    now += Duration::from_millis(millis);
                    reported += count(outbox.expire(now));
                    outbox.end_patience(now);
                }
                Step::Abandon => {
                    abandoned = true;
                    reported += count(outbox.abandon());
                }
                Step::Flush => {
                    if let Ok(Some(flush)) = outbox.flush(now) {
                        flushes.push(flush);
                    }
                }
                Step::Stall => {
                    outbox.set_line(Line::Stalled);
                    outbox.set_line(Line::Up);
                }
            }
            let tally = outbox.tally();
            prop_assert!(adds_up(&tally), "{:?}", tally);
            let dropped =
                tally.expired + tally.overflowed + tally.abandoned + tally.undeliverable;
            prop_assert_eq!(reported, dropped);
            let inner = outbox.lock();
            let waiting: usize = inner.waiting.iter().map(|item| item.frame.len()).sum();
            prop_assert_eq!(waiting, inner.waiting_bytes);
            let numbers: Vec<_> = inner.waiting.iter().map(|item| item.seq).collect();
            prop_assert!(numbers.is_sorted_by(|a, b| a < b), "in order: {:?}", numbers);
        }
        let tally = outbox.tally();
        prop_assert_eq!(outcomes(&mut receipts), settled(&tally), "each has its outcome by now");
        // The end settles the rest.
        let _ = outbox.connection_lost(false);
        outbox.abandon();
        let tally = outbox.tally();
        prop_assert_eq!(outcomes(&mut receipts), settled(&tally));
        prop_assert_eq!(settled(&tally).iter().sum::<u64>(), tally.accepted);
    }
}
