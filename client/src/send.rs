//! A message on its way into the queue.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use wirebond_connection::session::Class;

use crate::{
    caller::{self, Id},
    error::{Error, SendError, SendErrorKind},
    event::Name,
    outbox::{Dropped, Message, Ticket, reports},
    receipt::Receipt,
    reconnect::shared::Core,
};

/// A message as bytes, or why its payload can't be serialized.
pub use wirebond_connection::call::Encoded;

/// The future of a [`send`](crate::Client::send). It resolves when the message is queued.
///
/// The payload was serialized when this was made. It waits only with `Overflow::Wait`, and never forever:
/// it fails with [`SendErrorKind::Closed`] once `disconnect()` has begun, with
/// [`SendErrorKind::Stopped`] once the client has stopped, and with [`SendErrorKind::WouldDeadlock`] if a
/// synchronous handler of the same client blocks on it.
///
/// # Cancel safety
///
/// If it is dropped before it resolves, nothing was queued.
#[must_use = "a message is queued when its future is awaited; in synchronous code use `try_send`"]
pub struct Sending {
    core: Arc<Core>,
    message: Result<Option<Message>, SendError>,
    ticket: Ticket,
}

impl Sending {
    pub(crate) fn new(core: Arc<Core>, name: Name, encoded: Encoded) -> Self {
        Self { core, message: message(name, encoded).map(Some), ticket: Ticket::default() }
    }

    /// A message with a reserved name.
    pub(crate) fn refused(core: Arc<Core>, name: &str) -> Self {
        Self { core, message: Err(reserved(name)), ticket: Ticket::default() }
    }

    /// Asks for a receipt. The returned future resolves to a [`Receipt`] when the message is queued, and
    /// the receipt resolves to the outcome of the message.
    ///
    /// ```
    /// # use wirebond_client::{Client, Delivery, SendError};
    /// # async fn send(client: &Client) -> Result<(), SendError> {
    /// let receipt = client.send("order", &7).tracked().await?;
    /// if receipt.await != Delivery::Confirmed {
    ///     println!("the order may not have arrived");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::send`](crate::Client::send).
    ///
    /// # Cancel safety
    ///
    /// If it is dropped before it resolves, nothing was queued.
    pub fn tracked(self) -> Tracked {
        Tracked::new(self)
    }

    /// Queues the message without waiting and returns its receipt, from synchronous code.
    ///
    /// ```
    /// # use wirebond_client::{Client, Receipt, SendError};
    /// # fn send(client: &Client) -> Result<(), SendError> {
    /// let receipt: Receipt = client.send("order", &7).try_tracked()?;
    /// # drop(receipt); Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::try_send`](crate::Client::try_send).
    pub fn try_tracked(self) -> Result<Receipt, SendError> {
        Tracked::new(self).now()
    }

    /// Whose message it is.
    fn client(&self) -> Id {
        self.core.id
    }

    /// The message, unless it was refused or is queued already.
    fn message_mut(&mut self) -> Option<&mut Message> {
        self.message.as_mut().ok()?.as_mut()
    }

    /// Queues the message now or not at all.
    fn push_now(&mut self) -> Result<(), SendError> {
        match &mut self.message {
            Ok(message) => match message.take() {
                Some(message) => push(&self.core, message),
                None => Ok(()),
            },
            Err(error) => Err(error.clone()),
        }
    }
}

impl Future for Sending {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { core, message, ticket } = &mut *self;
        let message = match message {
            Ok(message) => message,
            Err(error) => return Poll::Ready(Err(error.clone())),
        };
        let about = message.as_ref().map(|message| (message.name.clone(), message.text.len()));
        let Some((name, size)) = about else {
            // Polled again after it resolved.
            return Poll::Ready(Ok(()));
        };
        let mut dropped = Dropped::new();
        let pushed = core.outbox.poll_push(message, ticket, core.outbox.clock(), &mut dropped, cx);
        core.events.emit_all(reports::dropped(dropped));
        if pushed.is_pending() && caller::would_deadlock(core.id) {
            core.outbox.refuse(ticket);
            return Poll::Ready(Err(Error::new(SendErrorKind::WouldDeadlock).about(&name)));
        }
        pushed.map_err(|kind| core.outbox.refusal(kind, &name, size))
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.core.outbox.give_up(&mut self.ticket);
    }
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The message itself may contain a secret.
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

/// A [`Sending`] that resolves to a [`Receipt`]. See [`Sending::tracked`](crate::Sending::tracked).
///
/// If it is dropped before it resolves, nothing was queued. Polled again after it resolved, it is pending
/// forever.
#[must_use = "a message is queued when its future is awaited"]
#[derive(Debug)]
pub struct Tracked {
    sending: Sending,
    /// Absent where the message was refused or queued before, and once this has resolved.
    receipt: Option<Receipt>,
    done: bool,
}

impl Tracked {
    fn new(mut sending: Sending) -> Self {
        let client = sending.client();
        let receipt = sending.message_mut().map(|message| {
            let (reporter, receipt) = Receipt::new(message.name.clone(), client);
            message.receipt = Some(reporter);
            receipt
        });
        Self { sending, receipt, done: false }
    }

    /// Queues the message now or not at all.
    fn now(mut self) -> Result<Receipt, SendError> {
        self.sending.push_now()?;
        let client = self.sending.client();
        Ok(self.receipt.take().unwrap_or_else(|| Receipt::of_nothing(client)))
    }
}

impl Future for Tracked {
    type Output = Result<Receipt, SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.done {
            return Poll::Pending;
        }
        let sent = ready!(Pin::new(&mut self.sending).poll(cx));
        self.done = true;
        let (receipt, client) = (self.receipt.take(), self.sending.client());
        Poll::Ready(sent.map(|()| receipt.unwrap_or_else(|| Receipt::of_nothing(client))))
    }
}

/// The error of a message with a reserved name.
pub(crate) fn reserved(name: &str) -> SendError {
    Error::new(SendErrorKind::Reserved).about(name)
}

/// A message that was encoded in the caller, so that its errors return there.
pub(crate) fn message(name: Name, encoded: Encoded) -> Result<Message, SendError> {
    let class = Class::Message;
    match encoded {
        // A message that waits takes no more memory than it needs; the `Bytes` of a box has no header.
        Ok(text) => {
            Ok(Message { name, text: text.into_boxed_slice().into(), receipt: None, class })
        }
        Err(error) => Err(Error::new(SendErrorKind::Payload).about(&name).caused_by(error)),
    }
}

/// Queues a message now or not at all.
pub(crate) fn try_send(core: &Core, name: Name, encoded: Encoded) -> Result<(), SendError> {
    push(core, message(name, encoded)?)
}

fn push(core: &Core, message: Message) -> Result<(), SendError> {
    let (name, size) = (message.name.clone(), message.text.len());
    let mut dropped = Dropped::new();
    let pushed = core.outbox.push(message, core.outbox.clock(), &mut dropped);
    core.events.emit_all(reports::dropped(dropped));
    pushed.map_err(|kind| core.outbox.refusal(kind, &name, size))
}
