//! A call of the server's: a message to a peer, and the wait for its answer.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Sleep;
use wirebond_connection::{
    call::{self as calls, Calls, Ended, Ran, Slot, Stage, Waiting},
    session::Class,
};
use wirebond_core::wire::{Head, cancel, request_head};

use crate::{
    core::Core,
    error::SendError,
    peer::{Peer, Sending},
    settings::LONGEST,
};

/// How long a call may take by default.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How many numbers of cancelled calls are remembered: more are never in flight.
const CANCELLED: usize = 128;

/// Why a call has no reply. `E` is the error that the contract declares for it.
///
/// ```
/// use wirebond_server::{CallError, Ran};
///
/// fn may_be_made_again<E>(error: &CallError<E>) -> bool {
///     error.ran() == Ran::No
/// }
/// ```
pub type CallError<E> = calls::CallError<E, SendError>;

/// The calls of a peer, in both directions.
#[derive(Debug, Default)]
pub(crate) struct PeerCalls {
    /// The server's, which wait for their answer.
    pub(crate) waiting: Calls,
    /// The peer's, for whose answer it doesn't wait any more.
    cancelled: Mutex<VecDeque<u64>>,
}

impl PeerCalls {
    pub(crate) fn cancel(&self, id: u64) {
        let mut cancelled = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner);
        if cancelled.len() >= CANCELLED {
            cancelled.pop_front();
        }
        cancelled.push_back(id);
    }

    pub(crate) fn is_cancelled(&self, id: u64) -> bool {
        let cancelled = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner);
        cancelled.contains(&id)
    }
}

/// The future of a [`Peer::call`]: the reply, or why there is none.
///
/// The payload was serialized when this was made; the request is queued at the first poll. It always
/// resolves: at the latest after its [`timeout`](Self::timeout), and with the peer's end. With a session, a
/// call goes on over the peer's connections.
///
/// # Cancel safety
///
/// If it is dropped after the request was queued, the peer is notified. The call may run.
#[must_use = "a call is made when its future is awaited"]
pub struct Call<R, E> {
    peer: Peer,
    slot: Arc<Slot<R, E>>,
    /// The request, until it is queued.
    sending: Option<Sending>,
    timeout: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    is_done: bool,
}

impl<R: Send + 'static, E: Send + 'static> Call<R, E> {
    /// `head` is the start of the envelope, which `encode` gets with the call's number.
    pub(crate) fn new(
        peer: &Peer,
        name: &str,
        head: &Head<'_>,
        timeout: Option<Duration>,
        encode: impl FnOnce(&Head<'_>) -> calls::Encoded,
        decode: (calls::Decode<R>, calls::Decode<E>),
    ) -> Self {
        let id = Core::next_call();
        let slot = Arc::new(Slot::new(id, name, Class::Call, decode));
        let text = request_head(head.text(), id);
        let encoded = encode(&head.with_text(&text));
        let sending = peer.send_encoded(encoded).of_class(Class::Call);
        let timeout = timeout.unwrap_or(TIMEOUT);
        Self {
            peer: peer.clone(),
            slot,
            sending: Some(sending),
            timeout,
            sleep: None,
            is_done: false,
        }
    }

    /// Sets how long the call may take from its first poll, the time in the queue included. Default: the
    /// contract's `timeout` for this call, or 30 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_server::{CallError, Peer};
    ///
    /// # async fn example(peer: Peer) -> Result<(), CallError<String>> {
    /// let call = peer.call::<bool, String>("confirm", "tea");
    /// let confirmed = call.timeout(Duration::from_secs(5)).await?;
    /// # Ok(()) }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST);
        self
    }

    /// Queues the request, once.
    fn poll_queue(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let Some(sending) = &mut self.sending else { return Poll::Ready(Ok(())) };
        if self.sleep.is_none() {
            if tokio::runtime::Handle::try_current().is_err() {
                return Poll::Ready(Err(SendError::Runtime));
            }
            self.sleep = Some(Box::pin(tokio::time::sleep(self.timeout)));
            // Before the request is queued: its answer may come at once.
            self.peer.state.calls.waiting.add(Arc::clone(&self.slot) as Arc<dyn Waiting>);
        }
        // It may be written, and its peer end, before this returns.
        self.slot.set_stage(Stage::Written);
        let sent = Pin::new(sending).poll(cx);
        if sent.is_pending() {
            self.slot.set_stage(Stage::New);
        } else {
            self.sending = None;
        }
        sent
    }

    fn end(&mut self, ended: Ended<R, E>) -> Result<R, CallError<E>> {
        self.is_done = true;
        self.peer.state.calls.waiting.remove(self.slot.id());
        ended.into_result(|| SendError::QueueFull)
    }
}

impl<R, E> Call<R, E> {
    /// Ends the wait. Returns whether the call may have run.
    fn take_back(&mut self) -> Ran {
        self.is_done = true;
        self.peer.state.calls.waiting.remove(self.slot.id());
        self.slot.give_up();
        if self.sending.take().is_some() {
            return Ran::No;
        }
        self.peer.push_aside(cancel(self.slot.id()).into());
        Ran::Maybe
    }
}

impl<R: Send + 'static, E: Send + 'static> Future for Call<R, E> {
    type Output = Result<R, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.is_done {
            return Poll::Pending;
        }
        if let Poll::Ready(Err(error)) = this.poll_queue(cx) {
            this.is_done = true;
            this.peer.state.calls.waiting.remove(this.slot.id());
            return Poll::Ready(Err(CallError::NotSent(error)));
        }
        if let Poll::Ready(ended) = this.slot.poll(cx) {
            return Poll::Ready(this.end(ended));
        }
        if this.sleep.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready()) {
            let ran = this.take_back();
            return Poll::Ready(Err(CallError::timeout(ran)));
        }
        Poll::Pending
    }
}

impl<R, E> Drop for Call<R, E> {
    fn drop(&mut self) {
        if !self.is_done {
            self.take_back();
        }
    }
}

impl<R, E> fmt::Debug for Call<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("call", &self.slot).finish_non_exhaustive()
    }
}
