//! A message on its way into a peer's queue.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use wirebond_connection::session::Class;

use super::{Peer, PeerState};
use crate::{error::SendError, outbox::WhenFull};

/// Queues a message to this peer alone.
pub(super) fn push(state: &PeerState, frame: Bytes, class: Class) -> Result<(), SendError> {
    let pushed = state.outbox.push(frame, class, WhenFull::Fail)?;
    state.core.relieve(state, &pushed);
    Ok(())
}

/// The future of a [`Peer::send`](super::Peer::send). It resolves when the message is queued.
///
/// # Cancel safety
///
/// If it is dropped before it resolves, nothing was queued.
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending {
    state: Arc<PeerState>,
    frame: Option<Result<Bytes, SendError>>,
    class: Class,
    waiting: Option<Pin<Box<tokio::sync::futures::OwnedNotified>>>,
}

impl Sending {
    pub(super) fn new(peer: &Peer, frame: Result<Bytes, SendError>) -> Self {
        let state = Arc::clone(&peer.state);
        Self { state, frame: Some(frame), class: Class::Message, waiting: None }
    }

    pub(crate) fn of_class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

impl Future for Sending {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let frame = match &this.frame {
                None => return Poll::Ready(Err(SendError::Gone)),
                Some(Err(error)) => return Poll::Ready(Err(error.clone())),
                Some(Ok(frame)) => frame.clone(),
            };
            // Enlisted before the queue is looked at, so that no notification is missed.
            let mut waiting = match this.waiting.take() {
                Some(waiting) => waiting,
                None => Box::pin(this.state.outbox.room().notified_owned()),
            };
            let notified = waiting.as_mut().poll(cx).is_ready();
            match push(&this.state, frame, this.class) {
                Err(SendError::QueueFull) if notified => {}
                Err(SendError::QueueFull) => {
                    this.waiting = Some(waiting);
                    return Poll::Pending;
                }
                result => {
                    this.frame = None;
                    return Poll::Ready(result);
                }
            }
        }
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("peer", &self.state.id.0).finish_non_exhaustive()
    }
}
