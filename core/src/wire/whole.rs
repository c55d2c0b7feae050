//! Writing a message whose type is the contract's, rather than its payload's.

use serde::{
    Serialize,
    ser::{Error as _, SerializeStruct},
};

use super::{clock::now_millis, encode::encode_at, head::Head};
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
    write_whole(message, &Head::of_client::<C>(index), Some(now_millis()))
}

/// Writes a message that begins with `head`.
pub(super) fn write_whole<C: WireContract>(
    message: &C,
    head: &Head<'_>,
    timestamp: Option<u64>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut around = Around { head, timestamp, text: None };
    message.write_data(&mut Fields(&mut around))?;
    match around.text {
        Some(text) => Ok(text),
        None => encode_at::<()>(head, None, false, timestamp),
    }
}

/// A struct whose only field is the payload, around which the message is written.
struct Around<'a> {
    head: &'a Head<'a>,
    timestamp: Option<u64>,
    text: Option<Vec<u8>>,
}

impl SerializeStruct for Around<'_> {
    type Ok = ();
    type Error = serde_json::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        payload: &T,
    ) -> Result<(), serde_json::Error> {
        let is_unit = size_of_val(payload) == 0;
        self.text = Some(encode_at(self.head, Some(payload), is_unit, self.timestamp)?);
        Ok(())
    }

    fn end(self) -> Result<(), serde_json::Error> {
        Ok(())
    }
}
