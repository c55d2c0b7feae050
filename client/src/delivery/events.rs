//! Events, delivered to those who subscribed to them.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    caller::{Id, delivering},
    delivery::{
        subscription::{Owner, Sink, Subscriber},
        tasks::Tasks,
        turn::Turn,
    },
    event::{Event, SessionEvent},
    stats::Counters,
    sync::lock,
};

mod warnings;

pub(crate) use warnings::Warning;
use warnings::Warnings;

/// Emits events to its listeners. What nobody listens to is logged.
#[derive(Debug)]
pub(crate) struct Emitter {
    client: Id,
    listeners: Mutex<Listeners>,
    pending: Mutex<Pending>,
    warnings: Warnings,
    tasks: Arc<Tasks>,
    counters: Arc<Counters>,
    /// Nanoseconds of calls that were reported as slow.
    slow: AtomicU64,
}

#[derive(Default)]
struct Listeners {
    next: u64,
    list: Vec<(u64, Arc<dyn Listener>)>,
    /// Whether the last event of a connection was `Event::Open`.
    is_open: bool,
}

/// Events that are not delivered yet. A caller that emits one while nobody is delivering delivers until
/// none is left: so they stay in order, and a handler that causes an event doesn't call itself.
#[derive(Debug, Default)]
struct Pending {
    events: VecDeque<(Event, Audience)>,
    delivering: bool,
    /// Counts the calls of `disconnect()` that ended. After one, events emitted before it are delivered
    /// to streams only.
    silences: u64,
}

#[derive(Debug, Clone, Copy)]
enum Audience {
    /// The listeners when it was emitted have numbers below this.
    Before(u64),
    One(u64),
}

/// A subscription to events.
pub(crate) trait Listener: Send + Sync {
    /// Takes an event. One at a time is delivered to a handler; a stream takes several at once.
    fn deliver(&self, event: &Event, turn: &mut Turn);
    /// Whether it subscribed to events of this kind.
    fn accepts(&self, event: &Event) -> bool;
    fn subscriber(&self) -> Arc<dyn Subscriber>;
}

/// Takes those events that `pick` picks.
pub(crate) struct Picking<T, S> {
    pub(crate) pick: fn(&Event) -> Option<T>,
    pub(crate) sink: Arc<S>,
}

impl<T: Send + 'static, S: Sink<T> + 'static> Listener for Picking<T, S> {
    fn deliver(&self, event: &Event, turn: &mut Turn) {
        if let Some(value) = (self.pick)(event) {
            self.sink.put(value, turn);
        }
    }

    fn accepts(&self, event: &Event) -> bool {
        (self.pick)(event).is_some()
    }

    fn subscriber(&self) -> Arc<dyn Subscriber> {
        Arc::clone(&self.sink) as Arc<dyn Subscriber>
    }
}

impl Emitter {
    pub(crate) fn new(client: Id, tasks: Arc<Tasks>, counters: Arc<Counters>) -> Self {
        Self {
            client,
            listeners: Mutex::default(),
            pending: Mutex::default(),
            warnings: Warnings::default(),
            tasks,
            counters,
            slow: AtomicU64::new(0),
        }
    }

    /// Delivers an event to all who listen.
    pub(crate) fn emit(&self, event: Event) {
        tracing::debug!(?event, "wirebond");
        let (audience, is_accepted) = {
            let mut listeners = lock(&self.listeners);
            match event {
                Event::Open => listeners.is_open = true,
                Event::Close(_) => listeners.is_open = false,
                Event::Session(SessionEvent::Resumed) => self.counters.sessions_resumed.add(1),
                Event::Session(SessionEvent::Lost { .. }) => self.counters.sessions_lost.add(1),
                _ => {}
            }
            let accepts = |(_, listener): &(u64, Arc<dyn Listener>)| listener.accepts(&event);
            let is_accepted = listeners.list.iter().any(accepts);
            (Audience::Before(listeners.next), is_accepted)
        };
        if !is_accepted && let Some(warning) = Warning::of(&event) {
            self.warn(warning);
        }
        self.deliver(event, audience);
    }

    /// Emits one event after the other.
    pub(crate) fn emit_all(&self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.emit(event));
    }

    fn deliver(&self, event: Event, audience: Audience) {
        let mut pending = lock(&self.pending);
        pending.events.push_back((event, audience));
        if std::mem::replace(&mut pending.delivering, true) {
            return;
        }
        while let Some((event, audience)) = pending.events.pop_front() {
            let silences = pending.silences;
            drop(pending);
            let listeners = self.listeners(audience);
            delivering(self.client, || {
                for listener in listeners {
                    // An earlier call may have taken longer than `disconnect()` waits.
                    let silenced = lock(&self.pending).silences != silences;
                    if !silenced || !listener.subscriber().is_handler() {
                        self.deliver_to(&*listener, &event);
                    }
                }
            });
            pending = lock(&self.pending);
        }
        pending.delivering = false;
        // Events are few, and an idle client keeps no memory for them.
        pending.events = VecDeque::new();
        drop(pending);
        self.tasks.idle.notify_waiters();
    }

    fn listeners(&self, audience: Audience) -> Vec<Arc<dyn Listener>> {
        let listeners = lock(&self.listeners);
        let listens = |id: u64| match audience {
            Audience::Before(next) => id < next,
            Audience::One(one) => id == one,
        };
        let list = listeners.list.iter().filter(|(id, _)| listens(*id));
        list.map(|(_, listener)| Arc::clone(listener)).collect()
    }

    fn deliver_to(&self, listener: &dyn Listener, event: &Event) {
        let mut turn = Turn::of_event();
        listener.deliver(event, &mut turn);
        turn.wake_consumers();
        if !turn.timer.reported().is_zero() {
            let nanos = u64::try_from(turn.timer.reported().as_nanos()).unwrap_or(u64::MAX);
            self.slow.fetch_add(nanos, Ordering::Relaxed);
        }
    }

    /// How long calls took in all that were reported as slow.
    pub(crate) fn slow(&self) -> Duration {
        Duration::from_nanos(self.slow.load(Ordering::Relaxed))
    }

    /// Whether no event is on its way to a handler.
    pub(crate) fn is_idle(&self) -> bool {
        !lock(&self.pending).delivering
    }

    /// After `disconnect()`: no call of a handler begins any more for what was emitted before.
    pub(crate) fn silence(&self) {
        let waiting: Vec<_> = {
            let mut pending = lock(&self.pending);
            pending.silences += 1;
            std::mem::take(&mut pending.events).into_iter().collect()
        };
        // Events that are not delivered yet are for streams only.
        for (event, audience) in waiting {
            let Audience::Before(_) = audience else { continue };
            let listeners = self.listeners(audience);
            for listener in listeners.iter().filter(|one| !one.subscriber().is_handler()) {
                self.deliver_to(&**listener, &event);
            }
        }
        for subscriber in self.subscribers() {
            self.counters.lagged.add(subscriber.discard());
        }
    }

    /// Every subscription to events.
    pub(crate) fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        lock(&self.listeners).list.iter().map(|(_, listener)| listener.subscriber()).collect()
    }

    /// Adds a listener. With `catch_up`, one that comes while the connection is open gets
    /// `Event::Open` at once.
    pub(crate) fn listen(&self, listener: Arc<dyn Listener>, catch_up: bool) {
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

    /// Whether the last event of a connection was `Event::Open`.
    pub(crate) fn is_open(&self) -> bool {
        lock(&self.listeners).is_open
    }

    /// Ends every subscription: the client is gone.
    pub(crate) fn close(&self) {
        self.warnings.flush(tokio::time::Instant::now(), true);
        let list = std::mem::take(&mut lock(&self.listeners).list);
        for (_, listener) in list {
            listener.subscriber().close();
        }
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
}

impl Owner for Emitter {
    fn remove(&self, subscriber: &Arc<dyn Subscriber>) {
        let mut listeners = lock(&self.listeners);
        listeners.list.retain(|(_, listener)| !Arc::ptr_eq(&listener.subscriber(), subscriber));
    }
}

impl std::fmt::Debug for Listeners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listeners").field("count", &self.list.len()).finish_non_exhaustive()
    }
}
