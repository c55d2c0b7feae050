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
use wirebond_core::Received;

use crate::{
    caller::{self, Id},
    delivery::inbox::Waiting,
    delivery::subscription::{Owner, Sink, Subscriber, Subscription},
    delivery::turn::Turn,
    event::{Event, Name},
    settings,
    sync::{lock, wake},
};

/// The end of a stream that values are put into.
pub(crate) struct StreamInbox<T> {
    name: Name,
    /// Whose task fills it.
    client: Id,
    open: AtomicBool,
    state: Mutex<State<T>>,
}

struct State<T> {
    waiting: Waiting<T>,
    consumer: Option<Waker>,
}

impl<T: Send + 'static> StreamInbox<T> {
    pub(crate) fn new(name: Name, client: Id, limit: settings::Inbox) -> Arc<Self> {
        let state = State { waiting: Waiting::new(limit), consumer: None };
        Arc::new(Self { name, client, open: AtomicBool::new(true), state: Mutex::new(state) })
    }

    /// The values that wait, if there are any.
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
            None if caller::would_deadlock(self.client) => {
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

impl<T: Send + 'static> Subscriber for StreamInbox<T> {
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
    fn put(self: &Arc<Self>, value: T, turn: &mut Turn) -> bool {
        if !self.open.load(Ordering::Acquire) {
            return false;
        }
        let mut state = lock(&self.state);
        let full = state.waiting.push(value, turn);
        let consumer = state.consumer.take();
        // With `DropOldest`, a consumer that is only woken at the end of the turn may miss messages that
        // were dropped meanwhile.
        let at_once = state.waiting.drops_oldest();
        drop(state);
        if at_once {
            wake(consumer);
        } else {
            turn.wake_later(consumer);
        }
        full
    }
}

/// What isn't taken doesn't come in.
impl<T: Send + 'static> Sink<Option<T>> for StreamInbox<T> {
    fn put(self: &Arc<Self>, value: Option<T>, turn: &mut Turn) -> bool {
        value.is_some_and(|value| Sink::<T>::put(self, value, turn))
    }
}

/// A stream of messages in arrival order. See [`Client::stream`](crate::Client::stream).
///
/// It implements [`Stream`] and has a [`next`](Self::next) of its own. It outlives connections, and ends
/// when the last handle of the client is dropped. Dropping the stream unsubscribes.
///
/// While its inbox is full, nothing more is read from the connection, unless the inbox drops the oldest
/// messages: see [`set_inbox`](Self::set_inbox).
#[must_use = "a stream that nobody reads holds the connection back"]
pub struct MessageStream<T: Send + 'static> {
    inbox: Arc<StreamInbox<Received<T>>>,
    subscription: Subscription,
}

impl<T: Send + 'static> MessageStream<T> {
    pub(crate) fn new(inbox: Arc<StreamInbox<Received<T>>>, owner: Weak<dyn Owner>) -> Self {
        let subscription =
            Subscription { subscriber: Arc::clone(&inbox) as Arc<dyn Subscriber>, owner };
        Self { inbox, subscription }
    }

    /// Replaces the inbox of this stream, at once. A size of 0 counts as 1.
    ///
    /// ```
    /// use wirebond_client::Inbox;
    ///
    /// # fn example(client: &wirebond_client::Client) {
    /// let mut prices = client.stream::<f64>("price");
    /// prices.set_inbox(Inbox::drop_oldest(1));
    /// # }
    /// ```
    pub fn set_inbox(&mut self, inbox: settings::Inbox) {
        self.inbox.set_limit(inbox);
    }

    /// The old form of [`set_inbox`](Self::set_inbox).
    #[deprecated(since = "0.1.0", note = "use `set_inbox`")]
    pub fn inbox(mut self, inbox: settings::Inbox) -> Self {
        self.set_inbox(inbox);
        self
    }

    /// Waits for the next message. Returns `None` when the last handle of the client has been dropped.
    ///
    /// A synchronous handler of the same client can't wait here, because the client's task is the one that
    /// runs the handler: it gets `None` at once, and a warning is logged. The stream itself goes on.
    ///
    /// ```
    /// # async fn example(client: wirebond_client::Client) {
    /// let mut lines = client.stream::<String>("chat");
    /// while let Some(line) = lines.next().await {
    ///     println!("{}", line.data);
    /// }
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancelling loses no message: it is taken from the inbox when this resolves.
    pub async fn next(&mut self) -> Option<Received<T>> {
        poll_fn(|cx| self.inbox.poll(cx)).await
    }

    /// Returns the next message if one is waiting, for code that can't await.
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

/// A stream of all [`Event`]s in order. See [`Client::events`](crate::Client::events).
///
/// It implements [`Stream`] and has a [`next`](Self::next) of its own. It keeps the newest 1,024 events;
/// if older ones were lost because nobody read them, an [`Event::Lagged`] with the name `$events` takes
/// their place.
#[derive(Debug)]
#[must_use = "streams do nothing unless they are read"]
pub struct Events {
    inbox: Arc<StreamInbox<Event>>,
    subscription: Subscription,
}

/// How many events wait for a slow consumer.
pub(crate) const EVENTS_KEPT: usize = 1_024;

/// What an [`Events`] stream is called.
pub(crate) const EVENTS: Name = Name::Borrowed("$events");

impl Events {
    pub(crate) fn new(inbox: Arc<StreamInbox<Event>>, owner: Weak<dyn Owner>) -> Self {
        let subscription =
            Subscription { subscriber: Arc::clone(&inbox) as Arc<dyn Subscriber>, owner };
        Self { inbox, subscription }
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Option<Event>> {
        match self.inbox.take_lost() {
            0 => self.inbox.poll(cx),
            count => Poll::Ready(Some(Event::Lagged { name: EVENTS, count })),
        }
    }

    /// Waits for the next event. Returns `None` when the last handle of the client has been dropped, and
    /// at once in a synchronous handler of the same client, as [`MessageStream::next`] does.
    ///
    /// ```
    /// # async fn example(client: wirebond_client::Client) {
    /// let mut events = client.events();
    /// while let Some(event) = events.next().await {
    ///     println!("{event:?}");
    /// }
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancelling loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Returns the next event if one is waiting, for code that can't await, such as the loop of a game or
    /// a GUI.
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
