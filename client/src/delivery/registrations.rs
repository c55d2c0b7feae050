//! Finds handlers that are registered anew at every connection: such as within `on_open`, where each new
//! one calls the handler once more.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, Weak},
    task::{Context, Poll},
};

use crate::{
    caller::Id,
    delivery::subscription::Subscriber,
    event::Name,
    outcome::{Outcome, Started},
    stats::Counters,
    sync::lock,
};

thread_local! {
    /// The clients whose handlers of system events run on this thread, the innermost last.
    static WITHIN: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

/// What was registered by handlers of one client's system events.
pub(crate) struct Registrations {
    client: Id,
    counters: Arc<Counters>,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    list: Vec<Registration>,
    /// What was warned of.
    warned: Vec<Name>,
}

struct Registration {
    name: Name,
    /// The number of the connection that it was registered at.
    connection: u64,
    subscriber: Weak<dyn Subscriber>,
}

impl Registration {
    fn is_open(&self) -> bool {
        self.subscriber.upgrade().is_some_and(|subscriber| subscriber.is_open())
    }
}

impl Registrations {
    pub(crate) fn new(client: Id, counters: Arc<Counters>) -> Self {
        Self { client, counters, noted: Mutex::default() }
    }

    /// A handler was registered: notes it if a handler of this client's system events did so.
    pub(crate) fn note(&self, subscriber: &Arc<dyn Subscriber>) {
        let is_within = WITHIN.try_with(|within| within.borrow().last() == Some(&self.client));
        if is_within.unwrap_or(false) {
            let (name, subscriber) = (subscriber.name().clone(), Arc::downgrade(subscriber));
            let connection = self.counters.connections.get();
            lock(&self.noted).list.push(Registration { name, connection, subscriber });
        }
    }

    /// Runs a part of a handler of system events.
    pub(crate) fn within<T>(&self, what: impl FnOnce() -> T) -> T {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                let _ = WITHIN.try_with(|within| within.borrow_mut().pop());
            }
        }
        let _ = WITHIN.try_with(|within| within.borrow_mut().push(self.client));
        let leave = Leave;
        let value = what();
        drop(leave);
        value
    }

    /// A call is over: handlers that it registered and kept stay registered. Warns of names that handlers were
    /// registered for at this connection and at an earlier one.
    fn check(&self) {
        let connection = self.counters.connections.get();
        let mut noted = lock(&self.noted);
        noted.list.retain(Registration::is_open);
        let Noted { list, warned } = &mut *noted;
        let earlier = |name: &Name| {
            list.iter().any(|other| other.name == *name && other.connection < connection)
        };
        let again = list.iter().filter(|now| now.connection == connection && earlier(&now.name));
        let before = warned.len();
        for now in again {
            if !warned.contains(&now.name) {
                warned.push(now.name.clone());
            }
        }
        let names = warned[before..].to_vec();
        drop(noted);
        for name in names {
            tracing::warn!(
                name = %name.escape_debug(),
                "a handler is registered again at each connection, and is called once more each time: \
                 subscriptions outlive connections, so register it once, before `connect()`, or drop its \
                 guard",
            );
        }
    }
}

/// The outcome of a handler of system events, which records what it registers meanwhile.
pub(crate) struct Noting<R> {
    pub(crate) outcome: R,
    pub(crate) registrations: Arc<Registrations>,
}

impl<R: Outcome<M>, M> Outcome<(M,)> for Noting<R> {
    type Settled = NotingFuture<R::Settled>;
    const AT_ONCE: bool = R::AT_ONCE;

    fn start(self) -> Started<Self::Settled> {
        let Self { outcome, registrations } = self;
        match outcome.start() {
            Started::Done(result) => {
                registrations.check();
                Started::Done(result)
            }
            Started::Running(future) => {
                Started::Running(NotingFuture { future: Box::pin(future), registrations })
            }
        }
    }
}

/// The future of such a handler.
pub(crate) struct NotingFuture<F> {
    future: Pin<Box<F>>,
    registrations: Arc<Registrations>,
}

impl<F: Future> Future for NotingFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, registrations } = &mut *self;
        let poll = registrations.within(|| future.as_mut().poll(cx));
        if poll.is_ready() {
            registrations.check();
        }
        poll
    }
}

impl std::fmt::Debug for Registrations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registrations").finish_non_exhaustive()
    }
}
