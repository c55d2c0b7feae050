//! How many messages may go out within a time. Pure: instants come from outside.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::settings;

/// Tokens that were taken at nearly the same time are kept as one entry: this many parts of the limit's time.
const PARTS: u32 = 1_024;

/// Tokens for messages: a number of them, each of which returns a fixed time after it was taken. So no window of that
/// time has more messages than there are tokens, and a steady stream gets them evenly.
#[derive(Debug)]
pub(super) struct RateLimit {
    tokens: u64,
    per: Duration,
    /// Those that are taken, oldest first.
    taken: VecDeque<Taken>,
    count: u64,
}

#[derive(Debug)]
struct Taken {
    first: Instant,
    last: Instant,
    count: u64,
}

impl RateLimit {
    pub(super) fn new(limit: settings::RateLimit) -> Self {
        let settings::RateLimit { messages, per } = limit;
        Self { tokens: messages.into(), per, taken: VecDeque::new(), count: 0 }
    }

    /// Whether a message may be written now.
    pub(super) fn has_token(&mut self, now: Instant) -> bool {
        while let Some(oldest) = self.taken.front()
            && now >= oldest.last + self.per
        {
            self.count -= oldest.count;
            self.taken.pop_front();
        }
        self.count < self.tokens
    }

    /// Something is written. A heartbeat doesn't wait for a token, but takes one all the same: messages wait longer.
    pub(super) fn take(&mut self, now: Instant) {
        self.count += 1;
        match self.taken.back_mut() {
            Some(newest) if now < newest.first + self.per / PARTS => {
                newest.last = newest.last.max(now);
                newest.count += 1;
            }
            _ => self.taken.push_back(Taken { first: now, last: now, count: 1 }),
        }
    }

    /// When a message may be written, if nothing is until then. `None`: at any time.
    pub(super) fn next(&self) -> Option<Instant> {
        let mut count = self.count;
        let mut taken = self.taken.iter();
        let mut next = None;
        while count >= self.tokens {
            let oldest = taken.next()?;
            count -= oldest.count;
            next = Some(oldest.last + self.per);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(messages: u32, per: u64) -> RateLimit {
        RateLimit::new(settings::RateLimit { messages, per: Duration::from_millis(per) })
    }

    #[test]
    fn so_many_at_once_and_each_returns_after_the_time() {
        let (mut limit, now) = (limit(3, 1_000), Instant::now());
        let at = |millis| now + Duration::from_millis(millis);
        for (time, has_token) in
            [(0, true), (10, true), (20, true), (30, false), (999, false), (1_000, true)]
        {
            assert_eq!(limit.has_token(at(time)), has_token, "{time}");
            if has_token {
                limit.take(at(time));
            }
        }
        assert_eq!(limit.next(), Some(at(1_010)));
        assert!(limit.has_token(at(1_010)));
        assert_eq!(limit.next(), None);
    }

    #[test]
    fn what_does_not_wait_for_a_token_makes_messages_wait() {
        let (mut limit, now) = (limit(2, 1_000), Instant::now());
        for millis in [0, 100, 200, 300] {
            limit.take(now + Duration::from_millis(millis));
        }
        assert_eq!(limit.next(), Some(now + Duration::from_millis(1_200)));
        assert!(!limit.has_token(now + Duration::from_millis(1_199)));
        assert!(limit.has_token(now + Duration::from_millis(1_200)));
    }

    proptest! {
        #[test]
        fn no_window_has_more_messages_than_tokens(
            (tokens, per) in (1..20_u32, 1..3_000_u64),
            steps in prop::collection::vec((0..200_u64, 0..10_u32, any::<bool>()), 1..200),
        ) {
            let mut limit = limit(tokens, per);
            let (mut now, mut written) = (Instant::now(), Vec::new());
            for (wait, messages, beat) in steps {
                now += Duration::from_millis(wait);
                if beat {
                    limit.take(now);
                    written.push((now, true));
                }
                for _ in 0..messages {
                    if !limit.has_token(now) {
                        let next = limit.next().expect("it waits for one");
                        prop_assert!(next > now);
                        prop_assert!(next <= now + Duration::from_millis(per));
                        break;
                    }
                    limit.take(now);
                    written.push((now, false));
                }
            }
            for (at, &(start, _)) in written.iter().enumerate() {
                let end = start + Duration::from_millis(per);
                let window = written[at..].iter().take_while(|(time, _)| *time < end);
                let messages = window.filter(|(_, is_beat)| !is_beat).count();
                prop_assert!(messages <= tokens as usize, "{messages}");
            }
            prop_assert!(limit.taken.len() <= PARTS as usize + 1);
        }
    }
}
