//! Where a peer's connection is while its task has nothing to do: a broadcast writes to it here.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use super::attached::{Attached, End};
use crate::outbox::Outbox;

/// A peer's present connection, between two polls of its task. During a poll the task has it, so that no handler
/// runs under the lock.
#[derive(Default)]
pub(crate) struct Slot(Mutex<Option<Box<Attached>>>);

impl Slot {
    /// The lock is held for a write at most.
    fn lock(&self) -> MutexGuard<'_, Option<Box<Attached>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, attached: Box<Attached>) {
        *self.lock() = Some(attached);
    }

    pub(super) fn take(&self) -> Option<Box<Attached>> {
        self.lock().take()
    }

    /// Drives the connection to its end: see [`Attached::poll`]. `None` if there is none.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<(End, Box<Attached>)>> {
        let Some(mut attached) = self.take() else { return Poll::Ready(None) };
        match attached.poll(cx) {
            Poll::Ready(end) => Poll::Ready(Some((end, attached))),
            Poll::Pending => {
                self.put(attached);
                Poll::Pending
            }
        }
    }

    /// Writes what a broadcast has queued. False if that is up to the connection's task, which may be at work at
    /// present.
    pub(super) fn write_listed(&self, outbox: &Outbox) -> bool {
        let Ok(mut attached) = self.0.try_lock() else { return false };
        attached.as_mut().is_some_and(|attached| attached.send_listed(outbox))
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}
