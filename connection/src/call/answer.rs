//! What the handler of a call may return, and which answer that is.

use std::{
    convert::Infallible,
    future::{Future, Ready},
};

use serde::{Deserialize, Deserializer, de::Error as _};
use wirebond_core::{
    Received,
    wire::{DecodeError, RawMessage, form},
};

use crate::outcome::{Later, Now};

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

    /// Whether a message of this name answers the request `call`.
    pub(super) fn answers(self, call: &str, name: &str) -> bool {
        match self {
            Self::Reply => name.strip_suffix(form::REPLY_ENDING) == Some(call),
            Self::Error => name.strip_suffix(form::ERROR_ENDING) == Some(call),
            Self::Fault => true,
        }
    }
}

/// The result of a call's handler: the answer `V`, or a future of it.
///
/// `V` is `Result<Reply, Error>`, or `Reply` for a call without an error of its own. `M` is a marker that
/// keeps the implementations apart; it is always inferred.
#[diagnostic::on_unimplemented(
    message = "the handler of a call returns `{V}`, or a future of it, not `{Self}`",
    label = "this handler returns `{Self}`",
    note = "a call with `error = E` is answered by `Ok(reply)` or `Err(error)`, one without by the reply \
            itself",
    note = "the future of an `async` handler has to yield `{V}`: compare the types of its `Ok` and `Err`, or of its \
            last expression, with the contract's"
)]
pub trait Answers<V, M>: Sized {
    /// The future that is left to wait for.
    type Running: Future<Output = V>;

    /// Whether the answer is complete when the handler returns.
    #[doc(hidden)]
    const AT_ONCE: bool;

    /// Starts the answer. One that needs no waiting is returned at once.
    #[doc(hidden)]
    fn begin_answer(self) -> Begun<V, Self::Running>;
}

/// A handler of a call that was called.
#[doc(hidden)]
#[derive(Debug)]
pub enum Begun<V, F> {
    /// It has ended.
    Done(V),
    /// It is still running.
    Running(F),
}

impl<V> Answers<V, Now> for V {
    type Running = Ready<V>;
    const AT_ONCE: bool = true;

    fn begin_answer(self) -> Begun<V, Self::Running> {
        Begun::Done(self)
    }
}

#[diagnostic::do_not_recommend]
impl<V, F: Future<Output = V>> Answers<V, Later> for F {
    type Running = F;
    const AT_ONCE: bool = false;

    fn begin_answer(self) -> Begun<V, F> {
        Begun::Running(self)
    }
}

/// Reads an answer without data.
///
/// # Errors
///
/// If the text isn't a message.
pub fn decode_unit(frame: &RawMessage<'_>) -> Result<Received<()>, DecodeError> {
    frame.unit()
}

/// Reads the error of a call that has none.
///
/// # Errors
///
/// Always.
pub fn decode_never(frame: &RawMessage<'_>) -> Result<Received<Infallible>, DecodeError> {
    enum Never {}

    impl<'de> Deserialize<'de> for Never {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::custom("the contract has no error for this call"))
        }
    }

    match frame.payload::<Never>()?.data {}
}
