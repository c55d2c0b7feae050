//! The form of a server's messages.

use serde::Serialize;
use wirebond_connection::call::Encoded;
use wirebond_core::{MessageInfo, wire::Codec};

/// How messages are read and written, and the messages of the contract, if there is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire {
    pub(crate) codec: Codec,
    pub(crate) messages: &'static [MessageInfo],
}

impl Wire {
    /// Writes a message by its name.
    pub(crate) fn encode<T: Serialize + ?Sized>(&self, name: &str, payload: &T) -> Encoded {
        let is_meant = |one: &&MessageInfo| one.name() == name && one.direction().server_sends();
        self.codec.encode(name, || self.messages.iter().find(is_meant), payload)
    }
}
