//! The form of a message in a text frame: the one place that writes and reads it.
//!
//! [`form`](crate::form) spells the envelope's keys and the names that aren't the user's. A message that arrives is
//! read by [`RawMessage`]: a fast path for what peers really send, which accepts exactly what the general
//! path does. [`Envelope`] is the same form as a serde type.
//!
//! What is read and written depends on a [`Layout`](form::Layout): where the parts of one side's messages stand. That
//! of wirebond's own form is the case that everything is made for; all others are in `foreign`. A frame that is an
//! array of messages is a [`Batch`].
//!
//! Not part of the public API, `Envelope` and `Received` apart.

mod batch;
mod call;
mod clock;
mod codec;
mod decode;
mod encode;
mod envelope;
mod error;
mod fast;
mod fault;
mod finite;
mod foreign;
mod head;
mod parse;
mod scan;
mod whole;

pub use batch::{Batch, Element};
pub use call::{Answered, Unnumbered, answered, has_own_id, numbered, own_number, read_answer};
pub use clock::now_millis;
pub use codec::Codec;
pub use decode::{RawMessage, Received};
pub use encode::{encode, encode_unit};
pub use envelope::{ClientEnvelope, Envelope, ServerEnvelope};
pub(crate) use error::redact;
pub use error::{DecodeError, EnvelopeError, PayloadError};
pub use fault::{ErrorCode, Fault};
pub(crate) use finite::Finite;
pub use head::{Head, NamedHead, answer_head, cancel, head, request_head};
pub use whole::encode_as_client;

pub use crate::form;
