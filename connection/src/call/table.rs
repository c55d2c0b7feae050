//! The calls of one side that wait for their answer.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wirebond_core::wire::{RawMessage, form};

use super::slot::{Lost, Stage, Unanswered, Waiting};
use crate::session::Class;

/// Which answer a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// `….reply`.
    Reply,
    /// `….error`.
    Error,
    /// `$error`.
    Fault,
}

impl AnswerKind {
    /// The kind of a message with this name, if it may be an answer.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        if name.ends_with(form::REPLY_ENDING) {
            Some(Self::Reply)
        } else if name.ends_with(form::ERROR_ENDING) {
            Some(Self::Error)
        } else {
            (name == form::ERROR).then_some(Self::Fault)
        }
    }
}

/// The calls that wait for their answer, by their number.
#[derive(Debug, Default)]
pub struct Calls {
    waiting: Mutex<BTreeMap<u64, Arc<dyn Waiting>>>,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<dyn Waiting>>> {
        // No foreign code runs under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
        let answered = call.answer(kind, message);
        self.remove(re);
        answered
    }

    /// The connection has ended, and no session goes on: those that were written are lost, unless they may
    /// run twice. Returns the latter, oldest first.
    #[must_use]
    pub fn connection_lost(&self) -> Vec<Arc<dyn Waiting>> {
        let mut lost = Vec::new();
        self.lock().retain(|_, call| {
            let stays = call.stage() != Stage::Written;
            if !stays {
                lost.push(Arc::clone(call));
            }
            stays
        });
        let (again, lost): (Vec<_>, Vec<_>) =
            lost.into_iter().partition(|call| call.class() == Class::IdempotentCall);
        for call in lost {
            call.lose(Lost::Unknown);
        }
        let mut waiting = self.lock();
        waiting.extend(again.iter().map(|call| (call.id(), Arc::clone(call))));
        drop(waiting);
        again
    }

    /// This side ends: nothing is answered any more. Calls that were never written are closed.
    pub fn close(&self) {
        let ended = std::mem::take(&mut *self.lock());
        for call in ended.values() {
            call.lose(match call.stage() {
                Stage::Written => Lost::Unknown,
                Stage::New | Stage::Queued => Lost::Closed,
            });
        }
    }
}
