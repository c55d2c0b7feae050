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

/// The server's side: what `#[contract(server)]` builds on.
#[cfg(feature = "server")]
pub use wirebond_server as server;

/// Its examples are tests.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../docs/server.md")]
mod server_page {}

/// What generated code calls. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "client")]
    pub use wirebond_client::runtime as client;
    pub use wirebond_schema::{
        Contract, Direction, MessageInfo, Payload,
        runtime::{Deserializer, Fields, SerializeStruct, WireContract, no_payload},
    };

    #[cfg(feature = "server")]
    pub use wirebond_server::runtime as server;

    pub use crate::__with_client as with_client;
    pub use crate::__with_server as with_server;
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

/// Expands to its input: this build has a server.
#[cfg(feature = "server")]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_server {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Expands to an error: this build has no server.
#[cfg(not(feature = "server"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_server {
    ($($tokens:tt)*) => {
        ::core::compile_error!(
            "`#[contract(server)]` needs the feature `server` of wirebond: \
             `wirebond = { …, features = [\"server\"] }`"
        );
    };
}
