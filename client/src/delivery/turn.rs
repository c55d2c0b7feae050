//! One turn of a connection: what sinks record while its frames are delivered.

use std::task::Waker;

use wirebond_connection::handler_timer::HandlerTimer;

use crate::caller::Id;

/// How many calls of handlers are timed in each turn, every one by itself.
const TIMED: u32 = 4;

/// Owned by whoever delivers, and passed down to the sinks.
#[derive(Debug)]
pub(crate) struct Turn {
    number: u64,
    pub(crate) timer: HandlerTimer,
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
        Self::new(Id::default().number() << 32, HandlerTimer::default())
    }

    /// For the delivery of an event, which belongs to no connection: every call is timed.
    pub(crate) fn of_event() -> Self {
        Self::new(0, HandlerTimer::of_every_call())
    }

    fn new(number: u64, timer: HandlerTimer) -> Self {
        Self { number, timer, consumers: Vec::new(), has_loss: false, has_task: false }
    }

    /// The next turn begins.
    pub(crate) fn begin(&mut self) {
        self.timer.begin_turn(TIMED);
        self.number += 1;
    }

    /// A number that no other turn in this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
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
