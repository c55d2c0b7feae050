//! A call: a message and the wait for its answer.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Sleep;
use wirebond_connection::{
    call::{self as calls, Ended, Ran, Slot, Stage, Waiting},
    session::Class,
};
use wirebond_core::wire::{Head, Unnumbered, cancel, form, request_head};

use crate::{
    caller,
    connect::drivers,
    error::{Error, SendError, SendErrorKind},
    event::Name,
    outbox::{Dropped, Message, Ticket, reports},
    receipt::Reporter,
    reconnect::{opening::Opening, shared::Core},
    send::{self, Encoded},
};

pub(crate) mod answering;
pub(crate) mod untyped;

/// Why a call has no reply. `E` is the error that the contract declares for it.
///
/// ```
/// use wirebond_client::{CallError, Ran};
///
/// fn may_be_made_again<E>(error: &CallError<E>) -> bool {
///     error.ran() == Ran::No
/// }
/// ```
pub type CallError<E> = calls::CallError<E, SendError>;

/// How both answers are read.
pub(crate) type Decoders<R, E> = (calls::Decode<R>, calls::Decode<E>);

/// The future of a call: the reply, or why there is none.
///
/// The payload was serialized when this was made; the request is queued at the first poll. While there is
/// no connection it waits in the queue. It always resolves: at the latest after its
/// [`timeout`](Self::timeout), and at once when the client stops.
///
/// | when the connection ends, the request is | the call |
/// |---|---|
/// | queued, never written | stays queued until its timeout |
/// | written, not answered | ends with [`CallError::Unknown`]; one that may run twice is sent again, first of all |
///
/// # Cancel safety
///
/// A future that is dropped takes its request back while that is still queued. Otherwise the server is
/// notified that nobody waits, with the next write; the call may have run.
#[must_use = "a call is made when its future is awaited"]
pub struct Call<R, E> {
    core: Arc<Core>,
    slot: Arc<Slot<R, E>>,
    /// The request, until it is queued.
    request: Result<Option<Message>, SendError>,
    ticket: Ticket,
    /// The opening that makes it, if one does: it is sent before the queue, and has no timeout of its own.
    opening: Option<Opening>,
    timeout: Option<Duration>,
    has_begun: bool,
    sleep: Option<Pin<Box<Sleep>>>,
    is_done: bool,
}

/// What a call is before its payload is encoded.
pub(crate) struct Request {
    pub(crate) name: Name,
    pub(crate) class: Class,
    pub(crate) timeout: Option<Duration>,
}

impl<R: Send + 'static, E: Send + 'static> Call<R, E> {
    /// `head` is the start of the envelope, which `encode` gets with the call's number.
    pub(crate) fn new(
        core: &Arc<Core>,
        request: Request,
        head: &Head<'_>,
        encode: impl FnOnce(&Head<'_>) -> Encoded,
        decode: Decoders<R, E>,
    ) -> Self {
        let Request { name, class, timeout } = request;
        let id = core.calls.next_id();
        let mut slot = Slot::new(id, &name, class, decode);
        let encoded = match core.registry.contents.codec.calls() {
            None => encode(&head.with_text(&request_head(head.text(), id))),
            Some(form) => match Unnumbered::new(head, form, encode) {
                Ok(Unnumbered { text, place }) => {
                    slot = slot.numbered_at(place);
                    Ok(text)
                }
                Err(error) => Err(error),
            },
        };
        let message = send::message(name, encoded);
        if let (Class::IdempotentCall, Ok(message)) = (class, &message) {
            slot = slot.keeping(message.text.clone());
        }
        let slot = Arc::new(slot);
        let request = message.map(|mut message| {
            let call: Arc<dyn Waiting> = Arc::clone(&slot) as Arc<dyn Waiting>;
            (message.class, message.receipt) = (class, Some(Reporter::Call(call)));
            Some(message)
        });
        Self {
            core: Arc::clone(core),
            slot,
            request,
            ticket: Ticket::default(),
            opening: None,
            timeout: Some(timeout.unwrap_or(core.tuning.call_timeout)),
            has_begun: false,
            sleep: None,
            is_done: false,
        }
    }

    /// A call that an opening makes. It is never made again: the next connection has an opening of its own.
    pub(crate) fn of_opening(
        opening: &Opening,
        name: Name,
        head: &Head<'_>,
        encode: impl FnOnce(&Head<'_>) -> Encoded,
        decode: Decoders<R, E>,
    ) -> Self {
        let request = Request { name, class: Class::Call, timeout: None };
        let mut call = Self::new(opening.core(), request, head, encode, decode);
        (call.opening, call.timeout) = (Some(opening.clone()), None);
        call
    }

    /// The same, which is refused.
    pub(crate) fn refused(mut self, error: SendError) -> Self {
        self.request = Err(error);
        self
    }

    /// Sets how long the call may take, the time in the queue included. It counts from the first poll.
    /// Default: the contract's `timeout` for this call, or the client's
    /// [`call_timeout`](crate::Builder::call_timeout). A call of an opening has none but that of the opening.
    ///
    /// A time longer than a century is as long as that.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::{CallError, Client};
    ///
    /// # async fn example(client: &Client) -> Result<(), CallError<String>> {
    /// let call = client.call::<u64, String>("place-order", "A-17");
    /// let number = call.timeout(Duration::from_secs(5)).await?;
    /// # Ok(()) }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        self.timeout = Some(timeout.min(LONGEST));
        self
    }

    /// The same, which yields the number of the request with the reply: what some backends call the id of the
    /// subscription that it makes, and repeat in all its messages.
    ///
    /// On a wire where numbers are strings, it is their decimal digits. A call that was sent again yields the number
    /// that was answered. Subscribe to the messages before the call: they may come at once.
    ///
    /// ```
    /// use wirebond_client::{CallError, Client};
    ///
    /// # async fn example(client: &Client) -> Result<(), CallError<String>> {
    /// let (id, ()) = client.call::<(), String>("subscribe", "prices").with_id().await?;
    /// println!("its messages have the number {id}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call.
    ///
    /// # Cancel safety
    ///
    /// As the call itself.
    pub async fn with_id(mut self) -> Result<(u64, R), CallError<E>> {
        let reply = (&mut self).await?;
        Ok((self.slot.written_as(), reply))
    }

    /// Queues the request, once.
    fn poll_queue(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let Self { core, slot, request, ticket, opening, .. } = self;
        let request = match request {
            Ok(None) => return Poll::Ready(Ok(())),
            Ok(request) => request,
            Err(error) => return Poll::Ready(Err(error.clone())),
        };
        let refuse = |kind| Poll::Ready(Err(Error::new(kind).about(slot.name())));
        if caller::would_deadlock(core.id) {
            core.outbox.refuse(ticket);
            return refuse(SendErrorKind::WouldDeadlock);
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            if let Some(timeout) = self.timeout {
                let Some(sleep) = sleep(core, timeout) else {
                    return refuse(SendErrorKind::Runtime);
                };
                self.sleep = Some(sleep);
            }
            // Before the request is queued: its answer may come at once.
            core.calls.add(Arc::clone(slot) as Arc<dyn Waiting>);
        }
        if let Some(opening) = opening {
            return Poll::Ready(request.take().map_or(Ok(()), |one| opening.push_call(one)));
        }
        let size = request.as_ref().map_or(0, |request| request.text.len());
        let mut dropped = Dropped::new();
        let pushed = core.outbox.poll_push(request, ticket, core.outbox.clock(), &mut dropped, cx);
        core.events.emit_all(reports::dropped(dropped));
        pushed.map_err(|kind| core.outbox.refusal(kind, slot.name(), size))
    }

    fn end(&mut self, ended: Ended<R, E>) -> Result<R, CallError<E>> {
        self.is_done = true;
        self.core.calls.remove(self.slot.id());
        ended.into_result(|| Error::new(SendErrorKind::QueueFull).about(self.slot.name()))
    }
}

impl<R, E> Call<R, E> {
    /// Ends the wait: what is still queued is taken back. Returns whether the call may have run.
    fn take_back(&mut self) -> Ran {
        let Self { core, slot, request, ticket, .. } = self;
        core.calls.remove(slot.id());
        slot.give_up();
        if matches!(request, Ok(Some(_)) | Err(_)) {
            core.outbox.give_up(ticket);
            return Ran::No;
        }
        let is_withdrawn = core.outbox.withdraw(slot.id());
        let stage = slot.stage();
        // Only wirebond's own form has a message that takes a call back at the server.
        let has_cancel = core.registry.contents.codec.is_default();
        if has_cancel && !is_withdrawn && matches!(stage, Stage::Written | Stage::Handled) {
            core.outbox.push_aside(form::CANCEL, cancel(slot.id()).into(), None);
        }
        // One that is queued may have been written to a connection that has ended.
        if stage.was_written() { Ran::Maybe } else { Ran::No }
    }
}

/// A timer on the caller's runtime or the client's.
fn sleep(core: &Core, timeout: Duration) -> Option<Pin<Box<Sleep>>> {
    if tokio::runtime::Handle::try_current().is_ok() && drivers::have_time() {
        return Some(Box::pin(tokio::time::sleep(timeout)));
    }
    // A connected client has one with time.
    let runtime = core.tasks.runtime()?;
    let _entered = runtime.enter();
    Some(Box::pin(tokio::time::sleep(timeout)))
}

impl<R: Send + 'static, E: Send + 'static> Future for Call<R, E> {
    type Output = Result<R, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.is_done {
            return Poll::Pending;
        }
        let queued = this.poll_queue(cx);
        if let Poll::Ready(Err(error)) = queued {
            this.is_done = true;
            this.core.calls.remove(this.slot.id());
            return Poll::Ready(Err(CallError::NotSent(error)));
        }
        // While it waits for room, the client may stop.
        if let Poll::Ready(ended) = this.slot.poll(cx) {
            return Poll::Ready(this.end(ended));
        }
        let is_late = this.sleep.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready());
        if is_late {
            this.is_done = true;
            let ran = this.take_back();
            return Poll::Ready(Err(CallError::timeout(ran)));
        }
        if caller::would_deadlock(this.core.id) {
            this.is_done = true;
            let error = match this.take_back() {
                Ran::No => {
                    let error = Error::new(SendErrorKind::WouldDeadlock).about(this.slot.name());
                    CallError::NotSent(error)
                }
                Ran::Maybe | Ran::Yes => CallError::Unknown,
            };
            return Poll::Ready(Err(error));
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
        // The request itself may contain a secret.
        f.debug_struct("Call").field("call", &self.slot).finish_non_exhaustive()
    }
}
