//! The delivery of events to those who subscribed to them.

use std::{collections::VecDeque, sync::Arc};

use super::Hub;
use crate::{
    delivery::inbox::lock,
    delivery::subscription::{Entry, Owner, Sink},
    delivery::warnings::Warning,
    event::Event,
    turn::delivering,
};

#[derive(Default)]
pub(super) struct Listeners {
    next: u64,
    list: Vec<(u64, Arc<dyn Listener>)>,
    /// Whether `Event::Open` was the last word on the connection.
    is_open: bool,
}

/// Events on their way. Whoever emits one while nobody is delivering delivers, until none is left:
/// so they stay in order, and a handler that causes an event doesn't call itself.
#[derive(Debug, Default)]
pub(super) struct Pending {
    events: VecDeque<(Event, Audience)>,
    pub(super) delivering: bool,
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
