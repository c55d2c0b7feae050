//! Helpers for locks and wakers.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::Waker,
};

/// Locks. No user code runs under these locks, so a poisoned one was left in order.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls the waker, if there is one. A waker is foreign code: no lock may be held.
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
