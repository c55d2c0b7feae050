//! Finds handlers that are registered anew at every connection: within `on_open`, say, where each new
//! one calls the handler once more.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, Weak, atomic::Ordering},
    task::{Context, Poll},
};

use crate::{
    delivery::hub::Hub,
    delivery::inbox::lock,
    delivery::subscription::Entry,
    event::Name,
    outcome::{Outcome, Started},
};

thread_local! {
    /// The clients whose handlers of system events run on this thread, the innermost last.
    static WITHIN: RefCell<Vec<Weak<Hub>>> = const { RefCell::new(Vec::new()) };
}

/// What was registered by handlers of system events.
#[derive(Default)]
pub(crate) struct Registrations(Mutex<Noted>);

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
    entry: Weak<dyn Entry>,
}

impl Registration {
    fn is_open(&self) -> bool {
        self.entry.upgrade().is_some_and(|entry| entry.is_open())
    }
}

impl Registrations {
    /// Warns of names that handlers were registered for at this connection and at an earlier one.
    fn check(&self, connection: u64) {
        let mut noted = lock(&self.0);
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

/// A handler was registered: notes it if a handler of this client's system events did so.
pub(crate) fn note(hub: &Arc<Hub>, entry: &Arc<dyn Entry>) {
    let is_within = WITHIN.try_with(|within| {
        within.borrow().last().is_some_and(|hub_of| std::ptr::eq(hub_of.as_ptr(), Arc::as_ptr(hub)))
    });
    if is_within.unwrap_or(false) {
        let (name, entry) = (entry.name().clone(), Arc::downgrade(entry));
        let connection = hub.counters.connections.load(Ordering::Relaxed);
        lock(&hub.registrations.0).list.push(Registration { name, connection, entry });
    }
}

/// Runs a part of a handler of system events.
pub(crate) fn within<T>(hub: &Weak<Hub>, what: impl FnOnce() -> T) -> T {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            let _ = WITHIN.try_with(|within| within.borrow_mut().pop());
        }
    }
    let _ = WITHIN.try_with(|within| within.borrow_mut().push(Weak::clone(hub)));
    let leave = Leave;
    let value = what();
    drop(leave);
    value
}

/// A call is over: what it registered and kept is there to stay.
fn finished(hub: &Weak<Hub>) {
    if let Some(hub) = hub.upgrade() {
        hub.registrations.check(hub.counters.connections.load(Ordering::Relaxed));
    }
}

/// What a handler of system events comes to, with what it registers on the way noted.
pub(crate) struct Noting<R> {
    pub(crate) outcome: R,
    pub(crate) hub: Weak<Hub>,
}

impl<R: Outcome<M>, M> Outcome<(M,)> for Noting<R> {
    type Settled = NotingFuture<R::Settled>;
    const AT_ONCE: bool = R::AT_ONCE;

    fn start(self) -> Started<Self::Settled> {
        let Self { outcome, hub } = self;
        match outcome.start() {
            Started::Done(result) => {
                finished(&hub);
                Started::Done(result)
            }
            Started::Running(future) => {
                Started::Running(NotingFuture { future: Box::pin(future), hub })
            }
        }
    }
}

/// The future of such a handler.
pub(crate) struct NotingFuture<F> {
    future: Pin<Box<F>>,
    hub: Weak<Hub>,
}

impl<F: Future> Future for NotingFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, hub } = &mut *self;
        let poll = within(hub, || future.as_mut().poll(cx));
        if poll.is_ready() {
            finished(hub);
        }
        poll
    }
}

impl std::fmt::Debug for Registrations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registrations").finish_non_exhaustive()
    }
}
