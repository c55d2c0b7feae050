//! Messages that wait for the rate limit: none is lost, and no window has more than the limit.

use proptest::prelude::*;

use super::*;
use crate::settings::RateLimit;

proptest! {
    #[test]
    fn messages_wait_for_the_rate_in_order_and_the_link_is_told_when(
        (messages, per) in (1..6_u32, 1..2_000_u64),
        redelivers in any::<bool>(),
        steps in prop::collection::vec((0..500_u64, 0..6_usize, any::<bool>()), 1..60),
    ) {
        let per = Duration::from_millis(per);
        let outbox = outbox(|tuning| {
            tuning.rate_limit = Some(RateLimit { messages, per });
            if redelivers {
                tuning.unconfirmed = Unconfirmed::Redeliver;
            }
        });
        let (mut now, mut pushed, mut written) = (Instant::now(), 0, Vec::new());
        let mut take = |now| {
            let mut frames = Vec::new();
            outbox.take(usize::MAX, &mut frames, now, &noop());
            written.extend(frames.iter().map(|frame| (frame.len(), now)));
        };
        for (wait, count, beat) in steps {
            now += Duration::from_millis(wait);
            for _ in 0..count {
                pushed += 1;
                prop_assert_eq!(push(&outbox, pushed, now), Ok(()));
            }
            if beat {
                outbox.record_own_frame(now);
            }
            outbox.time_out_flushes(now);
            take(now);
            let stats = outbox.stats();
            prop_assert_eq!(stats.accepted, stats.queued + stats.in_flight);
        }
        // The link's only reason to come again is the deadline.
        while outbox.stats().queued > 0 {
            let deadline = outbox.needs().deadline;
            prop_assert!(deadline.is_some_and(|at| at > now && at <= now + per), "{deadline:?}");
            now = deadline.unwrap_or(now);
            outbox.time_out_flushes(now);
            take(now);
        }
        prop_assert_eq!(outbox.needs().deadline, None);
        let sizes: Vec<_> = written.iter().map(|(size, _)| *size).collect();
        prop_assert_eq!(sizes, (1..=pushed).collect::<Vec<_>>(), "each once, in order");
        for (at, (_, start)) in written.iter().enumerate() {
            let window = written[at..].iter().take_while(|(_, time)| *time < *start + per);
            prop_assert!(window.count() <= messages as usize);
        }
    }
}
