//! What everything that can fail or be counted reports to: events, counters, the handlers' tasks.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::Waker,
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::Notify};

use crate::{
    delivery::handler::Class,
    delivery::inbox::lock,
    delivery::registrations::Registrations,
    delivery::warnings::{Warning, Warnings},
    error::Error,
    event::{Event, Name},
    outbox::{CountsByName, Dropped, Lost},
    turn::{Caller, Id, handler_task},
};

mod events;

pub(crate) use events::Picking;
use events::{Listeners, Pending};

/// Counts of what arrived. Outbound ones live with the queue, so that they add up.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: AtomicU64,
    pub(crate) unhandled: AtomicU64,
    pub(crate) unknown: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) lagged: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) connections: AtomicU64,
    /// Nanoseconds; 0 while unknown.
    pub(crate) round_trip: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }

    /// Messages that were read but that no handler will hear.
    pub(crate) fn discarded(&self, count: u64) {
        Self::add(&self.lagged, count);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Hub {
    /// The client's.
    pub(crate) id: Id,
    pub(crate) counters: Counters,
    listeners: Mutex<Listeners>,
    pending: Mutex<Pending>,
    runtime: Mutex<Option<Handle>>,
    /// Whose tasks are running.
    running: Mutex<Vec<Id>>,
    /// Notified when a handler's task or a delivery of events ends.
    pub(crate) idle: Notify,
    /// The number of the present session: an older one that comes back from a handler that held it up
    /// does nothing any more.
    session: AtomicU64,
    /// Whom to wake at the end of the connection's turn.
    sleepers: Mutex<Vec<Waker>>,
    /// The number of the connection's turn.
    turn: AtomicU32,
    /// How many of the next calls of handlers are timed, each by itself.
    timed: AtomicU32,
    /// Nanoseconds of this turn that were warned of already.
    warned: AtomicU64,
    /// Whether an inbox has lost something that nobody was told of.
    lost: AtomicBool,
    warnings: Warnings,
    pub(crate) registrations: Registrations,
}

/// How many calls of handlers are timed in each turn, every one by itself: reading the clock costs as
/// much as a small message. The rest of a turn is timed as a whole.
const TIMED: u32 = 4;

impl Hub {
    /// Logs something that nobody subscribed to.
    pub(crate) fn warn(&self, warning: Warning) {
        self.warnings.log(warning, tokio::time::Instant::now());
    }

    /// Whether something wasn't logged because there was too much of it.
    pub(crate) fn has_suppressed_warnings(&self) -> bool {
        self.warnings.has_suppressed()
    }

    /// Logs how much wasn't logged because there was too much of it.
    pub(crate) fn flush_warnings(&self, now: tokio::time::Instant) {
        self.warnings.flush(now, false);
    }

    /// A stream got something in the connection's turn: its consumer is woken at the end of it.
    pub(crate) fn wake_later(&self, consumer: Option<Waker>) {
        if let Some(consumer) = consumer {
            lock(&self.sleepers).push(consumer);
        }
    }

    /// The connection's turn is over.
    pub(crate) fn wake_consumers(&self) {
        let consumers = std::mem::take(&mut *lock(&self.sleepers));
        consumers.into_iter().for_each(Waker::wake);
    }

    /// The connection's turn begins; returns its number.
    pub(crate) fn begin_turn(&self) -> u32 {
        self.time_calls(TIMED);
        self.warned.store(0, Ordering::Relaxed);
        self.turn.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// The number of the present turn.
    pub(crate) fn turn(&self) -> u32 {
        self.turn.load(Ordering::Relaxed)
    }

    /// Sees to it that at least so many of the next calls are timed.
    pub(crate) fn time_calls(&self, count: u32) {
        if self.timed.load(Ordering::Relaxed) < count {
            self.timed.store(count, Ordering::Relaxed);
        }
    }

    /// When this call began, if it is to be timed: asked once for each.
    pub(crate) fn time_this_call(&self) -> Option<Instant> {
        // A count that is off by a few does no harm.
        let left = self.timed.load(Ordering::Relaxed);
        if left == 0 {
            return None;
        }
        self.timed.store(left - 1, Ordering::Relaxed);
        Some(Instant::now())
    }

    /// Whether there may have been calls that weren't timed.
    pub(crate) fn is_untimed(&self) -> bool {
        self.timed.load(Ordering::Relaxed) == 0
    }

    /// A handler was slow, and that was said.
    pub(crate) fn note_warned(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.warned.fetch_add(nanos, Ordering::Relaxed);
    }

    /// How much of this turn was warned of already.
    pub(crate) fn warned(&self) -> Duration {
        Duration::from_nanos(self.warned.load(Ordering::Relaxed))
    }

    /// An inbox has lost something.
    pub(crate) fn note_loss(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Whether an inbox has lost something since the last call.
    pub(crate) fn take_loss(&self) -> bool {
        self.lost.load(Ordering::Relaxed) && self.lost.swap(false, Ordering::Relaxed)
    }

    /// A handler returned an error or panicked. One that handles events can't be told of by an event:
    /// it would fail again.
    pub(crate) fn handler_failed(self: &Arc<Self>, name: &Name, class: Class, error: Error) {
        let error = error.about(name);
        match class {
            Class::Message => self.emit(Event::Error(error)),
            Class::Event => tracing::error!(%error, "a handler of system events failed"),
        }
    }

    /// Reports dropped messages.
    pub(crate) fn report_dropped(self: &Arc<Self>, dropped: Dropped) {
        for (reason, counts) in dropped {
            for (name, count) in counts {
                self.emit(Event::Dropped { name, count, reason });
            }
        }
    }

    /// Reports what became of messages with their connection.
    pub(crate) fn report_lost(self: &Arc<Self>, lost: Lost) {
        self.report_unconfirmed(lost.unconfirmed);
        self.report_dropped(lost.dropped);
    }

    /// Reports messages whose fate is unknown.
    pub(crate) fn report_unconfirmed(self: &Arc<Self>, counts: CountsByName) {
        for (name, count) in counts {
            self.emit(Event::Unconfirmed { name, count });
        }
    }

    /// Where handlers' tasks run when they are started from outside of a runtime.
    pub(crate) fn set_runtime(&self, runtime: Handle) {
        *lock(&self.runtime) = Some(runtime);
    }

    /// Runs a handler's task.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        handler: Id,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let runtime = Handle::try_current().ok().or_else(|| self.runtime());
        let Some(runtime) = runtime else {
            // Only an event before the first `connect()` comes here: dropping the task gives the
            // handler back.
            tracing::error!("an asynchronous handler needs a tokio runtime; its call was dropped");
            return;
        };
        lock(&self.running).push(handler);
        let running = Running { hub: Arc::clone(self), handler };
        runtime.spawn(handler_task(Caller { client: self.id, handler }, async move {
            task.await;
            drop(running);
        }));
    }

    /// Whether no handler's task runs but those of `exempt`, and no events are on their way to handlers
    /// unless that doesn't matter.
    pub(crate) fn is_idle(&self, exempt: &[Id], deliveries_matter: bool) -> bool {
        lock(&self.running).iter().all(|handler| exempt.contains(handler))
            && !(deliveries_matter && lock(&self.pending).delivering)
    }

    /// Whether a handler's task runs.
    pub(crate) fn has_tasks(&self) -> bool {
        !lock(&self.running).is_empty()
    }

    /// The runtime of the last `connect()`.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        lock(&self.runtime).clone()
    }

    /// The number of the present session.
    pub(crate) fn session(&self) -> u64 {
        self.session.load(Ordering::Acquire)
    }

    pub(crate) fn set_session(&self, number: u64) {
        self.session.store(number, Ordering::Release);
    }
}

/// Counts a task as running until it is dropped, however that happens.
struct Running {
    hub: Arc<Hub>,
    handler: Id,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = lock(&self.hub.running);
        if let Some(at) = running.iter().position(|handler| *handler == self.handler) {
            running.swap_remove(at);
        }
        drop(running);
        self.hub.idle.notify_waiters();
    }
}
