//! A reconnecting WebSocket client for named JSON messages: with heartbeat, an offline queue and confirmed
//! delivery.
//!
//! Most users reach this crate through `wirebond`, whose `#[derive(Contract)]` generates a typed client
//! over [`Client`].
//!
//! ```no_run
//! use wirebond_client::Client;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
//! client.on("chat", |line: String| println!("{line}"));
//! client.on_error(|error| eprintln!("{error}"));
//! client.connect().await?;
//! client.send("chat", "Hello!").await?;
//! client.disconnect().await;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod auto_traits;
mod builder;
mod call;
mod caller;
mod client;
#[cfg(fuzzing)]
mod conformance;
mod connect;
mod delivery;
mod error;
mod event;
mod hold;
mod lifecycle;
mod link;
mod outbox;
mod payload;
mod receipt;
mod reconnect;
mod reports;
mod request;
mod response;
mod send;
mod settings;
mod stats;
mod subscribe;
mod sync;
mod typed;
mod weak;

use wirebond_connection::{outcome, transport};

pub use builder::Builder;
pub use call::{Call, CallError};
pub use client::Client;
#[cfg(feature = "bind-code")]
pub use connect::bind_code;
pub use connect::dial::Endpoint;
pub use connect::provider::{Attempt, Source, Unauthorized, UrlSource};
#[cfg(feature = "tls")]
pub use connect::tls::by_rustls::Roots;
pub use delivery::stream::{Events, MessageStream};
pub use delivery::subscription::{Subscription, SubscriptionGuard};
pub use error::{
    BuildError, BuildErrorKind, ConnectError, ConnectErrorKind, Error, ErrorKind, FlushError,
    FlushErrorKind, SendError, SendErrorKind,
};
pub use event::{
    CloseInfo, ClosedBy, ContractNotice, ContractVerdict, DropReason, Event, GapReason,
    SessionEvent, SessionLoss, State,
};
pub use hold::{HeldAnswer, Hold};
pub use payload::AsPayload;
pub use receipt::{Delivery, Receipt};
pub use reconnect::attempt::NextAttempt;
pub use reconnect::disconnect::Disconnect;
pub use reconnect::opening::{Expecting, Opening, OpeningError, OpeningSend};
pub use response::UpgradeResponse;
pub use send::{Sending, Tracked};
pub use settings::{
    Backoff, CloseCodes, CloseRules, HeartbeatKind, Inbox, Overflow, ReconnectDecision, Sessions,
    Settings, Unconfirmed,
};
pub use stats::Stats;
#[cfg(feature = "tls-native")]
#[doc(no_inline)]
pub use tokio_native_tls::native_tls;
#[cfg(feature = "tls")]
#[doc(no_inline)]
pub use tokio_rustls::rustls;
pub use weak::WeakClient;
pub use wirebond_connection::call::{Answers, Ran};
pub use wirebond_connection::outcome::Outcome;
pub use wirebond_connection::transport::Io;
pub use wirebond_core::{Contract, ErrorCode, Received};

/// What a client does after a disconnect.
#[deprecated(since = "0.1.0", note = "renamed to `ReconnectDecision`")]
pub type Ruling = ReconnectDecision;

#[doc(hidden)]
pub mod runtime;
pub use runtime::TypedClient;
pub use typed::FromClient;
