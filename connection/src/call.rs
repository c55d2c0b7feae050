//! Calls: messages that are answered, on either side.
//!
//! A request is a message with a number, its answer one that repeats the number; neither needs a
//! session. [`Calls`] are those that wait for their answer. Nothing here does I/O or reads a clock.

mod answer;
mod answering;
mod error;
mod numbers;
mod slot;
mod table;

pub use answer::{AnswerKind, Answers, Begun, decode_never, decode_unit};
pub use answering::{
    Answer, AnswerTo, Answering, Encode, EncodeAnswer, Encoded, EncodedAnswer, Guarded, Responder,
    answer_nobody, answer_reply, answer_result,
};
pub use error::{CallError, Ran};
pub use slot::{Decode, Ended, Lost, Slot, Stage, Unanswered, Waiting};
pub use table::{Calls, Foreign};
