#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "client")]
pub use wirebond_client::*;
/// Makes an enum a message contract: see the [crate's docs](crate).
pub use wirebond_macros::Contract;
pub use wirebond_schema::{Contract, Direction, Envelope, MessageInfo, Payload, Received};

/// The contract as a document: `contract.json`, and what reads it.
pub use wirebond_schema as schema;
pub use wirebond_schema::assert_contract;

/// What generated code calls. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "client")]
    pub use wirebond_client::runtime as client;
    pub use wirebond_schema::{
        Contract, Direction, MessageInfo, Payload,
        runtime::{Deserializer, Fields, SerializeStruct, WireContract, no_payload},
    };

    pub use crate::__with_client as with_client;
}

/// Expands to its input: this build has a client.
#[cfg(feature = "client")]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_client {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Expands to nothing: this build has no client.
#[cfg(not(feature = "client"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_client {
    ($($tokens:tt)*) => {};
}
