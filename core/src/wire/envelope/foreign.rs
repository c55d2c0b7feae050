//! Envelopes in other forms than wirebond's own: through JSON text.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::Error as _,
    ser::{Error as _, SerializeStruct},
};
use serde_json::value::RawValue;

use crate::{
    contract::{Contract, Fields},
    form::Layout,
    wire::{decode::RawMessage, encode::encode_at, error::DecodeError, head::Head},
};

/// Writes a message as JSON text.
pub(super) fn write<M: Contract, S: Serializer>(
    message: &M,
    timestamp: Option<u64>,
    head: &Head<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut written = Written { head, timestamp, text: None };
    message.write_data(&mut Fields(&mut written)).map_err(S::Error::custom)?;
    let text = match written.text {
        Some(text) => text,
        None => encode_at::<()>(head, None, timestamp).map_err(S::Error::custom)?,
    };
    let text = String::from_utf8(text).map_err(S::Error::custom)?;
    RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
}

/// Takes the payload, and writes the message around it.
struct Written<'a> {
    head: &'a Head<'a>,
    timestamp: Option<u64>,
    text: Option<Vec<u8>>,
}

impl SerializeStruct for Written<'_> {
    type Ok = ();
    type Error = serde_json::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        payload: &T,
    ) -> Result<(), serde_json::Error> {
        self.text = Some(encode_at(self.head, Some(payload), self.timestamp)?);
        Ok(())
    }

    fn end(self) -> Result<(), serde_json::Error> {
        Ok(())
    }
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
