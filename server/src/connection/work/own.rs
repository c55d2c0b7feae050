//! Messages of the protocol itself, in wirebond's own form: heartbeats, answers, and frames of the session.

use wirebond_connection::{
    call::{AnswerKind, Unanswered},
    link::Reply,
    session::is_numbered,
};
use wirebond_core::{
    ErrorCode,
    wire::{
        Fault, RawMessage,
        form::{CANCEL, PING, PONG},
    },
};

use super::Work;
use crate::{
    answer,
    error::{Error, ErrorKind},
};

impl Work {
    /// Takes what is no message of the contract, in wirebond's own form: heartbeats, answers, and frames of the
    /// session. `is_message`: it has a handler of messages.
    pub(super) fn dispatch_own(
        &mut self,
        frame: &RawMessage<'_>,
        is_message: bool,
    ) -> Option<Reply> {
        match frame.name() {
            PING => return Some(Reply::Pong),
            PONG => return Some(Reply::Nothing),
            CANCEL => {
                if let Some(id) = frame.re() {
                    self.peer.state.calls.cancel(id);
                }
                if self.session.is_some() {
                    self.count_handled(frame.text().len());
                }
                return Some(Reply::Nothing);
            }
            _ => {}
        }
        if let Some(kind) = AnswerKind::of(frame.name())
            && !is_message
        {
            self.answer(kind, frame);
            return Some(Reply::Nothing);
        }
        if self.is_control(frame) {
            self.control(frame);
            return Some(Reply::Nothing);
        }
        None
    }

    /// Whether it is a frame of the session itself. It costs nothing of the peer's rate: an acknowledgement that waits
    /// would hold up the messages in both directions.
    pub(super) fn is_control(&self, frame: &RawMessage<'_>) -> bool {
        self.session.is_some() && !is_numbered(frame.name()) && !matches!(frame.name(), PING | PONG)
    }

    /// Gives an answer to its call at once: a handler that runs may wait for it.
    pub(super) fn answer(&mut self, kind: AnswerKind, frame: &RawMessage<'_>) {
        let answered = match frame.check() {
            Ok(()) => self.peer.state.calls.waiting.answer(kind, frame),
            Err(_) => Err(Unanswered),
        };
        self.received += 1;
        self.count_handled(frame.text().len());
        if answered == Err(Unanswered) {
            self.report(Error::new(ErrorKind::LateAnswer, Some(frame.name()), ""));
        }
    }

    /// Answers a call that has no handler.
    pub(super) fn refuse(&self, frame: &RawMessage<'_>) {
        let Some(id) = frame.id() else { return };
        let handlers = &self.peer.core().handlers;
        let fault = if handlers.is_in_contract(frame.name()) {
            Fault::new(ErrorCode::Unhandled, "no handler is registered")
        } else {
            Fault::new(ErrorCode::Unknown, "the server has no such call")
        };
        self.peer.push_aside(answer::fault(id, &fault));
    }
}
