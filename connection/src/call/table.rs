//! The calls of one side that wait for their answer.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use wirebond_core::wire::RawMessage;

use super::{
    answer::AnswerKind,
    slot::{Lost, Stage, Unanswered, Waiting},
};
use crate::session::Class;

/// The calls that wait for their answer, by their number.
#[derive(Debug, Default)]
pub struct Calls {
    last: AtomicU64,
    waiting: Mutex<BTreeMap<u64, Arc<dyn Waiting>>>,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<dyn Waiting>>> {
        // No foreign code runs under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that no call had before.
    pub fn next_id(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds a call, before its request is queued.
    pub fn add(&self, call: Arc<dyn Waiting>) {
        self.lock().insert(call.id(), call);
    }

    /// Removes a call whose future waits no more.
    pub fn remove(&self, id: u64) {
        let removed = self.lock().remove(&id);
        drop(removed);
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Gives an answer to its call.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] if none waits for it.
    pub fn answer(&self, kind: AnswerKind, message: &RawMessage<'_>) -> Result<(), Unanswered> {
        let re = message.re().ok_or(Unanswered)?;
        let call = self.lock().get(&re).cloned().ok_or(Unanswered)?;
        // It decodes, which is foreign code: the lock is free.
        call.answer(kind, message)?;
        self.remove(re);
        Ok(())
    }

    /// The connection has ended, and no session goes on: those that were written are lost, unless they may
    /// run twice. Returns the latter, oldest first: they wait on.
    #[must_use]
    pub fn connection_lost(&self) -> Vec<Arc<dyn Waiting>> {
        let written =
            |call: &Arc<dyn Waiting>| matches!(call.stage(), Stage::Written | Stage::Handled);
        let written: Vec<_> = self.lock().values().filter(|call| written(call)).cloned().collect();
        let mut again = Vec::new();
        for call in written {
            match (call.stage(), call.class()) {
                (Stage::Handled, _) => call.lose(Lost::ReplyLost),
                (_, Class::IdempotentCall) => {
                    again.push(call);
                    continue;
                }
                _ => call.lose(Lost::Unknown),
            }
            self.remove(call.id());
        }
        again
    }

    /// This side ends: nothing is answered any more. Calls that were never written are closed. Returns the
    /// numbers of all.
    pub fn close(&self) -> Vec<u64> {
        let ended = std::mem::take(&mut *self.lock());
        for call in ended.values() {
            call.lose(match call.stage() {
                Stage::Handled => Lost::ReplyLost,
                Stage::Written | Stage::Answered => Lost::Unknown,
                Stage::New | Stage::Queued => Lost::Closed,
            });
        }
        ended.into_keys().collect()
    }
}
