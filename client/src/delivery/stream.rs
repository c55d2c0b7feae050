//! Streams of messages and events.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use wirebond_schema::Received;

use crate::{
    delivery::hub::Hub,
    delivery::inbox::{Waiting, lock, wake},
    delivery::subscription::{Entry, Owner, Sink, Subscription},
    event::{Event, Name},
    settings,
    turn::{self, Id},
};

/// The end of a stream that values are put into.
pub(crate) struct StreamInbox<T> {
    name: Name,
    /// Whose task fills it.
    client: Id,
    /// Whether its consumer is woken at the end of a turn, once for all that the turn brought.
    batched: bool,
    open: AtomicBool,
    state: Mutex<State<T>>,
}

struct State<T> {
    waiting: Waiting<T>,
    consumer: Option<Waker>,
}

impl<T: Send + 'static> StreamInbox<T> {
    pub(crate) fn new(name: Name, client: Id, limit: settings::Inbox, batched: bool) -> Arc<Self> {
        let state = State { waiting: Waiting::new(limit), consumer: None };
        Arc::new(Self {
            name,
            client,
            batched,
            open: AtomicBool::new(true),
            state: Mutex::new(state),
        })
    }

    /// What waits, if anything does.
    fn take(&self) -> Option<T> {
        let (value, room) = lock(&self.state).waiting.pop();
        wake(room);
        value
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Option<T>> {
        let mut state = lock(&self.state);
        let (value, room) = state.waiting.pop();
        let poll = match value {
            Some(value) => Poll::Ready(Some(value)),
            None if !self.open.load(Ordering::Acquire) => Poll::Ready(None),
            None if turn::would_deadlock(self.client) => {
                drop(state);
                tracing::warn!(
                    stream = ?self.name,
                    "a synchronous handler can't wait for its own client's stream: use `try_next`, or an \
                     asynchronous handler"
                );
                return Poll::Ready(None);
            }
            None => {
                state.consumer = Some(cx.waker().clone());
                Poll::Pending
            }
        };
        drop(state);
        wake(room);
        poll
    }
}

impl<T: Send + 'static> Entry for StreamInbox<T> {
    fn close(&self) {
        self.open.store(false, Ordering::Release);
        let mut state = lock(&self.state);
        let (room, consumer) = (state.waiting.drop_oldest_from_now_on(), state.consumer.take());
        drop(state);
        wake(room);
        wake(consumer);
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn set_limit(&self, limit: settings::Inbox) {
        let room = lock(&self.state).waiting.set_limit(limit);
        wake(room);
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn is_full(&self, waker: &Waker) -> bool {
        lock(&self.state).waiting.is_full(waker)
    }

    fn give_up_waiting(&self) {
        let room = lock(&self.state).waiting.drop_oldest_from_now_on();
        wake(room);
    }

    fn take_lost(&self) -> u64 {
        lock(&self.state).waiting.take_lost()
    }
}

impl<T: Send + 'static> Sink<T> for StreamInbox<T> {
    fn put(self: &Arc<Self>, value: T, hub: &Arc<Hub>) -> bool {
        if !self.open.load(Ordering::Acquire) {
            return false;
        }
        let mut state = lock(&self.state);
        let full = state.waiting.push(value, hub);
        let consumer = state.consumer.take();
        // Where the oldest make room, who waits for the turn's end loses them.
        let batched = self.batched && !state.waiting.drops_oldest();
        drop(state);
        if batched {
            hub.wake_later(consumer);
        } else {
            wake(consumer);
        }
        full
    }
}

/// Messages as they arrive: `stream_x()`, or `messages()` for all of a contract's.
///
/// It outlives connections and ends when the client is dropped. Dropping it unsubscribes. While its
/// inbox is full, nothing more is read from the connection, unless [`inbox`](Self::inbox) says that
/// the oldest make room.
#[must_use = "a stream that nobody reads holds the connection back"]
pub struct MessageStream<T: Send + 'static> {
    inbox: Arc<StreamInbox<Received<T>>>,
    subscription: Subscription,
}

impl<T: Send + 'static> MessageStream<T> {
    pub(crate) fn new(inbox: Arc<StreamInbox<Received<T>>>, owner: Weak<dyn Owner>) -> Self {
        let subscription = Subscription { entry: Arc::clone(&inbox) as Arc<dyn Entry>, owner };
        Self { inbox, subscription }
    }

    /// Gives this stream an inbox of its own size (at least 1) and policy.
    pub fn inbox(self, inbox: settings::Inbox) -> Self {
        self.inbox.set_limit(inbox);
        self
    }

    /// The next message; `None` when the client is gone. Cancel-safe: a message is taken when this
    /// resolves, not before.
    ///
    /// A synchronous handler of the same client can't wait for one, since the client's task waits for the
    /// handler: it gets `None` at once, and a warning in the log. The stream goes on elsewhere.
    pub async fn next(&mut self) -> Option<Received<T>> {
        poll_fn(|cx| self.inbox.poll(cx)).await
    }

    /// The next message if one waits: for loops that can't await.
    ///
    /// ```
    /// # fn frame(chats: &mut wirebond_client::MessageStream<String>) {
    /// while let Some(chat) = chats.try_next() {
    ///     println!("{}", chat.data);
    /// }
    /// # }
    /// ```
    pub fn try_next(&mut self) -> Option<Received<T>> {
        self.inbox.take()
    }
}

impl<T: Send + 'static> Stream for MessageStream<T> {
    type Item = Received<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inbox.poll(cx)
    }
}

impl<T: Send + 'static> Drop for MessageStream<T> {
    fn drop(&mut self) {
        self.subscription.cancel();
    }
}

impl<T: Send + 'static> fmt::Debug for MessageStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MessageStream").field(&self.inbox.name).finish()
    }
}

/// Every [`Event`] from its creation on, in order. See [`Client::events`](crate::Client::events).
///
/// It keeps the newest 1,024; if some were lost because nobody read them, [`Event::Lagged`] with the
/// name `$events` says so in their place.
#[derive(Debug)]
#[must_use = "streams do nothing unless they are read"]
pub struct Events {
    inbox: Arc<StreamInbox<Event>>,
    subscription: Subscription,
}

/// How many events wait for one who is slow.
pub(crate) const EVENTS_KEPT: usize = 1_024;

/// What an [`Events`] stream is called.
pub(crate) const EVENTS: Name = Name::Borrowed("$events");

impl Events {
    pub(crate) fn new(inbox: Arc<StreamInbox<Event>>, owner: Weak<dyn Owner>) -> Self {
        let subscription = Subscription { entry: Arc::clone(&inbox) as Arc<dyn Entry>, owner };
        Self { inbox, subscription }
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Option<Event>> {
        match self.inbox.take_lost() {
            0 => self.inbox.poll(cx),
            count => Poll::Ready(Some(Event::Lagged { name: EVENTS, count })),
        }
    }

    /// The next event; `None` when the client is gone, and at once in a synchronous handler of the same
    /// client, as with [`MessageStream::next`]. Cancel-safe.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The next event if one waits: for loops that can't await, such as a game's or a GUI's. `None` also
    /// when the client is gone.
    ///
    /// ```
    /// # use wirebond_client::{Event, Events};
    /// fn each_frame(events: &mut Events) {
    ///     while let Some(event) = events.try_next() {
    ///         if let Event::Close(info) = event {
    ///             println!("{info}");
    ///         }
    ///     }
    /// }
    /// ```
    pub fn try_next(&mut self) -> Option<Event> {
        match self.inbox.take_lost() {
            0 => self.inbox.take(),
            count => Some(Event::Lagged { name: EVENTS, count }),
        }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll(cx)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.subscription.cancel();
    }
}

impl<T> fmt::Debug for StreamInbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StreamInbox").field(&self.name).finish()
    }
}
