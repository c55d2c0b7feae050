//! From what the handler of a call returns to the message that answers it.

use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use wirebond_core::wire::{Head, RawMessage, answer_head, form, form::Layout, head};

use super::answer::{Answers, Begun};
use crate::outcome::{Outcome, Started};

/// A message as bytes, or why its payload can't be serialized.
pub type Encoded = Result<Vec<u8>, serde_json::Error>;

/// Writes a payload as a whole message that begins with this text.
pub type Encode<T> = fn(&T, &Head<'_>) -> Encoded;

/// The request that an answer is for.
#[derive(Debug, Clone, Copy)]
pub struct AnswerTo<'a> {
    /// How the request began on the wire, up to its name: `{"type":"place-order"`.
    pub head: &'a str,
    /// Its number. Without one nobody is answered, and only an error is written, to be reported.
    pub re: Option<u64>,
}

/// An answer as a whole message.
#[derive(Debug)]
pub struct Answer {
    /// The message.
    pub text: Vec<u8>,
    /// What its name has behind that of the request.
    pub ending: &'static str,
}

/// An answer, or why it can't be serialized.
pub type EncodedAnswer = Result<Answer, serde_json::Error>;

/// Writes what a handler returned as the answer.
pub type EncodeAnswer<V> = fn(&V, AnswerTo<'_>) -> EncodedAnswer;

impl AnswerTo<'_> {
    fn write<T>(self, value: &T, ending: &'static str, encode: Encode<T>) -> EncodedAnswer {
        if self.re.is_none() && ending == form::REPLY_ENDING {
            return Ok(Answer { text: Vec::new(), ending });
        }
        let head = answer_head(self.head, ending, self.re.unwrap_or_default());
        let text = encode(value, &Head::plain(&head))?;
        Ok(Answer { text, ending })
    }
}

/// Writes what the handler of a call without an error returned.
///
/// # Errors
///
/// If it can't be serialized.
pub fn answer_reply<R>(reply: &R, to: AnswerTo<'_>, encode: Encode<R>) -> EncodedAnswer {
    to.write(reply, form::REPLY_ENDING, encode)
}

/// Writes what the handler of a call returned.
///
/// # Errors
///
/// If it can't be serialized.
pub fn answer_result<R, E>(
    result: &Result<R, E>,
    to: AnswerTo<'_>,
    reply: Encode<R>,
    error: Encode<E>,
) -> EncodedAnswer {
    match result {
        Ok(value) => to.write(value, form::REPLY_ENDING, reply),
        Err(value) => to.write(value, form::ERROR_ENDING, error),
    }
}

/// Takes what the handler of a call returned for a message without a number. A reply is dropped.
///
/// # Errors
///
/// The error that the handler returned, which nobody else gets.
pub fn answer_nobody(encode: impl FnOnce(AnswerTo<'_>) -> EncodedAnswer) -> Result<(), String> {
    let answer = match encode(AnswerTo { head: &head(""), re: None }) {
        Ok(answer) if answer.ending == form::REPLY_ENDING => return Ok(()),
        Ok(answer) => answer,
        Err(error) => return Err(format!("the error can't be serialized: {error}")),
    };
    let text = String::from_utf8_lossy(&answer.text);
    let message = RawMessage::open(Layout::DEFAULT, &text).ok();
    let error = message.and_then(|message| message.data()).unwrap_or("null");
    Err(format!("{error}, and the message has no `id` to be answered by"))
}

/// Where the answer to a call goes.
pub trait Responder {
    /// Answers the call.
    ///
    /// # Errors
    ///
    /// If the answer can't be sent; the caller gets an `$error`.
    fn answer(&mut self, encode: impl FnOnce(AnswerTo<'_>) -> EncodedAnswer) -> Result<(), String>;

    /// The handler has panicked.
    fn panicked(&mut self);
}

/// The outcome of a call's handler, which is sent as its answer.
#[derive(Debug)]
pub struct Answering<H, V, A> {
    /// What the handler returned.
    pub outcome: H,
    /// Where the answer goes.
    pub responder: A,
    /// How it is written.
    pub encode: EncodeAnswer<V>,
}

impl<H: Answers<V, M>, V, M, A: Responder + Unpin> Outcome<(V, M)> for Answering<H, V, A> {
    type Settled = AnsweringFuture<H::Running, V, A>;
    const AT_ONCE: bool = H::AT_ONCE;

    fn start(self) -> Started<Self::Settled> {
        let Self { outcome, mut responder, encode } = self;
        match outcome.begin_answer() {
            Begun::Done(value) => Started::Done(responder.answer(|to| encode(&value, to))),
            Begun::Running(future) => {
                let guarded = Guarded { future: Box::pin(future), responder };
                Started::Running(AnsweringFuture { guarded, encode })
            }
        }
    }
}

/// The future of a call's handler.
pub struct AnsweringFuture<F, V, A> {
    guarded: Guarded<F, A>,
    encode: EncodeAnswer<V>,
}

impl<V, F: Future<Output = V>, A: Responder + Unpin> Future for AnsweringFuture<F, V, A> {
    type Output = Result<(), String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { guarded, encode } = &mut *self;
        guarded.poll(cx).map(|value| guarded.responder.answer(|to| encode(&value, to)))
    }
}

impl<F, V, A> fmt::Debug for AnsweringFuture<F, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnsweringFuture").finish_non_exhaustive()
    }
}

/// A handler's future whose panic is noted before it goes on.
#[derive(Debug)]
pub struct Guarded<F, A> {
    /// The future.
    pub future: Pin<Box<F>>,
    /// What learns of the panic.
    pub responder: A,
}

impl<F: Future, A: Responder> Guarded<F, A> {
    /// Polls the future.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, responder } = self;
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))).unwrap_or_else(|panic| {
            responder.panicked();
            resume_unwind(panic)
        })
    }
}

#[cfg(test)]
mod tests {
    use wirebond_core::wire::encode;

    use super::*;

    #[test]
    fn only_an_error_that_nobody_gets_is_reported() {
        let returned = |result: Result<u8, &'static str>| {
            answer_nobody(|to| {
                let reply = |_: &u8, _: &Head<'_>| panic!("nobody wants it");
                answer_result(&result, to, reply, |error, head| encode(head, Some(error), 1))
            })
        };
        assert_eq!(returned(Ok(7)), Ok(()));
        let error = returned(Err("sold out")).expect_err("it is reported");
        assert_eq!(error, r#""sold out", and the message has no `id` to be answered by"#);
        assert_eq!(answer_nobody(|to| answer_reply(&7, to, |_, _| panic!("nor this"))), Ok(()));
    }
}
