//! Writing a message.

use std::cell::Cell;

use serde::Serialize;

use super::{clock::now_millis, finite::Finite, form};

thread_local! {
    /// The buffer in which a message is written. It is copied once its length is known, so that a queued
    /// message is no longer than needed, and a large one doesn't grow its buffer step by step.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The most that [`SCRATCH`] keeps, in bytes.
const SCRATCH_KEPT: usize = 16 * 1024;

/// Writes one message. `head` is the envelope's start without its closing brace: `{"type":"chat"`.
/// `timestamp` is in milliseconds since the Unix epoch. NaN and infinity are errors.
pub fn encode<T: Serialize + ?Sized>(
    head: &str,
    payload: Option<&T>,
    timestamp: u64,
) -> Result<Vec<u8>, serde_json::Error> {
    // A reentrant call, from the payload's `Serialize`, sees an empty buffer and allocates its own.
    let mut out = SCRATCH.try_with(Cell::take).unwrap_or_default();
    out.clear();
    out.extend_from_slice(head.as_bytes());
    if let Some(payload) = payload {
        out.extend_from_slice(form::BEFORE_DATA.as_bytes());
        serde_json::to_writer(&mut out, &Finite::new(payload))?;
    }
    out.extend_from_slice(form::BEFORE_TIMESTAMP.as_bytes());
    out.extend_from_slice(itoa::Buffer::new().format(timestamp).as_bytes());
    out.push(b'}');
    if out.capacity() > SCRATCH_KEPT {
        return Ok(out);
    }
    let message = out.as_slice().to_vec();
    let _ = SCRATCH.try_with(|scratch| scratch.set(out));
    Ok(message)
}

/// Writes one message without payload, at the present time.
pub fn encode_unit((): &(), head: &str) -> Result<Vec<u8>, serde_json::Error> {
    encode(head, None::<&()>, now_millis())
}

/// The start of a request: `head` with the number of the call behind the name.
pub fn request_head(head: &str, id: u64) -> String {
    numbered(head, "", form::BEFORE_ID, id)
}

/// The start of an answer to the call that begins with `head`. `ending` is that of the answer's name:
/// [`form::REPLY_ENDING`] or [`form::ERROR_ENDING`].
pub fn answer_head(head: &str, ending: &str, re: u64) -> String {
    numbered(head, ending, form::BEFORE_RE, re)
}

/// The whole message that takes a call back.
pub fn cancel(re: u64) -> Vec<u8> {
    let mut text = answer_head(&head(form::CANCEL), "", re);
    text.push('}');
    text.into_bytes()
}

fn numbered(head: &str, ending: &str, before: &str, number: u64) -> String {
    let mut out = String::with_capacity(head.len() + ending.len() + before.len() + 16);
    // The name ends with a quotation mark.
    out.push_str(head.strip_suffix('"').unwrap_or(head));
    out.push_str(ending);
    out.push('"');
    out.push_str(before);
    out.push_str(itoa::Buffer::new().format(number));
    out
}

/// The start of an envelope for a name that is known only at run time; see [`encode`].
pub fn head(name: &str) -> String {
    format!("{}{}", form::BEFORE_TYPE, serde_json::Value::from(name))
}
