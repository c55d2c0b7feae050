//! Writing a message.

use std::cell::Cell;

use serde::Serialize;

use super::{clock::now_millis, finite::Finite, foreign, form, head::Head};

thread_local! {
    /// The buffer in which a message is written. It is copied once its length is known, so that a queued
    /// message is no longer than needed, and a large one doesn't grow its buffer step by step.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The most that [`SCRATCH`] keeps, in bytes.
const SCRATCH_KEPT: usize = 16 * 1024;

/// Writes one message. `timestamp` is in milliseconds since the Unix epoch. NaN and infinity are errors, and
/// so is a payload that the form can't express.
pub fn encode<T: Serialize + ?Sized>(
    head: &Head<'_>,
    payload: Option<&T>,
    timestamp: u64,
) -> Result<Vec<u8>, serde_json::Error> {
    let is_unit = payload.is_some_and(|payload| size_of_val(payload) == 0);
    encode_at(head, payload.map(Finite::new).as_ref(), is_unit, Some(timestamp))
}

/// The same where the time may not be told, for a payload whose numbers are finite. `is_unit`: it has no content.
#[inline]
pub(super) fn encode_at<T: Serialize + ?Sized>(
    head: &Head<'_>,
    payload: Option<&T>,
    is_unit: bool,
    timestamp: Option<u64>,
) -> Result<Vec<u8>, serde_json::Error> {
    // A reentrant call, from the payload's `Serialize`, sees an empty buffer and allocates its own.
    let mut out = SCRATCH.try_with(Cell::take).unwrap_or_default();
    out.clear();
    if head.layout.is_default() {
        out.extend_from_slice(head.text.as_bytes());
        if let Some(payload) = payload {
            out.extend_from_slice(form::BEFORE_DATA.as_bytes());
            serde_json::to_writer(&mut out, payload)?;
        }
        if let Some(timestamp) = timestamp {
            out.extend_from_slice(form::BEFORE_TIMESTAMP.as_bytes());
            out.extend_from_slice(itoa::Buffer::new().format(timestamp).as_bytes());
        }
        out.push(b'}');
    } else {
        foreign::write(&mut out, head, payload, is_unit, timestamp)?;
    }
    if out.capacity() > SCRATCH_KEPT {
        return Ok(out);
    }
    let message = out.as_slice().to_vec();
    let _ = SCRATCH.try_with(|scratch| scratch.set(out));
    Ok(message)
}

/// Writes one message without payload, at the present time.
pub fn encode_unit((): &(), head: &Head<'_>) -> Result<Vec<u8>, serde_json::Error> {
    encode(head, None::<&()>, now_millis())
}
