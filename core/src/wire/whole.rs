//! Writing a message whose type is the contract's, rather than its payload's.

use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeStruct},
};

use super::{
    clock::now_millis,
    encode::{encode, encode_unit},
    head::Head,
};
use crate::contract::{Contract, Fields, WireContract};

/// Writes a message as the client does, at the present time.
///
/// # Errors
///
/// Only the server sends it, the payload can't be serialized, or the form can't express it.
pub fn encode_as_client<C: Contract>(message: &C) -> Result<Vec<u8>, serde_json::Error> {
    let index = message.index();
    let info = &C::MESSAGES[index];
    if !info.direction().client_sends() {
        let why = format_args!("only the server sends `{}`", info.name());
        return Err(serde_json::Error::custom(why));
    }
    let head = Head::of_client::<C>(index);
    if info.has_payload() {
        encode(&head, Some(&Payload(message)), now_millis())
    } else {
        encode_unit(&(), &head)
    }
}

/// The payload of a message that has one.
struct Payload<'a, C>(&'a C);

impl<C: WireContract> Serialize for Payload<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut only = OnlyField { serializer: Some(serializer), written: None };
        self.0.write_data(&mut Fields(&mut only))?;
        only.written.ok_or_else(|| S::Error::custom("the message has no payload"))
    }
}

/// A struct of which the first field alone is written.
struct OnlyField<S: Serializer> {
    serializer: Option<S>,
    written: Option<S::Ok>,
}

impl<S: Serializer> SerializeStruct for OnlyField<S> {
    type Ok = ();
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        if let Some(serializer) = self.serializer.take() {
            self.written = Some(value.serialize(serializer)?);
        }
        Ok(())
    }

    fn end(self) -> Result<(), S::Error> {
        Ok(())
    }
}
