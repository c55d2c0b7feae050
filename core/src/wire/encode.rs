//! Writing a message.

use std::cell::Cell;

use serde::Serialize;

use super::{finite::Finite, form};

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

/// The start of an envelope for a name that is known only at run time; see [`encode`].
pub fn head(name: &str) -> String {
    format!("{}{}", form::BEFORE_TYPE, serde_json::Value::from(name))
}
