//! The calls of one side that wait for their answer.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use wirebond_core::wire::{
    Answered, RawMessage, answered,
    form::{CallForm, Layout},
    read_answer,
};

use super::{
    answer::AnswerKind,
    numbers::{Found, Numbers},
    slot::{Lost, Stage, Unanswered, Waiting},
};
use crate::session::Class;

/// The calls that wait for their answer, by their number.
#[derive(Debug, Default)]
pub struct Calls {
    last: AtomicU64,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    waiting: BTreeMap<u64, Arc<dyn Waiting>>,
    /// The numbers on a backend's own wire.
    numbers: Numbers,
}

/// What a message means for the calls on a backend's own wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// It answers a call, which has its answer now.
    Answer,
    /// It answers a call that waits no more.
    Late,
    /// It answers none.
    Other,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, Table> {
        // No foreign code runs under the lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that no call had before.
    pub fn next_id(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds a call, before its request is queued.
    pub fn add(&self, call: Arc<dyn Waiting>) {
        self.lock().waiting.insert(call.id(), call);
    }

    /// Removes a call whose future waits no more.
    pub fn remove(&self, id: u64) {
        let mut table = self.lock();
        let removed = table.waiting.remove(&id);
        if let Some(call) = &removed {
            // An answer may still come.
            table.numbers.forget(call.number().load(Ordering::Acquire));
        }
        drop(table);
        drop(removed);
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    /// The request of a call is written with this number, on a backend's own wire.
    pub fn written(&self, call: &dyn Waiting, number: u64) {
        let mut table = self.lock();
        call.number().store(number, Ordering::Release);
        table.numbers.insert(number, call.id());
        if !table.waiting.contains_key(&call.id()) {
            // Its future has just given up.
            table.numbers.forget(number);
        }
    }

    /// Gives an answer to its call.
    ///
    /// # Errors
    ///
    /// [`Unanswered`] if none waits for it.
    pub fn answer(&self, kind: AnswerKind, message: &RawMessage<'_>) -> Result<(), Unanswered> {
        let re = message.re().ok_or(Unanswered)?;
        let call = self.lock().waiting.get(&re).cloned().ok_or(Unanswered)?;
        // One of another name is for another call: its peer counts wrong.
        if !kind.answers(call.name(), message.name()) {
            return Err(Unanswered);
        }
        // It decodes, which is foreign code: the lock is free.
        call.answer(kind, message)?;
        self.remove(re);
        Ok(())
    }

    /// Gives a message to the call that it answers, on a backend's own wire. `layout` is that of the other side's
    /// messages. The next message with the number is an ordinary one.
    pub fn answer_foreign(&self, form: &CallForm, layout: Layout<'_>, text: &str) -> Foreign {
        // Most messages come when no call waits.
        if self.lock().numbers.is_empty() {
            return Foreign::Other;
        }
        let Some(number) = answered(form, text) else { return Foreign::Other };
        let mut table = self.lock();
        let call = match table.numbers.take(number) {
            Found::Nothing => return Foreign::Other,
            Found::Forgotten => return Foreign::Late,
            Found::Call(id) => table.waiting.remove(&id),
        };
        drop(table);
        let Some(call) = call else { return Foreign::Late };
        // It decodes, which is foreign code: the lock is free.
        let answer = match read_answer(form, layout, call.name(), text) {
            Ok(Answered::Reply(message)) => call.answer(AnswerKind::Reply, &message),
            Ok(Answered::Failure(message)) => call.answer(AnswerKind::Error, &message),
            Err(error) => call.answer_unreadable(error.to_string()),
        };
        answer.map_or(Foreign::Late, |()| Foreign::Answer)
    }

    /// The connection has ended, and no session goes on: those that were written are lost, unless they may
    /// run twice. Returns the latter, oldest first: they wait on.
    #[must_use]
    pub fn connection_lost(&self) -> Vec<Arc<dyn Waiting>> {
        let written =
            |call: &Arc<dyn Waiting>| matches!(call.stage(), Stage::Written | Stage::Handled);
        let mut table = self.lock();
        // The next connection counts anew.
        table.numbers = Numbers::default();
        let written: Vec<_> =
            table.waiting.values().filter(|call| written(call)).cloned().collect();
        drop(table);
        let mut again = Vec::new();
        for call in written {
            call.number().store(0, Ordering::Release);
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
        let ended = std::mem::take(&mut *self.lock()).waiting;
        for call in ended.values() {
            call.lose(match call.stage() {
                Stage::Handled => Lost::ReplyLost,
                Stage::Written | Stage::Requeued | Stage::Answered => Lost::Unknown,
                Stage::New | Stage::Queued => Lost::Closed,
            });
        }
        ended.into_keys().collect()
    }
}
