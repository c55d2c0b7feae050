//! One turn of a connection: what sinks record while its frames are delivered.

use std::{
    task::Waker,
    time::{Duration, Instant},
};

use crate::caller::Id;

/// How many calls of handlers are timed in each turn, every one by itself: reading the clock costs as
/// much as a small message. The rest of a turn is timed as a whole.
const TIMED: u32 = 4;

/// Owned by whoever delivers, and passed down to the sinks.
#[derive(Debug)]
pub(crate) struct Turn {
    number: u64,
    /// How many of the next calls are timed, each by itself.
    timed: u32,
    /// How much of this turn was reported as slow calls.
    reported: Duration,
    /// Consumers of streams that are woken at the end.
    consumers: Vec<Waker>,
    /// Whether an inbox lost a message that wasn't reported yet.
    has_loss: bool,
    /// Whether an asynchronous handler got a task.
    has_task: bool,
}

impl Turn {
    /// For a connection, turn after turn: see [`begin`](Self::begin).
    pub(crate) fn of_connection() -> Self {
        Self::new(Id::default().number() << 32, 0)
    }

    /// For the delivery of an event, which belongs to no connection: every call is timed.
    pub(crate) fn of_event() -> Self {
        Self::new(0, u32::MAX)
    }

    fn new(number: u64, timed: u32) -> Self {
        Self {
            number,
            timed,
            reported: Duration::ZERO,
            consumers: Vec::new(),
            has_loss: false,
            has_task: false,
        }
    }

    /// The next turn begins.
    pub(crate) fn begin(&mut self) {
        self.time_calls(TIMED);
        self.reported = Duration::ZERO;
        self.number += 1;
    }

    /// A number that no other turn in this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Times at least this many of the next calls.
    pub(crate) fn time_calls(&mut self, count: u32) {
        self.timed = self.timed.max(count);
    }

    /// When this call began, if it is to be timed: asked once for each.
    pub(crate) fn time_this_call(&mut self) -> Option<Instant> {
        self.timed = self.timed.checked_sub(1)?;
        Some(Instant::now())
    }

    /// Whether there may have been calls that weren't timed.
    pub(crate) fn is_untimed(&self) -> bool {
        self.timed == 0
    }

    /// A call was slow, and that was reported.
    pub(crate) fn record_slow_call(&mut self, took: Duration) {
        self.reported += took;
    }

    /// How much of this turn was reported already.
    pub(crate) fn reported(&self) -> Duration {
        self.reported
    }

    /// A stream got a value: its consumer is woken at the end of the turn.
    pub(crate) fn wake_later(&mut self, consumer: Option<Waker>) {
        self.consumers.extend(consumer);
    }

    /// The turn is over: wakes the consumers of streams.
    pub(crate) fn wake_consumers(&mut self) {
        self.consumers.drain(..).for_each(Waker::wake);
    }

    /// An inbox lost a message.
    pub(crate) fn record_loss(&mut self) {
        self.has_loss = true;
    }

    /// Whether an inbox lost a message since the last call.
    pub(crate) fn take_loss(&mut self) -> bool {
        std::mem::take(&mut self.has_loss)
    }

    /// An asynchronous handler got a task, which stays for a while when it has nothing to do.
    pub(crate) fn record_task(&mut self) {
        self.has_task = true;
    }

    /// Whether a handler got a task since the last call.
    pub(crate) fn take_task(&mut self) -> bool {
        std::mem::take(&mut self.has_task)
    }
}
