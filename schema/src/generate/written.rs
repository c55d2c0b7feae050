//! The payload that Rust writes, whatever the form puts around it.

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::Value;
use wirebond_core::{
    Contract,
    codegen::{Fields, WireContract},
};

/// The payload of a message; `None` where it can't be written.
pub(super) fn written<C: Contract>(message: &C) -> Option<Value> {
    match serde_json::to_value(Written(message)).ok()? {
        Value::Object(map) => map.into_iter().map(|(_, payload)| payload).next(),
        _ => None,
    }
}

struct Written<'a, C>(&'a C);

impl<C: WireContract> Serialize for Written<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Payload", 1)?;
        self.0.write_data(&mut Fields::of(&mut out))?;
        out.end()
    }
}
