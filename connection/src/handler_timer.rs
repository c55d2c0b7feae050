//! Handlers that block their thread, and with it the connection: which calls of them are timed, and what is slow.

use std::time::{Duration, Instant};

/// How long a call, or all of a turn that wasn't reported, may take.
const SLOW: Duration = Duration::from_millis(100);
/// How many calls are timed after a slow turn, so that the slow one can be named.
const TIMED_CLOSELY: u32 = 1_024;

/// Times some calls of handlers by themselves, and the turns that they are in as a whole: reading the clock for
/// each call costs as much as a small message. It logs nothing itself, so that each line has its crate's target.
#[derive(Debug, Default)]
pub struct HandlerTimer {
    /// How many of the next calls are timed by themselves.
    timed: u32,
    /// How much of this turn was reported as slow calls.
    reported: Duration,
}

impl HandlerTimer {
    /// Times every call by itself.
    #[must_use]
    pub fn of_every_call() -> Self {
        Self { timed: u32::MAX, ..Self::default() }
    }

    /// A turn begins, whose first calls are timed by themselves, at least so many.
    pub fn begin_turn(&mut self, timed: u32) {
        (self.timed, self.reported) = (self.timed.max(timed), Duration::ZERO);
    }

    /// A handler is called. Returns when, if this call is timed by itself.
    #[inline]
    pub fn begin_call(&mut self) -> Option<Instant> {
        self.timed = self.timed.checked_sub(1)?;
        Some(Instant::now())
    }

    /// A handler has returned. Returns how long its call took if that has to be reported.
    #[inline]
    pub fn end_call(&mut self, began: Option<Instant>) -> Option<Duration> {
        let took = began?.elapsed();
        if took <= SLOW {
            return None;
        }
        self.reported += took;
        Some(took)
    }

    /// A turn has taken so long. Returns how much of it has to be reported.
    pub fn end_turn(&mut self, took: Duration) -> Option<Duration> {
        let took = took.saturating_sub(self.reported);
        if took <= SLOW {
            return None;
        }
        self.timed = self.timed.max(TIMED_CLOSELY);
        Some(took)
    }

    /// Whether there may have been calls in this turn that weren't timed.
    #[must_use]
    pub fn is_untimed(&self) -> bool {
        self.timed == 0
    }

    /// How much of this turn was reported as slow calls.
    #[must_use]
    pub fn reported(&self) -> Duration {
        self.reported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_slow_turn_calls_are_timed_and_a_slow_one_counts_once() {
        let mut timer = HandlerTimer::default();
        timer.begin_turn(0);
        assert_eq!(timer.begin_call(), None);
        assert_eq!(timer.end_turn(SLOW), None);
        assert_eq!(timer.end_turn(2 * SLOW), Some(2 * SLOW));
        timer.begin_turn(0);
        let began = timer.begin_call().expect("timed");
        assert_eq!(timer.end_call(Some(began)), None, "fast");
        let long_ago = began.checked_sub(2 * SLOW).expect("the clock began earlier");
        let took = timer.end_call(Some(long_ago)).expect("slow");
        assert_eq!(timer.reported(), took);
        assert_eq!(timer.end_turn(took + SLOW), None);
        for _ in 1..TIMED_CLOSELY {
            assert!(!timer.is_untimed() && timer.begin_call().is_some());
        }
        assert!(timer.is_untimed() && timer.begin_call().is_none());
    }
}
