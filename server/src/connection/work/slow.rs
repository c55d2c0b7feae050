//! Handlers that block their thread, and with it other peers.

use std::time::{Duration, Instant};

/// How long a turn may take before a warning is logged.
const SLOW: Duration = Duration::from_millis(100);
/// How many calls are timed after a slow turn, so that the slow one can be named.
const TIMED_CLOSELY: u32 = 1_024;

/// Times turns as a whole: reading the clock for each call costs as much as a small message.
pub(super) struct Stopwatch {
    began: Instant,
    calls: u32,
    /// The number of the last handler that was called in this turn.
    last: Option<usize>,
    /// How many of the next calls are timed by themselves.
    timed: u32,
    /// How much of this turn was reported as slow calls.
    reported: Duration,
}

/// What took long.
pub(super) struct Slow {
    pub(super) what: String,
    /// The number of the handler, if it is known.
    pub(super) route: Option<usize>,
}

impl Stopwatch {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), calls: 0, last: None, timed: 0, reported: Duration::ZERO }
    }

    pub(super) fn begin_turn(&mut self) {
        (self.began, self.calls, self.reported) = (Instant::now(), 0, Duration::ZERO);
    }

    /// A handler is called. Returns when, if this call is timed by itself.
    pub(super) fn begin_call(&mut self, route: Option<usize>) -> Option<Instant> {
        (self.calls, self.last) = (self.calls.saturating_add(1), route);
        self.timed = self.timed.checked_sub(1)?;
        Some(Instant::now())
    }

    pub(super) fn end_call(&mut self, began: Option<Instant>) -> Option<Slow> {
        let took = began?.elapsed();
        if took <= SLOW {
            return None;
        }
        self.reported += took;
        Some(Slow {
            what: format!("a handler blocks its thread: it took {took:.1?}"),
            route: self.last,
        })
    }

    pub(super) fn end_turn(&mut self) -> Option<Slow> {
        let took = self.began.elapsed().saturating_sub(self.reported);
        if took <= SLOW {
            return None;
        }
        self.timed = TIMED_CLOSELY;
        let (which, route) = match self.calls {
            0 => ("its future".to_owned(), None),
            1 => ("it".to_owned(), self.last),
            calls => (format!("one of {calls}, or all together"), None),
        };
        Some(Slow { what: format!("a handler blocks its thread: {which} took {took:.1?}"), route })
    }
}
