//! Calls of the client's, from their handler to their answer.

use wirebond_connection::{
    call::{Answer, AnswerTo, EncodedAnswer, Responder, answer_nobody},
    session::Class,
};
use wirebond_core::{
    ErrorCode,
    wire::{DecodeError, Fault, head, now_millis},
};

use crate::{error::SendError, outbox::WhenFull, peer::Peer};

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
}

impl Responder for Request {
    fn answer(&mut self, encode: impl FnOnce(AnswerTo<'_>) -> EncodedAnswer) -> Result<(), String> {
        if self.id.is_none() {
            return answer_nobody(encode);
        }
        if self.is_cancelled() {
            self.id = None;
            return Ok(());
        }
        let head = head(&self.name);
        let (why, said) = match encode(AnswerTo { head: &head, re: self.id }) {
            Err(error) => (
                format!("the answer can't be serialized: {error}"),
                "its answer can't be serialized",
            ),
            Ok(Answer { text, .. }) => {
                let pushed = self.peer.state.outbox.push(text.into(), Class::Reply, WhenFull::Fail);
                if pushed.err() != Some(SendError::TooLarge) {
                    // A peer that is gone has learned so.
                    self.id = None;
                    return Ok(());
                }
                ("the answer is too large".to_owned(), "its answer is too large to be sent")
            }
        };
        // The code whose meaning is that the handler ran and has no answer.
        let said = format!("the handler ran, and {said}");
        self.fault = Some(Fault::new(ErrorCode::Panicked, said));
        Err(why)
    }

    fn panicked(&mut self) {
        self.fault = Some(Fault::new(ErrorCode::Panicked, "the handler panicked"));
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let Some(re) = self.id else { return };
        if std::thread::panicking() {
            self.panicked();
        }
        let stopped = || Fault::new(ErrorCode::Cancelled, "the handler was stopped");
        self.peer.push_aside(fault(re, &self.fault.take().unwrap_or_else(stopped)));
    }
}

/// An `$error` as a whole message.
pub(crate) fn fault(re: u64, fault: &Fault) -> bytes::Bytes {
    fault.encode(re, now_millis()).into()
}
