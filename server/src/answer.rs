//! Calls of the client's, from their handler to their answer.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use wirebond_connection::{
    call::{AnswerTo, Answers, Begun, Encoded},
    outcome::{Outcome, Started},
    session::Class,
};
use wirebond_core::{
    ErrorCode,
    wire::{DecodeError, Fault, head, now_millis},
};

use crate::{error::SendError, outbox::WhenFull, peer::Peer};

/// Writes what a handler returned as the answer.
pub(crate) type EncodeAnswer<V> = fn(&V, AnswerTo<'_>) -> Encoded;

/// A call of a peer's. Whatever happens to it, it is answered once: at the latest when this is dropped.
pub(crate) struct Request {
    peer: Peer,
    name: String,
    /// Without one, nobody waits for an answer.
    id: Option<u64>,
    /// What is answered if the handler doesn't.
    fault: Option<Fault>,
}

impl Request {
    pub(crate) fn new(peer: &Peer, name: &str, id: Option<u64>) -> Self {
        Self { peer: peer.clone(), name: name.to_owned(), id, fault: None }
    }

    /// Whether the caller has given up.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.id.is_some_and(|id| self.peer.state.calls.is_cancelled(id))
    }

    /// Nobody waits for the answer.
    pub(crate) fn forget(mut self) {
        self.id = None;
    }

    /// The request can't be read.
    pub(crate) fn fail_to_read(mut self, error: &DecodeError) {
        self.fault = Some(Fault::of_decode(error));
    }

    pub(crate) fn panicked(&mut self) {
        self.fault = Some(Fault::new(ErrorCode::Panicked, "the handler panicked"));
    }

    fn answer(&mut self, encode: impl FnOnce(AnswerTo<'_>) -> Encoded) -> Result<(), String> {
        if self.is_cancelled() {
            self.id = None;
        }
        let Some(re) = self.id else { return Ok(()) };
        let head = head(&self.name);
        let why = match encode(AnswerTo { head: &head, re }) {
            Err(error) => format!("the answer can't be serialized: {error}"),
            Ok(text) => {
                let pushed = self.peer.state.outbox.push(text.into(), Class::Reply, WhenFull::Fail);
                if pushed.err() != Some(SendError::TooLarge) {
                    // A peer that is gone has learned so.
                    self.id = None;
                    return Ok(());
                }
                "the answer is too large".to_owned()
            }
        };
        self.fault = Some(Fault::new(ErrorCode::Panicked, "the answer can't be sent"));
        Err(why)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let Some(re) = self.id else { return };
        if std::thread::panicking() {
            self.panicked();
        }
        let stopped = || Fault::new(ErrorCode::Cancelled, "the handler was stopped");
        self.peer.state.outbox.push_aside(fault(re, &self.fault.take().unwrap_or_else(stopped)));
    }
}

/// An `$error` as a whole message.
pub(crate) fn fault(re: u64, fault: &Fault) -> bytes::Bytes {
    fault.encode(re, now_millis()).into()
}

/// The outcome of a call's handler, which is sent as its answer.
pub(crate) struct Answering<H, V> {
    pub(crate) outcome: H,
    pub(crate) request: Request,
    pub(crate) encode: EncodeAnswer<V>,
}

impl<H: Answers<V, M>, V, M> Outcome<(V, M)> for Answering<H, V> {
    type Settled = AnsweringFuture<H::Running, V>;
    const AT_ONCE: bool = H::AT_ONCE;

    fn start(self) -> Started<Self::Settled> {
        let Self { outcome, mut request, encode } = self;
        match outcome.begin_answer() {
            Begun::Done(value) => Started::Done(request.answer(|to| encode(&value, to))),
            Begun::Running(future) => {
                Started::Running(AnsweringFuture { future: Box::pin(future), request, encode })
            }
        }
    }
}

/// The future of a call's handler.
pub(crate) struct AnsweringFuture<F, V> {
    future: Pin<Box<F>>,
    request: Request,
    encode: EncodeAnswer<V>,
}

impl<V, F: Future<Output = V>> Future for AnsweringFuture<F, V> {
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { future, request, encode } = &mut *self;
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        let polled = polled.unwrap_or_else(|panic| {
            request.panicked();
            resume_unwind(panic)
        });
        polled.map(|value| request.answer(|to| encode(&value, to)))
    }
}

impl<F, V> fmt::Debug for AnsweringFuture<F, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnsweringFuture").finish_non_exhaustive()
    }
}
