//! Writing an envelope, in whichever form.

use serde::{Serializer, ser::SerializeStruct};

use super::foreign;
use crate::{
    contract::{Contract, Fields},
    form,
    wire::head::Head,
};

/// Writes a message. `head` is how the message at an index begins.
pub(super) fn write<M: Contract, S: Serializer>(
    message: &M,
    timestamp: Option<u64>,
    head: fn(usize) -> Head<'static>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let index = message.index();
    if !M::FORM.is_default() {
        return foreign::write(message, timestamp, &head(index), serializer);
    }
    let info = &M::MESSAGES[index];
    let len = 1 + usize::from(info.has_payload()) + usize::from(timestamp.is_some());
    let mut out = serializer.serialize_struct("Envelope", len)?;
    out.serialize_field(form::TYPE, info.name())?;
    message.write_data(&mut Fields(&mut out))?;
    if let Some(timestamp) = timestamp {
        out.serialize_field(form::TIMESTAMP, &timestamp)?;
    }
    out.end()
}
