//! A subscription, as its owner and as the connection's task see it.

use std::{
    fmt,
    sync::{Arc, Weak},
    task::Waker,
};

use crate::{delivery::turn::Turn, event::Name, settings};

/// A registered handler.
///
/// It outlives connections, and stays registered until [`cancel`](Self::cancel) or
/// [`Client::off`](crate::Client::off) is called. Dropping this value changes nothing;
/// [`guard`](Self::guard) makes it cancel on drop.
///
/// ```
/// use wirebond_client::Client;
///
/// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
/// let chat = client.on("chat", |line: String| println!("{line}"));
/// chat.cancel();
/// # Ok::<(), wirebond_client::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Subscription {
    pub(crate) subscriber: Arc<dyn Subscriber>,
    pub(crate) owner: Weak<dyn Owner>,
}

/// A handler or stream, whatever its values are.
pub(crate) trait Subscriber: Send + Sync {
    /// No call begins after this.
    fn close(&self);
    /// Whether it was not closed yet.
    fn is_open(&self) -> bool;
    fn set_limit(&self, limit: settings::Inbox);
    fn name(&self) -> &Name;
    /// Whether it can't be given more without losing something; the waker is called when it can.
    fn is_full(&self, waker: &Waker) -> bool;
    /// Back-pressure has lasted too long: from now on the oldest values are dropped.
    fn give_up_waiting(&self);
    /// How many were lost since the last call.
    fn take_lost(&self) -> u64;
    /// Whether it is a handler rather than a stream.
    fn is_handler(&self) -> bool {
        false
    }
    /// Drops the values that wait for a handler; returns how many there were. A stream keeps its values:
    /// reading them begins no call.
    fn discard(&self) -> u64 {
        0
    }
    /// Whether a call of it blocks its thread: the call was running at the last look, or, if the
    /// connection's task is `stuck`, that task is in the call.
    fn is_stuck(&self, _stuck: bool) -> bool {
        false
    }
    /// Whether it is a handler that was called in a turn of the connection without being timed.
    fn was_called_in(&self, _turn: &Turn) -> bool {
        false
    }
    /// Ends its task if that was idle at the last call of this as well, or if it is idle and is to end
    /// `at_once`. Returns whether there is still a task.
    fn end_idle_task(&self, _at_once: bool) -> bool {
        false
    }
}

/// Where a subscription is registered.
pub(crate) trait Owner: Send + Sync {
    fn remove(&self, subscriber: &Arc<dyn Subscriber>);
}

impl Subscription {
    /// Cancels the subscription: no call of its handler begins after this returns.
    ///
    /// A call that is already running on another thread, or an asynchronous one that is awaiting
    /// something, runs to its end.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// let chat = client.on("chat", |line: String| println!("{line}"));
    /// chat.cancel();
    /// # }
    /// ```
    pub fn cancel(&self) {
        self.subscriber.close();
        if let Some(owner) = self.owner.upgrade() {
            owner.remove(&self.subscriber);
        }
    }

    /// Returns a guard that cancels the subscription when it is dropped.
    ///
    /// ```
    /// # fn example(client: &wirebond_client::Client) {
    /// let guard = client.on("chat", |line: String| println!("{line}")).guard();
    /// // …
    /// drop(guard); // or at the end of the scope
    /// # }
    /// ```
    #[must_use = "dropping the guard cancels the subscription at once"]
    pub fn guard(self) -> SubscriptionGuard {
        SubscriptionGuard(self)
    }

    /// Replaces the inbox of an asynchronous handler, at once. A size of 0 counts as 1.
    ///
    /// A synchronous handler has no inbox: it is called as soon as the message is read. The inbox of a
    /// handler of system events always drops the oldest, reported as `Event::Lagged`, because nothing
    /// could apply back-pressure to events.
    ///
    /// ```
    /// use wirebond_client::Inbox;
    ///
    /// # fn example(client: &wirebond_client::Client) {
    /// let prices = client.on("price", |price: f64| async move { println!("{price}") });
    /// prices.set_inbox(Inbox::drop_oldest(1));
    /// # }
    /// ```
    pub fn set_inbox(&self, inbox: settings::Inbox) {
        self.subscriber.set_limit(inbox);
    }

    /// The old form of [`set_inbox`](Self::set_inbox).
    #[deprecated(since = "0.1.0", note = "use `set_inbox`")]
    #[expect(clippy::return_self_not_must_use, reason = "it acts before it returns")]
    pub fn inbox(self, inbox: settings::Inbox) -> Self {
        self.set_inbox(inbox);
        self
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(self.subscriber.name()).finish()
    }
}

/// Cancels its subscription when it is dropped. See [`Subscription::guard`].
#[derive(Debug)]
pub struct SubscriptionGuard(Subscription);

impl Drop for SubscriptionGuard {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Takes values in arrival order.
pub(crate) trait Sink<T>: Subscriber {
    /// Takes a value in a connection's turn, or in an event's. Returns whether there is no room for
    /// another.
    fn put(self: &Arc<Self>, value: T, turn: &mut Turn) -> bool;
}
