//! The server's side of typed WebSocket messages.
//!
//! A [`Server`] takes upgraded connections and calls handlers with a [`Peer`] for each: the client at
//! the other end. It answers heartbeats, bounds what waits for a slow peer, sends messages to rooms, users
//! or everybody, and shuts down gracefully.
//!
//! Names are strings here. What `#[derive(Contract)]` generates has a typed method for each message.
#![forbid(unsafe_code)]

mod builder;
mod connection;
mod core;
mod error;
mod handler;
mod handshake;
mod identity;
mod outbox;
mod peer;
#[doc(hidden)]
pub mod runtime;
mod server;
mod settings;
mod target;
mod upgrade;

pub use builder::Builder;
pub use error::{BuildError, Error, ErrorKind, SendError};
pub use identity::Identity;
pub use peer::{Disconnect, EndedBy, FromPeer, Peer, PeerId, PeerStats, Sending};
pub use server::{FromServer, Server, Stats};
pub use target::{Sent, Target};
pub use upgrade::{Request, Upgrade, UpgradeError};
pub use wirebond_connection::{outcome::Outcome, transport::Io};
