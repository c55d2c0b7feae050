//! Envelopes in other forms than wirebond's own: through JSON text.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::value::RawValue;

use crate::{
    contract::Contract,
    form::Layout,
    wire::{decode::RawMessage, error::DecodeError, head::Head, whole::write_whole},
};

/// Writes a message as JSON text.
pub(super) fn write<M: Contract, S: Serializer>(
    message: &M,
    timestamp: Option<u64>,
    head: &Head<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = write_whole(message, head, timestamp).map_err(S::Error::custom)?;
    let text = String::from_utf8(text).map_err(S::Error::custom)?;
    RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
}

/// Reads a message from JSON text.
pub(super) fn read<'de, M: Contract, D: Deserializer<'de>>(
    layout: Layout<'_>,
    deserializer: D,
) -> Result<(M, Option<u64>), D::Error> {
    let text = Box::<RawValue>::deserialize(deserializer)?;
    let frame = RawMessage::parse(layout, text.get()).map_err(D::Error::custom)?;
    let name = frame.name();
    let index = M::position(name)
        .ok_or_else(|| D::Error::custom(format_args!("{} has no message {name:?}", M::NAME)))?;
    match frame.message(index) {
        Ok(received) => Ok((received.data, received.timestamp)),
        Err(DecodeError::Envelope(error)) => Err(D::Error::custom(error)),
        Err(DecodeError::Payload(error)) => Err(D::Error::custom(error)),
    }
}
