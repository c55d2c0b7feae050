//! What a subscription is to the one who made it, and to the task that feeds it.

use std::{
    fmt,
    sync::{Arc, Weak},
    task::Waker,
};

use crate::{delivery::hub::Hub, event::Name, settings};

/// A handler or stream that was registered.
///
/// It stays until [`cancel`](Self::cancel) or `off`; dropping this value changes nothing (see
/// [`guard`](Self::guard) for the opposite). It outlives connections.
#[derive(Clone)]
pub struct Subscription {
    pub(crate) entry: Arc<dyn Entry>,
    pub(crate) owner: Weak<dyn Owner>,
}

/// What a subscription is to the one who holds its handle.
pub(crate) trait Entry: Send + Sync {
    /// No call begins after this.
    fn close(&self);
    /// Whether it was not closed yet.
    fn is_open(&self) -> bool;
    fn set_limit(&self, limit: settings::Inbox);
    fn name(&self) -> &Name;
    /// Whether it can't be given more without losing something; the waker is called when it can.
    fn is_full(&self, waker: &Waker) -> bool;
    /// Back-pressure has lasted too long: from now on the oldest make room.
    fn give_up_waiting(&self);
    /// How many were lost since the last call.
    fn take_lost(&self) -> u64;
    /// Whether it is a handler rather than a stream.
    fn is_handler(&self) -> bool {
        false
    }
    /// Drops what waits for a handler; returns how much that was. A stream keeps it: reading begins no
    /// call.
    fn discard(&self) -> u64 {
        0
    }
    /// Whether a call of it holds its thread up: it was under way at the last look, or, where the
    /// connection's task is `stuck`, it is the one that the task is in.
    fn is_stuck(&self, _stuck: bool) -> bool {
        false
    }
    /// Whether it is a handler that was called in a turn of the connection without being timed.
    fn was_called_in(&self, _turn: u32) -> bool {
        false
    }
}

/// Where a subscription is registered.
pub(crate) trait Owner: Send + Sync {
    fn remove(&self, entry: &Arc<dyn Entry>);
}

impl Subscription {
    /// Ends the subscription: no call of its handler begins after this returns. A call that is under
    /// way on another thread, or an asynchronous one that awaits something, runs to its end.
    pub fn cancel(&self) {
        self.entry.close();
        if let Some(owner) = self.owner.upgrade() {
            owner.remove(&self.entry);
        }
    }

    /// Makes the subscription end when the returned guard is dropped.
    #[must_use = "dropping the guard cancels the subscription at once"]
    pub fn guard(self) -> SubscriptionGuard {
        SubscriptionGuard(self)
    }

    /// Gives an asynchronous handler an inbox of its own size (at least 1) and policy. A synchronous
    /// handler has none: it is called where the message was read. That of a handler of system events
    /// always drops the oldest, and `Event::Lagged` says so: nothing could hold events back.
    #[expect(clippy::return_self_not_must_use, reason = "it is done when it returns")]
    pub fn inbox(self, inbox: settings::Inbox) -> Self {
        self.entry.set_limit(inbox);
        self
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(self.entry.name()).finish()
    }
}

/// Cancels its subscription when dropped. See [`Subscription::guard`].
#[derive(Debug)]
pub struct SubscriptionGuard(Subscription);

impl Drop for SubscriptionGuard {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Takes values in arrival order.
pub(crate) trait Sink<T>: Entry {
    /// Takes a value from the connection's task, or from whoever emits an event. Returns whether
    /// there is no room for another.
    fn put(self: &Arc<Self>, value: T, hub: &Arc<Hub>) -> bool;
}
