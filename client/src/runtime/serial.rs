//! A value that asynchronous calls borrow, one after the other.

use std::{
    fmt,
    future::poll_fn,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex},
};

use wirebond_connection::call::Guarded;
use wirebond_core::{Contract, wire::RawMessage};

use crate::{
    client::Client,
    delivery::{registry::Topic, subscription::Subscription},
    event::Name,
    request::Replier,
    sync::lock,
};

/// Where the handler is between two calls.
///
/// The calls of one subscription don't overlap, so the lock is never contended: it is held only to take the
/// handler out and to put it back.
type Place<H> = Arc<Mutex<Option<Box<H>>>>;

const PRESENT: &str = "a lent handler is present until it is dropped";

/// A handler, lent to one call. It goes back however the call ends: a panic and a cancelled call leave it
/// to the next one.
pub struct Lent<H> {
    /// Absent only while it is dropped.
    handler: Option<Box<H>>,
    place: Place<H>,
}

impl<H> Lent<H> {
    fn of(place: &Place<H>) -> Self {
        let handler = lock(place).take();
        Self { handler, place: Arc::clone(place) }
    }
}

impl<H> Deref for Lent<H> {
    type Target = H;

    fn deref(&self) -> &H {
        self.handler.as_deref().expect(PRESENT)
    }
}

impl<H> DerefMut for Lent<H> {
    fn deref_mut(&mut self) -> &mut H {
        self.handler.as_deref_mut().expect(PRESENT)
    }
}

impl<H> Drop for Lent<H> {
    fn drop(&mut self) {
        *lock(&self.place) = self.handler.take();
    }
}

impl<H> fmt::Debug for Lent<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

/// Calls `call` with the handler and every message of the contract, one at a time, in arrival order.
pub fn handle<C, H, F>(
    client: &Client,
    handler: H,
    call: impl Fn(Lent<H>, C) -> F + Send + 'static,
) -> Subscription
where
    C: Contract,
    H: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let place = Arc::new(Mutex::new(Some(Box::new(handler))));
    super::on_message(client, move |message| call(Lent::of(&place), message))
}

/// The same for a contract whose server makes calls: `call` also gets what answers one.
pub fn handle_calls<C, H, F>(
    client: &Client,
    handler: H,
    call: impl Fn(Lent<H>, C, Replier) -> F + Send + 'static,
) -> Subscription
where
    C: Contract,
    H: Send + 'static,
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let place = Arc::new(Mutex::new(Some(Box::new(handler))));
    let requests = Arc::clone(&client.core.requests);
    let decode = move |frame: &RawMessage<'_>, position: usize| {
        let is_call = C::MESSAGES[position].call().is_some();
        let replier = if is_call { requests.current() } else { Replier::of_nothing() };
        match frame.message::<C>(position) {
            Ok(received) => Ok((received.data, replier)),
            Err(error) => {
                replier.fail_to_read(&error);
                Err(error)
            }
        }
    };
    let name = Name::Borrowed(C::NAME);
    client.handle_topic(&Topic::Contract, name, decode, move |(message, replier)| {
        replier.begin();
        let future = Box::pin(call(Lent::of(&place), message, replier.clone()));
        let mut guarded = Guarded { future, responder: replier };
        poll_fn(move |cx| guarded.poll(cx))
    })
}
