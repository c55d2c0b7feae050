//! What everything that can fail or be counted reports to: events, counters, the handlers' tasks.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::Waker,
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::Notify};

use crate::{
    error::Error,
    event::{Event, Name},
    handler::Class,
    inbox::lock,
    ledger::Counts,
    queue::{Dropped, Lost},
    registrations::Registrations,
    subscription::{Entry, Owner, Sink},
    turn::{Caller, Id, delivering, handler_task},
    warnings::{Warning, Warnings},
};

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
    /// Told when a handler's task or a delivery of events ends.
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

#[derive(Default)]
struct Listeners {
    next: u64,
    list: Vec<(u64, Arc<dyn Listener>)>,
    /// Whether `Event::Open` was the last word on the connection.
    is_open: bool,
}

/// Events on their way. Whoever emits one while nobody is delivering delivers, until none is left:
/// so they stay in order, and a handler that causes an event doesn't call itself.
#[derive(Debug, Default)]
struct Pending {
    events: VecDeque<(Event, Audience)>,
    delivering: bool,
    /// Counts the ends that `disconnect()` made: what was emitted before one is for streams alone after
    /// it.
    silences: u64,
}

#[derive(Debug, Clone, Copy)]
enum Audience {
    /// All who listened when it was emitted: those numbered below this.
    Before(u64),
    One(u64),
}

/// Somebody who hears events.
pub(crate) trait Listener: Send + Sync {
    fn hear(&self, event: &Event, hub: &Arc<Hub>);
    /// Whether it subscribed to events of this kind.
    fn wants(&self, event: &Event) -> bool;
    fn entry(&self) -> Arc<dyn Entry>;
}

/// Hears those events that `pick` picks.
pub(crate) struct Picking<T, S> {
    pub(crate) pick: fn(&Event) -> Option<T>,
    pub(crate) sink: Arc<S>,
}

impl<T: Send + 'static, S: Sink<T> + 'static> Listener for Picking<T, S> {
    fn hear(&self, event: &Event, hub: &Arc<Hub>) {
        if let Some(value) = (self.pick)(event) {
            self.sink.put(value, hub);
        }
    }

    fn wants(&self, event: &Event) -> bool {
        (self.pick)(event).is_some()
    }

    fn entry(&self) -> Arc<dyn Entry> {
        Arc::clone(&self.sink) as Arc<dyn Entry>
    }
}

impl Hub {
    /// Tells an event to all who listen.
    pub(crate) fn emit(self: &Arc<Self>, event: Event) {
        tracing::debug!(?event, "wirebond");
        let (audience, is_heard) = {
            let mut listeners = lock(&self.listeners);
            match event {
                Event::Open => listeners.is_open = true,
                Event::Close(_) => listeners.is_open = false,
                _ => {}
            }
            let wants = |(_, listener): &(u64, Arc<dyn Listener>)| listener.wants(&event);
            let is_heard = listeners.list.iter().any(wants);
            (Audience::Before(listeners.next), is_heard)
        };
        if !is_heard && let Some(warning) = Warning::of(&event) {
            self.warn(warning);
        }
        self.deliver(event, audience);
    }

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

    fn deliver(self: &Arc<Self>, event: Event, audience: Audience) {
        let mut pending = lock(&self.pending);
        pending.events.push_back((event, audience));
        if std::mem::replace(&mut pending.delivering, true) {
            return;
        }
        while let Some((event, audience)) = pending.events.pop_front() {
            let silences = pending.silences;
            drop(pending);
            let heard: Vec<_> = {
                let listeners = lock(&self.listeners);
                let hears = |id: u64| match audience {
                    Audience::Before(next) => id < next,
                    Audience::One(one) => id == one,
                };
                let list = listeners.list.iter().filter(|(id, _)| hears(*id));
                list.map(|(_, listener)| Arc::clone(listener)).collect()
            };
            delivering(self.id, || {
                for listener in heard {
                    // One before it may have taken longer than `disconnect()` waits.
                    let silenced = lock(&self.pending).silences != silences;
                    if !silenced || !listener.entry().is_handler() {
                        listener.hear(&event, self);
                    }
                }
            });
            pending = lock(&self.pending);
        }
        pending.delivering = false;
        drop(pending);
        self.idle.notify_waiters();
    }

    /// After `disconnect()`: no call of a handler begins any more for what was emitted before.
    pub(crate) fn silence(self: &Arc<Self>) {
        let waiting: Vec<_> = {
            let mut pending = lock(&self.pending);
            pending.silences += 1;
            std::mem::take(&mut pending.events).into_iter().collect()
        };
        // Those that are still on their way are for streams alone.
        for (event, audience) in waiting {
            let Audience::Before(next) = audience else { continue };
            let heard: Vec<_> = {
                let listeners = lock(&self.listeners);
                let list = listeners.list.iter().filter(|(id, _)| *id < next);
                list.map(|(_, listener)| Arc::clone(listener)).collect()
            };
            for listener in heard.iter().filter(|listener| !listener.entry().is_handler()) {
                listener.hear(&event, self);
            }
        }
        for entry in self.entries() {
            self.counters.discarded(entry.discard());
        }
    }

    /// Everybody who hears events.
    pub(crate) fn entries(&self) -> Vec<Arc<dyn Entry>> {
        lock(&self.listeners).list.iter().map(|(_, listener)| listener.entry()).collect()
    }

    /// Adds a listener. With `catch_up`, one that comes while the connection is open hears
    /// `Event::Open` at once.
    pub(crate) fn listen(self: &Arc<Self>, listener: Arc<dyn Listener>, catch_up: bool) {
        let mut listeners = lock(&self.listeners);
        let id = listeners.next;
        listeners.next += 1;
        listeners.list.push((id, listener));
        let is_open = listeners.is_open;
        drop(listeners);
        if catch_up && is_open {
            self.deliver(Event::Open, Audience::One(id));
        }
    }

    /// Whether `Event::Open` was the last word on the connection.
    pub(crate) fn is_open(&self) -> bool {
        lock(&self.listeners).is_open
    }

    /// Ends every listener: the client is gone.
    pub(crate) fn close(&self) {
        self.warnings.flush(tokio::time::Instant::now(), true);
        let list = std::mem::take(&mut lock(&self.listeners).list);
        for (_, listener) in list {
            listener.entry().close();
        }
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
    pub(crate) fn report_unconfirmed(self: &Arc<Self>, counts: Counts) {
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

impl Owner for Hub {
    fn remove(&self, entry: &Arc<dyn Entry>) {
        let mut listeners = lock(&self.listeners);
        listeners.list.retain(|(_, listener)| !Arc::ptr_eq(&listener.entry(), entry));
    }
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listeners").field("count", &self.list.len()).finish_non_exhaustive()
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
