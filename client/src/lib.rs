//! A reconnecting WebSocket client for JSON messages with names: heartbeat, offline queue, confirmed
//! delivery.
//!
//! Most users reach this crate through `wirebond`, whose `#[derive(Contract)]` puts a typed client
//! over [`Client`].
#![forbid(unsafe_code)]

mod builder;
mod caller;
mod client;
#[cfg(fuzzing)]
mod conformance;
mod connect;
mod delivery;
mod error;
mod event;
mod lifecycle;
mod link;
mod outbox;
mod payload;
mod receipt;
mod reconnect;
mod reports;
mod response;
mod send;
mod settings;
mod stats;
mod subscribe;
mod sync;

use wirebond_connection::{outcome, transport};

pub use builder::Builder;
pub use client::{Client, WeakClient};
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
pub use event::{CloseInfo, ClosedBy, DropReason, Event, State};
pub use payload::AsPayload;
pub use receipt::{Delivery, Receipt};
pub use reconnect::attempt::NextAttempt;
pub use reconnect::close_rules::ReconnectDecision;
pub use reconnect::disconnect::Disconnect;
pub use response::UpgradeResponse;
pub use send::{Sending, Tracked};
pub use settings::{Backoff, HeartbeatKind, Inbox, Overflow, Settings, Unconfirmed};
pub use stats::Stats;
#[cfg(feature = "tls-native")]
pub use tokio_native_tls::native_tls;
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;
pub use wirebond_connection::outcome::Outcome;
pub use wirebond_connection::transport::Io;
pub use wirebond_core::Received;

/// What a client does after a disconnect.
#[deprecated(note = "renamed to `ReconnectDecision`")]
pub type Ruling = ReconnectDecision;

#[doc(hidden)]
pub mod runtime;
