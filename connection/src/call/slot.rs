//! One call that waits for its answer.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use wirebond_core::{
    Received,
    wire::{DecodeError, Fault, RawMessage},
};

use super::{
    answer::AnswerKind,
    error::{CallError, Ran},
};
use crate::session::Class;

/// How the payload of an answer is read.
pub type Decode<T> = fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError>;

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It isn't queued yet.
    New,
    /// It waits to be written.
    Queued,
    /// It was handed to a connection.
    Written,
    /// The peer has handled it, as its session's acknowledgement says.
    Handled,
    /// It was written, its connection has ended, and it waits to be written again.
    Requeued,
    /// It has its answer.
    Answered,
}

impl Stage {
    /// Whether it was ever handed to a connection: then it may have run.
    #[must_use]
    pub fn was_written(self) -> bool {
        !matches!(self, Self::New | Self::Queued)
    }
}

/// Why a call ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// It was written, and its connection or session ended.
    Unknown,
    /// It ran, and its session ended.
    ReplyLost,
    /// This side ended before it was written.
    Closed,
    /// It made room for a newer message.
    Overflowed,
    /// It waited for too long. It may have run if it was written before that.
    Expired(Ran),
}

/// The outcome of a call, apart from those that only its future knows.
#[derive(Debug)]
pub enum Ended<R, E> {
    /// The reply.
    Reply(R),
    /// The contract's error.
    Refused(E),
    /// `$error`.
    Fault(Fault),
    /// An answer that can't be read.
    Bad(String),
    /// No answer will come.
    Lost(Lost),
}

impl<R, E> Ended<R, E> {
    /// The result of the call's future. `overflowed` is the error of a request that made room for a newer
    /// message.
    ///
    /// # Errors
    ///
    /// There is no reply.
    pub fn into_result<S>(self, overflowed: impl FnOnce() -> S) -> Result<R, CallError<E, S>> {
        Err(match self {
            Self::Reply(reply) => return Ok(reply),
            Self::Refused(error) => CallError::Refused(error),
            Self::Fault(fault) => CallError::peer(fault),
            Self::Bad(message) => CallError::bad_answer(message),
            Self::Lost(Lost::Unknown) => CallError::Unknown,
            Self::Lost(Lost::ReplyLost) => CallError::ReplyLost,
            Self::Lost(Lost::Closed) => CallError::Closed,
            Self::Lost(Lost::Overflowed) => CallError::NotSent(overflowed()),
            Self::Lost(Lost::Expired(ran)) => CallError::timeout(ran),
        })
    }
}

/// A call as the one who writes and reads sees it, whatever it yields.
pub trait Waiting: Send + Sync {
    /// Its number.
    fn id(&self) -> u64;
    /// Whether it may run twice.
    fn class(&self) -> Class;
    /// The name of the request.
    fn name(&self) -> &str;
    /// How far the request has come.
    fn stage(&self) -> Stage;
    /// Records how far the request has come. One that was written and is queued again is [`Stage::Requeued`].
    fn set_stage(&self, stage: Stage);
    /// The request, for a call that may run twice.
    fn text(&self) -> Option<Bytes>;
    /// A place for the request's number among all messages, for whoever queues it.
    fn order(&self) -> &AtomicU64;
    /// Where the request has a placeholder for the number with which it is written, if it has one.
    fn placeholder(&self) -> Option<usize>;
    /// The number with which its request was last written on a wire where that isn't [`id`](Self::id); 0
    /// before that.
    fn number(&self) -> &AtomicU64;
    /// Ends it with its answer, which [`Calls`](super::Calls) has found to be one. Fails if it has ended before.
    ///
    /// # Errors
    ///
    /// [`Unanswered`]: nobody waits for it any more.
    fn answer(&self, kind: AnswerKind, message: &RawMessage<'_>) -> Result<(), Unanswered>;
    /// Ends it with an answer that can't be read, for this reason.
    ///
    /// # Errors
    ///
    /// [`Unanswered`]: nobody waits for it any more.
    fn answer_unreadable(&self, why: String) -> Result<(), Unanswered>;
    /// Ends it without an answer, unless it has ended before. A call that was ever written doesn't end as one that
    /// did not run.
    fn lose(&self, why: Lost);
    /// Whether it has ended.
    fn is_over(&self) -> bool;
}

impl fmt::Debug for dyn Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("stage", &self.stage())
            .finish_non_exhaustive()
    }
}

/// An answer that no call waits for: it came too late, or twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered;

/// A call, shared by its future and by those who write and read.
pub struct Slot<R, E> {
    id: u64,
    name: String,
    class: Class,
    stage: AtomicU8,
    text: Option<Bytes>,
    order: AtomicU64,
    placeholder: Option<usize>,
    number: AtomicU64,
    decode: (Decode<R>, Decode<E>),
    state: Mutex<State<R, E>>,
}

enum State<R, E> {
    Waiting(Option<Waker>),
    Ended(Ended<R, E>),
    Taken,
}

impl<R, E> Slot<R, E> {
    /// A call with this number whose request isn't queued yet.
    pub fn new(id: u64, name: &str, class: Class, decode: (Decode<R>, Decode<E>)) -> Self {
        Self {
            id,
            name: name.to_owned(),
            class,
            stage: AtomicU8::new(0),
            text: None,
            order: AtomicU64::new(0),
            placeholder: None,
            number: AtomicU64::new(0),
            decode,
            state: Mutex::new(State::Waiting(None)),
        }
    }

    /// Keeps the request, to be written again on another connection. For a call that may run twice.
    #[must_use]
    pub fn keeping(mut self, text: Bytes) -> Self {
        self.text = Some(text);
        self
    }

    /// Gives the request another number when it is written, in the place of the placeholder that it has there.
    #[must_use]
    pub fn numbered_at(mut self, placeholder: usize) -> Self {
        self.placeholder = Some(placeholder);
        self
    }

    /// Its number.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The number with which its request was last written; 0 before that.
    pub fn written_as(&self) -> u64 {
        match self.placeholder {
            Some(_) => self.number.load(Ordering::Acquire),
            None => self.id,
        }
    }

    /// The name of the request.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far the request has come.
    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::New,
            1 => Stage::Queued,
            2 => Stage::Written,
            3 => Stage::Handled,
            4 => Stage::Requeued,
            _ => Stage::Answered,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<R, E>> {
        // No foreign code runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the outcome, which is given once.
    pub fn poll(&self, cx: &mut Context<'_>) -> Poll<Ended<R, E>> {
        let mut state = self.lock();
        match &mut *state {
            State::Waiting(Some(waker)) => waker.clone_from(cx.waker()),
            State::Waiting(waker) => *waker = Some(cx.waker().clone()),
            State::Taken => {}
            State::Ended(_) => {
                if let State::Ended(ended) = std::mem::replace(&mut *state, State::Taken) {
                    return Poll::Ready(ended);
                }
            }
        }
        Poll::Pending
    }

    /// Its future waits no more.
    pub fn give_up(&self) {
        let old = std::mem::replace(&mut *self.lock(), State::Taken);
        // The value is foreign code, and the lock is free.
        drop(old);
    }

    /// Ends it, unless it has ended before.
    fn end(&self, ended: Ended<R, E>) -> Result<(), Unanswered> {
        let mut state = self.lock();
        let State::Waiting(waker) = &mut *state else {
            drop(state);
            return Err(Unanswered);
        };
        let waker = waker.take();
        *state = State::Ended(ended);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    fn read(&self, kind: AnswerKind, message: &RawMessage<'_>) -> Ended<R, E> {
        let decoded = match kind {
            AnswerKind::Reply => (self.decode.0)(message).map(|reply| Ended::Reply(reply.data)),
            AnswerKind::Error => (self.decode.1)(message).map(|error| Ended::Refused(error.data)),
            AnswerKind::Fault => Fault::read(message).map(Ended::Fault),
        };
        decoded.unwrap_or_else(|error| {
            let error = match error {
                DecodeError::Envelope(error) => error.to_string(),
                DecodeError::Payload(error) => error.to_string(),
            };
            // Whoever reads it should know that the call failed, if nothing else.
            let is_failure = kind == AnswerKind::Error;
            Ended::Bad(if is_failure { format!("it is an error: {error}") } else { error })
        })
    }
}

impl<R: Send, E: Send> Waiting for Slot<R, E> {
    fn id(&self) -> u64 {
        self.id
    }

    fn class(&self) -> Class {
        self.class
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn stage(&self) -> Stage {
        Self::stage(self)
    }

    fn text(&self) -> Option<Bytes> {
        self.text.clone()
    }

    fn order(&self) -> &AtomicU64 {
        &self.order
    }

    fn placeholder(&self) -> Option<usize> {
        self.placeholder
    }

    fn number(&self) -> &AtomicU64 {
        &self.number
    }

    fn set_stage(&self, stage: Stage) {
        let stage = match (Self::stage(self), stage) {
            // What happens to a request after its answer makes no difference.
            (Stage::Answered, _) => return,
            (before, Stage::Queued) if before.was_written() => Stage::Requeued,
            _ => stage,
        };
        self.stage.store(stage as u8, Ordering::Release);
    }

    fn answer(&self, kind: AnswerKind, message: &RawMessage<'_>) -> Result<(), Unanswered> {
        if self.is_over() {
            return Err(Unanswered);
        }
        // A payload's type is foreign code, and the peer chooses its input.
        let read = catch_unwind(AssertUnwindSafe(|| self.read(kind, message)));
        let what = "its type panicked while it was read";
        self.set_stage(Stage::Answered);
        self.end(read.unwrap_or_else(|_| Ended::Bad(what.to_owned())))
    }

    fn answer_unreadable(&self, why: String) -> Result<(), Unanswered> {
        self.set_stage(Stage::Answered);
        self.end(Ended::Bad(why))
    }

    fn lose(&self, why: Lost) {
        let why = match why {
            Lost::Expired(_) if Self::stage(self).was_written() => Lost::Expired(Ran::Maybe),
            Lost::Closed | Lost::Overflowed if Self::stage(self).was_written() => Lost::Unknown,
            _ => why,
        };
        // It may have its answer.
        let _ = self.end(Ended::Lost(why));
    }

    fn is_over(&self) -> bool {
        !matches!(*self.lock(), State::Waiting(_))
    }
}

impl<R, E> fmt::Debug for Slot<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
