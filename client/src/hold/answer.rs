//! Held messages that are calls: their answers on one connection after the other.

use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use tokio::sync::watch;
use wirebond_connection::{
    call::{Calls, Ended, Slot, Waiting},
    session::Class,
};

use crate::{
    call::{CallError, Decoders},
    delivery::events::Emitter,
    error::{Error, ErrorKind, SendErrorKind},
    event::{Event, Name},
    outbox::Calling,
};

/// What a held call was answered: the number of its request and the reply, or why there is none.
type Answered<R, E> = Arc<Result<(u64, R), CallError<E>>>;

/// The answer that a held call has on the open connection.
///
/// A message that is held on each connection and is a call there, in a form whose requests have numbers, is answered on
/// each: with the number of this connection, or the id of a subscription that is good for it. Give one of these to the
/// `hold_…_with` of such a message. It is empty until the answer arrives, and again when its connection ends. It is a
/// cheap handle: clones have the same answer. Make one for each hold.
///
/// ```ignore
/// let heads = HeldAnswer::new();
/// // Some servers push before they answer, but a stream that exists loses nothing.
/// let mut pushes = app.stream_subscription_where(heads.filter(|push: &Push, _, id| push.subscription == *id));
/// let hold = app.hold_subscribe_with(|| Subscribe::new("newHeads"), &heads)?;
/// ```
pub struct HeldAnswer<R, E> {
    state: Arc<watch::Sender<State<R, E>>>,
}

struct State<R, E> {
    answer: Option<Answered<R, E>>,
    /// Whether the hold was released.
    is_over: bool,
}

impl<R, E> HeldAnswer<R, E> {
    /// Makes one that nothing is held with yet.
    ///
    /// ```
    /// use wirebond_client::HeldAnswer;
    ///
    /// let answer = HeldAnswer::<String, u32>::new();
    /// assert!(answer.get().is_none());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        let state = State { answer: None, is_over: false };
        Self { state: Arc::new(watch::Sender::new(state)) }
    }

    /// Returns the answer on the open connection: the number of the request and the reply, or why the server refused
    /// it. `None` if it hasn't arrived.
    ///
    /// On a wire where numbers are strings, the number is their decimal digits.
    ///
    /// ```
    /// use wirebond_client::HeldAnswer;
    ///
    /// fn subscription(answer: &HeldAnswer<String, u32>) -> Option<String> {
    ///     let answer = answer.get()?;
    ///     answer.as_ref().as_ref().ok().map(|(_, id)| id.clone())
    /// }
    /// # assert_eq!(subscription(&HeldAnswer::new()), None);
    /// ```
    #[must_use]
    pub fn get(&self) -> Option<Answered<R, E>> {
        self.state.borrow().answer.clone()
    }

    /// Waits until there is an answer on the open connection, and returns it as [`get`](Self::get) does; `None` if the
    /// hold ends first. While there is no connection, or nothing is held with it, this waits.
    ///
    /// ```
    /// use wirebond_client::HeldAnswer;
    ///
    /// async fn is_subscribed(answer: &HeldAnswer<String, u32>) -> bool {
    ///     answer.answered().await.is_some_and(|answer| answer.is_ok())
    /// }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancelling has no effect.
    pub async fn answered(&self) -> Option<Answered<R, E>> {
        let mut state = self.state.subscribe();
        let state = state.wait_for(|state| state.answer.is_some() || state.is_over).await.ok()?;
        state.answer.clone()
    }

    /// Makes a predicate for `stream_…_where`: a message is taken if the call has a reply on the open connection, and
    /// `takes` says yes to the message, the number of the request and the reply.
    ///
    /// It is called where messages are read, so that each meets the answer of its own connection, however late it is
    /// taken out of the stream.
    ///
    /// ```
    /// use wirebond_client::{Client, HeldAnswer};
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let answer = HeldAnswer::<String, u32>::new();
    /// let news = answer.filter(|(id, _): &(String, u64), _, subscribed| id == subscribed);
    /// let mut pushes = client.stream_where("news", news);
    /// # drop(pushes);
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn filter<T>(
        &self,
        takes: impl Fn(&T, u64, &R) -> bool + Send + Sync + 'static,
    ) -> impl Fn(&T) -> bool + Send + Sync + 'static
    where
        R: Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        let this = self.clone();
        move |message| match this.get().as_deref() {
            Some(Ok((number, reply))) => takes(message, *number, reply),
            _ => false,
        }
    }

    fn set(&self, answer: Option<Answered<R, E>>, is_over: bool) {
        let old = self.state.send_replace(State { answer, is_over });
        // The value is foreign code, and the lock is free.
        drop(old);
    }
}

impl<R, E> Default for HeldAnswer<R, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R, E> Clone for HeldAnswer<R, E> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state) }
    }
}

impl<R, E> fmt::Debug for HeldAnswer<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_answered = self.state.borrow().answer.is_some();
        f.debug_struct("HeldAnswer").field("is_answered", &is_answered).finish_non_exhaustive()
    }
}

/// A message that is a call each time it is sent.
pub(super) struct HeldCall<R, E> {
    name: Name,
    decode: Decoders<R, E>,
    answer: HeldAnswer<R, E>,
    calls: Arc<Calls>,
    events: Arc<Emitter>,
    is_released: AtomicBool,
}

impl<R, E> HeldCall<R, E>
where
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    pub(super) fn calling(
        name: Name,
        decode: Decoders<R, E>,
        answer: HeldAnswer<R, E>,
        (calls, events): (&Arc<Calls>, &Arc<Emitter>),
    ) -> Arc<dyn Calling> {
        answer.set(None, false);
        let (calls, events) = (Arc::clone(calls), Arc::clone(events));
        Arc::new(Self { name, decode, answer, calls, events, is_released: AtomicBool::new(false) })
    }

    fn ended(&self, number: u64, ended: Ended<R, E>) {
        let overflowed = || Error::new(SendErrorKind::QueueFull).about(&self.name);
        let answer = match ended.into_result(overflowed) {
            Ok(reply) => Ok((number, reply)),
            Err(error @ (CallError::Refused(_) | CallError::BadAnswer { .. })) => Err(error),
            // Its connection has ended.
            Err(_) => return,
        };
        if self.is_released.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = &answer {
            let (kind, why) = (ErrorKind::HoldRefused, error.to_string());
            self.events.emit(Event::Error(Error::new(kind).about(&self.name).context(why)));
        }
        self.answer.set(Some(Arc::new(answer)), false);
    }
}

impl<R, E> Calling for HeldCall<R, E>
where
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    fn begin(self: Arc<Self>, place: usize) -> Arc<dyn Waiting> {
        let calls = Arc::clone(&self.calls);
        let slot = Slot::new(calls.next_id(), &self.name, Class::Call, self.decode);
        let slot = Arc::new(slot.numbered_at(place));
        let waker = Waker::from(Arc::new(OnAnswer { call: self, slot: Arc::downgrade(&slot) }));
        // It isn't written yet, so it can't have ended.
        let _ = slot.poll(&mut Context::from_waker(&waker));
        calls.add(Arc::clone(&slot) as Arc<dyn Waiting>);
        slot
    }

    fn connection_lost(&self) {
        if !self.is_released.load(Ordering::Acquire) {
            self.answer.set(None, false);
        }
    }

    fn release(&self) {
        self.is_released.store(true, Ordering::Release);
        self.answer.set(None, true);
    }
}

/// Takes the outcome of one call where it is known, before the next message is read.
struct OnAnswer<R, E> {
    call: Arc<HeldCall<R, E>>,
    slot: Weak<Slot<R, E>>,
}

impl<R, E> Wake for OnAnswer<R, E>
where
    R: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    fn wake(self: Arc<Self>) {
        let Some(slot) = self.slot.upgrade() else { return };
        if let Poll::Ready(ended) = slot.poll(&mut Context::from_waker(Waker::noop())) {
            self.call.ended(slot.written_as(), ended);
        }
    }
}
