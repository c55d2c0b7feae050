//! What a message can carry.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserializer, Serialize, de::DeserializeOwned, ser::SerializeStruct};

use crate::{
    contract::Fields,
    wire::{DecodeError, Finite, Head, RawMessage, Received, encode, form, now_millis},
};

/// What a message can carry: an owned type with serde's `Serialize` and `Deserialize` and schemars'
/// `JsonSchema`. Every such type is a payload.
///
/// The derive reaches a payload through this trait alone, so that a type that lacks one of the three
/// is one error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the payload of a message",
    label = "not a payload",
    note = "a payload is an owned type with serde's `Serialize` and `Deserialize` and schemars' `JsonSchema`",
    note = "derive all three for it: `#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]`",
    note = "if it derives them, the `schemars` in its Cargo.toml is another than version 1, whose `JsonSchema` is meant: \
            set `schemars = \"1\"` (`cargo tree -i schemars` lists the versions)",
    note = "a type of another crate has them by features: `serde` of that crate, and one of schemars such as `uuid1` or `chrono04`"
)]
pub trait Payload: Sized + Send + 'static {
    /// Its schema.
    #[doc(hidden)]
    const SCHEMA: fn(&mut SchemaGenerator) -> Schema;

    /// Writes it as an envelope's `data`.
    #[doc(hidden)]
    fn write<S: SerializeStruct>(&self, fields: &mut Fields<'_, S>) -> Result<(), S::Error>;

    /// Reads it from an envelope's `data`.
    #[doc(hidden)]
    fn read<'de, D: Deserializer<'de>>(data: D) -> Result<Self, D::Error>;

    /// Writes a whole message; see `wire::encode`.
    #[doc(hidden)]
    fn encode(&self, head: &Head<'_>) -> Result<Vec<u8>, serde_json::Error>;

    /// Reads it from a message in wirebond's own form.
    #[doc(hidden)]
    fn decode(message: &RawMessage<'_>) -> Result<Received<Self>, DecodeError>;

    /// Reads it from a message in any form.
    #[doc(hidden)]
    fn decode_any(message: &RawMessage<'_>) -> Result<Received<Self>, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + 'static> Payload for T {
    const SCHEMA: fn(&mut SchemaGenerator) -> Schema = |generator| generator.subschema_for::<T>();

    fn write<S: SerializeStruct>(&self, fields: &mut Fields<'_, S>) -> Result<(), S::Error> {
        // What has no content has no numbers, and shows that it has none.
        if size_of::<T>() == 0 {
            return fields.0.serialize_field(form::DATA, self);
        }
        fields.0.serialize_field(form::DATA, &Finite::new(self))
    }

    fn read<'de, D: Deserializer<'de>>(data: D) -> Result<Self, D::Error> {
        T::deserialize(data)
    }

    fn encode(&self, head: &Head<'_>) -> Result<Vec<u8>, serde_json::Error> {
        encode(head, Some(self), now_millis())
    }

    fn decode(message: &RawMessage<'_>) -> Result<Received<Self>, DecodeError> {
        message.content()
    }

    fn decode_any(message: &RawMessage<'_>) -> Result<Received<Self>, DecodeError> {
        message.payload()
    }
}
