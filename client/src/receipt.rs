//! The outcome of one message.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::oneshot;
use wirebond_connection::call::{Lost, Ran, Waiting};

use crate::{
    caller::{self, Id},
    event::{DropReason, Name},
};

/// The outcome of a message with a [`Receipt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// The server's WebSocket layer has read the message. A Pong proves that (RFC 6455, section 5.5.3). In
    /// a session: the server has handled it.
    Confirmed,
    /// The message was written, and it is not known whether the server has read it: its connection ended
    /// first, or confirmation is off or unavailable. In a session: the session was lost first.
    Unconfirmed,
    /// The message was dropped. With `Unconfirmed::Redeliver` it may have been written to a connection that ended
    /// before that.
    Dropped(DropReason),
    /// The client stopped before the message was written, or in a session before it was handled. It stays
    /// queued for the next [`connect`](crate::Client::connect), which this receipt doesn't cover.
    Kept,
    /// A synchronous handler of the client blocks on the receipt, which needs the task that runs the
    /// handler. The message and the receipt go on: await it in an asynchronous handler or elsewhere, or
    /// call [`Receipt::outcome`].
    WouldDeadlock,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirmed => f.write_str("confirmed"),
            Self::Unconfirmed => f.write_str("written, not confirmed"),
            Self::Dropped(reason) => write!(f, "dropped: {reason}"),
            Self::Kept => f.write_str("kept for the next connection"),
            Self::WouldDeadlock => {
                f.write_str("a synchronous handler can't wait for its own client")
            }
        }
    }
}

/// Where the outcome of a message is reported to.
#[derive(Debug)]
pub(crate) enum Reporter {
    Receipt(oneshot::Sender<Delivery>),
    /// The message is the request of this call.
    Call(Arc<dyn Waiting>),
}

impl Reporter {
    pub(crate) fn report(self, outcome: Delivery) {
        match (self, outcome) {
            (Self::Receipt(receipt), _) => {
                // The receipt may have been dropped.
                let _ = receipt.send(outcome);
            }
            (Self::Call(call), Delivery::Dropped(reason)) => call.lose(match reason {
                DropReason::Expired => Lost::Expired(Ran::No),
                DropReason::Overflowed => Lost::Overflowed,
                // It was written before.
                DropReason::Undeliverable => Lost::Unknown,
                DropReason::Closed | DropReason::Cleared | DropReason::Withdrawn => Lost::Closed,
            }),
            // A call waits for its answer, or ends with its connection.
            (Self::Call(_), _) => {}
        }
    }

    /// The call whose request the message is.
    pub(crate) fn call(&self) -> Option<&Arc<dyn Waiting>> {
        match self {
            Self::Call(call) => Some(call),
            Self::Receipt(_) => None,
        }
    }
}

/// A future of the outcome of one message. See [`Sending::tracked`](crate::Sending::tracked).
///
/// It is pending while the message is queued or in flight, redelivery included. It resolves at the latest
/// when the client stops or its last handle is dropped. A synchronous handler of the same client that
/// blocks on it gets [`Delivery::WouldDeadlock`] at once.
///
/// Dropping it has no effect on the message. It may be awaited by reference, and again: it keeps its
/// outcome.
///
/// ```
/// use wirebond_client::{Client, Delivery, SendError};
///
/// async fn send_and_show(client: &Client) -> Result<(), SendError> {
///     let receipt = client.send("chat", "hello").tracked().await?;
///     println!("sent");
///     match receipt.await {
///         Delivery::Confirmed => println!("delivered"),
///         failed => println!("failed: {failed}"),
///     }
///     Ok(())
/// }
/// ```
#[must_use = "a receipt gives its outcome only when it is awaited"]
pub struct Receipt {
    name: Name,
    /// Whose message it is.
    client: Id,
    pending: oneshot::Receiver<Delivery>,
    outcome: Option<Delivery>,
}

impl Receipt {
    pub(crate) fn new(name: Name, client: Id) -> (Reporter, Self) {
        let (reporter, pending) = oneshot::channel();
        (Reporter::Receipt(reporter), Self { name, client, pending, outcome: None })
    }

    /// For a message that was queued before anybody asked for its receipt: nothing is known of it.
    pub(crate) fn of_nothing(client: Id) -> Self {
        Self::new(Name::Borrowed(""), client).1
    }

    /// Returns the message's wire name.
    ///
    /// ```
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let receipt = client.send("order", &7).try_tracked().unwrap();
    /// assert_eq!(receipt.name(), "order");
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the outcome if it is known by now, for code that can't await.
    ///
    /// ```
    /// # use wirebond_client::{Delivery, Receipt};
    /// fn mark(receipt: &mut Receipt) -> &'static str {
    ///     match receipt.outcome() {
    ///         None => "sending",
    ///         Some(Delivery::Confirmed) => "delivered",
    ///         Some(_) => "failed",
    ///     }
    /// }
    /// ```
    pub fn outcome(&mut self) -> Option<Delivery> {
        if self.outcome.is_none() {
            self.outcome = match self.pending.try_recv() {
                Ok(outcome) => Some(outcome),
                Err(oneshot::error::TryRecvError::Empty) => None,
                // The client is gone with all that it knew.
                Err(oneshot::error::TryRecvError::Closed) => Some(Delivery::Unconfirmed),
            };
        }
        self.outcome
    }
}

impl Future for Receipt {
    type Output = Delivery;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Delivery> {
        if let Some(outcome) = self.outcome {
            return Poll::Ready(outcome);
        }
        let outcome = match Pin::new(&mut self.pending).poll(cx) {
            Poll::Ready(outcome) => outcome.unwrap_or(Delivery::Unconfirmed),
            Poll::Pending if caller::would_deadlock(self.client) => {
                return Poll::Ready(Delivery::WouldDeadlock);
            }
            Poll::Pending => return Poll::Pending,
        };
        self.outcome = Some(outcome);
        Poll::Ready(outcome)
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("name", &self.name)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
