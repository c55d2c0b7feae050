//! Typed WebSocket messages: declare what two sides say to each other as an enum, and get a reconnecting
//! client, a server, and the contract as a document.
//!
//! # A client in one page
//!
//! ```toml
//! [dependencies]
//! wirebond = { version = "0.1", features = ["server"] } # the server is for this page
//! schemars = "1"
//! serde = { version = "1", features = ["derive"] }
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
//! ```
//!
//! An enum is the contract. Each variant is a message; its payload is a serde type with a schema.
//! [`#[derive(Contract)]`](derive@Contract) generates `AppClient`:
//!
//! ```no_run
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use wirebond::Contract;
//!
//! #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
//! struct Chat {
//!     user: String,
//!     text: String,
//! }
//!
//! #[derive(Debug, Contract)]
//! #[contract(version = "1.0.0")]
//! enum App {
//!     /// A line that somebody typed.
//!     Chat(Chat), // "chat", sent by either side
//!     #[message(from = "server")]
//!     Welcome(String), // "welcome"
//!     #[message(from = "client")]
//!     Leave, // "leave", without a payload
//! }
//!
//! # #[cfg(feature = "client")]
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // No I/O happens here. Settings are methods of the builder.
//!     let app = AppClient::builder("ws://127.0.0.1:9001/ws").max_reconnect_attempts(None).build()?;
//!
//!     // Handlers are synchronous or asynchronous, and may return a `Result`.
//!     app.on_chat(|chat| println!("{}: {}", chat.user, chat.text));
//!     app.on_welcome(|text| async move { println!("{text}") });
//!     app.on_error(|error| eprintln!("{error}"));
//!
//!     // From here on the client keeps the connection open, and reconnects if it is lost.
//!     app.connect().await?;
//!     app.send_chat(&Chat { user: "Ada".into(), text: "Hello!".into() }).await?;
//!     app.flush().await?; // the server has read it
//!
//!     // Writes what is queued, and closes.
//!     app.disconnect().await;
//!     Ok(())
//! }
//! # #[cfg(not(feature = "client"))]
//! # fn main() {}
//! ```
//!
//! Each message is one JSON text frame, so the other side may be written in any language:
//!
//! ```json
//! {"type":"chat","data":{"user":"Ada","text":"Hello!"},"timestamp":1700000000000}
//! ```
//!
//! To run it, start a server. With `#[contract(version = "1.0.0", server)]`, the same enum generates one:
//!
#![cfg_attr(feature = "server", doc = "```no_run")]
#![cfg_attr(not(feature = "server"), doc = "```ignore")]
//! # use schemars::JsonSchema;
//! # use serde::{Deserialize, Serialize};
//! # use wirebond::Contract;
//! # #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
//! # struct Chat { user: String, text: String }
//! # #[derive(Debug, Contract)]
//! # #[contract(version = "1.0.0", server)]
//! # enum App {
//! #     Chat(Chat),
//! #     #[message(from = "server")]
//! #     Welcome(String),
//! #     #[message(from = "client")]
//! #     Leave,
//! # }
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use wirebond::server::Identity;
//!
//! let server = AppServer::builder()
//!     .connected(|peer: AppPeer| async move {
//!         peer.join("lobby");
//!         peer.send_welcome(&"Hello!".into()).await
//!     })
//!     .on_chat(|peer, chat| peer.room("lobby").send_chat(&chat).map(drop))
//!     .on_leave(|peer| peer.close(1000, "as requested"))
//!     .build()?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
//! server.untyped().serve(listener, |_request| async { Ok(Identity::anonymous()) }).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to go next
//!
//! | for | see |
//! |---|---|
//! | the attributes of a contract, what each variant generates | [`Contract`](derive@Contract), the [README] |
//! | settings | [`Builder`], and [`Settings`] for a config file |
//! | calls: messages that are answered | [`Call`], [`CallError`], [calls] |
//! | what happens to a message | [`Receipt`], [`Unconfirmed`], [`Stats`], `flush()` |
//! | states, events and errors | [`State`], [`Event`], [`Error`] |
//! | tokens and one-time codes | [`Source`], [`Unauthorized`], [`bind_code`] |
//! | what follows a close code or an HTTP status | [`ReconnectDecision`], [what happens when the network fails] |
//! | names that are known at run time only | [`Client`] |
//! | code for the clients of any contract | [`TypedClient`] |
//! | a Rust backend without tokio | [`Envelope`], with `default-features = false` |
//! | the server | [`server`] |
//! | `contract.json`, other languages, breaking changes | [`schema`], [the contract without Rust] |
//!
//! # Features
//!
//! Features only add to the API.
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `client` | yes | the client; without it there is only the contract, and no tokio |
//! | `tls` | yes | `wss://` by rustls with ring and the platform's root certificates |
//! | `tls-webpki-roots` | | Mozilla's root certificates, built in |
//! | `tls-native` | | `wss://` by native-tls |
//! | `bind-code` | | one-time codes in the URL, fetched with reqwest |
//! | `server` | | the server side of a contract |
//! | `axum` | | the server's upgrade as an extractor of axum |
//! | `cli` | | `schema::run_cli`, and generators of TypeScript, AsyncAPI, HTML pages and samples |
//!
//! [calls]: https://github.com/wirebond/wirebond/blob/main/docs/calls.md
//! [README]: https://github.com/wirebond/wirebond#readme
//! [what happens when the network fails]: https://github.com/wirebond/wirebond/blob/main/docs/reliability.md
//! [the contract without Rust]: https://github.com/wirebond/wirebond/blob/main/docs/contract.md
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Without the client, the front page still names its types.
#![cfg_attr(
    not(all(feature = "client", feature = "server", feature = "bind-code")),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the front page links to what other features have"
    )
)]

#[cfg(feature = "server")]
mod contracts;
#[cfg(feature = "client")]
mod identity;

// The contract.
pub use wirebond_core::{
    CallInfo, ClientEnvelope, Contract, Direction, Envelope, ErrorCode, JsonText, MessageInfo,
    Payload, Received, Recognition, ServerEnvelope,
};
#[doc = include_str!("derive.md")]
pub use wirebond_macros::Contract;
pub use wirebond_schema::assert_contract;

// The client: handles, and what is sent and received.
#[cfg(feature = "client")]
pub use wirebond_client::{
    AsPayload, Client, Delivery, FromClient, Io, MessageStream, Outcome, Receipt, Sending,
    Subscription, SubscriptionGuard, Tracked, TypedClient, WeakClient,
};
// Calls, and what is answered.
#[cfg(feature = "client")]
pub use wirebond_client::{Answers, Call, CallError, Ran};
// What goes out before anything else.
#[cfg(feature = "client")]
pub use wirebond_client::{Expecting, HeldAnswer, Hold, Opening, OpeningError, OpeningSend};
// Its settings.
#[cfg(feature = "client")]
pub use wirebond_client::{
    Attempt, Backoff, Builder, CloseCodes, CloseRules, Endpoint, HeartbeatKind, Inbox, Overflow,
    Sessions, Settings, Source, Unauthorized, Unconfirmed, UrlSource,
};
// Its states and events, and what follows a disconnect.
#[cfg(feature = "client")]
pub use wirebond_client::{
    CloseInfo, ClosedBy, ContractNotice, ContractVerdict, Disconnect, DropReason, Event, Events,
    GapReason, NextAttempt, ReconnectDecision, SessionEvent, SessionLoss, State, Stats,
    UpgradeResponse,
};
// Its errors.
#[cfg(feature = "tls")]
pub use wirebond_client::Roots;
#[cfg(feature = "client")]
#[expect(deprecated, reason = "the old name stays for a version")]
pub use wirebond_client::Ruling;
#[cfg(feature = "bind-code")]
pub use wirebond_client::bind_code;
#[cfg(feature = "tls-native")]
#[doc(no_inline)]
pub use wirebond_client::native_tls;
#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use wirebond_client::rustls;
#[cfg(feature = "client")]
pub use wirebond_client::{
    BuildError, BuildErrorKind, ConnectError, ConnectErrorKind, Error, ErrorKind, FlushError,
    FlushErrorKind, SendError, SendErrorKind,
};

/// The contract as a document: `contract.json`, and what reads it.
pub mod schema {
    #[cfg(feature = "cli")]
    pub use wirebond_cli::{asyncapi, docs, run_cli, sample, sketch, typescript};
    pub use wirebond_core::{
        CallInfo, ClientEnvelope, Contract, Direction, Envelope, ErrorCode, JsonText, MessageInfo,
        Payload, Received, Recognition, ServerEnvelope,
    };
    #[cfg(feature = "cli")]
    pub use wirebond_schema::validate;
    pub use wirebond_schema::{
        Call, CallForm, ClientVerdict, Compatibility, ContractDocument, Document, Fingerprint,
        FingerprintError, GenerateError, History, KeyedName, Member, Message, MessageFingerprint,
        Place, ReadError, SideForm, View, Warning, WireForm, assert_contract, compat, renamed,
    };
}

/// The server side of a contract: what `#[contract(server)]` builds on.
///
/// [docs/server.md](https://github.com/wirebond/wirebond/blob/main/docs/server.md) is its guide.
#[cfg(feature = "server")]
pub mod server {
    pub use crate::contracts::contracts;
    pub use wirebond_server::{
        Answers, BuildError, Builder, Call, CallError, ContractNotice, ContractPolicy,
        ContractVerdict, Contracts, Disconnect, EndedBy, Error, ErrorCode, ErrorKind, FromPeer,
        FromServer, GapReason, Identity, Io, MessageId, Missed, Outcome, Peer, PeerId, PeerStats,
        Ran, Request, SendError, Sending, Sent, Server, SessionStats, Sessions, SlowPeer, Stats,
        Target, Upgrade, UpgradeError,
    };
}

/// Its examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

/// Its examples are tests.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../docs/server.md")]
mod server_page {}

/// Its examples are tests.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../docs/calls.md")]
mod calls_page {}

/// Its examples are tests.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../docs/opening.md")]
mod opening_page {}

/// Its examples are tests.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../docs/wires.md")]
mod wires_page {}

/// Its examples are tests.
#[cfg(all(doctest, feature = "client", feature = "server"))]
#[doc = include_str!("../docs/sessions.md")]
mod sessions_page {}

/// What generated code calls. Not part of the public API.
///
/// The module within bears the version of the derive that may call it.
#[doc(hidden)]
pub mod __private {
    pub mod v0_1 {
        #[cfg(feature = "client")]
        pub use wirebond_client::runtime as client;
        pub use wirebond_core::{
            CallInfo, Contract, Direction, MessageInfo, Payload, Recognition,
            codegen::{Deserializer, Fields, SerializeStruct, WireContract, head, no_payload},
            form,
        };
        pub use wirebond_schema::{ContractDocument, Document, GenerateError};

        #[cfg(feature = "server")]
        pub use wirebond_server::runtime as server;

        #[cfg(feature = "client")]
        pub use crate::identity::identity;

        #[cfg(feature = "server")]
        pub use crate::contracts::released;

        pub use crate::__with_client as with_client;
        pub use crate::__with_server as with_server;
    }
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
