//! Handlers that block their thread, and with it other peers.

use std::time::Instant;

use wirebond_connection::handler_timer::HandlerTimer;

/// Times a connection's turns, and says what was slow.
pub(super) struct Stopwatch {
    began: Instant,
    calls: u32,
    /// The number of the last handler that was called in this turn.
    last: Option<usize>,
    timer: HandlerTimer,
}

/// What took long.
pub(super) struct Slow {
    pub(super) what: String,
    /// The number of the handler, if it is known.
    pub(super) route: Option<usize>,
}

impl Stopwatch {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), calls: 0, last: None, timer: HandlerTimer::default() }
    }

    pub(super) fn begin_turn(&mut self) {
        (self.began, self.calls) = (Instant::now(), 0);
        self.timer.begin_turn(0);
    }

    /// A handler is called. Returns when, if this call is timed by itself.
    pub(super) fn begin_call(&mut self, route: Option<usize>) -> Option<Instant> {
        (self.calls, self.last) = (self.calls.saturating_add(1), route);
        self.timer.begin_call()
    }

    pub(super) fn end_call(&mut self, began: Option<Instant>) -> Option<Slow> {
        let took = self.timer.end_call(began)?;
        Some(Slow {
            what: format!("a handler blocks its thread: it took {took:.1?}"),
            route: self.last,
        })
    }

    pub(super) fn end_turn(&mut self) -> Option<Slow> {
        let took = self.timer.end_turn(self.began.elapsed())?;
        let (which, route) = match self.calls {
            0 => ("its future".to_owned(), None),
            1 => ("it".to_owned(), self.last),
            calls => (format!("one of {calls}, or all together"), None),
        };
        Some(Slow { what: format!("a handler blocks its thread: {which} took {took:.1?}"), route })
    }
}
