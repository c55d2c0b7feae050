#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
#[expect(deprecated, reason = "the old name stays for a version")]
pub use wirebond_client::Ruling;
/// One-time codes in the URL, fetched by HTTP for every attempt.
#[cfg(feature = "bind-code")]
pub use wirebond_client::bind_code;
#[cfg(feature = "tls-native")]
pub use wirebond_client::native_tls;
#[cfg(feature = "client")]
pub use wirebond_client::{
    AsPayload, Attempt, Backoff, BuildError, BuildErrorKind, Builder, Client, CloseInfo, ClosedBy,
    ConnectError, ConnectErrorKind, Delivery, Disconnect, DropReason, Endpoint, Error, ErrorKind,
    Event, Events, FlushError, FlushErrorKind, HeartbeatKind, Inbox, Io, MessageStream,
    NextAttempt, Outcome, Overflow, Receipt, ReconnectDecision, SendError, SendErrorKind, Sending,
    Settings, Source, State, Stats, Subscription, SubscriptionGuard, Tracked, Unauthorized,
    Unconfirmed, UpgradeResponse, UrlSource, WeakClient,
};
#[cfg(feature = "tls")]
pub use wirebond_client::{Roots, rustls};
pub use wirebond_core::{Contract, Direction, Envelope, MessageInfo, Payload, Received};
/// Makes an enum a message contract: see the [crate's docs](crate).
pub use wirebond_macros::Contract;
pub use wirebond_schema::assert_contract;

/// The contract as a document: `contract.json`, and what reads it.
pub mod schema {
    #[cfg(feature = "cli")]
    pub use wirebond_cli::{asyncapi, docs, run_cli, sample, typescript};
    pub use wirebond_core::{Contract, Direction, Envelope, MessageInfo, Payload, Received};
    #[cfg(feature = "cli")]
    pub use wirebond_schema::validate;
    pub use wirebond_schema::{
        ContractDocument, Document, GenerateError, Message, ReadError, View, Warning,
        assert_contract, compat, renamed,
    };
}

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
    pub use wirebond_core::{
        Contract, Direction, MessageInfo, Payload,
        codegen::{Deserializer, Fields, SerializeStruct, WireContract, no_payload},
    };
    pub use wirebond_schema::{ContractDocument, Document, GenerateError};

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
