//! A reconnecting WebSocket client for JSON messages with names: heartbeat, offline queue, confirmed
//! delivery.
//!
//! Most users reach this crate through `wirebond`, whose `#[derive(Contract)]` puts a typed client
//! over [`Client`].
#![forbid(unsafe_code)]

mod addresses;
mod attempt;
mod backoff;
#[cfg(feature = "bind-code")]
pub mod bind_code;
mod builder;
mod client;
mod command;
mod config;
#[cfg(fuzzing)]
mod conformance;
mod connection;
mod dial;
mod drivers;
mod error;
mod event;
mod handler;
mod handshake;
mod heartbeat;
mod hub;
mod inbox;
mod ledger;
mod lifecycle;
mod link;
mod outage;
mod payload;
mod pinger;
mod provider;
mod queue;
mod receipt;
mod registrations;
mod registry;
mod reports;
mod response;
mod ruling;
mod send;
mod shared;
mod stats;
mod stream;
mod subscribe;
mod subscription;
mod tls;
mod turn;
mod url;
mod warnings;
mod watchdog;

use wirebond_connection::{outcome, transport};

pub use attempt::NextAttempt;
pub use backoff::Backoff;
pub use builder::Builder;
pub use client::{Client, WeakClient};
pub use config::{HeartbeatKind, Inbox, Overflow, QueueLimits, Settings, Unconfirmed};
pub use dial::Endpoint;
pub use error::{
    BuildError, BuildErrorKind, ConnectError, ConnectErrorKind, Error, ErrorKind, FlushError,
    FlushErrorKind, SendError, SendErrorKind,
};
pub use event::{CloseInfo, ClosedBy, DropReason, Event, State};
pub use outage::Disconnect;
pub use payload::AsPayload;
pub use provider::{Attempt, Source, Unauthorized, UrlSource};
pub use receipt::{Delivery, Receipt};
pub use response::UpgradeResponse;
pub use ruling::Ruling;
pub use send::{Sending, Tracked};
pub use stats::Stats;
pub use stream::{Events, MessageStream};
pub use subscription::{Subscription, SubscriptionGuard};
#[cfg(feature = "tls")]
pub use tls::by_rustls::Roots;
#[cfg(feature = "tls-native")]
pub use tokio_native_tls::native_tls;
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;
pub use wirebond_connection::outcome::Outcome;
pub use wirebond_connection::transport::Io;
pub use wirebond_schema::Received;

#[doc(hidden)]
pub mod runtime;
